// Longest prefix match by hashing; see the header.
#include <pcapaudit/policy/role_map.hpp>

#include <algorithm>
#include <utility>

namespace pcapaudit {
namespace {

IpAddress masked(IpAddress address, unsigned prefix) {
  constexpr unsigned bits_of_ipv6_before_ipv4 = 96;
  const unsigned kept = prefix + (address.v4 ? bits_of_ipv6_before_ipv4 : 0);
  unsigned whole_bytes = kept / 8;
  if (whole_bytes < address.bytes.size() && kept % 8 != 0) {
    address.bytes[whole_bytes++] &= static_cast<std::uint8_t>(0xff00U >> kept % 8);
  }
  for (unsigned i = whole_bytes; i < address.bytes.size(); ++i) address.bytes[i] = 0;
  return address;
}

bool any_contains(const std::vector<Subnet>& subnets, const IpAddress& address) {
  return std::any_of(subnets.begin(), subnets.end(),
                     [&](const Subnet& subnet) { return subnet.contains(address); });
}

}  // namespace

RoleMap::RoleMap(const Policy& policy)
    : internal_networks_(policy.internal_networks), client_networks_(policy.client_networks) {
  for (const Binding& binding : policy.bindings) {
    const RoleSet role = RoleSet{1} << binding.role;
    const Claim claim{.roles = role, .ports = {}, .seen_on = binding.seen_on};
    for (const auto* list : {&binding.addresses, &binding.vip, &binding.members}) {
      for (const Subnet& subnet : *list) add(subnet, claim);
    }
    for (const Subnet& subnet : binding.snat) {
      add(subnet, {.roles = RoleSet{1} << Policy::role_load_balancer,
                   .ports = {},
                   .seen_on = binding.seen_on});
    }
    // The address outside is seen outside, so the VLAN of the inside does not count.
    for (const NatAddress& nat : binding.nat) {
      add(nat.address, {.roles = role, .ports = nat.ports, .seen_on = {}});
    }
  }
  std::sort(levels_.begin(), levels_.end(), [](const Level& a, const Level& b) {
    return std::pair(a.prefix, a.v4) > std::pair(b.prefix, b.v4);
  });
}

void RoleMap::add(const Subnet& subnet, Claim claim) {
  auto level = std::find_if(levels_.begin(), levels_.end(), [&](const Level& it) {
    return it.v4 == subnet.base.v4 && it.prefix == subnet.prefix;
  });
  if (level == levels_.end()) {
    levels_.push_back({.v4 = subnet.base.v4, .prefix = subnet.prefix, .claims = {}});
    level = levels_.end() - 1;
  }
  level->claims[subnet.base].push_back(std::move(claim));
}

bool RoleMap::Claim::applies(const SeenEnd& end) const {
  // A client's port says nothing about the translation.
  const bool port_fits = ports.empty() || end.port == 0 || contains(ports, end.port);
  const bool vlan_fits = seen_on.empty() || end.vlans.empty() ||
                         std::any_of(end.vlans.begin(), end.vlans.end(), [&](std::uint16_t vlan) {
                           return std::find(seen_on.begin(), seen_on.end(), vlan) != seen_on.end();
                         });
  return port_fits && vlan_fits;
}

RoleSet RoleMap::bound_roles(const SeenEnd& end) const {
  for (const Level& level : levels_) {
    if (level.v4 != end.address.v4) continue;
    const auto found = level.claims.find(masked(end.address, level.prefix));
    if (found == level.claims.end()) continue;
    RoleSet roles = 0;
    for (const Claim& claim : found->second) {
      if (claim.applies(end)) roles |= claim.roles;
    }
    if (roles != 0) return roles;
  }
  return 0;
}

RoleMap::Roles RoleMap::find(const SeenEnd& end) const {
  if (const RoleSet bound = bound_roles(end); bound != 0) return {.roles = bound, .is_bound = true};
  std::size_t role = Policy::role_internet;
  if (any_contains(client_networks_, end.address)) {
    role = Policy::role_internal_clients;
  } else if (any_contains(internal_networks_, end.address)) {
    role = Policy::role_unknown_internal;
  }
  return {.roles = RoleSet{1} << role, .is_bound = false};
}

}  // namespace pcapaudit
