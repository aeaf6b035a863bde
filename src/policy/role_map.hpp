// Addresses to roles, for policies of any size.
//
// Built once from a policy, then read-only; many threads may ask at once. A look-up costs one hash
// for each distinct prefix length that the policy uses.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "policy/policy.hpp"

namespace pcapaudit {

// Where and how an address was seen.
struct SeenEnd {
  IpAddress address;
  std::uint16_t port = 0;  // of the server; 0 for clients
  std::span<const std::uint16_t> vlans = {};
};

// Was it seen where a binding says? Packets without tags are seen everywhere.
bool is_seen_on(std::span<const std::uint16_t> places, std::span<const std::uint16_t> vlans);

class RoleMap {
 public:
  explicit RoleMap(const Policy& policy);

  // Never empty: exact before network, longest prefix wins, equal length gives the union; an
  // unbound address is loopback, link-local, multicast or broadcast, else internal-clients,
  // unknown-internal or internet. The bits of `any` and `any-internal` are not set.
  // An address translated for some ports counts on these; a binding that is seen_on other VLANs
  // does not count for packets that carry VLAN tags.
  struct Roles {
    RoleSet roles = 0;
    bool is_bound = false;  // a [bind] names the address
  };
  Roles find(const SeenEnd& end) const;
  bool is_bound(const SeenEnd& end) const { return find(end).is_bound; }

 private:
  struct Claim {
    RoleSet roles = 0;
    PortRanges ports;                    // empty: all
    std::vector<std::uint16_t> seen_on;  // empty: all
    bool applies(const SeenEnd& end) const;
  };
  struct Level {  // all bound networks of one family and prefix length
    bool v4 = true;
    unsigned prefix = 0;
    std::unordered_map<IpAddress, std::vector<Claim>> claims;  // by base address
  };

  void add(const Subnet& subnet, Claim claim);
  RoleSet bound_roles(const SeenEnd& end) const;

  std::vector<Level> levels_;  // longest prefix first
  std::vector<Subnet> internal_networks_, client_networks_;
};

}  // namespace pcapaudit
