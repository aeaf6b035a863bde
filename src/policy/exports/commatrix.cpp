// Rows as OpenShift's communication matrix: a line for each role, transport and port that is
// opened.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text/csv_cell.hpp"
#include "base/text/text.hpp"
#include "policy/exports/exports.hpp"

namespace pcapaudit {

Export export_commatrix(const Policy& policy) {
  Export out{
      .text = "Direction,Protocol,Port,Namespace,Service,Pod,Container,Node Role,Optional\r\n",
      .unsaid = {},
      .beside = {}};
  std::vector<std::string> left_out;
  std::set<std::string> lines;  // several rows open one port
  std::size_t askers = 0;
  for (const DocumentedFlow& row : policy.flows) {
    const bool has_all = std::all_of(row.transports.begin(), row.transports.end(), has_ports);
    if (!has_all || row.ports.empty()) {
      left_out.push_back(row.id);
      continue;
    }
    if ((row.from & any_bit) == 0) ++askers;
    for (std::size_t i = 0; i < policy.roles.size(); ++i) {
      if ((row.to >> i & 1) == 0) continue;
      for (const Transport transport : row.transports) {
        std::string name(to_text(transport));
        for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        for (const PortRange& range : row.ports) {
          const std::string line =
              fmt::format("Ingress,{},{},,,,,{},{}\r\n", name, to_text({range}),
                          csv_cell(visible(policy.roles[i].id)), row.is_needed ? "FALSE" : "TRUE");
          if (lines.insert(line).second) out.text += line;
        }
      }
    }
  }
  if (askers > 0) out.unsaid.push_back(fmt::format("who asks, of {} rows, cannot be said", askers));
  tell_left_out(left_out, "as the matrix has protocols with ports alone", out);
  tell_unsaid(policy,
              {"app", "tls", "http", "schedule", "address", "related", "expected", "discouraged",
               "profile", "title", "why", "owner", "approved", "review"},
              out);
  return out;
}

}  // namespace pcapaudit
