// Inputs that hold the same packets: a capture given twice, or one that another one contains.
//
// Method: the first packets of each input are remembered by time, length and content before the
// run; an input in which those of another one come again overlaps it. Two captures of one place
// that overlap in time do so at the beginning of one of them. Memory: some packets of each input.
// Standard input is not known in advance, so only its packets are compared, not its beginning.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "capture/packet_source.hpp"
#include "store/store.hpp"

namespace pcapaudit {

class Overlaps {
 public:
  // Reads the beginning of each input; nothing when there is only one.
  Overlaps(const std::vector<std::string>& inputs, const SourceOptions& options);

  // A packet of the input that is read now.
  void see(const PacketView& packet, std::uint32_t capture) {
    if (!heads_.empty() && maybe_[slot_of(packet.time)]) compare(packet, capture);
  }
  // Writes CaptureFacts::same_as and ::overlaps of those that come later.
  void conclude(std::vector<CaptureSummary>& captures) const;

 private:
  static constexpr std::uint64_t first_packets = 16;  // remembered of each input
  static constexpr std::uint64_t enough_packets = 3;  // that come again; fewer may be chance
  static constexpr std::size_t slots = 1 << 16;

  struct Head {
    std::uint32_t capture = 0, wire_length = 0;
    std::uint64_t content = 0;
  };

  static std::size_t slot_of(Timestamp time) {
    return static_cast<std::size_t>(static_cast<std::uint64_t>(time.ns) * 0x9e3779b97f4a7c15ULL >>
                                    48);
  }
  void compare(const PacketView& packet, std::uint32_t capture);

  std::vector<bool> maybe_;                            // by slot: is there a head of that time?
  std::unordered_multimap<std::int64_t, Head> heads_;  // by time
  std::vector<std::uint64_t> head_counts_;             // by input
  // Heads of one input (row) that were seen in another one (column).
  std::vector<std::unordered_map<std::uint32_t, std::uint64_t>> seen_;
};

}  // namespace pcapaudit
