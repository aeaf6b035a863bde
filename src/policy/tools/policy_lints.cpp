// Remarks on a policy that loads: what will make its verdicts weaker than its author thinks.
#include <algorithm>

#include <fmt/format.h>

#include "policy/load/policy_loader.hpp"

namespace pcapaudit {
namespace {

bool has(const std::vector<Subnet>& list, const Subnet& subnet) {
  return std::find(list.begin(), list.end(), subnet) != list.end();
}

}  // namespace

void PolicyLoader::lint(bool has_site) {
  lint_roles(has_site);
  if (has_site) lint_addresses();
  if (has_site) lint_flags();
  lint_rows();
  if (has_site) lint_names();
  if (has_site) lint_unset_names();
  std::stable_sort(policy_.lints.begin(), policy_.lints.end(), [](const Lint& a, const Lint& b) {
    return std::pair(!a.is_error, a.code) < std::pair(!b.is_error, b.code);
  });
}

// A remark at a row, with its line and a caret.
Error PolicyLoader::at_row(const DocumentedFlow& flow, std::string what, std::string hint) const {
  for (const TomlReader* reader : readers_) {
    if (reader->file() != flow.place.file) continue;
    const toml::source_position at{.line = flow.place.line, .column = 1};
    return reader->remark({.begin = at, .end = at, .path = nullptr}, std::move(what),
                          std::move(hint));
  }
  return {.what = std::move(what),
          .where = fmt::format("{}:{}:1", flow.place.file, flow.place.line),
          .excerpt = {},
          .hint = std::move(hint)};
}

// L1: a role of a documented flow that no address has.
void PolicyLoader::lint_roles(bool has_site) {
  RoleSet bound = 0;
  for (const Binding& binding : policy_.bindings) bound |= RoleSet{1} << binding.role;
  for (std::size_t i = 0; i < policy_.roles.size(); ++i) {
    const Role& role = policy_.roles[i];
    if (role.builtin || role.optional || role.absent || (bound >> i & 1) != 0) continue;
    const auto user = std::find_if(
        policy_.flows.begin(), policy_.flows.end(),
        [&](const DocumentedFlow& flow) { return ((flow.from | flow.to) >> i & 1) != 0; });
    if (user == policy_.flows.end()) continue;
    policy_.lints.push_back(
        {.code = "L1",
         .is_error = has_site,
         .remark = at_row(
             *user,
             fmt::format("L1: role {} has no address, and {} speaks of it", role.id, user->id),
             fmt::format("add [bind.{}] to the site file, with addresses or "
                         "absent = true",
                         role.id))});
  }
}

// L2: bound inside the client networks. L5: one address in two uses.
void PolicyLoader::lint_addresses() {
  std::map<std::string, std::size_t> vips, public_addresses;
  for (const Binding& binding : policy_.bindings) {
    const std::string& role = policy_.roles[binding.role].id;
    const auto found = places_.find("bind." + role);
    if (found == places_.end()) continue;
    const Place& place = found->second;
    const auto add = [&](std::string_view code, std::string what, std::string hint) {
      policy_.lints.push_back(
          {.code = std::string(code),
           .is_error = false,
           .remark = place.file->remark(place.region, fmt::format("{}: {}", code, what),
                                        std::move(hint))});
    };
    for (const auto* list : {&binding.addresses, &binding.vip, &binding.members}) {
      for (const Subnet& subnet : *list) {
        const bool inside =
            std::any_of(policy_.client_networks.begin(), policy_.client_networks.end(),
                        [&](const Subnet& network) { return network.contains(subnet.base); });
        if (inside) {
          add("L2", fmt::format("{} of {} lies in the client networks", to_text(subnet), role),
              "it counts as " + role + ", not as a client");
        }
      }
    }
    for (const Subnet& vip : binding.vip) {
      if (has(binding.members, vip)) {
        add("L5", fmt::format("{} is VIP and member of {}", to_text(vip), role),
            "give the VIP and the members addresses of their own");
      }
      const auto [other, is_new] = vips.emplace(to_text(vip), binding.role);
      if (!is_new && other->second != binding.role) {
        add("L5",
            fmt::format("{} is the VIP of {} and {}", to_text(vip), policy_.roles[other->second].id,
                        role),
            "a VIP belongs to one pool");
      }
    }
    for (const NatAddress& nat : binding.nat) {
      for (const PortRange& range : nat.ports.empty() ? PortRanges{{0, 0}} : nat.ports) {
        const std::string key = fmt::format("{} port {}", to_text(nat.address), range.first);
        const auto [other, is_new] = public_addresses.emplace(key, binding.role);
        if (!is_new && other->second != binding.role) {
          add("L5",
              fmt::format("{} is the public address of {} and {}", key,
                          policy_.roles[other->second].id, role),
              "one public address and port leads to one host");
        }
      }
    }
  }
}

// L6: questions without an answer.
void PolicyLoader::lint_flags() {
  for (const Flag& flag : policy_.flags) {
    if (flag.answered) continue;
    const Place& place = places_.at("flag." + flag.id);
    policy_.lints.push_back(
        {.code = "L6",
         .is_error = false,
         .remark = place.file->remark(place.region,
                                      fmt::format("L6: {} is not answered, {} is assumed: {}",
                                                  flag.id, flag.value, flag.ask),
                                      fmt::format("set [flags] {} = true or false", flag.id))});
  }
}

// L7: SIP between servers in one direction only; mappings of rows that are not there.
// L9: doubts about rows in use.
void PolicyLoader::lint_rows() {
  constexpr std::uint16_t sip_tls_port = 5061;
  const auto row_lint = [&](const DocumentedFlow& flow, std::string code, std::string what,
                            std::string hint) {
    return Lint{.code = code,
                .is_error = false,
                .remark = at_row(flow, fmt::format("{}: {}", code, what), std::move(hint))};
  };
  // Clients open their connections, nobody opens one to them.
  constexpr RoleSet clients = any_bit | any_internal_bit | role_bit(Policy::role_internal_clients) |
                              role_bit(Policy::role_unknown_internal) |
                              role_bit(Policy::role_internet);
  for (const DocumentedFlow& flow : policy_.flows) {
    if (flow.app != "sip" || !contains(flow.ports, sip_tls_port)) continue;
    if (((flow.from | flow.to) & clients) != 0) continue;
    const bool opposite =
        std::any_of(policy_.flows.begin(), policy_.flows.end(), [&](const DocumentedFlow& other) {
          return (other.from & flow.to) != 0 && (other.to & flow.from) != 0 &&
                 contains(other.ports, sip_tls_port);
        });
    if (opposite) continue;
    policy_.lints.push_back(
        row_lint(flow, "L7", fmt::format("{} has no row in the opposite direction", flow.id),
                 "SIP between servers goes both ways"));
  }
  for (const DocumentedFlow& flow : policy_.flows) {
    if (!flow.is_draft) continue;
    policy_.lints.push_back(row_lint(flow, "L10", fmt::format("{} is not approved", flow.id),
                                     "give it an owner and the date of its approval"));
  }
  const auto is_row = [&](const std::string& id) {
    return std::any_of(policy_.flows.begin(), policy_.flows.end(),
                       [&](const DocumentedFlow& flow) { return flow.id == id; });
  };
  for (const Mapping& mapping : policy_.mappings) {
    if (is_row(mapping.outer) && is_row(mapping.inner)) continue;
    const Place& place = places_.at("mapping." + mapping.id);
    const std::string& missing = is_row(mapping.outer) ? mapping.inner : mapping.outer;
    policy_.lints.push_back(
        {.code = "L7",
         .is_error = false,
         .remark = place.file->remark(
             place.region, fmt::format("L7: {} of mapping {} is not enabled", missing, mapping.id),
             "choose its profile, or the two legs are not compared")});
  }
  for (const DocumentedFlow& flow : policy_.flows) {
    for (const std::string& doubt : flow.doubts) {
      const auto found = policy_.doubts.find(doubt);
      policy_.lints.push_back(
          row_lint(flow, "L9",
                   fmt::format("{}: doubt {}: {}", flow.id, doubt,
                               found == policy_.doubts.end() ? "" : found->second),
                   ""));
    }
  }
}

// L8: names that lie outside the SIP domains, and wildcards where the servers do not take them.
void PolicyLoader::lint_names() {
  const auto domains = policy_.names.find("sip_domains");
  if (domains == policy_.names.end()) return;
  for (const auto& [variable, names] : policy_.names) {
    if (variable == "sip_domains") continue;
    const Place& place = places_.at("names." + variable);
    const auto add = [&](std::string what, std::string hint) {
      policy_.lints.push_back(
          {.code = "L8",
           .is_error = false,
           .remark = place.file->remark(place.region, "L8: " + what, std::move(hint))});
    };
    for (const std::string& name : names) {
      const bool inside = std::any_of(domains->second.begin(), domains->second.end(),
                                      [&](const std::string& domain) {
                                        return name == domain || name.ends_with("." + domain);
                                      });
      if (!inside) add(fmt::format("{} is in none of the SIP domains", name), "add its domain");
      const bool may_be_wild =
          variable == "meet" || variable == "dialin" || variable == "lyncdiscover";
      if (name.starts_with("*.") && !may_be_wild) {
        add(fmt::format("{}: a wildcard is not supported here", name),
            "only meet, dialin and lyncdiscover may come from a wildcard");
      }
    }
  }
}

// L13: names that profiles of rows ask for and the site does not give.
void PolicyLoader::lint_unset_names() {
  const auto site = std::find_if(readers_.begin(), readers_.end(), [](const TomlReader* reader) {
    return !reader->root().contains("pack");
  });
  for (const std::string& name : unset_names_) {
    policy_.lints.push_back(
        {.code = "L13",
         .is_error = false,
         .remark = (*site)->remark(
             (*site)->root().source(),
             fmt::format("L13: [names] {} is not given: what rows demand of it is not demanded",
                         name),
             fmt::format("[names] {} = [\"host.example\"]", name))});
  }
}

}  // namespace pcapaudit
