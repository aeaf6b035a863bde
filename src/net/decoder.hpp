// Packets to flow packets, with memory of earlier ones: IP fragments are put together, and second
// copies of a packet are marked.
//
// Used by one thread, in capture order. Memory is capped (below); reaching a cap is counted.
// Sources: RFC 791 3.2 (reassembly), RFC 8200 4.5, RFC 5722 (overlaps), RFC 1858 (tiny fragments).
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <vector>

#include "net/packet.hpp"

namespace pcapaudit {

struct DecodeOptions {
  bool verify_checksums = false;                // what is wrong is left out
  std::vector<std::uint16_t> vxlan_ports = {};  // UDP ports of VXLAN beside the usual ones
};

struct DecoderCounters {
  std::uint64_t decoded = 0;                               // packets that belong to a flow
  std::array<std::uint64_t, decode_issue_count> issues{};  // packets that do not, by reason
  std::uint64_t fragments = 0;                             // IP fragments
  std::uint64_t reassembled = 0;                           // datagrams that became whole
  std::uint64_t incomplete = 0;  // datagrams given up: a fragment is missing, or a cap was reached
  std::uint64_t duplicates = 0;  // second copies of a packet

  DecoderCounters& operator+=(const DecoderCounters& more);
};

class Decoder {
 public:
  explicit Decoder(const DecodeOptions& options = {});
  ~Decoder();

  // A payload in the packet's bytes lives as long as they do, any other as long as the answer.
  // A fragment that has to wait for one that tells its flow answers `fragment`, too; it is counted
  // when that is known.
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
