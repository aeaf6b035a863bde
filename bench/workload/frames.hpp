// Ethernet frames with IPv4 and TCP or UDP, checksums right, one after another in time.
//
// Borrows the sink. One thread. Every frame comes `gap_us` after the one before.
#pragma once

#include <array>
#include <cstdint>

#include <pcapaudit/base/bytes.hpp>

#include "workload/frame_sink.hpp"

namespace pcapaudit::bench {

// The two ends of a conversation; addresses are IPv4 in host order.
struct Ends {
  std::uint32_t client = 0, server = 0;
  std::uint16_t client_port = 0, server_port = 0;
};

struct Segment {
  static constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10;
  bool from_server = false;
  std::uint8_t flags = 0;
  std::uint32_t sequence = 0, acknowledgment = 0;
};

// Payload of a full segment: Ethernet's 1,500 less IP and TCP with the timestamps option.
constexpr std::size_t segment_size = 1448;

class Frames {
 public:
  Frames(FrameSink& out, std::int64_t gap_us) : out_(out), gap_us_(gap_us) {}

  void tcp(const Ends& ends, const Segment& segment, Bytes payload);
  void udp(const Ends& ends, bool from_server, Bytes payload);

 private:
  void send(std::uint8_t protocol, const Ends& ends, bool from_server, std::size_t segment_length);

  FrameSink& out_;
  std::int64_t gap_us_;
  std::int64_t now_us_ = 1'700'000'000'000'000;
  std::uint16_t identification_ = 0;
  std::array<std::uint8_t, 2048> frame_{};
};

}  // namespace pcapaudit::bench
