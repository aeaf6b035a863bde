// Rows as a policy of Capirca and Aerleon with its networks and services. What their terms have no
// word for stands in comments, which `policy import` reads back.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text/text.hpp"
#include "policy/exports/exports.hpp"
#include "policy/tools/row_fields.hpp"

namespace pcapaudit {
namespace {

std::string name_of(std::string_view id) {
  std::string name(id);
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_');
      },
      '_');
  return name;
}

// Quotes end a text, and nothing stands for one inside of it.
std::string quoted(std::string_view text) {
  std::string out = visible(text);
  std::replace(out.begin(), out.end(), '"', '\'');
  return "\"" + out + "\"";
}

std::string role_list(const Policy& policy, RoleSet roles) {
  std::string names;
  for (std::size_t i = 0; i < policy.roles.size(); ++i) {
    if ((roles >> i & 1) != 0) names += (names.empty() ? "" : " ") + name_of(policy.roles[i].id);
  }
  return names;
}

std::string port_name(const PortRange& range) {
  return range.first == range.last ? fmt::format("PORT-{}", range.first)
                                   : fmt::format("PORT-{}-{}", range.first, range.last);
}

void write_term(const Policy& policy, const DocumentedFlow& row, std::string& text) {
  text += fmt::format("\nterm {} {{\n", name_of(row.id));
  for (const RowField& field : fields_of(policy, row)) {
    const bool stands_below = field.name == "from" || field.name == "to" ||
                              field.name == "transport" || field.name == "ports" ||
                              field.name == "source";
    if (!stands_below && !field.value.empty())
      text += fmt::format("  comment:: {}\n",
                          quoted(fmt::format("pcapaudit {}: {}", field.name, field.value)));
  }
  if ((row.from & any_bit) == 0)
    text += fmt::format("  source-address:: {}\n", role_list(policy, row.from));
  if ((row.to & any_bit) == 0)
    text += fmt::format("  destination-address:: {}\n", role_list(policy, row.to));
  std::vector<std::string_view> protocols;
  for (const Transport it : row.transports) protocols.push_back(to_text(it));
  text += fmt::format("  protocol:: {}\n", fmt::join(protocols, " "));
  if (!row.ports.empty()) {
    std::vector<std::string> names;
    for (const PortRange& range : row.ports) names.push_back(port_name(range));
    text += fmt::format("  destination-port:: {}\n", fmt::join(names, " "));
  }
  text += "  action:: accept\n}\n";
}

std::string networks_of(const Policy& policy) {
  std::string text = "# pcapaudit definitions: networks\n";
  for (std::size_t i = 0; i < policy.roles.size(); ++i) {
    std::vector<std::string> addresses;
    for (const Binding& binding : policy.bindings) {
      if (binding.role != i) continue;
      for (const auto* list : {&binding.addresses, &binding.vip, &binding.members}) {
        for (const Subnet& it : *list) addresses.push_back(to_text(it));
      }
    }
    if (i == Policy::role_internal_clients) {
      for (const Subnet& it : policy.client_networks) addresses.push_back(to_text(it));
    }
    if (!addresses.empty())
      text += fmt::format("{} = {}\n", name_of(policy.roles[i].id), fmt::join(addresses, "\n    "));
  }
  return text;
}

std::string services_of(const Policy& policy) {
  std::map<std::string, std::string> services;
  for (const DocumentedFlow& row : policy.flows) {
    for (const PortRange& range : row.ports) {
      for (const Transport it : row.transports) {
        if (!has_ports(it)) continue;
        const std::string value = fmt::format("{}/{}", to_text({range}), to_text(it));
        std::string& list = services[port_name(range)];
        if ((" " + list + " ").find(" " + value + " ") == std::string::npos)
          list += (list.empty() ? "" : " ") + value;
      }
    }
  }
  std::string text = "# pcapaudit definitions: services\n";
  for (const auto& [name, values] : services) text += fmt::format("{} = {}\n", name, values);
  return text;
}

}  // namespace

Export export_aerleon(const Policy& policy) {
  Export out{
      .text =
          "# pcapaudit export: one term for each row. What is not accepted is denied.\n"
          "header {\n  comment:: \"pcapaudit export\"\n  target:: nftables inet forward\n}\n",
      .unsaid = {},
      .beside = {{".net", networks_of(policy)}, {".svc", services_of(policy)}}};
  RoleSet used = 0, bound = any_bit | role_bit(Policy::role_internal_clients);
  for (const DocumentedFlow& row : policy.flows) {
    write_term(policy, row, out.text);
    used |= row.from | row.to;
  }
  for (const Binding& binding : policy.bindings) bound |= role_bit(binding.role);
  if ((used & ~bound) != 0)
    out.unsaid.push_back(
        fmt::format("no address is bound to {}: define them before aclgen takes the policy",
                    policy.role_names(used & ~bound)));
  return out;
}

}  // namespace pcapaudit
