// Which flows leave a table: idle ones, and the least of them when it is full.
#include <algorithm>
#include <utility>

#include "flow/flow_table_state.hpp"

namespace pcapaudit {

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

}  // namespace pcapaudit
