// Packets to flow packets, with memory of earlier ones: IP fragments are put together, and second
// copies of a packet are marked.
//
// Used by one thread, in capture order. Memory is capped (below); reaching a cap is counted.
// Sources: RFC 791 3.2 (reassembly), RFC 8200 4.5, RFC 5722 (overlaps), RFC 1858 (tiny fragments).
#pragma once

#include <cstdint>
#include <expected>
#include <memory>

#include <pcapaudit/net/packet.hpp>

namespace pcapaudit {

struct DecoderCounters {
  std::uint64_t fragments = 0;    // IP fragments
  std::uint64_t reassembled = 0;  // datagrams that became whole
  std::uint64_t incomplete = 0;   // datagrams given up: a fragment is missing, or a cap was reached
  std::uint64_t duplicates = 0;   // second copies of a packet
};

class Decoder {
 public:
  explicit Decoder(bool verify_checksums = false);
  ~Decoder();

  // A payload in the packet's bytes lives as long as they do, any other as long as the answer.
  std::expected<Decoded, DecodeIssue> decode(const PacketView& packet);

  // A break in the time line: what is not whole by now will not be.
  void forget();

  // Since the last call.
  DecoderCounters take_counters();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pcapaudit
