// Finds, creates, splits and closes flows; see the header for the rules of time.

#include "flow/flow_table.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "flow/ended_connection.hpp"
#include "flow/flow.hpp"
#include "flow/hash_slots.hpp"

namespace pcapaudit {
namespace {

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

std::uint64_t hash_in_network(std::uint64_t ends_hash, std::uint32_t network) {
  if (network == 0) return ends_hash;
  const std::uint64_t hash = (ends_hash ^ network) * 0x9fb21c651e98df25ULL;
  const std::uint64_t mixed = hash ^ hash >> 32;
  return mixed == 0 ? 1 : mixed;
}

}  // namespace

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

FlowTable::FlowTable(const FlowLimits& limits) : state_(std::make_unique<State>()) {
  state_->limits = limits;
}
FlowTable::~FlowTable() = default;
FlowTable::FlowTable(FlowTable&&) noexcept = default;
FlowTable& FlowTable::operator=(FlowTable&&) noexcept = default;

// In two rounds, so that the slots of a batch are on their way from memory when they are needed.
void FlowTable::add(std::span<const FlowPacket> packets) {
  constexpr std::size_t ahead = 16;
  struct Place {
    FlowKey key;
    std::uint64_t ends_hash = 0;
  };
  std::array<Place, ahead> places;
  if (!packets.empty()) state_->sweep(packets.front().clock);
  for (std::size_t begin = 0; begin < packets.size(); begin += ahead) {
    const auto batch = packets.subspan(begin, std::min(ahead, packets.size() - begin));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      places[i].key = key_of(batch[i].decoded);
      places[i].ends_hash = hash_of(places[i].key);
      state_->flows.prefetch(hash_in_network(places[i].ends_hash, places[i].key.network));
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      state_->add(batch[i], places[i].key, places[i].ends_hash);
    }
  }
}

void FlowTable::State::add(const FlowPacket& packet, const FlowKey& key, std::uint64_t ends_hash) {
  if (packet.decoded.quoted) note_refusal(packet);
  if (!has_networks) note_network(key.network);
  const std::uint64_t hash = hash_in_network(ends_hash, key.network);
  Taken taken = Taken::over;
  if (OpenFlow* open = find(key, hash)) {
    if (packet.decoded.duplicate) {
      if (!open->flow->expired(packet.clock)) open->flow->add_duplicate(packet);
      return;
    }
    taken = take(*open, packet, false);
  } else if (is_late(packet, hash)) {
    return;
  }
  if (taken == Taken::over && has_networks) {
    if (Flow* flow = find_across(packet, key, ends_hash)) {
      if (packet.decoded.duplicate) return flow->join(packet);
      taken =
          take(*find(flow->key(), hash_in_network(ends_hash, flow->key().network)), packet, true);
    }
  }
  if (taken == Taken::yes) return is_short() ? make_bytes_room() : void();
  if (taken == Taken::replaced) return add(packet, key, ends_hash);
  // A flow of copies only would be a flow that was not there.
  if (packet.decoded.duplicate) return;
  if (is_full(flows.size())) make_room();
  begin(packet);
  if (is_short()) make_bytes_room();
}

// Adds a packet to an open flow between its ends; `joins`: it came in another network. Else the
// flow is gone, or another one, which the packet confirms, is in its place.
FlowTable::State::Taken FlowTable::State::take(OpenFlow& open, const FlowPacket& packet,
                                               bool joins) {
  Flow& flow = *open.flow;
  if (flow.expired(packet.clock) || (flow.is_idle(packet.clock) && !flow.goes_on(packet))) {
    drop(open);
    return Taken::over;
  }
  switch (flow.place(packet)) {
    case Flow::Place::here:
      if (joins) {
        flow.join(packet);
        settle(flow);
      } else {
        add_to(open, packet);
      }
      return Taken::yes;
    case Flow::Place::doubtful:
      flow.hold(packet);
      return Taken::yes;
    case Flow::Place::opens:
      flow.mark_port_reuse();
      drop(open);
      return Taken::over;
    case Flow::Place::confirms:
      break;
  }
  const auto opening = flow.take_opening();
  flow.mark_port_reuse();
  drop(open);
  Flow* other = nullptr;
  opening->each([&](const FlowPacket& it) {
    if (other == nullptr) {
      other = &begin(it);
    } else {
      other->add(it);
      settle(*other);
    }
  });
  return Taken::replaced;
}

Flow& FlowTable::State::begin(const FlowPacket& packet) {
  const FlowKey key = key_of(packet.decoded);
  auto flow = std::make_unique<Flow>(packet, key, shared);
  Flow& begun = *flow;
  begun.add(packet);
  settle(begun);
  enter(begun);
  flows.insert({.key_hash = hash_in_network(hash_of(key), key.network), .flow = std::move(flow)});
  return begun;
}

void FlowTable::State::add_to(OpenFlow& open, const FlowPacket& packet) {
  open.flow->add(packet);
  settle(*open.flow);
  if (!open.flow->is_complete() || is_full(ended.size())) return;
  ended.insert(open.flow->tombstone(open.key_hash));
  drop(open);
}

void FlowTable::State::drop(OpenFlow& open) {
  leave(*open.flow);
  end(*open.flow);
  flows.erase(&open);
}

// A SYN that nothing came after, neither an answer nor more of the connection, was an attempt of
// its own.
void FlowTable::State::end(Flow& flow) {
  const auto attempt = flow.take_last_opening();
  held -= flow.held();
  closed.push_back(flow.close());
  if (attempt == nullptr) return;
  Flow own(attempt->first(), key_of(attempt->first().decoded), shared);
  attempt->each([&](const FlowPacket& it) { own.add(it); });
  closed.push_back(own.close());
}

// The second network that is seen makes all open flows findable by their ends.
void FlowTable::State::note_network(std::uint32_t network) {
  if (!first_network) first_network = network;
  if (network == *first_network) return;
  has_networks = true;
  flows.each([&](OpenFlow& it) { enter(*it.flow); });
}

void FlowTable::State::enter(Flow& flow) {
  if (!has_networks) return;
  const FlowKey& key = flow.key();
  std::size_t others = 0;
  Crossing* expired = nullptr;
  const std::uint64_t ends_hash = hash_of(key);
  crossings.find(ends_hash, [&](Crossing& it) {
    if (it.flow->key().has_same_ends(key)) ++others;
    if (it.flow->expired(flow.last_clock())) expired = &it;
    return others == max_crossings;
  });
  // Sweeps may or may not have taken an expired one away: it must not make a difference.
  if (expired != nullptr) {
    expired->flow = &flow;
  } else if (others < max_crossings) {
    crossings.insert({.ends_hash = ends_hash, .flow = &flow});
  }
}

void FlowTable::State::leave(const Flow& flow) {
  if (!has_networks) return;
  Crossing* found =
      crossings.find(hash_of(flow.key()), [&](const Crossing& it) { return it.flow == &flow; });
  if (found != nullptr) crossings.erase(found);
}

// The flow of a packet that has none in its own network: where its direction was seen in it before,
// else the latest one that it fits.
Flow* FlowTable::State::find_across(const FlowPacket& packet, const FlowKey& key,
                                    std::uint64_t ends_hash) {
  Flow* best = nullptr;
  Flow::Joins how = Flow::Joins::no;
  crossings.find(ends_hash, [&](const Crossing& it) {
    Flow& flow = *it.flow;
    const bool is_over =
        flow.expired(packet.clock) || (flow.is_idle(packet.clock) && !flow.goes_on(packet));
    if (is_over || !flow.key().has_same_ends(key)) return false;
    const Flow::Joins joins = flow.joins(packet);
    const bool is_better =
        joins > how || (joins == how && best != nullptr && flow.id() > best->id());
    if (is_better) {
      best = &flow;
      how = joins;
    }
    return false;
  });
  return best;
}

// One flow leaves: the least of a few, so that the cost of a flood is the same for each packet.
void FlowTable::State::make_room() {
  constexpr std::size_t looked_at = 8;
  Least least{.table = *this};
  flows.visit(room_cursor, looked_at, [&](OpenFlow& it) { least.look_at(it); });
  least.flow->mark_evicted();
  drop(*least.slot);
}

// Whom attempts without answer name is not looked up: there may be very many.
FlowTable::State::Worth FlowTable::State::worth_of(const Flow& flow) const {
  const bool is_answered = !flow.is_unanswered();
  return {.is_answered = is_answered,
          .is_known = is_answered && is_known && is_known(flow.key()),
          .last_clock = flow.last_clock()};
}

void FlowTable::State::make_bytes_room() {
  while (is_short() && flows.size() > 0) {
    if (!release_one()) make_room();
  }
}

// What waits in one flow goes: the least worth of some. While much waits in all of them together,
// few flows have to be looked at for each byte that becomes free.
bool FlowTable::State::release_one() {
  constexpr std::size_t enough = 4, at_a_time = 64, small_part = 16;
  if (held < limits.max_bytes / small_part) return false;
  Least least{.table = *this};
  std::size_t found = 0;
  for (std::size_t seen = 0; seen < flows.size() && found < enough; seen += at_a_time) {
    flows.visit(room_cursor, at_a_time, [&](OpenFlow& it) {
      if (it.flow->held() == 0) return;
      ++found;
      least.look_at(it);
    });
  }
  if (least.flow == nullptr) return false;
  const std::size_t before = held;
  least.flow->release();
  settle(*least.flow);
  return held < before;
}

// Does the packet repeat something of a connection that ended? What lies outside its numbers begins
// another.
bool FlowTable::State::is_late(const FlowPacket& packet, std::uint64_t hash) {
  if (ended.size() == 0 || packet.decoded.transport != Transport::tcp) return false;
  EndedConnection* found = ended.find(hash, [](const EndedConnection&) { return true; });
  if (found == nullptr) return false;
  const Endpoint source{packet.decoded.source, packet.decoded.source_port};
  const Endpoint destination{packet.decoded.destination, packet.decoded.destination_port};
  const std::size_t direction = (source < destination) == found->client_is_lower ? 0 : 1;
  const bool is_expired = packet.clock.ns - found->last_clock.ns > closed_linger_ns;
  if (is_expired || !found->is_known(packet.decoded, direction)) {
    ended.erase(found);
    return false;
  }
  add_late(packet, *found, direction);
  return true;
}

void FlowTable::State::add_late(const FlowPacket& packet, EndedConnection& connection,
                                std::size_t direction) {
  const Decoded& decoded = packet.decoded;
  const std::int64_t minute = minute_of(packet.clock);
  const std::int32_t old = seq_distance(connection.next_sequence[direction], decoded.tcp.sequence);
  late.push_back(
      {.flow = connection.flow,
       .to_client = direction == 1,
       .duplicate = decoded.duplicate,
       // A keep-alive repeats the last byte (RFC 9293 3.8.4).
       .retransmitted = decoded.payload_length > 1 || (decoded.payload_length == 1 && old > 1),
       .wire_length = packet.wire_length,
       .payload_length = decoded.payload_length,
       .time = packet.time,
       .minute = minute,
       .first_of_minute = minute != connection.minute});
  if (!decoded.duplicate) connection.minute = minute;
  connection.last_clock = packet.clock;
}

// Ties an ICMP error to the attempt that it answers (RFC 792, RFC 4443: destination unreachable).
void FlowTable::State::note_refusal(const FlowPacket& packet) {
  constexpr std::uint8_t unreachable_v4 = 3;
  constexpr std::uint8_t unreachable_v6 = 1;
  const Decoded& decoded = packet.decoded;
  const std::uint8_t unreachable = decoded.source.v4 ? unreachable_v4 : unreachable_v6;
  if (decoded.icmp_type != unreachable) return;
  const QuotedPacket& quoted = *decoded.quoted;
  const FlowKey key{.one = {quoted.source, quoted.source_port},
                    .other = {quoted.destination, quoted.destination_port},
                    .transport = quoted.transport,
                    .network = decoded.network};
  const std::uint64_t ends_hash = hash_of(key);
  if (OpenFlow* open = find(key, hash_in_network(ends_hash, key.network))) {
    return open->flow->mark_refused();
  }
  // The error came back in another network than the attempt went out.
  crossings.find(ends_hash, [&](const Crossing& it) {
    const bool is_meant = it.flow->key().has_same_ends(key) && it.flow->is_unanswered();
    if (is_meant) it.flow->mark_refused();
    return is_meant;
  });
}

// Idle flows are found all at once and leave in portions.
void FlowTable::State::sweep(Timestamp clock) {
  if (clock >= next_sweep) {
    next_sweep = Timestamp{clock.ns + sweep_interval_ns};
    std::size_t from_start = 0;
    flows.take_some(
        from_start, flows.size(), [&](const OpenFlow& it) { return it.flow->expired(clock); },
        [&](OpenFlow& it) { end_later(it); });
    sort_ending();
    from_start = 0;
    ended.take_some(
        from_start, ended.size(),
        [&](const EndedConnection& it) { return clock.ns - it.last_clock.ns > closed_linger_ns; },
        [](const EndedConnection&) {});
  }
  close_portion();
}

void FlowTable::State::end_later(OpenFlow& open) {
  leave(*open.flow);
  ending.push_back({.id = open.flow->id(), .flow = std::move(open.flow)});
}

// Flows are stored in the order of their ids: a million in any other order are slow.
void FlowTable::State::sort_ending() {
  std::sort(ending.begin(), ending.end(),
            [](const Ending& a, const Ending& b) { return a.id > b.id; });
}

void FlowTable::State::close_portion() {
  for (std::size_t i = 0; i < closed_portion && !ending.empty(); ++i) {
    end(*ending.back().flow);
    ending.pop_back();
  }
}

void FlowTable::advance(Timestamp clock) {
  state_->sweep(clock);
}

bool FlowTable::close_some() {
  State& state = *state_;
  state.next_sweep = {};
  state.ended.clear();
  state.crossings.clear();
  if (state.flows.size() > 0) {
    state.ending.reserve(state.ending.size() + state.flows.size());
    state.flows.each([&](OpenFlow& it) { state.end_later(it); });
    state.flows.clear();
    state.sort_ending();
  }
  state.close_portion();
  return !state.ending.empty();
}

std::vector<ClosedFlow> FlowTable::take_closed() {
  std::vector<ClosedFlow> closed = std::exchange(state_->closed, {});
  // About as many come next.
  state_->closed.reserve(closed.size());
  return closed;
}

std::vector<LatePacket> FlowTable::take_late() {
  return std::exchange(state_->late, {});
}

void FlowTable::set_known(IsKnown is_known) {
  state_->is_known = std::move(is_known);
}

std::size_t FlowTable::open_flows() const {
  return state_->flows.size() + state_->ending.size();
}

}  // namespace pcapaudit
