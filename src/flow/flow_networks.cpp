// A connection that is seen in more than one network: which packets of other networks are its own.
#include <algorithm>

#include "flow/flow.hpp"

namespace pcapaudit {

Flow::Joins Flow::joins(const FlowPacket& packet) const {
  const std::size_t side = side_of(packet);
  if (rare_ != nullptr) {
    for (const OtherNetwork& it : rare_->networks) {
      if (it.network == packet.decoded.network && it.sides[side]) return Joins::surely;
    }
  }
  const bool fits =
      packet.decoded.duplicate ||
      (packet.decoded.transport == Transport::tcp ? continues_by_numbers(packet.decoded.tcp, side)
                                                  : packets_[side] == 0);
  return fits ? Joins::perhaps : Joins::no;
}

// Do sequence number and acknowledgment say that this segment belongs to the connection? Two
// connections that are strangers agree in both by chance only (RFC 9293 3.4.1).
bool Flow::continues_by_numbers(const TcpHeader& tcp, std::size_t side) const {
  // Segments that the capture missed between the last one seen of the peer and what it is told.
  constexpr std::int32_t window = 1 << 20;
  const std::size_t peer = 1 - side;
  const bool is_silent = packets_[side] == 0;
  if (tcp.has(TcpHeader::syn) && !tcp.has(TcpHeader::ack)) {
    // Captured behind its own answer, which acknowledges it.
    return is_silent && known_[side] && tcp.sequence == syn_sequence_[side];
  }
  if (tcp.has(TcpHeader::ack)) {
    if (!tcp_[peer].started()) return false;
    const std::int32_t ahead = seq_distance(tcp.acknowledgment, tcp_[peer].next_sequence());
    if (ahead > window || ahead < -window) return false;
    if (is_silent) return true;
  }
  if (is_silent || !tcp_[side].started()) return false;
  const std::int32_t ahead = seq_distance(tcp.sequence, tcp_[side].next_sequence());
  return ahead == 0 || (ahead == 1 && fin_[side]);
}

void Flow::join(const FlowPacket& packet) {
  const Decoded& decoded = packet.decoded;
  const std::size_t side = side_of(packet);
  auto& networks = rare().networks;
  auto known = std::find_if(networks.begin(), networks.end(),
                            [&](const OtherNetwork& it) { return it.network == decoded.network; });
  if (known == networks.end() && networks.size() < max_networks) {
    known = networks.insert(known, {.network = decoded.network, .sides = {}});
  }
  if (known != networks.end()) known->sides[side] = true;
  if (decoded.duplicate) return add_duplicate(packet);
  for (std::size_t i = 0; i < decoded.vlan_count; ++i) {
    const auto end = vlans_.begin() + vlan_count_;
    const bool is_new = std::find(vlans_.begin(), end, decoded.vlans[i]) == end;
    if (is_new && vlan_count_ < vlans_.size()) vlans_[vlan_count_++] = decoded.vlans[i];
  }
  add(packet);
}

}  // namespace pcapaudit
