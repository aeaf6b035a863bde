// Feeds one flow's bytes to the dissector that recognises them; see the header.
#include "flow/stream.hpp"

#include <algorithm>
#include <utility>

namespace pcapaudit {
namespace {

bool carries(const DissectorSpec& spec, Carrier carrier) {
  return (spec.carriers & static_cast<std::uint8_t>(carrier)) != 0;
}

std::string_view app_of(const DissectorSpec& spec, const Dissector& dissector) {
  return spec.name.empty() ? dissector.protocol() : spec.name;
}

class Discard final : public RecordSink {
 public:
  void emit(AppRecord) override {}
  // Nobody reads it.
  SharedCertificate certificate(Bytes) override { return Certificate{}; }
};

// Name of what `window` is, according to a dissector that said it is its own.
std::string name_of(const DissectorSpec& spec, Carrier carrier, Direction dir, Bytes window) {
  Discard sink;
  const auto dissector = spec.make(carrier);
  (void)dissector->consume(dir, window, sink);
  return std::string(app_of(spec, *dissector));
}

}  // namespace

// Where the attached dissector's records go.
class Stream::Sink final : public RecordSink {
 public:
  explicit Sink(Stream& stream, std::vector<AppRecord>* records = nullptr)
      : stream_(stream), records_(records) {}
  void emit(AppRecord record) override {
    (records_ == nullptr ? stream_.rare().records : *records_).push_back(std::move(record));
  }
  SharedCertificate certificate(Bytes der) override {
    return stream_.shared_->certificates.read(der);
  }
  SharedValues<std::string> list_of(std::string_view wire) override {
    return stream_.shared_->texts.list_of(wire);
  }
  SharedValues<std::uint32_t> list_of(std::uint32_t number) override {
    return stream_.shared_->texts.list_of(number);
  }
  void note_unread(Direction dir, Unread cause, std::string_view why) override {
    const std::size_t side = stream_.side_of(dir);
    stream_.notes(side).hole(cause, stream_.halves_[side].at, why);
  }

 private:
  Stream& stream_;
  std::vector<AppRecord>* records_;  // null: what comes before the end
};

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
    const std::size_t used = run(side, fresh);
    if (!half.detached && carrier_ == Carrier::tcp) {
      half.window.append(fresh.subspan(used));
    }
  } else {
    half.window.append(fresh);
    half.window.drop_front(run(side, half.window.bytes()));
  }
  if (half.detached) {
    half.window.clear();
  } else if (half.window.bytes().size() > max_window) {
    count(Anomaly::window_cap);
    half.seen.truncated = true;
    end_reading(side, Unread::over_cap, "a message over 256 KiB");
    half.at += half.window.bytes().size();
    half.window.clear();
  }
  if (std::exchange(handed_over_, false) && !halves_[1 - side].window.empty()) {
    advance_all(1 - side, {});
  }
}

std::size_t Stream::run(std::size_t side, Bytes window) {
  Half& half = halves_[side];
  std::size_t used = 0;
  bool waiting = false;
  while (used < window.size() && !half.detached && !waiting) {
    const Bytes rest = window.subspan(used);
    if (dissector_ == nullptr || half.match == Match::undecided || half.resyncs) {
      const Probed probed = half.resyncs ? resync(side, rest) : probe(side, rest);
      if (probed == Probed::wait) break;
      if (probed == Probed::drop) {
        half.at += rest.size();
        return window.size();
      }
    }
    const std::size_t step = consume(side, rest, waiting);
    half.at += step;
    used += step;
  }
  if (!half.detached) return used;
  half.at += window.size() - used;
  return window.size();
}

// One step of the attached dissector.
std::size_t Stream::consume(std::size_t side, Bytes window, bool& waiting) {
  Half& half = halves_[side];
  Sink sink(*this);
  const Step step = dissector_->consume(direction_of(side), window, sink);
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
      // A datagram stands for itself; a stream has lost its framing.
      if (carrier_ == Carrier::udp) {
        notes(side).hole(Unread::malformed, half.at, step.why);
      } else {
        end_reading(side, Unread::malformed, step.why);
      }
      return window.size();
    case Step::Kind::done:
      half.detached = true;
      return window.size();
    case Step::Kind::handover: {
      rare().apps.emplace_back(app_of(*spec_, *dissector_));
      detach_dissector(rare().records);
      for (ReadNotes& notes : rare_->notes) notes.reopen();
      handed_over_ = true;
      const std::size_t used = std::min(step.count, window.size());
      if (++handovers_ >= max_handovers) {
        for (const std::size_t ended : {side, 1 - side}) {
          end_reading(ended, Unread::over_cap, "too many protocols one after the other");
        }
      }
      return used;
    }
  }
  return window.size();
}

Stream::Probed Stream::probe(std::size_t side, Bytes window) {
  if (dissector_ != nullptr) return check_other_side(side, window);
  bool undecided = false;
  for (const DissectorSpec* spec : all_dissectors()) {
    if (!carries(*spec, carrier_)) continue;
    const Probe answer = spec->probe(window, carrier_);
    if (answer.kind == Probe::Kind::mine) {
      attach(*spec, side, answer.speaker);
      return Probed::attached;
    }
    undecided = undecided || answer.kind == Probe::Kind::need_more;
  }
  if (undecided && carrier_ == Carrier::tcp) return Probed::wait;
  give_up_probing(side);
  return Probed::drop;
}

// The other side named the protocol; does this one speak it too?
Stream::Probed Stream::check_other_side(std::size_t side, Bytes window) {
  Half& half = halves_[side];
  const Probe own = spec_->probe(window, carrier_);
  if (own.kind == Probe::Kind::need_more && carrier_ == Carrier::tcp) return Probed::wait;
  half.match = Match::mine;  // also when unknown: the dissector judges its own other half
  if (rare_ != nullptr) notes(side).found();
  if (own.kind == Probe::Kind::mine) {
    if (!spec_->name.empty()) return Probed::attached;
    // One dissector names many protocols.
    std::string other = name_of(*spec_, carrier_, direction_of(side), window);
    const std::string_view known = dissector_->protocol();
    if (other.empty() || known.empty() || other == known) return Probed::attached;
    return note_mismatch(side, std::move(other));
  }
  for (const DissectorSpec* spec : all_dissectors()) {
    if (spec == spec_ || !carries(*spec, carrier_)) continue;
    if (spec->probe(window, carrier_).kind != Probe::Kind::mine) continue;
    return note_mismatch(side, name_of(*spec, carrier_, direction_of(side), window));
  }
  return Probed::attached;
}

Stream::Probed Stream::note_mismatch(std::size_t side, std::string other) {
  Half& half = halves_[side];
  half.match = Match::other;
  if (!other.empty()) rare().other_app[side] = std::move(other);
  end_reading(side, Unread::foreign, {});
  count(Anomaly::protocol_mismatch);
  return Probed::drop;
}

// After a loss the middle of a message may come first: it is passed over.
Stream::Probed Stream::resync(std::size_t side, Bytes window) {
  switch (spec_->probe(window, carrier_).kind) {
    case Probe::Kind::mine:
      halves_[side].resyncs = false;
      notes(side).found();
      return Probed::attached;
    case Probe::Kind::need_more:
      return Probed::wait;
    case Probe::Kind::not_mine:
      break;
  }
  return Probed::drop;
}

void Stream::attach(const DissectorSpec& spec, std::size_t side, Probe::Speaker speaker) {
  if (!client_side() && speaker != Probe::Speaker::either) {
    set_client_side(speaker == Probe::Speaker::client ? side : 1 - side);
  }
  spec_ = &spec;
  dissector_ = spec.make(carrier_);
  halves_[side].match = Match::mine;
  if (rare_ != nullptr) notes(side).found();
}

// These bytes start no known message. A direction that was captured from its start is thereby
// unknown; elsewhere the next segment may start a message.
void Stream::give_up_probing(std::size_t side) {
  Half& half = halves_[side];
  ++half.probes;
  notes(side).search(Unread::unknown_start, half.at, {});
  const bool another_try = carrier_ == Carrier::udp || !half.seen.from_start || half.seen.gap;
  if (!another_try || half.probes >= max_probes) {
    half.match = Match::unknown;
    half.detached = true;
  }
}

void Stream::detach_dissector(std::vector<AppRecord>& records) {
  Sink sink(*this, &records);
  dissector_->finish(seen_stream(client_side().value_or(0)), sink);
  dissector_.reset();
  spec_ = nullptr;
  for (Half& half : halves_) {
    half.match = Match::undecided;
    half.probes = 0;
    half.detached = half.resyncs = false;
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

void Stream::take_rest(std::size_t side, Unread cause) {
  Half& half = halves_[side];
  if (half.detached) return;
  const Bytes rest = half.window.bytes();
  if (dissector_ == nullptr && !rest.empty()) {
    for (const DissectorSpec* spec : all_dissectors()) {
      if (!carries(*spec, carrier_)) continue;
      const Probe answer = spec->probe(rest, carrier_);
      if (answer.likely) {
        attach(*spec, side, answer.speaker);
        break;
      }
    }
  } else if (dissector_ != nullptr && half.match == Match::undecided && !rest.empty() &&
             spec_->probe(rest, carrier_).likely) {
    half.match = Match::mine;
  }
  if (dissector_ == nullptr || half.match == Match::undecided) {
    notes(side).search(cause, half.at, {});
    return;
  }
  const bool unread = half.resyncs || half.match != Match::mine;
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
  if (seen.any_payload && !seen.from_start && !ends_at_once) {
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
    if (half.detached || half.window.empty()) continue;
    take_rest(side, Unread::unfinished);
    if (dissector_ != nullptr) count(Anomaly::truncated);
  }
  std::vector<std::string> apps;
  if (rare_ != nullptr) {
    apps = std::move(rare_->apps);
    flow.records = std::move(rare_->records);
  }
  if (dissector_ != nullptr) {
    apps.emplace_back(app_of(*spec_, *dissector_));
    detach_dissector(flow.records);
  }
  flow.account = {account(client), account(1 - client)};
  name(flow, std::move(apps));
}

// `apps` in the order in which the flow carried them, of which the first names it.
void Stream::name(ClosedFlow& flow, std::vector<std::string> apps) const {
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
