// The TLS record layer: five-byte headers, and the numbers that records and handshakes use.
//
// Source: RFC 8446 5.1, RFC 5246 6.2, RFC 6101 5.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit::tls_wire {

enum ContentType : std::uint8_t {
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23,
  heartbeat = 24,  // RFC 6520
};

enum HandshakeType : std::uint8_t {
  hello_request = 0,
  client_hello = 1,
  server_hello = 2,
  new_session_ticket = 4,
  certificate = 11,
  server_key_exchange = 12,
  certificate_request = 13,
  server_hello_done = 14,
  certificate_verify = 15,
  client_key_exchange = 16,
  finished = 20,
  certificate_url = 21,
  certificate_status = 22,
  supplemental_data = 23,
  compressed_certificate = 25,  // RFC 8879, the last in the registry's dense part
  next_protocol = 67,           // NPN, never standardised
};
constexpr bool is_known_message(std::uint8_t type) {
  return type <= compressed_certificate || type == next_protocol;
}

constexpr std::size_t record_header_size = 5;
constexpr std::size_t handshake_header_size = 4;
// 2^14 bytes of text and at most 2048 that encryption adds (RFC 5246 6.2.3).
constexpr std::size_t max_plain_body = 1U << 14;
constexpr std::size_t max_record_body = max_plain_body + 2048;
constexpr std::size_t max_tls13_body = max_plain_body + 256;  // RFC 8446 5.2
// Bounds of a hello that is believed before all of it is there. Real ones stay below 20 KB even
// with post-quantum key shares.
constexpr std::size_t max_hello = 1U << 17;

struct RecordHeader {
  std::uint8_t type = 0, minor = 0;
  std::size_t length = 0;  // of the body
  std::size_t total() const { return record_header_size + length; }
};

// The header at the front, or nullopt when it cannot be one. `bytes` holds at least five.
inline std::optional<RecordHeader> parse_record_header(Bytes bytes) {
  ByteReader in(bytes);
  const std::uint8_t type = in.u8();
  const std::uint8_t major = in.u8();
  const std::uint8_t minor = in.u8();
  const std::size_t length = in.u16();
  if (!in.ok() || type < change_cipher_spec || type > heartbeat) return std::nullopt;
  if (major != 3 || minor > 4 || length > max_record_body) return std::nullopt;
  // Only application data may be empty (RFC 8446 5.1), but peers pass over handshake records, too.
  if (length == 0 && type != application_data && type != handshake) return std::nullopt;
  return RecordHeader{.type = type, .minor = minor, .length = length};
}

// TLS 1.3 and its drafts (0x7fXX, Facebook's 0xfbXX), whose handshake is encrypted early.
constexpr bool is_tls13(std::uint16_t version) {
  return version == 0x0304 || version >> 8 == 0x7f || version >> 8 == 0xfb;
}

// RFC 8701: 0x0a0a, 0x1a1a, ... 0xfafa mean nothing.
constexpr bool is_grease(std::uint16_t value) {
  return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}
static_assert(is_grease(0x3a3a) && !is_grease(0x3a4a) && !is_grease(0x0a0b));

}  // namespace pcapaudit::tls_wire
