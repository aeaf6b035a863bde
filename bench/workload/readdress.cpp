// Addresses are moved word by word, and every checksum over them by RFC 1624.
#include "workload/readdress.hpp"

#include <algorithm>
#include <array>

#include "workload/words.hpp"

namespace pcapaudit::bench {
namespace {

using Packet = std::span<std::uint8_t>;

constexpr std::uint8_t tcp = 6, udp = 17, icmp = 1, igmp = 2, icmp6 = 58, sctp = 132;
constexpr std::size_t ip6_size = 40;

// RFC 1624, equation 3.
void amend(std::uint8_t* sum, std::uint16_t before, std::uint16_t after) {
  std::uint32_t total = static_cast<std::uint16_t>(~get16(sum));
  total += static_cast<std::uint16_t>(~before);
  total += after;
  while (total > 0xffff) total = (total & 0xffff) + (total >> 16);
  put16(sum, static_cast<std::uint16_t>(~total));
}

// Where the checksum that covers the addresses is in a segment; 0: in no place.
std::size_t checksum_at(std::uint8_t protocol) {
  if (protocol == tcp) return 16;
  if (protocol == udp) return 6;
  return protocol == icmp6 ? 2 : 0;
}

bool is_tunnel(std::uint8_t protocol, Packet segment) {
  if (protocol != udp) {
    constexpr std::array plain{tcp, icmp, igmp, icmp6, sctp};
    return std::ranges::find(plain, protocol) == plain.end();
  }
  // VXLAN twice, Geneve, GTP-U, Teredo, L2TP, CAPWAP data
  constexpr std::array<std::uint16_t, 7> ports{4789, 8472, 6081, 2152, 3544, 1701, 5247};
  return segment.size() >= 4 && (std::ranges::find(ports, get16(&segment[0])) != ports.end() ||
                                 std::ranges::find(ports, get16(&segment[2])) != ports.end());
}

// The checksum in the segment, when it is there and was captured.
std::uint8_t* segment_sum(std::uint8_t protocol, Packet segment) {
  const std::size_t at = checksum_at(protocol);
  if (at == 0 || segment.size() < at + 2) return nullptr;
  std::uint8_t* sum = &segment[at];
  return protocol == udp && get16(sum) == 0 ? nullptr : sum;
}

void set_word(std::uint8_t* at, std::uint16_t value, std::uint8_t* header_sum,
              std::uint8_t* segment_sum) {
  const std::uint16_t before = get16(at);
  if (header_sum != nullptr) amend(header_sum, before, value);
  if (segment_sum != nullptr) amend(segment_sum, before, value);
  put16(at, value);
}

void move_ip4(std::uint8_t* at, std::uint64_t copy, std::uint8_t* header_sum, std::uint8_t* sum) {
  const std::uint32_t address = get32(at);
  const std::uint32_t top = address >> 24;
  if (top == 0 || top == 127 || top >= 224) return;
  // An odd step visits all of the /8 before it comes back.
  const std::uint32_t host = (address + static_cast<std::uint32_t>(copy) * 0x0193'57) & 0x00ff'ffff;
  set_word(at, static_cast<std::uint16_t>(top << 8 | host >> 16), header_sum, sum);
  set_word(at + 2, static_cast<std::uint16_t>(host), header_sum, sum);
}

bool readdress_ip4(Packet ip, std::uint64_t copy) {
  if (ip.size() < 20) return false;
  const std::size_t header = std::size_t{ip[0]} % 16 * 4;
  if (ip[0] >> 4 != 4 || header < 20 || header > ip.size()) return false;
  const bool first = (get16(&ip[6]) & 0x1fff) == 0;
  const Packet segment = first ? ip.subspan(header) : Packet{};
  if (is_tunnel(ip[9], segment)) return false;
  std::uint8_t* sum = segment_sum(ip[9], segment);
  move_ip4(&ip[12], copy, &ip[10], sum);
  move_ip4(&ip[16], copy, &ip[10], sum);
  return true;
}

bool readdress_ip6(Packet ip, std::uint64_t copy) {
  if (ip.size() < ip6_size || ip[0] >> 4 != 6) return false;
  const Packet segment = ip.subspan(ip6_size);
  if (is_tunnel(ip[6], segment)) return false;
  std::uint8_t* sum = segment_sum(ip[6], segment);
  for (std::uint8_t* address : {&ip[8], &ip[24]}) {
    if (address[0] == 0xff || address[0] == 0) continue;
    set_word(address + 4, static_cast<std::uint16_t>(get16(address + 4) + copy), nullptr, sum);
  }
  return true;
}

}  // namespace

bool readdress(std::span<std::uint8_t> frame, std::uint64_t copy) {
  std::size_t at = 12;
  while (frame.size() >= at + 2) {
    const std::uint16_t type = get16(&frame[at]);
    at += 2;
    if (type == 0x0800) return readdress_ip4(frame.subspan(at), copy);
    if (type == 0x86dd) return readdress_ip6(frame.subspan(at), copy);
    if (type != 0x8100 && type != 0x88a8 && type != 0x9100) return false;
    at += 2;
  }
  return false;
}

}  // namespace pcapaudit::bench
