// Packs and sites: heads, roles, addresses, answers. Documented flows are in policy_rows.cpp.
#include "policy/policy_loader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pcapaudit {
namespace {

constexpr std::int64_t format_number = 1;

const std::map<FindingKind, Severity>& default_severities() {
  static const std::map<FindingKind, Severity> defaults = {
      {FindingKind::undocumented, Severity::high},
      {FindingKind::reversed_direction, Severity::high},
      {FindingKind::wrong_application, Severity::high},
      {FindingKind::not_mutual, Severity::high},
      {FindingKind::old_tls, Severity::high},
      {FindingKind::expired_certificate, Severity::high},
      {FindingKind::discouraged, Severity::low},
      {FindingKind::vip_bypass, Severity::medium},
      {FindingKind::needed_not_seen, Severity::low}};
  return defaults;
}

}  // namespace

PolicyLoader::PolicyLoader() {
  const std::pair<const char*, const char*> builtin[] = {
      {"any", "Every address"},
      {"internal-clients", "Internal clients"},
      {"unknown-internal", "Internal address without a role"},
      {"internet", "Internet"}};
  for (const auto& [id, title] : builtin) {
    Role role;
    role.id = id;
    role.title = title;
    role.builtin = true;
    policy_.roles.push_back(std::move(role));
  }
  policy_.severities = default_severities();
}

Result<void> PolicyLoader::add(TomlReader& in, FileKind kind) {
  if (!in.error()) {
    read_head(in, kind);
    read_flags(in, kind);
    read_ports(in, kind);
    read_names(in);
    read_roles(in);
    read_tls(in, kind);
    if (kind == FileKind::pack) {
      read_documents(in);
      read_mappings(in);
      read_mistakes(in);
      read_doubts(in);
    } else {
      refuse_what_is_not_evaluated(in);
      read_site(in);
      read_bindings(in);
      read_shares(in);
      read_severities(in);
    }
    read_flows(in, kind);
  }
  if (in.error()) return std::unexpected(*in.error());
  return {};
}

void PolicyLoader::read_head(TomlReader& in, FileKind kind) {
  const toml::table& root = in.root();
  if (const auto format = in.number_of(root, "format"); format != format_number) {
    const toml::node* node = root.get("format");
    in.report(node != nullptr ? node->source() : root.source(), "the file must say format = 1",
              "this version reads format 1 only");
  }
  if (kind == FileKind::pack) {
    in.only(root, "a pack",
            {"format", "pack", "source", "flag", "port", "names", "role", "tls", "http", "flow",
             "mapping", "mistake", "doubt"});
    const toml::table* pack = in.table_of(root, "pack");
    if (pack == nullptr) return in.report(root.source(), "[pack] is missing");
    in.only(*pack, "[pack]", {"id", "title", "revision", "profiles", "default"});
    pack_ = in.text_of(*pack, "id", true);
    policy_.packs.push_back({.id = pack_,
                             .title = in.text_of(*pack, "title"),
                             .revision = in.text_of(*pack, "revision", true)});
    if (const std::string other = in.text_of(*pack, "default"); !other.empty() && other != "deny") {
      in.report(pack->get("default")->source(), "\"default\" can only be \"deny\"");
    }
    return;
  }
  pack_ = "site";
  policy_.profiles = in.texts_of(root, "profiles");
}

// What a site may ask for and this version does not judge must not look as if it were judged.
void PolicyLoader::refuse_what_is_not_evaluated(TomlReader& in) {
  const toml::table& root = in.root();
  refuse(in, root, "a site file", {"schedule", "override", "exception", "http"});
  in.only(root, "a site file",
          {"format", "use", "profiles", "site", "flags", "port", "names", "role", "bind", "shares",
           "severity", "tls", "flow"});
}

void PolicyLoader::refuse(TomlReader& in, const toml::table& table, std::string_view where,
                          std::initializer_list<std::string_view> keys) {
  for (const auto& [key, node] : table) {
    if (std::find(keys.begin(), keys.end(), key.str()) == keys.end()) continue;
    in.report(key.source(),
              fmt::format("\"{}\" in {} is not evaluated by this version", key.str(), where),
              fmt::format("remove it: nothing is judged by \"{}\" yet", key.str()));
  }
}

void PolicyLoader::read_documents(TomlReader& in) {
  const toml::table* sources = in.table_of(in.root(), "source");
  if (sources == nullptr) return;
  for (const auto& [id, node] : *sources) {
    const toml::table* table = in.table_of(*sources, id.str());
    if (table == nullptr) continue;
    in.only(*table, "[source]", {"title", "file", "sha256", "modified"});
    policy_.documents.push_back({.id = std::string(id.str()),
                                 .title = in.text_of(*table, "title", true),
                                 .file = in.text_of(*table, "file"),
                                 .sha256 = in.text_of(*table, "sha256"),
                                 .modified = in.date_of(*table, "modified")});
  }
}

// A pack asks ([flag.X]); a site answers ([flags]).
void PolicyLoader::read_flags(TomlReader& in, FileKind kind) {
  if (kind == FileKind::pack) {
    const toml::table* flags = in.table_of(in.root(), "flag");
    if (flags == nullptr) return;
    for (const auto& [id, node] : *flags) {
      const toml::table* table = in.table_of(*flags, id.str());
      if (table == nullptr) continue;
      in.only(*table, "[flag]", {"ask", "default", "source"});
      policy_.flags.push_back({.id = std::string(id.str()),
                               .ask = in.text_of(*table, "ask", true),
                               .value = in.flag_of(*table, "default").value_or(false)});
    }
    return;
  }
  const toml::table* answers = in.table_of(in.root(), "flags");
  if (answers == nullptr) return;
  std::vector<std::string> known;
  for (const Flag& flag : policy_.flags) known.push_back(flag.id);
  for (const auto& [id, node] : *answers) {
    const auto found = std::find_if(policy_.flags.begin(), policy_.flags.end(),
                                    [&](const Flag& flag) { return flag.id == id.str(); });
    if (found == policy_.flags.end()) {
      in.report(id.source(), fmt::format("unknown flag \"{}\"", id.str()),
                did_you_mean(id.str(), known, "no pack in use asks this"));
      continue;
    }
    found->value = in.flag_of(*answers, id.str()).value_or(false);
    found->answered = true;
  }
}

void PolicyLoader::take_port_overrides(TomlReader& site) {
  const toml::table* ports = site.table_of(site.root(), "port");
  if (ports == nullptr) return;
  for (const auto& [name, node] : *ports) {
    const std::int64_t port = site.number_of(*ports, name.str()).value_or(0);
    if (port < 1 || port > 65'535) {
      site.report(node.source(), "a port is a number between 1 and 65535");
    }
    port_overrides_[std::string(name.str())] = static_cast<std::uint16_t>(port);
  }
}

// A pack names its ports; a site may only move those that a pack names.
void PolicyLoader::read_ports(TomlReader& in, FileKind kind) {
  const toml::table* ports = in.table_of(in.root(), "port");
  if (ports == nullptr) return;
  std::vector<std::string> known;
  for (const auto& [name, port] : policy_.port_variables) known.push_back(name);
  for (const auto& [key, node] : *ports) {
    const std::string name(key.str());
    if (kind == FileKind::site) {
      if (policy_.port_variables.contains(name)) continue;
      in.report(key.source(), fmt::format("unknown port variable \"{}\"", name),
                did_you_mean(name, known, "no pack in use has it"));
      continue;
    }
    const std::int64_t port = in.number_of(*ports, name).value_or(0);
    if (port < 1 || port > 65'535) {
      in.report(node.source(), "a port is a number between 1 and 65535");
    }
    const auto moved = port_overrides_.find(name);
    policy_.port_variables[name] =
        moved != port_overrides_.end() ? moved->second : static_cast<std::uint16_t>(port);
  }
}

void PolicyLoader::read_names(TomlReader& in) {
  const toml::table* names = in.table_of(in.root(), "names");
  if (names == nullptr) return;
  for (const auto& [name, node] : *names) {
    policy_.names[std::string(name.str())] = in.texts_of(*names, name.str());
  }
}

void PolicyLoader::read_roles(TomlReader& in) {
  const toml::table* roles = in.table_of(in.root(), "role");
  if (roles == nullptr) return;
  for (const auto& [id, node] : *roles) {
    const toml::table* table = in.table_of(*roles, id.str());
    if (table == nullptr) continue;
    in.only(*table, "[role]", {"title", "host", "optional", "builtin"});
    const auto known = policy_.find_role(id.str());
    if (known && policy_.roles[*known].builtin && table->get("builtin") != nullptr) {
      policy_.roles[*known].title = in.text_of(*table, "title");
      continue;
    }
    if (known) {
      in.report(id.source(), fmt::format("role \"{}\" is defined twice", id.str()));
    } else if (policy_.roles.size() >= max_roles) {
      in.report(id.source(), fmt::format("more than {} roles", max_roles));
    } else {
      policy_.roles.push_back({.id = std::string(id.str()),
                               .title = in.text_of(*table, "title"),
                               .host = in.text_of(*table, "host"),
                               .optional = in.flag_of(*table, "optional").value_or(false),
                               .pack = pack_});
    }
  }
}

std::vector<std::string> PolicyLoader::role_ids() const {
  std::vector<std::string> ids;
  for (const Role& role : policy_.roles) ids.push_back(role.id);
  return ids;
}

std::vector<Subnet> PolicyLoader::subnets(TomlReader& in, const toml::table& table,
                                          std::string_view key) {
  std::vector<Subnet> list;
  for (const TomlReader::Word& word : in.words_of(table, key)) {
    const auto subnet = Subnet::parse(word.text);
    if (!subnet) {
      in.report(word.place, fmt::format("\"{}\" is no address or network", word.text),
                "write 10.1.2.3 or 10.1.2.0/24, without host bits");
      continue;
    }
    list.push_back(*subnet);
  }
  return list;
}

void PolicyLoader::read_bindings(TomlReader& in) {
  const toml::table* binds = in.table_of(in.root(), "bind");
  if (binds == nullptr) return;
  for (const auto& [id, node] : *binds) {
    const toml::table* table = in.table_of(*binds, id.str());
    if (table == nullptr) continue;
    const auto role = policy_.find_role(id.str());
    if (!role || policy_.roles[*role].builtin) {
      in.report(id.source(), fmt::format("unknown role \"{}\"", id.str()),
                did_you_mean(id.str(), role_ids(), "see pcapaudit policy show for the roles"));
      continue;
    }
    refuse(in, *table, "[bind]", {"nat", "snat", "monitor", "seen_on"});
    in.only(*table, "[bind]", {"addresses", "vip", "members"});
    Binding binding{.role = *role,
                    .addresses = subnets(in, *table, "addresses"),
                    .vip = subnets(in, *table, "vip"),
                    .members = subnets(in, *table, "members")};
    if (binding.addresses.empty() && binding.vip.empty() && binding.members.empty()) {
      in.report(id.source(), fmt::format("role \"{}\" has no address", id.str()),
                "give addresses, vip or members, or remove the table");
    }
    for (const auto* list : {&binding.addresses, &binding.vip, &binding.members}) {
      for (const Subnet& subnet : *list) {
        bound_.push_back(
            {.text = to_text(subnet), .role = *role, .file = &in, .place = id.source()});
      }
    }
    policy_.bindings.push_back(std::move(binding));
  }
}

void PolicyLoader::read_shares(TomlReader& in) {
  for (const toml::table* table : in.tables_of(in.root(), "shares")) {
    in.only(*table, "[[shares]]", {"address", "roles", "reason"});
    const auto address = IpAddress::parse(in.text_of(*table, "address", true));
    if (!address) in.report(table->source(), "[[shares]] needs an address such as 10.1.3.11");
    in.text_of(*table, "reason", true);
    const RoleSet roles = role_set(in, in.words_of(*table, "roles", true));
    if (address) shares_[to_text(*address)] |= roles;
  }
}

// A wrong inventory spoils every verdict, so two roles at one address must be meant.
void PolicyLoader::check_shared_addresses() {
  for (const BoundAddress& first : bound_) {
    for (const BoundAddress& second : bound_) {
      if (first.text != second.text || first.role >= second.role) continue;
      const RoleSet both = RoleSet{1} << first.role | RoleSet{1} << second.role;
      const auto declared = shares_.find(first.text);
      if (declared != shares_.end() && (declared->second & both) == both) continue;
      second.file->report(second.place,
                          fmt::format("L2: {} has the roles {} and {}", first.text,
                                      policy_.roles[first.role].id, policy_.roles[second.role].id),
                          "declare it with [[shares]] and a reason, or correct the addresses");
    }
  }
}

void PolicyLoader::read_site(TomlReader& in) {
  const toml::table* site = in.table_of(in.root(), "site");
  if (site == nullptr) return;
  in.only(*site, "[site]",
          {"name", "owner", "timezone", "product", "internal_networks", "client_networks", "judge",
           "unknown_internal"});
  policy_.site_name = in.text_of(*site, "name");
  policy_.owner = in.text_of(*site, "owner");
  policy_.timezone = in.text_of(*site, "timezone");
  policy_.product = in.text_of(*site, "product");
  policy_.internal_networks = subnets(in, *site, "internal_networks");
  policy_.client_networks = subnets(in, *site, "client_networks");
  const std::string judge = in.text_of(*site, "judge");
  policy_.judge_all = judge == "all";
  if (!judge.empty() && judge != "all" && judge != "flows with a bound role") {
    in.report(site->get("judge")->source(), fmt::format("judge = \"{}\" is unknown", judge),
              "\"flows with a bound role\" or \"all\"");
  }
  const std::string unknown = in.text_of(*site, "unknown_internal");
  if (!unknown.empty() && unknown != "violation") {
    in.report(site->get("unknown_internal")->source(),
              fmt::format("unknown_internal = \"{}\" is not evaluated by this version", unknown),
              "write \"violation\"");
  }
}

void PolicyLoader::read_severities(TomlReader& in) {
  const toml::table* table = in.table_of(in.root(), "severity");
  if (table == nullptr) return;
  std::vector<std::string> kinds;
  for (const auto& [kind, severity] : default_severities()) kinds.emplace_back(to_text(kind));
  for (const auto& [name, node] : *table) {
    const auto kind = parse_finding_kind(name.str());
    const auto severity = parse_severity(in.text_of(*table, name.str()));
    if (!kind) {
      in.report(name.source(), fmt::format("unknown kind of finding \"{}\"", name.str()),
                did_you_mean(name.str(), kinds, "see docs/policy-file.md for the kinds"));
    } else if (!severity) {
      in.report(node.source(), "a severity is info, low, medium, high or critical");
    } else {
      policy_.severities[*kind] = *severity;
    }
  }
}

Result<Policy> PolicyLoader::finish(const std::string& digest) {
  check_shared_addresses();
  const ExpressionNames names{.flag = [this](std::string_view id) -> std::optional<bool> {
                                for (const Flag& flag : policy_.flags) {
                                  if (flag.id == id) return flag.value;
                                }
                                return std::nullopt;
                              },
                              .has_role = [this](std::string_view id) -> std::optional<bool> {
                                const auto role = policy_.find_role(id);
                                if (!role) return std::nullopt;
                                return std::any_of(
                                    policy_.bindings.begin(), policy_.bindings.end(),
                                    [&](const Binding& binding) { return binding.role == *role; });
                              }};
  for (const PendingFlow& pending : pending_) {
    DocumentedFlow& flow = policy_.flows[pending.index];
    const auto evaluate = [&](const std::string& text) {
      if (text.empty()) return false;
      const ExpressionValue result = evaluate_expression(text, names);
      if (!result.error.empty()) {
        pending.file->report(pending.place,
                             fmt::format("flow \"{}\": \"{}\": {}", flow.id, text, result.error),
                             "flags, has(role), and, or, not, always, never, parentheses");
      }
      return result.value;
    };
    flow.is_needed = evaluate(flow.need);
    flow.is_discouraged = evaluate(flow.discouraged);
  }
  for (const PendingFlow& pending : pending_) {
    if (pending.file->error()) return std::unexpected(*pending.file->error());
  }
  for (const BoundAddress& bound : bound_) {
    if (bound.file->error()) return std::unexpected(*bound.file->error());
  }
  std::erase_if(policy_.flows, [this](const DocumentedFlow& flow) {
    if (policy_.profiles.empty() || flow.profiles.empty()) return false;
    return std::none_of(flow.profiles.begin(), flow.profiles.end(), [this](const std::string& one) {
      return std::find(policy_.profiles.begin(), policy_.profiles.end(), one) !=
             policy_.profiles.end();
    });
  });
  if (policy_.flows.empty()) {
    return fail("no documented flows: every flow would be a violation",
                "use a pack: use = [\"lync2013-seeds\"], and check profiles");
  }
  policy_.digest = digest;
  return std::move(policy_);
}

}  // namespace pcapaudit
