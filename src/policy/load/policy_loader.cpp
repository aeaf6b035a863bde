// Packs and sites: heads, roles, addresses, answers. Documented flows are in policy_rows.cpp.

#include "policy/load/policy_loader.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace pcapaudit {
namespace {

constexpr std::int64_t format_number = 1;

std::map<FindingKind, Severity> default_severities() {
  std::map<FindingKind, Severity> severities;
  for (std::size_t i = 0; i < finding_kind_count; ++i) {
    const auto kind = static_cast<FindingKind>(i);
    severities[kind] = facts_of(kind).severity;
  }
  return severities;
}

}  // namespace

PolicyLoader::PolicyLoader() {
  policy_.roles = builtin_role_list();
  policy_.severities = default_severities();
}

Result<void> PolicyLoader::add(TomlReader& in, FileKind kind) {
  readers_.push_back(&in);
  policy_.files.emplace_back(in.file(), in.text());
  if (!in.error()) {
    read_head(in, kind);
    read_flags(in, kind);
    read_ports(in, kind);
    read_names(in);
    read_roles(in);
    if (kind == FileKind::site) read_site(in);
    read_schedules(in);
    read_tls(in);
    read_http(in);
    if (kind == FileKind::pack) {
      read_documents(in);
      read_mappings(in);
      read_mistakes(in);
      read_doubts(in);
    } else {
      read_bindings(in);
      read_shares(in);
      read_severities(in);
    }
    read_flows(in);
    if (kind == FileKind::site) {
      read_overrides(in);
      read_exceptions(in);
    }
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
            {"format", "pack", "source", "flag", "port", "names", "role", "schedule", "tls", "http",
             "flow", "mapping", "mistake", "doubt"});
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
  in.only(root, "a site file",
          {"format", "use", "profiles", "site", "flags", "port", "names", "role", "bind", "shares",
           "severity", "schedule", "tls", "http", "flow", "override", "exception"});
  pack_ = site_pack;
  // A draft that stands beside a site file chooses none.
  if (root.contains("profiles")) policy_.profiles = in.texts_of(root, "profiles");
}

void PolicyLoader::read_documents(TomlReader& in) {
  const toml::table* sources = in.table_of(in.root(), "source");
  if (sources == nullptr) return;
  for (const auto& [id, node] : *sources) {
    const toml::table* table = in.table_of(*sources, id.str());
    if (table == nullptr) continue;
    in.only(*table, "[source]", {"title", "file", "section", "version", "sha256", "modified"});
    policy_.documents.push_back({.id = std::string(id.str()),
                                 .title = in.text_of(*table, "title", true),
                                 .file = in.text_of(*table, "file"),
                                 .section = in.text_of(*table, "section"),
                                 .version = in.text_of(*table, "version"),
                                 .sha256 = in.text_of(*table, "sha256"),
                                 .modified = in.date_of(*table, "modified"),
                                 .place = {.file = in.file(), .line = id.source().begin.line}});
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
      places_.insert_or_assign(fmt::format("flag.{}", id.str()), Place{&in, id.source()});
      if (std::any_of(policy_.flags.begin(), policy_.flags.end(),
                      [&](const Flag& flag) { return flag.id == id.str(); })) {
        continue;  // packs may ask the same question
      }
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
    places_.insert_or_assign(fmt::format("names.{}", name.str()), Place{&in, name.source()});
  }
}

void PolicyLoader::read_roles(TomlReader& in) {
  const toml::table* roles = in.table_of(in.root(), "role");
  if (roles == nullptr) return;
  for (const auto& [id, node] : *roles) {
    const toml::table* table = in.table_of(*roles, id.str());
    if (table == nullptr) continue;
    in.only(*table, "[role]", {"title", "host", "optional", "required", "builtin"});
    const auto known = policy_.find_role(id.str());
    if (known && policy_.roles[*known].builtin && table->get("builtin") != nullptr) {
      policy_.roles[*known].title = in.text_of(*table, "title");
      continue;
    }
    if (known && policy_.roles[*known].pack == pack_) {
      in.report(id.source(), fmt::format("role \"{}\" is defined twice", id.str()));
    } else if (known) {
      // Packs speak of the same machines; the first one names them. A role that one pack can do
      // without may be needed by another.
      Role& role = policy_.roles[*known];
      role.optional = role.optional && in.flag_of(*table, "optional").value_or(false);
      role.required = role.required || in.flag_of(*table, "required").value_or(false);
    } else if (policy_.roles.size() >= max_roles) {
      in.report(id.source(), fmt::format("more than {} roles", max_roles));
    } else {
      policy_.roles.push_back({.id = std::string(id.str()),
                               .title = in.text_of(*table, "title"),
                               .host = in.text_of(*table, "host"),
                               .optional = in.flag_of(*table, "optional").value_or(false),
                               .required = in.flag_of(*table, "required").value_or(false),
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

std::optional<Error> PolicyLoader::first_error() const {
  for (const TomlReader* reader : readers_) {
    if (reader->error()) return reader->error();
  }
  return std::nullopt;
}

// The value of an expression, reported at the row when it is not well formed.
std::optional<bool> PolicyLoader::expression(const PendingFlow& pending, const std::string& text) {
  if (text.empty()) return std::nullopt;
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
  const ExpressionValue result = evaluate_expression(text, names);
  if (!result.error.empty()) {
    pending.file->report(
        pending.place,
        fmt::format("flow \"{}\": \"{}\": {}", policy_.flows[pending.index].id, text, result.error),
        "flags, has(role), and, or, not, always, never, parentheses");
  }
  return result.value;
}

// A site that chooses a profile which no row has would leave rows out without a word.
void PolicyLoader::check_profiles() {
  std::set<std::string> all;
  for (const DocumentedFlow& flow : policy_.flows) {
    all.insert(flow.profiles.begin(), flow.profiles.end());
  }
  const std::vector<std::string> known(all.begin(), all.end());
  for (TomlReader* in : readers_) {
    if (in->root().contains("pack")) continue;
    for (const TomlReader::Word& word : in->words_of(in->root(), "profiles")) {
      in->is_among(word, known, "profile");
    }
  }
}

bool PolicyLoader::is_chosen(const DocumentedFlow& flow) const {
  if (policy_.profiles.empty() || flow.profiles.empty()) return true;
  return std::any_of(flow.profiles.begin(), flow.profiles.end(), [this](const std::string& one) {
    return std::find(policy_.profiles.begin(), policy_.profiles.end(), one) !=
           policy_.profiles.end();
  });
}

Result<Policy> PolicyLoader::finish(const std::string& digest, bool strict) {
  check_shared_addresses();
  for (const PendingFlow& pending : pending_) {
    DocumentedFlow& flow = policy_.flows[pending.index];
    flow.is_needed = expression(pending, flow.need).value_or(false);
    flow.is_discouraged = expression(pending, flow.discouraged).value_or(false);
    if (flow.http) flow.http->excepts = expression(pending, flow.http->except_when).value_or(true);
    resolve_profiles(flow);
  }
  const std::vector<DocumentedFlow> documented = policy_.flows;
  apply_overrides();
  check_profiles();
  check_loosening(documented);
  if (const auto error = first_error()) return std::unexpected(*error);

  for (const DocumentedFlow& flow : policy_.flows) {
    if (flow.is_disabled && is_chosen(flow)) policy_.disabled.push_back(flow);
  }
  std::erase_if(policy_.flows, [&](const DocumentedFlow& flow) {
    const bool is_documented = flow.basis == "row" || flow.basis == "prose";
    return flow.is_disabled || !is_chosen(flow) || (strict && !is_documented);
  });
  if (policy_.flows.empty()) {
    return fail("no documented flows: every flow would be a violation",
                "use a pack: use = [\"lync2013-seeds\"], and check profiles");
  }
  lint(std::any_of(readers_.begin(), readers_.end(),
                   [](const TomlReader* reader) { return !reader->root().contains("pack"); }));
  policy_.digest = digest;
  policy_.strict = strict;
  return std::move(policy_);
}

}  // namespace pcapaudit
