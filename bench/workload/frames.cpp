// Headers around a payload: RFC 791, RFC 9293 (options: RFC 7323, RFC 2018), RFC 768.
#include "workload/frames.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "workload/words.hpp"

namespace pcapaudit::bench {
namespace {

constexpr std::size_t ethernet_size = 14, ip_size = 20, segment_at = ethernet_size + ip_size;
constexpr std::uint8_t tcp_protocol = 6, udp_protocol = 17;

std::uint64_t pseudo_header(const Ends& ends, std::uint8_t protocol, std::size_t length) {
  return (ends.client >> 16) + (ends.client & 0xffff) + (ends.server >> 16) +
         (ends.server & 0xffff) + protocol + length;
}

}  // namespace

void Frames::tcp(const Ends& ends, const Segment& segment, Bytes payload) {
  const bool opens = (segment.flags & Segment::syn) != 0;
  const std::size_t header = opens ? 40 : 32;
  std::uint8_t* at = frame_.data() + segment_at;
  put16(at, segment.from_server ? ends.server_port : ends.client_port);
  put16(at + 2, segment.from_server ? ends.client_port : ends.server_port);
  put32(at + 4, segment.sequence);
  put32(at + 8, segment.acknowledgment);
  at[12] = static_cast<std::uint8_t>(header / 4 << 4);
  at[13] = segment.flags;
  put16(at + 14, 64'240);
  put32(at + 16, 0);  // checksum, urgent pointer
  std::uint8_t* option = at + 20;
  if (opens) {
    put32(option, 0x020405b4);      // maximum segment size 1460
    put32(option + 4, 0x01030307);  // window scale 7
    put16(option + 8, 0x0402);      // selective acknowledgments
    option += 10;
  } else {
    put16(option, 0x0101);
    option += 2;
  }
  const auto now_ms = static_cast<std::uint32_t>(now_us_ / 1000);
  put16(option, 0x080a);  // timestamps
  put32(option + 2, now_ms);
  put32(option + 6, segment.acknowledgment == 0 ? 0 : now_ms);
  std::ranges::copy(payload, at + header);

  const std::size_t length = header + payload.size();
  put16(at + 16, checksum({at, length}, pseudo_header(ends, tcp_protocol, length)));
  send(tcp_protocol, ends, segment.from_server, length);
}

void Frames::udp(const Ends& ends, bool from_server, Bytes payload) {
  const std::size_t length = 8 + payload.size();
  std::uint8_t* at = frame_.data() + segment_at;
  put16(at, from_server ? ends.server_port : ends.client_port);
  put16(at + 2, from_server ? ends.client_port : ends.server_port);
  put16(at + 4, static_cast<std::uint16_t>(length));
  put16(at + 6, 0);
  std::ranges::copy(payload, at + 8);
  const std::uint16_t sum = checksum({at, length}, pseudo_header(ends, udp_protocol, length));
  put16(at + 6, sum == 0 ? 0xffff : sum);
  send(udp_protocol, ends, from_server, length);
}

void Frames::send(std::uint8_t protocol, const Ends& ends, bool from_server,
                  std::size_t segment_length) {
  std::uint8_t* at = frame_.data();
  const std::uint32_t source = from_server ? ends.server : ends.client;
  const std::uint32_t destination = from_server ? ends.client : ends.server;
  put16(at, 0x0200);
  put32(at + 2, destination);
  put16(at + 6, 0x0200);
  put32(at + 8, source);
  put16(at + 12, 0x0800);
  std::uint8_t* ip = at + ethernet_size;
  put16(ip, 0x4500);
  put16(ip + 2, static_cast<std::uint16_t>(ip_size + segment_length));
  put16(ip + 4, ++identification_);
  put16(ip + 6, 0x4000);  // don't fragment
  ip[8] = 64;
  ip[9] = protocol;
  put16(ip + 10, 0);
  put32(ip + 12, source);
  put32(ip + 16, destination);
  put16(ip + 10, checksum({ip, ip_size}, 0));
  const std::size_t length = segment_at + segment_length;
  out_.frame(now_us_, Bytes(frame_).first(length), static_cast<std::uint32_t>(length));
  now_us_ += gap_us_;
}

}  // namespace pcapaudit::bench
