// Batches of packets in, judged flows out.
#include "run/worker.hpp"

#include <algorithm>
#include <utility>

namespace pcapaudit {

bool PacketBatch::add(const FlowPacket& packet) {
  const Bytes payload = packet.decoded.payload;
  if (packets_.size() >= max_packets) return false;
  if (bytes_.empty()) {
    bytes_.reserve(std::max(max_bytes, payload.size()));
    packets_.reserve(max_packets);
  }
  if (bytes_.size() + payload.size() > bytes_.capacity()) return packets_.empty();
  const std::size_t at = bytes_.size();
  bytes_.insert(bytes_.end(), payload.begin(), payload.end());
  packets_.push_back(packet);
  packets_.back().decoded.payload = Bytes(bytes_.data() + at, payload.size());
  return true;
}

std::vector<AuditedFlow> Worker::work(const PacketBatch& batch) {
  for (const FlowPacket& packet : batch.packets()) flows_.add(packet);
  if (batch.closes_all) flows_.close_all();
  return judge_closed();
}

std::vector<AuditedFlow> Worker::finish() {
  flows_.close_all();
  return judge_closed();
}

std::vector<AuditedFlow> Worker::judge_closed() {
  std::vector<AuditedFlow> judged;
  for (ClosedFlow& flow : flows_.take_closed()) {
    AuditedFlow audited{.flow = std::move(flow), .verdict = {}};
    if (judge_ != nullptr) {
      audited.verdict = judge_->judge(audited.flow);
    } else {
      ServiceName name = service_of(audited.flow, "");
      audited.verdict.service = std::move(name.service);
      audited.verdict.basis = name.basis;
    }
    judged.push_back(std::move(audited));
  }
  return judged;
}

}  // namespace pcapaudit
