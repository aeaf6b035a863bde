// Rows as NetworkPolicy (networking.k8s.io/v1), one for each; what Kubernetes does not enforce
// stands in annotations, which `policy import` reads back.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text/text.hpp"
#include "policy/exports/exports.hpp"
#include "policy/tools/row_fields.hpp"

namespace pcapaudit {
namespace {

// A name of Kubernetes (RFC 1123): small letters, digits, "-".
std::string object_name(std::string_view id) {
  constexpr std::size_t longest = 200;
  std::string name;
  for (const char c : id) {
    const char small = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const bool kept = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9');
    if (kept)
      name += small;
    else if (!name.empty() && name.back() != '-')
      name += '-';
    if (name.size() >= longest) break;
  }
  while (name.ends_with('-')) name.pop_back();
  return name.empty() ? "row" : name;
}

std::string selector_of(const Policy& policy, RoleSet roles) {
  std::string ids;
  for (std::size_t i = 0; i < policy.roles.size(); ++i) {
    if ((roles >> i & 1) != 0) ids += (ids.empty() ? "" : ", ") + toml_string(policy.roles[i].id);
  }
  return fmt::format("{{matchExpressions: [{{key: pcapaudit/role, operator: In, values: [{}]}}]}}",
                     ids);
}

bool can_say(const DocumentedFlow& row) {
  return std::all_of(row.transports.begin(), row.transports.end(), [](Transport it) {
    return it == Transport::tcp || it == Transport::udp || it == Transport::sctp;
  });
}

void write_policy(const Policy& policy, const DocumentedFlow& row, std::string& text) {
  text += fmt::format(
      "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: {}\n"
      "  annotations:\n",
      toml_string(object_name(row.id)));
  for (const RowField& field : fields_of(policy, row)) {
    const bool stands_below = field.name == "from" || field.name == "to" ||
                              field.name == "transport" || field.name == "ports" ||
                              field.name == "source";
    if (stands_below || field.value.empty()) continue;
    text += fmt::format("    pcapaudit/{}: {}\n", field.name, toml_string(field.value));
  }
  const bool to_any = (row.to & any_bit) != 0, from_any = (row.from & any_bit) != 0;
  text += fmt::format("spec:\n  policyTypes: [Ingress]\n  podSelector: {}\n  ingress:\n    - ",
                      to_any ? "{}" : selector_of(policy, row.to));
  if (!from_any)
    text += fmt::format("from:\n        - podSelector: {}\n      ", selector_of(policy, row.from));
  text += "ports:\n";
  for (const Transport transport : row.transports) {
    std::string name(to_text(transport));
    for (char& c : name) c = static_cast<char>(c - 32);
    for (const PortRange& range : row.ports) {
      text +=
          fmt::format("        - {{protocol: {}, port: {}{}}}\n", name, range.first,
                      range.first == range.last ? "" : fmt::format(", endPort: {}", range.last));
    }
  }
}

}  // namespace

Export export_kubernetes(const Policy& policy) {
  Export out{
      .text =
          "# The rows of a pcapaudit policy. Label the pods: pcapaudit/role = the role's name.\n"
          "# Kubernetes enforces ends and ports; the annotations say what else a row demands.\n",
      .unsaid = {},
      .beside = {}};
  std::vector<std::string> left_out;
  bool has_outside = false;
  for (const DocumentedFlow& row : policy.flows) {
    if (!can_say(row)) {
      left_out.push_back(row.id);
      continue;
    }
    has_outside = has_outside || ((row.from | row.to) & outside_roles & ~any_bit) != 0;
    write_policy(policy, row, out.text);
  }
  tell_left_out(left_out, "as Kubernetes knows TCP, UDP and SCTP alone", out);
  if (has_outside)
    out.unsaid.emplace_back(
        "internet and other roles outside of the cluster stand as labels, which no pod has: "
        "write their networks as ipBlock");
  return out;
}

}  // namespace pcapaudit
