// The balancer in front of a pool: what it does on its clients' behalf, and on its own.
#pragma once

#include "policy/fit/row_match.hpp"

namespace pcapaudit {

// Roles of the pools whose balancer the client is, and whose member the server is.
RoleSet implied_roles(const Policy& policy, const ClosedFlow& flow, RoleSet client);

// Is it a health check of a pool's balancer? It goes to a `monitor` port, is small and short, and
// speaks what rows document on that port, or without such rows HTTP, TLS or SIP.
bool is_health_check(const Judge& judge, const ClosedFlow& flow);

// The server belongs to a pool that has a VIP.
bool may_bypass(const Policy& policy, const ClosedFlow& flow);

}  // namespace pcapaudit
