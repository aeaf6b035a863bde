// Generated traffic in memory, at each stage that a benchmark may begin from.
//
// Values; views in `packets` are into `frames`, so a Recorded is not copied.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "flow/flow_table.hpp"
#include "net/packet.hpp"
#include "store/store.hpp"

namespace pcapaudit::bench {

struct Recorded {
  std::vector<std::vector<std::uint8_t>> frames;
  std::vector<PacketView> views;
  std::vector<FlowPacket> packets;
  std::uint64_t bytes = 0;

  Recorded() = default;
  Recorded(const Recorded&) = delete;
  Recorded& operator=(const Recorded&) = delete;
};

// The first `flows` conversations of a kind of workload (bench/workload/kinds.cpp, or "syn"). Ends
// the program with a message when they cannot be made.
void record(std::string_view kind, std::uint64_t flows, Recorded& into);

// What the flow table makes of them.
std::vector<ClosedFlow> closed_flows(const Recorded& recorded);

}  // namespace pcapaudit::bench
