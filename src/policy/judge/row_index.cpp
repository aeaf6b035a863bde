// The indexes of a Judge: rows by transport and port.

#include "policy/judge/nearest.hpp"

namespace pcapaudit {

Judge::Judge(const Policy& policy)
    : policy_(policy), roles_(policy), nearest_(std::make_unique<NearestRows>(policy)) {
  constexpr std::size_t max_listed = 64;  // a row with more ports is tried by its range
  for (const DocumentedFlow& row : policy.flows) {
    for (const Transport transport : row.transports) {
      Rows& rows = rows_[static_cast<std::size_t>(transport)];
      if (!has_ports(transport) || count_ports(row) > max_listed) {
        rows.wide.push_back(&row);
        continue;
      }
      for (const PortRange& range : row.ports) {
        for (std::uint32_t port = range.first; port <= range.last; ++port) {
          auto& list = rows.by_port[static_cast<std::uint16_t>(port)];
          if (list.empty() || list.back() != &row) list.push_back(&row);
        }
      }
    }
  }
}

Judge::~Judge() = default;

}  // namespace pcapaudit
