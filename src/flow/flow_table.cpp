// Finds, creates, splits and closes flows; see the header for the rules of time.

#include "flow/flow_table.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "flow/flow_table_state.hpp"

namespace pcapaudit {
FlowTable::FlowTable(const FlowLimits& limits, DissectorList dissectors,
                     std::shared_ptr<const TlsKeyStore> tls_keys)
    : state_(std::make_unique<State>()) {
  state_->shared.tls_keys = std::move(tls_keys);
  state_->limits = limits;
  state_->shared.dissectors = dissectors;
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
