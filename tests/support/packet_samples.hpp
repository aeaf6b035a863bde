// One packet of every link type and every tunnel that the decoder reads.
#pragma once

#include <string>
#include <vector>

#include "support/packets.hpp"

namespace pcapaudit::test {

struct Sample {
  std::string name;
  LinkType link;
  std::string bytes;
  Tunnel tunnel = Tunnel::none;
};

// UDP from port 51000 to 53 with "hello", from 192.0.2.1 or 2001:db8::1; and its Ethernet frame.
std::string inner_udp4();
std::string inner_udp6();
std::string inner_frame();

// `payload` in an Ethernet and IPv4 packet from 10.0.0.1, and the same with UDP.
std::string over_ip(std::uint8_t protocol, const std::string& payload);
std::string over_udp(std::uint16_t port, const std::string& payload);

std::string zeros(std::size_t count);

std::vector<Sample> link_samples();    // around inner_udp4() or inner_udp6()
std::vector<Sample> tunnel_samples();  // the same
std::vector<Sample> all_samples();     // these, and VLANs, TCP, an ICMP error, IPv6 extensions

}  // namespace pcapaudit::test
