// Hosts in flows that the documentation does not know, and the roles that would explain them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "store/store.hpp"

namespace pcapaudit {

struct HostVotes {
  RoleSet roles = 0;
  std::map<std::size_t, std::uint64_t> votes;  // by role: flows that it would explain
  std::uint64_t flows = 0;
  std::uint64_t first_flow = 0;  // whose roles these are
  std::int64_t first_ns = 0, last_ns = 0;
};
using Hosts = std::map<std::string, HostVotes>;  // by address as text

inline void vote(const ClosedFlow& flow, bool as_server, RoleSet own, RoleSet explaining,
                 Hosts& hosts) {
  // Those of nobody in particular: they are many, and resemble everything.
  constexpr RoleSet nobody = outside_roles | role_bit(Policy::role_internal_clients);
  if ((own & ~nobody) == 0) return;
  HostVotes& host = hosts[to_text(as_server ? flow.server.address : flow.client.address)];
  if (host.flows == 0 || flow.id < host.first_flow) {
    host.roles = own;
    host.first_flow = flow.id;
  }
  host.first_ns = host.flows == 0 ? flow.first.ns : std::min(host.first_ns, flow.first.ns);
  host.last_ns = host.flows == 0 ? flow.last.ns : std::max(host.last_ns, flow.last.ns);
  ++host.flows;
  for (std::size_t role = 0; role < max_roles; ++role) {
    if ((explaining >> role & 1) != 0) ++host.votes[role];
  }
}

// Flows that were judged by a row, or that nobody answered, say nothing of what a host is.
inline void vote(const AuditedFlow& audited, Hosts& hosts) {
  const Verdict& verdict = audited.verdict;
  if (!verdict.is_unexplained) return;
  vote(audited.flow, true, verdict.server_roles, verdict.server_explained_as, hosts);
  vote(audited.flow, false, verdict.client_roles, verdict.client_explained_as, hosts);
}

}  // namespace pcapaudit
