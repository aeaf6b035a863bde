// What an IP packet carries, by its protocol number (IANA "Assigned Internet Protocol Numbers").
//
// Any number is a transport; the named ones are those that code speaks of. ICMPv6 (58) is `icmp`:
// documents mean both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcapaudit {

enum class Transport : std::uint8_t {
  icmp = 1,
  igmp = 2,
  ip_in_ip = 4,
  tcp = 6,
  udp = 17,
  dccp = 33,
  ipv6_in_ip = 41,
  gre = 47,
  esp = 50,
  ah = 51,
  sctp = 132,
  udp_lite = 136
};
constexpr std::size_t transport_count = 256;

constexpr Transport transport_of(std::uint8_t protocol) {
  constexpr std::uint8_t icmp_v6 = 58;
  return protocol == icmp_v6 ? Transport::icmp : Transport{protocol};
}

// Do its first four bytes name a source and a destination port (RFC 9293, 768, 9260, 4340, 3828)?
// What has none is a conversation of two hosts.
constexpr bool has_ports(Transport transport) {
  return transport == Transport::tcp || transport == Transport::udp ||
         transport == Transport::sctp || transport == Transport::dccp ||
         transport == Transport::udp_lite;
}

// Has nobody opened it, as far as packets show? ICMP errors and requests do have a sender who
// began; tunnels and routing protocols just are between two hosts.
constexpr bool is_without_opener(Transport transport) {
  return !has_ports(transport) && transport != Transport::icmp;
}

// "tcp", "esp", ...; the number of a protocol that has no name here.
std::string_view to_text(Transport transport);
bool has_name(Transport transport);
// A name or a number between 0 and 255; nullopt for other words.
std::optional<Transport> parse_transport(std::string_view text);
// All names, the usual ones first.
std::vector<std::string> transport_names();

}  // namespace pcapaudit
