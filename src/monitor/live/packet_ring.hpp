// The heads of recent flows in memory, so that a finding can show its packets.
//
// Owns one buffer of fixed size; used by one thread. add() copies a packet once and allocates
// nothing. Of each flow only the first packets are kept, so that a bulk transfer does not push
// everything else out: handshakes, requests and certificates are there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <pcapaudit/base/time.hpp>

#include "net/packet.hpp"

namespace pcapaudit {

class PacketRing {
 public:
  // Packets kept of one flow: a TLS handshake with long chains takes about twenty.
  static constexpr unsigned head_packets = 32;

  // `byte_cap`: all memory for packets. 0 keeps nothing.
  explicit PacketRing(std::size_t byte_cap);

  // `flow_hash` tells flows apart (hash_of(FlowKey)); two flows with equal hashes share their
  // count. `opens`: the packet begins a flow (a SYN), so that the count starts again.
  void add(const PacketView& packet, std::uint64_t flow_hash, bool opens);

  // The kept packets of a flow within a time span, oldest first. Views live during the call only.
  // The caller compares the flow's key: hashes may be equal by chance.
  void each(std::uint64_t flow_hash, Timestamp first, Timestamp last,
            const std::function<void(const PacketView&)>& use) const;

  std::size_t bytes() const { return used_; }  // of packets, with their headers
  std::uint64_t kept() const { return kept_; }
  std::uint64_t passed_over() const { return passed_over_; }  // behind the head of their flow

 private:
  struct Header {
    std::uint64_t number = 0, flow_hash = 0;
    Timestamp time;
    LinkType link_type{};
    std::uint32_t interface = 0, wire_length = 0, captured = 0;
  };

  static std::size_t record_size(std::size_t captured);
  Header header_at(std::size_t at) const;
  bool is_behind_head(std::uint64_t flow_hash, bool opens);
  void make_room(std::size_t size);

  std::vector<std::uint8_t> buffer_;
  std::vector<std::uint8_t> counts_;  // of packets, by the low bits of the flow's hash
  std::size_t begin_ = 0, end_ = 0;   // oldest record; behind the newest
  std::size_t wrap_ = 0;              // where the part that begins at begin_ ends, when wrapped
  bool wrapped_ = false;              // end_ is before begin_
  std::size_t used_ = 0;
  std::uint64_t kept_ = 0, passed_over_ = 0;
};

}  // namespace pcapaudit
