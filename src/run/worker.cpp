// Batches of packets in, judged flows out.
#include "run/worker.hpp"

#include <algorithm>
#include <utility>

namespace pcapaudit {

void PacketBatch::add(const FlowPacket& packet, const std::shared_ptr<const void>& owner) {
  if (packets_.capacity() == 0) packets_.reserve(max_packets);
  packets_.push_back(packet);
  Payload& payload = packets_.back().decoded.payload;
  if (payload.empty() || payload.is_owned()) return;
  if (owner != nullptr) {
    if (owners_.empty() || owners_.back() != owner) owners_.push_back(owner);
  } else {
    payload = Bytes(copies_.emplace_back(payload.begin(), payload.end()));
  }
}

void PacketBatch::clear() {
  packets_.clear();
  owners_.clear();
  copies_.clear();
  closes_all = false;
}

// Conversations of those that the policy names are worth most.
void Worker::judge_by(const Judge& judge) {
  judge_.emplace(judge);
  flows_.set_known([&roles = judge.roles()](const FlowKey& key) {
    const auto is_bound = [&](const Endpoint& end) {
      return roles.is_bound({.address = end.address, .port = end.port});
    };
    return is_bound(key.one) || is_bound(key.other);
  });
}

EndedFlows Worker::take_ended() {
  EndedFlows ended{.flows = {}, .late = flows_.take_late()};
  std::vector<ClosedFlow> closed = flows_.take_closed();
  ended.flows.reserve(closed.size());
  for (ClosedFlow& flow : closed) {
    Verdict verdict;
    if (judge_) {
      verdict = judge_->judge(flow);
    } else {
      ServiceName name = service_of(flow, "");
      verdict.service = std::move(name.service);
      verdict.basis = name.basis;
    }
    ended.flows.emplace_back(std::move(flow), std::move(verdict));
  }
  return ended;
}

}  // namespace pcapaudit
