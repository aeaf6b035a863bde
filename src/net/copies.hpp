// Finds second copies of packets, as a mirror port makes them that sees a packet come in and go
// out.
//
// A copy has the same IP identification, transport header and payload, in the same tunnel; its VLAN
// tags, MAC addresses and TTL may differ. All captured bytes of the payload are compared, by a
// fingerprint with a key that no sender knows: their checksum does not speak for them, as that of a
// tunnel is the same for every inner packet whose own checksum is right. A table of fixed size, so
// a copy is missed when another packet took its place.
#pragma once

#include <cstdint>
#include <vector>

#include "base/keyed_hash.hpp"
#include "net/layers.hpp"
#include "net/packet.hpp"

namespace pcapaudit {

class Copies {
 public:
  // Copies come through other queues and switches, so some milliseconds late. A TCP sender waits
  // longer before it repeats a segment (RFC 6298: a second, in practice 200 ms), and its repeated
  // IPv4 packet has an identification of its own.
  static constexpr std::int64_t max_delay_ns = 20'000'000;
  // Packets remembered: a 10 Gbit/s port carries about 16 000 full-size packets in that time.
  static constexpr std::size_t table_size = 1U << 15;

  Copies() : table_(table_size) {}

  // True when the same packet came by shortly before. Remembers it otherwise.
  bool is_copy(const Decoded& packet, Timestamp time);
  bool is_copy(const Walk& fragment, Timestamp time);

 private:
  struct Seen {
    std::uint64_t fingerprint = 0;
    std::int64_t time_ns = 0;
  };
  bool note(std::uint64_t fingerprint, Timestamp time);

  HashKey key_ = hash_key();
  std::vector<Seen> table_;
};

}  // namespace pcapaudit
