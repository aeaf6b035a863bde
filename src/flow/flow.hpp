// One open flow: counters, TCP state, reassembly and the stream above it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <pcapaudit/flow/closed_flow.hpp>
#include <pcapaudit/flow/flow_table.hpp>
#include <pcapaudit/flow/tcp_reassembler.hpp>

#include "flow/stream.hpp"

namespace pcapaudit {

class Flow {
 public:
  explicit Flow(const FlowPacket& first);

  void add(const FlowPacket& packet);
  // A SYN that opens another connection on the same ports (RFC 9293 3.6: the old one is over).
  bool is_new_connection(const FlowPacket& packet) const;
  bool expired(Timestamp clock) const;
  bool ended() const { return ended_; }
  void add_duplicate(const FlowPacket& packet);
  void mark_refused() { refused_ = true; }
  void mark_port_reuse();

  ClosedFlow close();

 private:
  class Delivery;

  std::size_t side_of(const FlowPacket& packet) const;
  void count(const FlowPacket& packet, std::size_t side);
  void add_tcp(const FlowPacket& packet, std::size_t side);
  void note_syn(const TcpHeader& tcp, std::size_t side);
  bool accepts(std::uint32_t sequence, std::size_t side) const;
  bool accepts_reset(const TcpHeader& tcp, std::size_t side) const;
  void note_fragment(const Decoded& decoded, std::size_t side);
  void note(Anomaly anomaly) { ++record_.anomalies[static_cast<std::size_t>(anomaly)]; }
  std::optional<std::size_t> client_by_port() const;
  Outcome outcome(std::size_t client) const;
  Outcome tcp_outcome(std::size_t client) const;

  ClosedFlow record_;             // packets, bytes and payload_bytes by side until close()
  std::array<Endpoint, 2> ends_;  // side 0 sent the first packet
  Timestamp last_clock_;
  Stream stream_;
  std::array<TcpReassembler, 2> tcp_;
  std::array<std::optional<std::uint32_t>, 2> syn_;  // sequence number of the SYN of each side
  std::array<bool, 2> syn_ack_{}, fin_{}, rst_{};
  static constexpr std::uint8_t max_shift = 14;  // RFC 7323 2.3
  std::array<std::uint16_t, 2> windows_{};       // largest that each side advertised, unscaled
  std::array<std::uint8_t, 2> shifts_{TcpHeader::no_shift, TcpHeader::no_shift};
  std::array<std::uint32_t, 2> open_datagrams_{};  // heads of fragmented datagrams not yet whole
  std::optional<std::size_t> opener_;              // side that sent the SYN without ACK
  bool refused_ = false;                           // an ICMP error answered it
  bool ended_ = false;
};

}  // namespace pcapaudit
