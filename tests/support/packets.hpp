// Builds packets for decoder tests: each function puts its header before a payload.
//
// Checksums are zero; the decoder does not look at them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/packet.hpp"

namespace pcapaudit::test {

// "08 00 45" as three bytes; spaces may stand anywhere between two bytes.
std::string from_hex(std::string_view hex);

struct TcpFields {
  std::uint16_t source_port = 51000, destination_port = 443;
  std::uint32_t sequence = 1000, acknowledgment = 2000;
  std::uint8_t flags = TcpHeader::ack | TcpHeader::psh;
  std::uint16_t window = 64240;
  std::string options = {};  // a multiple of four bytes
};
std::string tcp(const TcpFields& fields, std::string_view payload = "");

struct UdpFields {
  std::uint16_t source_port = 51000, destination_port = 53;
  std::optional<std::uint16_t> length = {};  // else the true one
};
std::string udp(const UdpFields& fields, std::string_view payload = "");

// `rest` is the second word of the header: identifier and sequence of an echo.
std::string icmp(std::uint8_t type, std::uint8_t code, std::uint32_t rest,
                 std::string_view payload = "");

struct Ipv4Fields {
  std::uint8_t protocol = 17;
  std::string_view source = "192.0.2.1", destination = "198.51.100.2";
  std::uint16_t fragment = 0;  // flags and offset as on the wire
  std::string options = {};    // a multiple of four bytes
  std::optional<std::uint16_t> total_length = {};
  std::uint16_t identification = 0x1234;
  std::uint8_t ttl = 64;
};
std::string ipv4(const Ipv4Fields& fields, std::string_view payload);

struct Ipv6Fields {
  std::uint8_t next_header = 17;
  std::string_view source = "2001:db8::1", destination = "2001:db8::2";
  std::optional<std::uint16_t> payload_length = {};
};
std::string ipv6(const Ipv6Fields& fields, std::string_view payload);

struct VlanTag {
  std::uint16_t id = 0;
  std::uint16_t ethertype = 0x8100;
};
// Tags outermost first.
std::string ethernet(std::uint16_t ethertype, std::string_view payload,
                     const std::vector<VlanTag>& tags = {});

constexpr LinkType ethernet_link{1};

// A view of `bytes`, which must outlive it; `wire_length` 0 means as captured.
PacketView view_of(std::string_view bytes, LinkType link = ethernet_link,
                   std::uint32_t wire_length = 0);

}  // namespace pcapaudit::test
