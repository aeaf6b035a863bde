// One shard of the run: its own flows, and the judgement of those that end. No I/O, no locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <pcapaudit/flow/flow_table.hpp>
#include <pcapaudit/policy/policy.hpp>
#include <pcapaudit/store/store.hpp>

namespace pcapaudit {

// Packets for one worker; owns the payloads that they view.
class PacketBatch {
 public:
  static constexpr std::size_t max_packets = 256;
  static constexpr std::size_t max_bytes = 256 * 1024;

  // False when there is no room: hand the batch over and start a new one. A payload always fits
  // an empty batch.
  bool add(const FlowPacket& packet);
  const std::vector<FlowPacket>& packets() const { return packets_; }
  bool empty() const { return packets_.empty() && !closes_all; }

  bool closes_all = false;  // after these packets every open flow ends

 private:
  std::vector<FlowPacket> packets_;
  std::vector<std::uint8_t> bytes_;  // reserved once, so views stay valid
};

class Worker {
 public:
  explicit Worker(const Judge* judge) : judge_(judge) {}

  // Flows that ended with this batch, judged.
  std::vector<AuditedFlow> work(const PacketBatch& batch);
  std::vector<AuditedFlow> finish();

 private:
  std::vector<AuditedFlow> judge_closed();

  const Judge* judge_;
  FlowTable flows_;
};

}  // namespace pcapaudit
