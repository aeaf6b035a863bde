// HTTP/2 frames as far as a passive reader needs them: nine-byte headers, padding, settings.
//
//   frame = length:u24 type:u8 flags:u8 reserved:1 stream:31 payload
//
// Source: RFC 9113 4 and 6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit::http2_wire {

enum FrameType : std::uint8_t {
  data = 0,
  headers = 1,
  rst_stream = 3,
  settings = 4,
  push_promise = 5,
  continuation = 9,
};
enum Flag : std::uint8_t {
  ack = 0x1,
  end_stream = 0x1,  // of HEADERS
  end_headers = 0x4,
  padded = 0x8,
  priority = 0x20
};

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t frame_header_size = 9;

struct FrameHeader {
  std::size_t length = 0;
  std::uint8_t type = 0, flags = 0;
  std::uint32_t stream = 0;
  bool has(std::uint8_t bit) const { return (flags & bit) != 0; }
};

// `bytes` holds at least nine.
inline FrameHeader parse_frame_header(Bytes bytes) {
  ByteReader in(bytes);
  FrameHeader header;
  header.length = in.u24();
  header.type = in.u8();
  header.flags = in.u8();
  header.stream = in.u32() & 0x7fffffffU;
  return header;
}

// The field block fragment of HEADERS and PUSH_PROMISE without padding, priority and promised
// stream; nullopt when the frame contradicts itself.
inline std::optional<Bytes> fragment_of(const FrameHeader& header, Bytes payload) {
  ByteReader in(payload);
  std::size_t padding = 0;
  if (header.type != continuation && header.has(padded)) padding = in.u8();
  if (header.type == headers && header.has(priority)) in.skip(5);
  if (header.type == push_promise) in.skip(4);
  if (!in.ok() || padding > in.remaining()) return std::nullopt;
  return in.take(in.remaining() - padding);
}

}  // namespace pcapaudit::http2_wire
