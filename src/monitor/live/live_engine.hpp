// Packets of interfaces to judged flows: the packet line and a worker of `run`, on one thread.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "capture/packet_source.hpp"
#include "monitor/live/live_policy.hpp"
#include "monitor/live/packet_ring.hpp"
#include "run/packet_line.hpp"
#include "run/worker.hpp"

namespace pcapaudit {

class LiveEngine {
 public:
  LiveEngine(std::shared_ptr<const LivePolicy> policy, std::size_t interfaces,
             const DecodeOptions& decode, std::size_t evidence_memory, const FlowLimits& limits);

  void add(const PacketView& packet, std::uint32_t capture);
  // Time went on; with a distance that lets packets come in that are still on their way.
  void advance(Timestamp now);
  // The end: flows end, a portion of them. True while there are more.
  bool close_some();
  EndedFlows take_ended() { return worker_.take_ended(); }

  // Flows that end from now on are judged by it.
  void judge_by(std::shared_ptr<const LivePolicy> policy);
  const std::shared_ptr<const LivePolicy>& policy() const { return policy_; }

  void begin_segment();
  // What the line counted of each interface in this segment, with the facts of the capture.
  std::vector<CaptureSummary> summaries(std::vector<CaptureFacts> facts);
  // Of all packets so far: those that gave no flow, copies.
  const DecoderCounters& counters();
  std::size_t open_flows() const { return worker_.open_flows(); }
  const PacketRing& ring() const { return ring_; }

 private:
  void take_counters();

  std::shared_ptr<const LivePolicy> policy_;
  Worker worker_;
  PacketLine line_;
  PacketRing ring_;
  bool keeps_packets_;
  std::vector<CaptureSummary> segment_;  // facts stay empty
  DecoderCounters counters_;             // of all segments
  std::uint32_t capture_ = 0;            // of the last packet
  Timestamp clock_{std::numeric_limits<std::int64_t>::min()};
};

}  // namespace pcapaudit
