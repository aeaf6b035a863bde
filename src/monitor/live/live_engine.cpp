// The line of `run` for packets that come one at a time; see the header.

#include "monitor/live/live_engine.hpp"

#include <algorithm>
#include <utility>

#include "monitor/live/evidence.hpp"

namespace pcapaudit {
namespace {

// Packets may be in the kernel's buffer for this long.
constexpr std::int64_t clock_lag_ns = 2 * ns_per_second;

}  // namespace

LiveEngine::LiveEngine(std::shared_ptr<const LivePolicy> policy, std::size_t interfaces,
                       const DecodeOptions& decode, std::size_t evidence_memory,
                       const FlowLimits& limits)
    : policy_(std::move(policy)),
      worker_(&policy_->judge, limits),
      line_(decode),
      ring_(evidence_memory),
      keeps_packets_(evidence_memory > 0),
      segment_(interfaces) {}

void LiveEngine::add(const PacketView& packet, std::uint32_t capture) {
  if (capture != capture_) take_counters();
  capture_ = capture;
  clock_ = std::max(clock_, packet.time);
  const auto placed = line_.place(packet, capture, clock_);
  if (!placed) return;
  if (keeps_packets_) {
    const Decoded& decoded = placed->decoded;
    const bool opens = decoded.transport == Transport::tcp && decoded.tcp.has(TcpHeader::syn) &&
                       !decoded.tcp.has(TcpHeader::ack);
    PacketView kept = packet;
    kept.interface = capture;
    ring_.add(kept, hash_of(evidence_key(decoded)), opens);
  }
  worker_.add(*placed);
}

void LiveEngine::advance(Timestamp now) {
  const Timestamp behind{now.ns - clock_lag_ns};
  if (behind > clock_) worker_.advance(behind);
}

bool LiveEngine::close_some() {
  line_.forget();
  return worker_.close_some();
}

void LiveEngine::judge_by(std::shared_ptr<const LivePolicy> policy) {
  policy_ = std::move(policy);
  worker_.judge_by(policy_->judge);
}

// The line does not know interfaces: its counters are those of the packets since the last call.
void LiveEngine::take_counters() {
  const DecoderCounters counted = line_.take_counters();
  segment_[capture_].packets += counted;
  counters_ += counted;
}

void LiveEngine::begin_segment() {
  take_counters();
  for (CaptureSummary& summary : segment_) summary = {};
}

std::vector<CaptureSummary> LiveEngine::summaries(std::vector<CaptureFacts> facts) {
  take_counters();
  std::vector<CaptureSummary> summaries = segment_;
  for (std::size_t i = 0; i < summaries.size(); ++i) summaries[i].facts = std::move(facts[i]);
  return summaries;
}

const DecoderCounters& LiveEngine::counters() {
  take_counters();
  return counters_;
}

}  // namespace pcapaudit
