// Feeds one flow's bytes to the dissector that recognises them; see the header.
#include <algorithm>
#include <bit>
#include <utility>

#include "flow/stream/stream_sink.hpp"

namespace pcapaudit {
namespace {

// Nothing is decided in the middle of a long line of text but by how long it may be: what waits to
// be recognised is looked at again when it has doubled. Else each byte of a line that comes in
// segments of one would cost as much as all before it.
bool is_inside_line(Bytes window, std::size_t held) {
  constexpr std::size_t long_line = 256, before = 64;
  if (held < long_line || std::bit_width(held) != std::bit_width(window.size())) return false;
  const Bytes looked_at = window.subspan(held - before);
  return std::ranges::all_of(looked_at, [](std::uint8_t c) { return c >= 0x20 && c != 0x7f; });
}

std::string_view app_of(const DissectorSpec& spec, const Dissector& dissector) {
  return spec.name.empty() ? dissector.protocol() : spec.name;
}

}  // namespace

Direction Stream::direction_of(std::size_t side) const {
  return side == client_side().value_or(0) ? Direction::to_server : Direction::to_client;
}

void Stream::bytes(std::size_t side, Bytes in_order) {
  Half& half = halves_[side];
  half.seen.any_payload = true;
  if (half.detached) {
    half.at += in_order.size();
    return;
  }
  const std::uint64_t skipped = std::min<std::uint64_t>(half.skip, in_order.size());
  half.skip -= skipped;
  half.at += skipped;
  in_order = in_order.subspan(static_cast<std::size_t>(skipped));
  if (in_order.empty()) return;
  advance_all(side, in_order);
}

void Stream::datagram(std::size_t side, Bytes captured, std::size_t length) {
  Half& half = halves_[side];
  const std::uint64_t begin = half.at;
  if (!captured.empty()) bytes(side, captured);
  half.at = begin + length;
  if (captured.size() < length && !half.detached) {
    notes(side).hole(Unread::snap_length, begin, "a datagram was cut when it was captured");
  }
}

void Stream::mark_unreadable(std::size_t side) {
  Half& half = halves_[side];
  half.seen.truncated = half.seen.any_payload = true;
  if (!half.detached) notes(side).hole(Unread::gap, half.at, "fragments of a datagram are missing");
}

// Runs the side's window and the fresh bytes behind it; a handover wakes the other side too.
void Stream::advance_all(std::size_t side, Bytes fresh) {
  Half& half = halves_[side];
  if (carrier_ == Carrier::udp) half.window.clear();  // a datagram is a window by itself
  if (half.window.empty()) {
    const std::size_t used = run(side, fresh, 0);
    if (!half.detached && carrier_ == Carrier::tcp) {
      half.window.append(fresh.subspan(used));
    }
  } else {
    const std::size_t held = half.window.bytes().size();
    half.window.append(fresh);
    const bool waits =
        must_probe(half) && carrier_ == Carrier::tcp && is_inside_line(half.window.bytes(), held);
    if (!waits) half.window.drop_front(run(side, half.window.bytes(), held));
  }
  if (half.detached) {
    half.window.clear();
  } else if (half.window.bytes().size() > max_window) {
    count(Anomaly::window_cap);
    half.seen.truncated = true;
    end_reading(side, Unread::over_cap, "a message over 1.25 MiB");
    half.at += half.window.bytes().size();
    half.window.clear();
  }
  if (std::exchange(handed_over_, false) && !halves_[1 - side].window.empty()) {
    advance_all(1 - side, {});
  }
}

std::size_t Stream::run(std::size_t side, Bytes window, std::size_t fresh) {
  Half& half = halves_[side];
  std::size_t used = 0;
  const auto pass = [&](std::size_t count) {
    half.at += count;
    used += count;
  };
  bool waiting = false;
  while (used < window.size() && !half.detached && !waiting) {
    if (must_probe(half)) {
      const Probed probed = place(side, window.subspan(used));
      if (probed.kind == Probed::Kind::wait) break;
      if (probed.kind == Probed::Kind::drop) {
        // No message began in the held bytes; one may begin with the segment.
        if (rare_ != nullptr) rare_->notes[side].pass_over();
        pass((used < fresh ? fresh : window.size()) - used);
        continue;
      }
      pass(probed.passed);
    }
    pass(consume(side, window.subspan(used), waiting));
  }
  if (half.detached) pass(window.size() - used);
  return used;
}

// One step of the attached dissector.
std::size_t Stream::consume(std::size_t side, Bytes window, bool& waiting) {
  Half& half = halves_[side];
  Sink sink(*this);
  const Step step = dissector_->consume(direction_of(side), window, sink);
  const bool found = step.kind == Step::Kind::advance || step.kind == Step::Kind::handover;
  if (found && rare_ != nullptr && notes(side).searching()) {
    notes(side).found();
    half.probes = 0;
  }
  switch (step.kind) {
    case Step::Kind::advance: {
      const std::size_t used = std::min(std::max<std::size_t>(step.count, 1), window.size());
      if (carrier_ == Carrier::tcp && step.count > used) half.skip = step.count - used;
      return used;
    }
    case Step::Kind::need_more:
      waiting = true;
      if (carrier_ == Carrier::udp) {
        count(Anomaly::truncated);
        notes(side).hole(Unread::unfinished, half.at, "a message is longer than its datagram");
      }
      return 0;
    case Step::Kind::malformed:
      count(Anomaly::malformed);
      if (rare().malformed_why.empty()) rare().malformed_why = step.why;
      return broke(side, window, step.why);
    case Step::Kind::lost:
      return pass_lost(side, window, step, waiting);
    case Step::Kind::done:
      // TLS and the like frame what they carry; a table's row only knows a start.
      half.watched = carrier_ == Carrier::udp || spec_->name.empty();
      half.detached = !half.watched;
      return window.size();
    case Step::Kind::handover:
      return hand_over(side, step, window.size());
  }
  return window.size();
}

// Bytes of the old protocol that end here, of `size`.
std::size_t Stream::hand_over(std::size_t side, const Step& step, std::size_t size) {
  Half& other = halves_[1 - side];
  if (other.match == Match::undecided && !other.window.empty()) {
    // What waited there for more belongs to the old protocol, if to any (PostgreSQL's "S").
    Sink sink(*this);
    const Bytes held = other.window.bytes();
    const Step last = dissector_->consume(direction_of(1 - side), held, sink);
    if (last.kind == Step::Kind::advance) {
      const std::size_t used = std::min(last.count, held.size());
      other.at += used;
      other.window.drop_front(used);
    }
  }
  rare().apps.emplace_back(app_of(*spec_, *dissector_));
  rare().agreed = step.why;
  detach_dissector(rare().records);
  for (ReadNotes& notes : rare_->notes) notes.reopen();
  handed_over_ = true;
  if (++handovers_ >= max_handovers) {
    for (const std::size_t ended : {side, 1 - side}) {
      end_reading(ended, Unread::over_cap, "too many protocols one after the other");
    }
  }
  return std::min(step.count, size);
}

// The dissector's framing is lost. A datagram stands for itself; in a stream only another protocol
// that begins here is still looked for.
std::size_t Stream::broke(std::size_t side, Bytes window, std::string_view why) {
  Half& half = halves_[side];
  if (carrier_ == Carrier::tcp) {
    notes(side).end(Unread::malformed, half.at, why);
    half.broken = true;
    half.probes = 0;
    return 0;
  }
  // A table's row says so of datagrams that are not its own.
  const bool is_own =
      !spec_->name.empty() && spec_->probe(window, carrier_).kind != Probe::Kind::not_mine;
  const bool is_foreign = probe_broken(side, window).kind == Probed::Kind::attached;
  notes(side).hole(is_foreign ? Unread::foreign
                   : is_own   ? Unread::malformed
                              : Unread::unknown_start,
                   half.at, why);
  return window.size();
}

// The dissector looks for its next message behind these bytes; are they another protocol's?
std::size_t Stream::pass_lost(std::size_t side, Bytes window, const Step& step, bool& waiting) {
  Half& half = halves_[side];
  if (half.probes == 0) count(Anomaly::malformed);
  notes(side).search(Unread::malformed, half.at, step.why);
  if (half.probes < max_probes) {
    const Recognised begun = recognise(window, half.probes == 0 ? Among::all : Among::named);
    std::string other = other_in(side, window, begun);
    if (!other.empty()) {
      note_beside(std::move(other));
      end_reading(side, Unread::foreign, {});
      return window.size();
    }
    if (begun.spec == nullptr && begun.undecided) {
      waiting = true;
      return 0;
    }
    ++half.probes;
  }
  return std::min(std::max<std::size_t>(step.count, 1), window.size());
}

void Stream::detach_dissector(std::vector<AppRecord>& records) {
  Sink sink(*this, &records);
  dissector_->finish(seen_stream(client_side().value_or(0)), sink);
  finish_inside(records);
  dissector_.reset();
  spec_ = nullptr;
  for (Half& half : halves_) {
    half.match = Match::undecided;
    half.probes = 0;
    half.detached = half.resyncs = half.broken = half.watched = false;
  }
}

void Stream::gap(std::size_t side, std::uint64_t missing, Unread cause) {
  Half& half = halves_[side];
  const std::uint64_t skipped = std::min(half.skip, missing);
  half.skip -= skipped;
  half.at += skipped;
  if (missing == skipped) return;  // nobody wanted these bytes
  half.seen.gap = true;
  take_rest(side, cause);
  half.at += half.window.bytes().size() + missing - skipped;
  half.window.clear();
  half.skip = 0;
}

void Stream::end_reading(std::size_t side, Unread cause, std::string_view why) {
  Half& half = halves_[side];
  half.detached = true;
  notes(side).end(cause, half.at, why);
}

void Stream::release() {
  count(Anomaly::memory);
  for (const std::size_t side : {0, 1}) {
    Half& half = halves_[side];
    if (half.detached) continue;
    half.seen.truncated = true;
    end_reading(side, Unread::over_cap, "the memory for all flows was used up");
    half.at += half.window.bytes().size();
    half.window.clear();
  }
  if (dissector_ != nullptr) dissector_->release();
  release_inside();
}

void Stream::take_rest(std::size_t side, Unread cause) {
  Half& half = halves_[side];
  if (half.detached || half.broken || half.watched) return;
  const Bytes rest = half.window.bytes();
  if (dissector_ == nullptr && !rest.empty()) {
    const Recognised begun = recognise(rest, Among::all, /*cut=*/true);
    if (begun.spec != nullptr) attach(*begun.spec, side, begun.speaker);
  } else if (dissector_ != nullptr && half.match == Match::undecided && !rest.empty() &&
             spec_->probe(rest, carrier_).likely) {
    half.match = Match::mine;
  }
  if (dissector_ == nullptr || half.match == Match::undecided) {
    if (rare().agreed.empty()) notes(side).search(cause, half.at, {});
    return;
  }
  if (waits_for_foreign(side, rest)) return end_reading(side, Unread::foreign, {});
  const bool unread = half.resyncs || half.match != Match::mine;
  if (rare_ != nullptr && rare_->inside != nullptr) lose_inside(side, cause, {});
  switch (dissector_->lost(direction_of(side), unread ? Bytes{} : rest)) {
    case Resume::never:
      end_reading(side, cause, {});
      break;
    case Resume::at_message:
      half.resyncs = true;
      notes(side).search(cause, half.at, {});
      break;
    case Resume::done:
      half.detached = true;
      break;
    case Resume::anywhere:
      break;
  }
}

ReadAccount Stream::account(std::size_t side) const {
  ReadAccount account = rare_ == nullptr ? ReadAccount{} : rare_->notes[side].account();
  const SeenDirection& seen = halves_[side].seen;
  const bool ends_at_once = account.end != Unread::none && account.end_at == 0;
  const bool joins = seen.any_payload && !seen.from_start && !ends_at_once;
  if (joins && !ReadNotes::is_anything(account.hole)) {
    account.hole = Unread::joined;
    account.hole_at = 0;
  }
  return account;
}

SeenStream Stream::seen_stream(std::size_t client_side) const {
  return {halves_[client_side].seen, halves_[1 - client_side].seen};
}

void Stream::finish(std::size_t default_client_side, ClosedFlow& flow) {
  const std::size_t client = client_side().value_or(default_client_side);
  set_client_side(client);
  for (std::size_t side = 0; side < 2; ++side) {
    const Half& half = halves_[side];
    if (half.detached || half.broken || half.watched || half.window.empty()) continue;
    take_rest(side, Unread::unfinished);
    if (dissector_ != nullptr) count(Anomaly::truncated);
  }
  std::vector<std::string> apps;
  if (rare_ != nullptr) {
    apps = rare_->apps;
    flow.records = std::move(rare_->records);
  }
  if (dissector_ != nullptr) {
    apps.emplace_back(app_of(*spec_, *dissector_));
    detach_dissector(flow.records);
  } else if (rare_ != nullptr) {
    apps.emplace_back(rare_->agreed);
  }
  if (rare_ != nullptr) apps.insert(apps.end(), rare_->beside.begin(), rare_->beside.end());
  for (std::size_t side = 0; side < 2; ++side) {
    // Nothing but line ends, say.
    if (apps.empty() && halves_[side].seen.any_payload) {
      notes(side).search(Unread::unknown_start, 0, {});
    }
  }
  flow.account = {account(client), account(1 - client)};
  name(flow, std::move(apps));
}

// `apps` in the order in which the flow carried them, of which the first names it.
void Stream::name(ClosedFlow& flow, std::vector<std::string> apps) const {
  // A header before a connection is not the connection.
  const bool is_wrapped = apps.size() > 1 && apps.front() == "proxy-protocol";
  if (is_wrapped) std::rotate(apps.begin(), apps.begin() + 1, apps.end());
  for (std::string& app : apps) {
    const auto& others = flow.other_apps;
    if (app.empty() || app == flow.app) continue;
    if (flow.app.empty()) {
      flow.app = std::move(app);
    } else if (std::find(others.begin(), others.end(), app) == others.end()) {
      flow.other_apps.push_back(std::move(app));
    }
  }
  if (flow.app.empty()) {
    flow.app = halves_[0].seen.any_payload || halves_[1].seen.any_payload ? "unknown" : "none";
  }
  if (rare_ == nullptr) return;
  // A claim about the server needs the server's bytes, and the other way round.
  const std::size_t client = client_side().value_or(0);
  const auto& other_app = rare_->other_app;
  if (!other_app[1 - client].empty()) {
    flow.server_app = other_app[1 - client];
  } else if (!other_app[client].empty()) {
    flow.server_app = std::exchange(flow.app, other_app[client]);
  }
  if (flow.server_app == flow.app) flow.server_app.clear();  // versions of one protocol
  flow.malformed_why = rare_->malformed_why;
}

}  // namespace pcapaudit
