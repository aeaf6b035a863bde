// A conversation on its way through a network that distorts it: messages, then packets, then
// frames, then what the whole line says of the capture.
//
//   Talk --(distort)--> Talk --> packets --(distort)--> packets --> frames --(distort)--> frames
//
// Everything is a plain value, so a distortion is a function that changes one of the three.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "policy/judge/verdict.hpp"
#include "policy/policy.hpp"
#include "store/store.hpp"

namespace pcapaudit::test {

struct TalkMessage {
  int side = 0;  // 0: client
  std::string bytes;
};

struct Talk {
  enum class Kind : std::uint8_t { http, tls, sip, sip_udp, other };
  Kind kind = Kind::http;
  std::uint16_t server_port = 80;
  std::vector<TalkMessage> messages;
  bool is_udp() const { return kind == Kind::sip_udp; }
};

struct WirePacket {
  int side = 0;
  std::uint8_t flags = 0;  // TCP
  std::uint32_t sequence = 0, acknowledgment = 0;
  std::uint16_t window = 64240;
  std::string payload;
  std::int64_t ns = 0;  // since the conversation began
};

struct Frame {
  int side = 0;
  std::string ip;  // an IP packet
  std::vector<std::uint16_t> vlans;
  std::string before;  // bytes between the Ethernet header and `ip` when it is carried
  std::uint16_t ethertype = 0x0800;
  std::int64_t ns = 0;
  std::size_t snap_length = 262'144;
};

// The talk as packets: SYN to FIN over TCP with segments of at most 1460 bytes and one
// acknowledgment for each message, or a datagram for each message.
std::vector<WirePacket> packets_of(const Talk& talk);
std::vector<Frame> frames_of(const Talk& talk, const std::vector<WirePacket>& packets);
// A pcap file of the frames.
std::string capture_of(const std::vector<Frame>& frames);

// What the whole line (file, decoder, flows, dissectors, judgement) says of a capture.
std::vector<AuditedFlow> audited(const std::string& capture, const Policy& policy);

inline constexpr const char* client_address = "192.0.2.10";
inline constexpr const char* server_address = "198.51.100.20";

}  // namespace pcapaudit::test
