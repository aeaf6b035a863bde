// What a FlowTable holds; see flow_table.hpp. For the files of flow_table alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "flow/ended_connection.hpp"
#include "flow/flow.hpp"
#include "flow/flow_table.hpp"
#include "flow/hash_slots.hpp"

namespace pcapaudit {

struct OpenFlow {
  std::uint64_t key_hash = 0;
  std::unique_ptr<Flow> flow;
  std::uint64_t hash() const { return key_hash; }
};

// An open flow by its ends alone, for packets that come in another network.
struct Crossing {
  std::uint64_t ends_hash = 0;
  Flow* flow = nullptr;
  std::uint64_t hash() const { return ends_hash; }
};

inline std::uint64_t hash_in_network(std::uint64_t ends_hash, std::uint32_t network) {
  if (network == 0) return ends_hash;
  const std::uint64_t hash = (ends_hash ^ network) * 0x9fb21c651e98df25ULL;
  const std::uint64_t mixed = hash ^ hash >> 32;
  return mixed == 0 ? 1 : mixed;
}

struct FlowTable::State {
  // Flows between the same ends, in as many networks, among which a packet of yet another one is
  // looked for: a connection is seen in two or three. More are the same addresses used again in
  // each network, whose flows are complete in themselves.
  static constexpr std::size_t max_crossings = 8;

  void add(const FlowPacket& packet, const FlowKey& key, std::uint64_t ends_hash);
  OpenFlow* find(const FlowKey& key, std::uint64_t hash) {
    return flows.find(hash, [&](const OpenFlow& it) { return it.flow->key() == key; });
  }
  void note_refusal(const FlowPacket& packet);
  bool is_late(const FlowPacket& packet, std::uint64_t hash);
  void add_late(const FlowPacket& packet, EndedConnection& connection, std::size_t direction);
  enum class Taken : std::uint8_t { yes, over, replaced };
  Taken take(OpenFlow& open, const FlowPacket& packet, bool joins);
  void add_to(OpenFlow& open, const FlowPacket& packet);
  Flow& begin(const FlowPacket& packet);
  void end(Flow& flow);
  void drop(OpenFlow& open);
  Flow* find_across(const FlowPacket& packet, const FlowKey& key, std::uint64_t ends_hash);
  void note_network(std::uint32_t network);
  void enter(Flow& flow);
  void leave(const Flow& flow);
  void sweep(Timestamp clock);
  void end_later(OpenFlow& open);
  void sort_ending();
  void close_portion();
  void make_room();
  void make_bytes_room();
  bool release_one();
  // The least goes first.
  struct Worth {
    bool is_answered = false, is_known = false;
    Timestamp last_clock;
    bool operator<(const Worth& it) const {
      return std::tie(is_answered, is_known, last_clock) <
             std::tie(it.is_answered, it.is_known, it.last_clock);
    }
  };
  Worth worth_of(const Flow& flow) const;
  // Of all that it is shown.
  struct Least {
    const State& table;
    Flow* flow = nullptr;
    OpenFlow* slot = nullptr;
    Worth worth = {};
    void look_at(OpenFlow& it) {
      const Worth its = table.worth_of(*it.flow);
      if (flow != nullptr && !(its < worth)) return;
      flow = it.flow.get();
      slot = &it;
      worth = its;
    }
  };
  bool is_full(std::size_t used) const { return limits.max_flows > 0 && used >= limits.max_flows; }
  bool is_short() const {
    return limits.max_bytes > 0 &&
           held + (flows.size() + ending.size()) * flow_bytes > limits.max_bytes;
  }
  void settle(Flow& flow) { held += static_cast<std::size_t>(flow.settle()); }

  FlowLimits limits;
  IsKnown is_known;
  std::size_t held = 0;  // by all flows, beside flow_bytes each
  SharedFacts shared;    // outlives the flows that use it
  HashSlots<OpenFlow> flows;
  HashSlots<EndedConnection> ended;
  // Empty as long as all packets came in one network.
  HashSlots<Crossing> crossings;
  std::optional<std::uint32_t> first_network;
  bool has_networks = false;
  std::vector<ClosedFlow> closed;
  std::vector<LatePacket> late;
  Timestamp next_sweep;
  std::size_t room_cursor = 0;
  // Flows that are to be closed, the last one first.
  struct Ending {
    std::uint64_t id = 0;
    std::unique_ptr<Flow> flow;
  };
  std::vector<Ending> ending;
};

}  // namespace pcapaudit
