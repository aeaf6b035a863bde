// One shard of the run: its own flows, and the judgement of those that end. No I/O, no locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <pcapaudit/app/dissector.hpp>

#include "flow/flow_table.hpp"
#include "policy/policy.hpp"
#include "store/store.hpp"

namespace pcapaudit {

// Packets for one worker. Their payloads lie in datagrams that they own themselves, in blocks that
// the batch holds on to, or in copies.
class PacketBatch {
 public:
  // Enough to make the hand-over cheap, few enough for the second-level cache.
  static constexpr std::size_t max_packets = 512;

  bool is_full() const { return packets_.size() >= max_packets; }
  // `owner` of the captured packet's bytes; null: what lies in them is copied.
  void add(const FlowPacket& packet, const std::shared_ptr<const void>& owner);
  const std::vector<FlowPacket>& packets() const { return packets_; }
  bool empty() const { return packets_.empty() && !closes_all; }
  // Ready for other packets.
  void clear();

  bool closes_all = false;  // after these packets every open flow ends

 private:
  std::vector<FlowPacket> packets_;
  std::vector<std::shared_ptr<const void>> owners_;
  std::vector<std::vector<std::uint8_t>> copies_;
};

// Late packets belong to these flows or to earlier ones.
struct EndedFlows {
  std::vector<AuditedFlow> flows;
  std::vector<LatePacket> late;
};

class Worker {
 public:
  explicit Worker(const Judge* judge, const FlowLimits& limits = {},
                  DissectorList dissectors = all_dissectors(),
                  std::shared_ptr<const TlsKeyStore> tls_keys = nullptr)
      : flows_(limits, dissectors, std::move(tls_keys)) {
    if (judge != nullptr) judge_by(*judge);
  }

  // Packet by packet, as they come from an interface; the payload is not kept.
  void add(const FlowPacket& packet) { flows_.add({&packet, 1}); }
  void advance(Timestamp clock) { flows_.advance(clock); }
  bool close_some() { return flows_.close_some(); }
  std::size_t open_flows() const { return flows_.open_flows(); }
  // Flows that end from now on are judged by another policy.
  void judge_by(const Judge& judge);
  // Since the last call.
  EndedFlows take_ended();

  // Passes on flows that ended, judged, in portions.
  template <class Use>
  void work(const PacketBatch& batch, Use use) {
    flows_.add(batch.packets());
    pass_on(use);
    if (!batch.closes_all) return;
    bool more = true;
    while (more) {
      more = flows_.close_some();
      pass_on(use);
    }
  }

 private:
  template <class Use>
  void pass_on(Use use) {
    EndedFlows ended = take_ended();
    if (!ended.flows.empty() || !ended.late.empty()) use(std::move(ended));
  }

  std::optional<RememberingJudge> judge_;
  FlowTable flows_;
};

}  // namespace pcapaudit
