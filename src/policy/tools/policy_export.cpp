// Documented rows for spreadsheets, wikis and firewalls.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text/csv_cell.hpp"
#include "base/text/text.hpp"
#include "policy/load/policy_documents.hpp"

namespace pcapaudit {
namespace {

std::string transports_of(const DocumentedFlow& row) {
  std::string text;
  for (const Transport transport : row.transports) {
    text += (text.empty() ? "" : "+") + std::string(to_text(transport));
  }
  return text;
}

std::string sources_of(const DocumentedFlow& row) {
  std::string text;
  for (const DocumentLines& source : row.sources) {
    text += fmt::format("{}{}{}{}", text.empty() ? "" : "; ", source.document,
                        source.lines.empty() ? "" : " line ", source.lines);
  }
  return text;
}

std::vector<std::string> fields_of(const Policy& policy, const DocumentedFlow& row) {
  const bool mutual = row.tls && row.tls->mutual == TlsProfile::Mutual::yes;
  return {row.id,
          policy.role_names(row.from),
          policy.role_names(row.to),
          transports_of(row),
          to_text(row.ports),
          row.app,
          mutual ? "yes" : "",
          row.is_needed ? "yes" : "",
          row.basis,
          sources_of(row),
          row.why,
          row.owner,
          row.approved,
          row.review};
}

// What nft takes inside of quotes and comments: it knows no escapes there.
std::string nft_text(std::string_view text) {
  std::string out = visible(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '"' || c == '\\'; }, '_');
  return out;
}

constexpr std::string_view columns[] = {"row", "from",       "to",       "transport", "ports",
                                        "app", "mutual_tls", "needed",   "basis",     "source",
                                        "why", "owner",      "approved", "review"};

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

// "ip saddr { 10.0.0.1 }"; empty for everybody; nullopt when there is no such address.
std::optional<std::string> match_of(const Policy& policy, std::size_t role, bool v4,
                                    std::string_view direction) {
  const Members members = members_of(policy, role, v4);
  if (members.everybody || (members.negated && members.subnets.empty())) return "";
  if (members.subnets.empty()) return std::nullopt;
  return fmt::format("{} {} {}{{ {} }} ", v4 ? "ip" : "ip6", direction,
                     members.negated ? "!= " : "", fmt::join(members.subnets, ", "));
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

// One rule for each family of addresses. Where nobody opens, either end may send first.
void add_rules(const Policy& policy, const DocumentedFlow& row, std::size_t from, std::size_t to,
               std::vector<std::string>& rules) {
  for (const bool v4 : {true, false}) {
    const auto source = match_of(policy, from, v4, "saddr");
    const auto target = match_of(policy, to, v4, "daddr");
    if (!source || !target) continue;
    // Without an address on either side the rule would hold for both families at once.
    const std::string family = source->empty() && target->empty()
                                   ? (v4 ? "meta nfproto ipv4 " : "meta nfproto ipv6 ")
                                   : "";
    const auto add = [&](const std::string& source_and_target, Transport transport) {
      rules.push_back(fmt::format("{}{}{} accept comment \"{}\"", family, source_and_target,
                                  transport_match(row, transport, v4), nft_text(row.id)));
    };
    for (const Transport transport : row.transports) {
      add(*source + *target, transport);
      if (!is_without_opener(transport)) continue;
      add(*match_of(policy, to, v4, "saddr") + *match_of(policy, from, v4, "daddr"), transport);
    }
  }
}

void add_rules(const Policy& policy, const DocumentedFlow& row, std::vector<std::string>& rules) {
  for (const std::size_t from : roles_in(row.from)) {
    for (const std::size_t to : roles_in(row.to)) add_rules(policy, row, from, to, rules);
  }
}

}  // namespace

std::string export_csv(const Policy& policy) {
  std::string text = fmt::format("{}\r\n", fmt::join(columns, ","));
  for (const DocumentedFlow& row : policy.flows) {
    std::vector<std::string> fields;
    for (const std::string& field : fields_of(policy, row))
      fields.push_back(csv_cell(visible(field, tabs_and_lines)));
    text += fmt::format("{}\r\n", fmt::join(fields, ","));
  }
  return text;
}

std::string export_markdown(const Policy& policy) {
  std::string text = fmt::format("| {} |\n|", fmt::join(columns, " | "));
  for (std::size_t i = 0; i < std::size(columns); ++i) text += "---|";
  text += "\n";
  for (const DocumentedFlow& row : policy.flows) {
    text += "|";
    for (const std::string& field : fields_of(policy, row)) {
      text += " ";
      for (const char c : visible(field, tabs_and_lines)) {
        if (c == '|') text += '\\';
        text += c == '\n' || c == '\r' ? ' ' : c;
      }
      text += " |";
    }
    text += "\n";
  }
  return text;
}

std::string export_nftables(const Policy& policy) {
  std::string text = fmt::format(
      "#!/usr/sbin/nft -f\n# Allows the documented flows of {} and nothing else. Policy digest "
      "{}.\n"
      "table inet pcapaudit_documented {{\n  chain forward {{\n"
      "    type filter hook forward priority filter; policy drop;\n"
      "    ct state established,related accept\n",
      policy.site_name.empty() ? "the policy" : nft_text(policy.site_name), policy.digest);
  for (const DocumentedFlow& row : policy.flows) {
    std::vector<std::string> rules;
    add_rules(policy, row, rules);
    if (rules.empty())
      text += fmt::format("    # {}: no address for its roles\n", nft_text(row.id));
    for (const std::string& rule : rules) text += "    " + rule + "\n";
  }
  return text + "  }\n}\n";
}

}  // namespace pcapaudit
