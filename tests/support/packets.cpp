// The builders of packets.hpp.
#include "support/packets.hpp"

#include <cctype>

namespace pcapaudit::test {
namespace {

std::string number(std::uint64_t value, unsigned width) {
  std::string bytes;
  for (unsigned i = width; i-- > 0;) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::string address(std::string_view text) {
  const IpAddress parsed = IpAddress::parse(text).value();
  const std::string bytes(parsed.bytes.begin(), parsed.bytes.end());
  return parsed.v4 ? bytes.substr(12) : bytes;
}

unsigned digit(char c) {
  return static_cast<unsigned>(c <= '9' ? c - '0' : std::tolower(c) - 'a' + 10);
}

}  // namespace

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size();) {
    if (hex[i] == ' ') {
      ++i;
      continue;
    }
    bytes += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
    i += 2;
  }
  return bytes;
}

std::string tcp(const TcpFields& fields, std::string_view payload) {
  const std::uint64_t words = 5 + fields.options.size() / 4;
  return number(fields.source_port, 2) + number(fields.destination_port, 2) +
         number(fields.sequence, 4) + number(fields.acknowledgment, 4) + number(words << 4, 1) +
         number(fields.flags, 1) + number(fields.window, 2) + number(0, 4) + fields.options +
         std::string(payload);
}

std::string udp(const UdpFields& fields, std::string_view payload) {
  const std::uint64_t length = fields.length ? *fields.length : 8 + payload.size();
  return number(fields.source_port, 2) + number(fields.destination_port, 2) + number(length, 2) +
         number(0, 2) + std::string(payload);
}

std::string icmp(std::uint8_t type, std::uint8_t code, std::uint32_t rest,
                 std::string_view payload) {
  return number(type, 1) + number(code, 1) + number(0, 2) + number(rest, 4) + std::string(payload);
}

std::string ipv4(const Ipv4Fields& fields, std::string_view payload) {
  const std::size_t size = 20 + fields.options.size();
  const std::uint64_t total = fields.total_length ? *fields.total_length : size + payload.size();
  return number(0x40 | size / 4, 1) + number(0, 1) + number(total, 2) +
         number(fields.identification, 2) + number(fields.fragment, 2) + number(fields.ttl, 1) +
         number(fields.protocol, 1) + number(0, 2) + address(fields.source) +
         address(fields.destination) + fields.options + std::string(payload);
}

std::string ipv6(const Ipv6Fields& fields, std::string_view payload) {
  const std::uint64_t length = fields.payload_length ? *fields.payload_length : payload.size();
  return number(0x60000000, 4) + number(length, 2) + number(fields.next_header, 1) + number(64, 1) +
         address(fields.source) + address(fields.destination) + std::string(payload);
}

std::string ethernet(std::uint16_t ethertype, std::string_view payload,
                     const std::vector<VlanTag>& tags) {
  std::string frame = from_hex("02 00 00 00 00 01 02 00 00 00 00 02");
  for (const VlanTag& tag : tags) frame += number(tag.ethertype, 2) + number(tag.id, 2);
  return frame + number(ethertype, 2) + std::string(payload);
}

PacketView view_of(std::string_view bytes, LinkType link, std::uint32_t wire_length) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  return {.number = 1,
          .time = {},
          .link_type = link,
          .interface = 0,
          .wire_length = wire_length == 0 ? size : wire_length,
          .bytes = as_bytes(bytes)};
}

}  // namespace pcapaudit::test
