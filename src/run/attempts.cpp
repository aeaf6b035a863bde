// See the header.

#include "run/attempts.hpp"

namespace pcapaudit {

void Attempts::note(std::span<const AuditedFlow> flows) {
  for (const AuditedFlow& audited : flows) {
    const ClosedFlow& flow = audited.flow;
    if (flow.packets[0] > 0) hear(flow.client.address);
    if (flow.packets[1] > 0) hear(flow.server.address);
    if (flow.outcome == Outcome::blocked) {
      waiting_.push_back({.flow = flow.id, .target = flow.server.address});
    }
  }
}

void Attempts::hear(const IpAddress& address) {
  if (max_heard_ == 0 || heard_.size() < max_heard_) {
    heard_.insert(address);
  } else if (!is_full_) {
    is_full_ = !heard_.contains(address);
  }
}

std::vector<std::uint64_t> Attempts::take_unheard() {
  std::vector<std::uint64_t> unheard;
  for (const Attempt& it : waiting_) {
    if (!heard_.contains(it.target)) unheard.push_back(it.flow);
  }
  waiting_.clear();
  return unheard;
}

}  // namespace pcapaudit
