// Does a documented row speak of a flow's ends, transport and port?
#pragma once

#include <algorithm>

#include "policy/judge/verdict.hpp"

namespace pcapaudit {

// Roles of the two ends, as RoleMap answers. `implied`: roles of pools whose balancer the client
// is, and whose member the server is; it may do there what any client of the pool may.
struct Ends {
  RoleSet client = 0, server = 0;
  RoleSet implied = 0;
};

inline bool fits_roles(RoleSet row, RoleSet roles) {
  return (row & row_words(roles)) != 0;
}

inline std::size_t count_ports(const DocumentedFlow& row) {
  std::size_t count = 0;
  for (const PortRange& range : row.ports) count += std::size_t{1} + range.last - range.first;
  return count;
}

inline bool fits_transport(const DocumentedFlow& row, const ClosedFlow& flow) {
  return std::find(row.transports.begin(), row.transports.end(), flow.transport) !=
         row.transports.end();
}

// Where there are no ports every row fits. A TCP or UDP row without ports fits nothing.
inline bool fits_port(const DocumentedFlow& row, const ClosedFlow& flow, std::uint16_t port) {
  return !has_ports(flow.transport) || contains(row.ports, port);
}

// ESP, GRE and their like have no opener: a row speaks of its two hosts, whoever was heard first.
inline bool fits_ends(const DocumentedFlow& row, const ClosedFlow& flow, Ends ends) {
  if ((row.to & ends.implied) != 0) return true;
  if (fits_roles(row.from, ends.client) && fits_roles(row.to, ends.server)) return true;
  return is_without_opener(flow.transport) && fits_roles(row.from, ends.server) &&
         fits_roles(row.to, ends.client);
}

inline bool matches(const DocumentedFlow& row, const ClosedFlow& flow, Ends ends,
                    std::uint16_t server_port) {
  return fits_transport(row, flow) && fits_port(row, flow, server_port) &&
         fits_ends(row, flow, ends);
}

// The row fits once client and server are swapped, on the same server port. `any` does not
// count: a row that everybody may use says nothing about who turned it round.
inline bool matches_reversed(const DocumentedFlow& row, const ClosedFlow& flow, Ends ends) {
  return fits_transport(row, flow) && fits_port(row, flow, flow.server.port) &&
         (row.from & ends.server) != 0 && (row.to & ends.client) != 0;
}

}  // namespace pcapaudit
