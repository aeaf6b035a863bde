#include "support/conversation.hpp"

#include <algorithm>

namespace pcapaudit::test {

std::vector<ClosedFlow> flows_of(const std::vector<FlowPacket>& packets) {
  FlowTable table;
  table.add(packets);
  while (table.close_some()) {
  }
  std::vector<ClosedFlow> flows = table.take_closed();
  for (const LatePacket& packet : table.take_late()) {
    const auto flow = std::find_if(flows.begin(), flows.end(),
                                   [&](const ClosedFlow& it) { return it.id == packet.flow; });
    if (flow != flows.end()) add_late(*flow, packet);
  }
  std::sort(flows.begin(), flows.end(),
            [](const ClosedFlow& a, const ClosedFlow& b) { return a.id < b.id; });
  return flows;
}

}  // namespace pcapaudit::test
