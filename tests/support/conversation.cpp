#include "support/conversation.hpp"

#include <algorithm>

namespace pcapaudit::test {

std::vector<ClosedFlow> flows_of(const std::vector<FlowPacket>& packets) {
  FlowTable table;
  for (const FlowPacket& packet : packets) table.add(packet);
  table.close_all();
  std::vector<ClosedFlow> flows = table.take_closed();
  std::sort(flows.begin(), flows.end(),
            [](const ClosedFlow& a, const ClosedFlow& b) { return a.id < b.id; });
  return flows;
}

}  // namespace pcapaudit::test
