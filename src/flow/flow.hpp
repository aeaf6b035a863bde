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
  void mark_refused() { refused_ = true; }
  void mark_port_reuse();

  ClosedFlow close();

 private:
  class Delivery;

  std::size_t side_of(const FlowPacket& packet) const;
  void count(const FlowPacket& packet, std::size_t side);
  void add_tcp(const FlowPacket& packet, std::size_t side);
  void note_flags(const TcpHeader& tcp, std::size_t side);
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
  std::optional<std::size_t> opener_;  // side that sent the SYN without ACK
  bool refused_ = false;               // an ICMP error answered it
  bool ended_ = false;
};

}  // namespace pcapaudit
