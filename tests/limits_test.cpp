// What all open flows together may take: what goes first, what is told of it.
#include <map>

#include <catch2/catch.hpp>

#include "flow/flow_table.hpp"
#include "support/conversation.hpp"

using namespace pcapaudit;
using test::Conversation;

namespace {

constexpr std::size_t memory = static_cast<std::size_t>(Anomaly::memory);
constexpr std::size_t evicted = static_cast<std::size_t>(Anomaly::evicted);

// A connection that waits for its second byte, behind which 60 KB came.
Conversation with_hole(int number) {
  Conversation talk("10.0.0." + std::to_string(number), 51000, "10.1.0.1", 443);
  talk.open().data(test::client, "a").lose(test::client, 1);
  for (int i = 0; i < 60; ++i) talk.data(test::client, std::string(1000, 'x'));
  return talk;
}

// By the last number of the client's address.
std::map<int, ClosedFlow> closed(FlowTable& table) {
  while (table.close_some()) {
  }
  std::map<int, ClosedFlow> flows;
  for (ClosedFlow& flow : table.take_closed()) {
    flows.emplace(flow.client.address.bytes[15], std::move(flow));
  }
  return flows;
}

std::map<int, ClosedFlow> run(const FlowLimits& limits, int connections,
                              const FlowTable::IsKnown& is_known = {}) {
  FlowTable table(limits);
  table.set_known(is_known);
  std::uint64_t id = 0;
  for (int i = 1; i <= connections; ++i) {
    Conversation talk = with_hole(i);
    for (FlowPacket packet : talk.packets()) {
      packet.id = ++id;
      packet.clock = packet.time = Timestamp{packet.time.ns + i * ns_per_second};
      table.add({&packet, 1});
    }
  }
  return closed(table);
}

}  // namespace

TEST_CASE(
    "limits: what waits to be read goes before flows, the longest silent first, and is told") {
  const auto all = run({}, 20);
  REQUIRE(all.size() == 20);
  for (const auto& [number, flow] : all) CHECK(flow.anomalies[memory] == 0);

  // Room for the flows, and for what waits in about half of them.
  const auto flows = run({.max_bytes = 20 * FlowTable::flow_bytes + 10 * 70'000}, 20);
  REQUIRE(flows.size() == 20);
  std::size_t released = 0;
  for (const auto& [number, flow] : flows) {
    CAPTURE(number);
    CHECK(flow.anomalies[evicted] == 0);
    const bool was_released = flow.anomalies[memory] > 0;
    released += was_released ? 1 : 0;
    CHECK((flow.account[0].end == Unread::over_cap) == was_released);
    // Packets and bytes are counted all the same.
    CHECK(flow.packets == all.at(number).packets);
    CHECK(flow.payload_bytes == all.at(number).payload_bytes);
  }
  CHECK(released >= 8);
  CHECK(released <= 13);
  CHECK(flows.at(1).anomalies[memory] == 1);
  CHECK(flows.at(20).anomalies[memory] == 0);
}

TEST_CASE("limits: those whom somebody knows keep what strangers have to give up") {
  const auto known = [](const FlowKey& key) {
    const Endpoint& client = key.one.port == 443 ? key.other : key.one;
    return client.address.bytes[15] <= 4;
  };
  const auto flows = run({.max_bytes = 20 * FlowTable::flow_bytes + 10 * 70'000}, 20, known);
  for (int number = 1; number <= 4; ++number) CHECK(flows.at(number).anomalies[memory] == 0);
  std::size_t released = 0;
  for (const auto& [number, flow] : flows) released += flow.anomalies[memory];
  CHECK(released >= 8);
}

TEST_CASE("limits: when little waits, flows end early") {
  FlowTable table({.max_bytes = 100 * FlowTable::flow_bytes});
  for (std::uint64_t i = 1; i <= 250; ++i) {
    Conversation talk("10.0.0." + std::to_string(i), 51000, "10.1.0.1", 443);
    talk.flags(test::client, TcpHeader::syn);
    FlowPacket packet = talk.packets().front();
    packet.id = i;
    table.add({&packet, 1});
    CHECK(table.open_flows() <= 101);
  }
  const auto flows = closed(table);
  CHECK(flows.size() == 250);
  std::size_t early = 0;
  for (const auto& [number, flow] : flows) early += flow.anomalies[evicted];
  CHECK(early >= 149);
}

TEST_CASE("limits: nothing is too small to go on with") {
  CHECK(run({.max_bytes = 1}, 5).size() == 5);
}
