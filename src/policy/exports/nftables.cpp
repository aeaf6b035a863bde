// Rows as a ruleset for `nft -f` that allows just them: roles are named sets of addresses.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text/text.hpp"
#include "policy/exports/exports.hpp"

namespace pcapaudit {
namespace {

// What nft takes inside of quotes and comments: it knows no escapes there.
std::string nft_text(std::string_view text) {
  std::string out = visible(text);
  std::replace_if(out.begin(), out.end(), [](char c) { return c == '"' || c == '\\'; }, '_');
  return out;
}

// Addresses of a role for one family, and whether the role is "every address" or "not these".
struct Members {
  bool everybody = false;
  bool negated = false;
  std::vector<std::string> subnets;
};

std::vector<Subnet> special_subnets(std::size_t role) {
  constexpr std::pair<std::size_t, const char*> subnets[] = {
      {Policy::role_loopback, "127.0.0.0/8"},      {Policy::role_loopback, "::1"},
      {Policy::role_link_local, "169.254.0.0/16"}, {Policy::role_link_local, "fe80::/10"},
      {Policy::role_multicast, "224.0.0.0/4"},     {Policy::role_multicast, "ff00::/8"},
      {Policy::role_broadcast, "255.255.255.255"}};
  std::vector<Subnet> list;
  for (const auto& [number, text] : subnets) {
    if (number == role) list.push_back(*Subnet::parse(text));
  }
  return list;
}

Members members_of(const Policy& policy, std::size_t role, bool v4) {
  Members members;
  const auto add = [&](const std::vector<Subnet>& list) {
    for (const Subnet& subnet : list) {
      if (subnet.base.v4 == v4) members.subnets.push_back(to_text(subnet));
    }
  };
  if (role == Policy::role_any) members.everybody = true;
  if (role == Policy::role_internal_clients) add(policy.client_networks);
  if (role == Policy::role_unknown_internal || role == Policy::role_internet) {
    add(policy.internal_networks);
    members.negated = role == Policy::role_internet;
  }
  if (role == Policy::role_any_internal) {
    add(policy.client_networks);
    add(policy.internal_networks);
  }
  add(special_subnets(role));
  for (const Binding& binding : policy.bindings) {
    if (role == Policy::role_load_balancer) add(binding.snat);
    if (binding.role != role && role != Policy::role_any_internal) continue;
    add(binding.addresses);
    add(binding.vip);
    add(binding.members);
  }
  std::sort(members.subnets.begin(), members.subnets.end());
  members.subnets.erase(std::unique(members.subnets.begin(), members.subnets.end()),
                        members.subnets.end());
  return members;
}

// Letters, digits and the signs that names of sets may have.
std::string set_name(const Policy& policy, std::size_t role, bool v4, bool negated) {
  std::string id = policy.roles[role].id;
  std::replace_if(
      id.begin(), id.end(),
      [](char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_' || c == '.');
      },
      '_');
  return fmt::format("{}-{}{}", v4 ? "v4" : "v6", negated ? "not-" : "", id);
}

// "ip saddr @v4-director "; empty for everybody.
std::string match_of(const Policy& policy, std::size_t role, bool v4, std::string_view direction) {
  const Members members = members_of(policy, role, v4);
  if (members.everybody) return "";
  return fmt::format("{} {} {}@{} ", v4 ? "ip" : "ip6", direction, members.negated ? "!= " : "",
                     set_name(policy, role, v4, members.negated));
}

bool is_seen(const Policy& policy, std::size_t role, bool v4) {
  const Members members = members_of(policy, role, v4);
  return members.everybody || members.negated || !members.subnets.empty();
}

std::vector<std::size_t> roles_in(RoleSet set) {
  std::vector<std::size_t> roles;
  for (std::size_t i = 0; i < max_roles; ++i) {
    if ((set >> i & 1) != 0) roles.push_back(i);
  }
  return roles;
}

std::string transport_match(const DocumentedFlow& row, Transport transport, bool v4) {
  if (has_ports(transport)) {
    return fmt::format("{} dport {{ {} }}", to_text(transport), to_text(row.ports, ", "));
  }
  if (transport == Transport::icmp) return v4 ? "meta l4proto icmp" : "meta l4proto icmpv6";
  return fmt::format("meta l4proto {}", static_cast<unsigned>(transport));
}

// One rule for each family of addresses that both ends have; without any address the first, whose
// sets are empty. Where nobody opens, either end may send first.
void add_rules(const Policy& policy, const DocumentedFlow& row, std::size_t from, std::size_t to,
               std::string& text) {
  const auto has = [&](bool v4) { return is_seen(policy, from, v4) && is_seen(policy, to, v4); };
  for (const bool v4 : {true, false}) {
    if (!has(v4) && !(v4 && !has(false))) continue;
    const auto add = [&](std::size_t source, std::size_t target, Transport transport) {
      const std::string ends =
          match_of(policy, source, v4, "saddr") + match_of(policy, target, v4, "daddr");
      // Without an address on either side the rule would hold for both families at once.
      const std::string family =
          ends.empty() ? (v4 ? "meta nfproto ipv4 " : "meta nfproto ipv6 ") : "";
      text += fmt::format("    {}{}{} accept comment \"{}\"\n", family, ends,
                          transport_match(row, transport, v4), nft_text(row.id));
    };
    for (const Transport transport : row.transports) {
      add(from, to, transport);
      if (is_without_opener(transport)) add(to, from, transport);
    }
  }
}

void add_sets(const Policy& policy, RoleSet used, std::string& text) {
  for (const std::size_t role : roles_in(used)) {
    for (const bool v4 : {true, false}) {
      const Members members = members_of(policy, role, v4);
      if (members.everybody) continue;
      text += fmt::format(
          "  set {} {{\n    type {}\n    flags interval\n    auto-merge\n{}  }}\n",
          set_name(policy, role, v4, members.negated), v4 ? "ipv4_addr" : "ipv6_addr",
          members.subnets.empty()
              ? ""
              : fmt::format("    elements = {{ {} }}\n", fmt::join(members.subnets, ", ")));
    }
  }
}

}  // namespace

Export export_nftables(const Policy& policy) {
  Export out{
      .text = fmt::format(
          "#!/usr/sbin/nft -f\n# Allows the documented flows of {} and nothing else. Policy "
          "digest {}.\ntable inet pcapaudit_documented {{\n",
          policy.site_name.empty() ? "the policy" : nft_text(policy.site_name), policy.digest),
      .unsaid = {},
      .beside = {}};
  RoleSet used = 0;
  for (const DocumentedFlow& row : policy.flows) used |= row.from | row.to;
  add_sets(policy, used, out.text);
  out.text +=
      "  chain forward {\n    type filter hook forward priority filter; policy drop;\n"
      "    ct state established,related accept\n";
  for (const DocumentedFlow& row : policy.flows) {
    for (const std::size_t from : roles_in(row.from)) {
      for (const std::size_t to : roles_in(row.to)) add_rules(policy, row, from, to, out.text);
    }
  }
  out.text += "  }\n}\n";
  tell_unsaid(policy,
              {"app", "tls", "http", "schedule", "address", "related", "expected", "needed",
               "discouraged", "profile", "title", "why", "owner", "approved", "review"},
              out);
  std::vector<std::string> empty;
  for (const std::size_t role : roles_in(used)) {
    if (!is_seen(policy, role, true) && !is_seen(policy, role, false))
      empty.push_back(policy.roles[role].id);
  }
  if (!empty.empty())
    out.unsaid.push_back(
        fmt::format("no address is bound to {}: their sets are empty, and allow nothing",
                    fmt::join(empty, ", ")));
  return out;
}

}  // namespace pcapaudit
