// The indexes of a Judge: rows by transport and port.
#include <algorithm>

#include "policy/nearest.hpp"

namespace pcapaudit {

Judge::Judge(const Policy& policy)
    : policy_(policy), roles_(policy), nearest_(std::make_unique<NearestRows>(policy)) {
  constexpr std::size_t max_listed = 64;  // a row with more ports is tried by its range
  for (std::uint32_t i = 0; i < policy.flows.size(); ++i) {
    const DocumentedFlow& row = policy.flows[i];
    for (const Transport transport : row.transports) {
      Rows& rows = rows_[static_cast<std::size_t>(transport)];
      if (transport == Transport::icmp || count_ports(row) > max_listed) {
        rows.wide.push_back(i);
        continue;
      }
      for (const PortRange& range : row.ports) {
        for (std::uint32_t port = range.first; port <= range.last; ++port) {
          auto& list = rows.by_port[static_cast<std::uint16_t>(port)];
          if (list.empty() || list.back() != i) list.push_back(i);
        }
      }
    }
  }
}

Judge::~Judge() = default;

std::vector<const DocumentedFlow*> Judge::rows_on(Transport transport, std::uint16_t port) const {
  const Rows& rows = rows_[static_cast<std::size_t>(transport)];
  std::vector<std::uint32_t> found;
  if (const auto listed = rows.by_port.find(port); listed != rows.by_port.end()) {
    found = listed->second;
  }
  for (const std::uint32_t i : rows.wide) {
    if (transport == Transport::icmp || contains(policy_.flows[i].ports, port)) found.push_back(i);
  }
  std::sort(found.begin(), found.end());
  std::vector<const DocumentedFlow*> list;
  for (const std::uint32_t i : found) list.push_back(&policy_.flows[i]);
  return list;
}

}  // namespace pcapaudit
