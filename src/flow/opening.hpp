// A SYN inside a connection that is open, kept apart until its answer tells whose it is.
//
// It may begin another connection on the same ports, be a late copy, or be forged: a peer that has
// the connection open answers with a challenge ACK and goes on (RFC 5961 4), one that has forgotten
// it answers with a SYN-ACK. Owns copies of the packets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "flow/flow_table.hpp"

namespace pcapaudit {

class Opening {
 public:
  // Repetitions of a SYN that are kept; systems give up after fewer (RFC 9293 3.8.3: 3 minutes).
  static constexpr std::size_t max_packets = 16;

  Opening(const FlowPacket& syn, std::size_t side) : side_(side), syn_(syn.decoded.tcp) {
    add(syn);
    length_ = syn.decoded.payload_length;
  }

  // False: no room.
  bool add(const FlowPacket& packet) {
    if (held_.size() >= max_packets) return false;
    const Bytes payload = packet.decoded.payload;
    held_.push_back({.packet = packet, .payload = {payload.begin(), payload.end()}});
    held_.back().packet.decoded.payload = Bytes(held_.back().payload);
    return true;
  }
  // Views into this object.
  template <class Use>
  void each(Use use) const {
    for (const Held& it : held_) use(it.packet);
  }
  const FlowPacket& first() const { return held_.front().packet; }

  std::size_t side() const { return side_; }
  bool repeats(std::size_t side, const TcpHeader& syn) const {
    return side == side_ && syn.sequence == syn_.sequence &&
           syn.has(TcpHeader::ack) == syn_.has(TcpHeader::ack);
  }
  bool is_answer() const { return syn_.has(TcpHeader::ack); }  // a SYN-ACK
  std::uint32_t next_sequence() const { return syn_.sequence + 1; }
  // Is the number the first one behind the SYN, or behind its data (RFC 7413)?
  bool leads_to(std::uint32_t sequence) const { return sequence - next_sequence() <= length_; }

 private:
  struct Held {
    FlowPacket packet;
    std::vector<std::uint8_t> payload;
  };

  std::vector<Held> held_;
  std::size_t side_;
  TcpHeader syn_;
  std::uint32_t length_ = 0;  // of the SYN's data
};

}  // namespace pcapaudit
