// Longest prefix match by hashing; see the header.

#include "policy/role_map.hpp"

#include <algorithm>
#include <optional>
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

// Addresses that are no host's on the Internet (RFC 6890, RFC 4291 2.4). A host that has no address
// yet writes 0.0.0.0 or ::, which means something on its link only.
std::optional<std::size_t> special_role(const IpAddress& address) {
  const auto& bytes = address.bytes;
  const auto is_all = [&](std::size_t first, std::uint8_t value) {
    return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(first), bytes.end(),
                       [&](std::uint8_t byte) { return byte == value; });
  };
  if (!address.v4) {
    constexpr std::size_t last = 15;
    if (bytes[0] == 0xff) return Policy::role_multicast;
    if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) return Policy::role_link_local;
    const bool starts_empty = std::all_of(bytes.begin(), bytes.begin() + last,
                                          [](std::uint8_t byte) { return byte == 0; });
    if (starts_empty && bytes[last] == 0) return Policy::role_link_local;
    if (starts_empty && bytes[last] == 1) return Policy::role_loopback;
    return std::nullopt;
  }
  constexpr std::size_t v4_begin = 12;
  const std::uint8_t one = bytes[v4_begin], two = bytes[v4_begin + 1];
  if (one == 127) return Policy::role_loopback;
  if (one == 169 && two == 254) return Policy::role_link_local;
  if (is_all(v4_begin, 0)) return Policy::role_link_local;
  if (is_all(v4_begin, 0xff)) return Policy::role_broadcast;
  if ((one & 0xf0) == 0xe0) return Policy::role_multicast;
  return std::nullopt;
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

bool is_seen_on(std::span<const std::uint16_t> places, std::span<const std::uint16_t> vlans) {
  return places.empty() || vlans.empty() ||
         std::any_of(vlans.begin(), vlans.end(), [&](std::uint16_t vlan) {
           return std::find(places.begin(), places.end(), vlan) != places.end();
         });
}

// An address that is translated for some ports only is shared with others on all the rest, so as a
// client it may be anybody.
bool RoleMap::Claim::applies(const SeenEnd& end) const {
  const bool port_fits = ports.empty() || (end.port != 0 && contains(ports, end.port));
  return port_fits && is_seen_on(seen_on, end.vlans);
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
  std::size_t role = special_role(end.address).value_or(Policy::role_internet);
  if (role == Policy::role_internet) {
    if (any_contains(client_networks_, end.address)) {
      role = Policy::role_internal_clients;
    } else if (any_contains(internal_networks_, end.address)) {
      role = Policy::role_unknown_internal;
    }
  }
  return {.roles = role_bit(role), .is_bound = false};
}

}  // namespace pcapaudit
