// What is left of a TCP connection that ended in good order: enough to recognise its packets.
#pragma once

#include <array>
#include <cstdint>

#include <pcapaudit/base/time.hpp>

#include "flow/stream/tcp_reassembler.hpp"
#include "net/packet.hpp"

namespace pcapaudit {

// A slot of HashSlots, found by the hash of the flow's key alone: 64 bits that a stranger's packet
// would have to share, and then its sequence numbers too.
struct EndedConnection {
  std::uint64_t key_hash = 0;
  std::uint64_t flow = 0;  // id
  Timestamp last_clock;
  std::int64_t minute = 0;                                       // of the last packet that counted
  std::array<std::uint32_t, 2> syn_sequence{}, next_sequence{};  // to server, to client
  // The client is the end whose address and port are the lower ones.
  bool client_is_lower = false;

  std::uint64_t hash() const { return key_hash; }
  // Can the packet be one of the connection's once more: from its SYN to its FIN, or a RST that
  // answers one (a number of the other side's choice)?
  bool is_known(const Decoded& packet, std::size_t direction) const {
    const TcpHeader& tcp = packet.tcp;
    if (tcp.has(TcpHeader::syn)) return tcp.sequence == syn_sequence[direction];
    if (tcp.has(TcpHeader::rst) && packet.payload_length == 0) return true;
    const std::uint32_t behind_fin = next_sequence[direction] + 1;
    return seq_distance(tcp.sequence, syn_sequence[direction]) >= 0 &&
           seq_distance(tcp.sequence + packet.payload_length, behind_fin) <= 0;
  }
};

}  // namespace pcapaudit
