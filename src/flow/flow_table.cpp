// Finds, creates, splits and closes flows; see the header for the rules of time.
#include <pcapaudit/flow/flow_table.hpp>

#include <algorithm>
#include <utility>

#include "flow/flow.hpp"

namespace pcapaudit {

FlowTable::FlowTable() = default;
FlowTable::~FlowTable() = default;
FlowTable::FlowTable(FlowTable&&) noexcept = default;
FlowTable& FlowTable::operator=(FlowTable&&) noexcept = default;

void FlowTable::add(const FlowPacket& packet) {
  sweep(packet.clock);
  if (packet.decoded.quoted) note_refusal(packet);
  if (packet.decoded.duplicate) {
    // A flow of copies only would be a flow that was not there.
    const auto found = flows_.find(key_of(packet.decoded));
    if (found != flows_.end()) found->second->add_duplicate(packet);
    return;
  }
  std::unique_ptr<Flow>& flow = flows_[key_of(packet.decoded)];
  if (flow && flow->expired(packet.clock)) {
    close(std::move(flow));
  } else if (flow && flow->is_new_connection(packet)) {
    flow->mark_port_reuse();
    close(std::move(flow));
  }
  if (!flow) flow = std::make_unique<Flow>(packet);
  flow->add(packet);
}

// Ties an ICMP error to the attempt that it answers (RFC 792, RFC 4443: destination unreachable).
void FlowTable::note_refusal(const FlowPacket& packet) {
  constexpr std::uint8_t unreachable_v4 = 3;
  constexpr std::uint8_t unreachable_v6 = 1;
  const Decoded& decoded = packet.decoded;
  const std::uint8_t unreachable = decoded.source.v4 ? unreachable_v4 : unreachable_v6;
  if (decoded.icmp_type != unreachable) return;
  const QuotedPacket& quoted = *decoded.quoted;
  const auto found = flows_.find(FlowKey::of(quoted.transport, {quoted.source, quoted.source_port},
                                             {quoted.destination, quoted.destination_port}));
  if (found != flows_.end()) found->second->mark_refused();
}

void FlowTable::close(std::unique_ptr<Flow> flow) {
  closed_.push_back(flow->close());
}

void FlowTable::sweep(Timestamp clock) {
  if (clock < next_sweep_) return;
  next_sweep_ = Timestamp{clock.ns + sweep_interval_ns};
  for (auto it = flows_.begin(); it != flows_.end();) {
    if (it->second->expired(clock)) {
      close(std::move(it->second));
      it = flows_.erase(it);
    } else {
      ++it;
    }
  }
}

void FlowTable::close_all() {
  for (auto& [key, flow] : flows_) close(std::move(flow));
  flows_.clear();
  next_sweep_ = {};
}

std::vector<ClosedFlow> FlowTable::take_closed() {
  return std::exchange(closed_, {});
}

}  // namespace pcapaudit
