// New addresses for a packet, checksums kept as right or wrong as they were.
#pragma once

#include <cstdint>
#include <span>

namespace pcapaudit::bench {

// Moves the addresses of an Ethernet frame to those of copy `copy`: within an IPv4 address's /8,
// within an IPv6 address's /32; addresses of groups and of no host stay. Two hosts of a copy never
// become one. False, with the frame as it was, when it is not IP, or another packet is inside whose
// addresses would have to move too.
bool readdress(std::span<std::uint8_t> frame, std::uint64_t copy);

}  // namespace pcapaudit::bench
