// Pools and their balancers; see the header.

#include "policy/fit/health_check.hpp"

#include <algorithm>

#include "policy/fit/application_fit.hpp"

namespace pcapaudit {
namespace {

// A check asks for a page at most, and is over when its timeout is: balancers wait some seconds.
constexpr std::uint64_t most_check_bytes = std::uint64_t{64} * 1024;
constexpr std::int64_t longest_check_ns = 60 * ns_per_second;

bool holds(const std::vector<Subnet>& subnets, const IpAddress& address) {
  return std::any_of(subnets.begin(), subnets.end(),
                     [&](const Subnet& subnet) { return subnet.contains(address); });
}

// Is the client the balancer of this pool, and the server a member, where the pool is seen?
bool is_balanced(const Binding& pool, const ClosedFlow& flow) {
  return is_seen_on(pool.seen_on, flow.vlans) && holds(pool.snat, flow.client.address) &&
         holds(pool.members, flow.server.address);
}

bool is_small(const ClosedFlow& flow) {
  const auto [sent, answered] = flow.payload_bytes;
  return sent <= most_check_bytes && answered <= most_check_bytes &&
         flow.last.ns - flow.first.ns <= longest_check_ns;
}

bool speaks_as_check(const Judge& judge, const Binding& pool, const ClosedFlow& flow) {
  if (flow.app == "none") return true;
  bool is_documented = false, fits = false;
  judge.each_row_on(flow.transport, flow.server.port, [&](const DocumentedFlow& row) {
    if (!fits_roles(row.to, role_bit(pool.role))) return;
    is_documented = true;
    fits = fits || fit_application(row, flow).kind == ApplicationFit::Kind::fits;
  });
  if (is_documented) return fits;
  return flow.server_app.empty() && (flow.app == "http" || flow.app == "tls" || flow.app == "sip");
}

}  // namespace

RoleSet implied_roles(const Policy& policy, const ClosedFlow& flow, RoleSet client) {
  RoleSet implied = 0;
  if ((client & role_bit(Policy::role_load_balancer)) == 0) return implied;
  for (const Binding& pool : policy.bindings) {
    if (is_balanced(pool, flow)) implied |= role_bit(pool.role);
  }
  return implied;
}

bool is_health_check(const Judge& judge, const ClosedFlow& flow) {
  const auto& pools = judge.policy().bindings;
  return std::any_of(pools.begin(), pools.end(), [&](const Binding& pool) {
    return contains(pool.monitor, flow.server.port) && is_balanced(pool, flow) && is_small(flow) &&
           speaks_as_check(judge, pool, flow);
  });
}

bool may_bypass(const Policy& policy, const ClosedFlow& flow) {
  return std::any_of(policy.bindings.begin(), policy.bindings.end(), [&](const Binding& pool) {
    return !pool.vip.empty() && holds(pool.members, flow.server.address);
  });
}

}  // namespace pcapaudit
