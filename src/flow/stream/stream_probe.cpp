// Which protocol a direction speaks: probing at its start and wherever a message may begin.
#include <algorithm>
#include <utility>

#include "flow/stream/stream.hpp"

namespace pcapaudit {
namespace {

class Discard final : public RecordSink {
 public:
  void emit(AppRecord) override {}
  // Nobody reads it.
  SharedCertificate certificate(Bytes) override { return Certificate{}; }
};

struct Candidate {
  std::string app;
  bool shares_ports = false;
};

// What `window` is, according to a dissector that said it is its own.
Candidate look_at(const DissectorSpec& spec, Carrier carrier, Direction dir, Bytes window) {
  Discard sink;
  const auto dissector = spec.make(carrier);
  (void)dissector->consume(dir, window, sink);
  return {.app = std::string(spec.name.empty() ? dissector->protocol() : spec.name),
          .shares_ports = dissector->shares_ports()};
}

// Line ends and blanks, which peers accept before a message and send to keep a way open
// (RFC 9112 2.2, RFC 3261 7.5, RFC 5626 3.5.1).
std::size_t blanks_before(Bytes window) {
  const std::size_t end = as_text(window).find_first_not_of(std::string_view("\r\n \t\0", 5));
  return std::min(end, window.size());
}

}  // namespace

Stream::Recognised Stream::recognise(Bytes window, Among among, bool cut) const {
  Recognised found;
  for (const DissectorSpec* spec : shared_->dissectors) {
    if ((spec->carriers & static_cast<std::uint8_t>(carrier_)) == 0) continue;
    if (among == Among::named && spec->name.empty()) continue;
    const Probe answer = spec->probe(window, carrier_);
    if (answer.kind == Probe::Kind::mine || (cut && answer.likely)) {
      return {.spec = spec, .speaker = answer.speaker};
    }
    found.undecided = found.undecided || answer.kind == Probe::Kind::need_more;
  }
  found.undecided = found.undecided && carrier_ == Carrier::tcp;
  return found;
}

// A signature is sure at a connection's start; in the middle of it one would be met by chance.
Stream::Among Stream::among(const Half& half) const {
  if (carrier_ == Carrier::udp) return half.probes < max_probes ? Among::all : Among::named;
  const bool may_begin = half.probes == 0 || !half.seen.from_start || half.seen.gap;
  return may_begin ? Among::all : Among::named;
}

// Does a message begin with `window`?
Stream::Probed Stream::place(std::size_t side, Bytes window) {
  const Half& half = halves_[side];
  if (half.broken) return probe_broken(side, window);
  if (half.watched) return probe_watched(side, window);
  if (half.resyncs) return resync(side, window);
  if (dissector_ == nullptr) return probe(side, window);
  if (dissector_->shares_ports()) return probe_shared(side, window);
  return check_other_side(side, window);
}

Stream::Probed Stream::probe(std::size_t side, Bytes window) {
  Half& half = halves_[side];
  Recognised found = recognise(window, among(half));
  std::size_t blanks = 0;
  if (found.spec == nullptr) {
    blanks = blanks_before(window);
    if (blanks == window.size()) {
      return {found.undecided ? Probed::Kind::wait : Probed::Kind::drop};
    }
    if (blanks > 0) {
      const Recognised behind = recognise(window.subspan(blanks), Among::named);
      found = {behind.spec, behind.speaker, found.undecided || behind.undecided};
    }
  }
  if (found.spec != nullptr) {
    attach(*found.spec, side, found.speaker);
    return {Probed::Kind::attached, blanks};
  }
  if (found.undecided) return {Probed::Kind::wait};
  give_up_probing(side);
  return {Probed::Kind::drop};
}

// The attached dissector's datagrams are companions of others (STUN beside SIP, DTLS or media):
// another protocol takes the flow over, and gives it its name.
Stream::Probed Stream::probe_shared(std::size_t side, Bytes window) {
  Half& half = halves_[side];
  const Recognised found = recognise(window, among(half));
  if (found.spec == nullptr) {
    if (half.probes < max_probes) ++half.probes;
    return {Probed::Kind::attached};
  }
  const Candidate other = look_at(*found.spec, carrier_, direction_of(side), window);
  if (other.shares_ports || other.app.empty() || other.app == dissector_->protocol()) {
    return {Probed::Kind::attached};
  }
  if (const auto own = dissector_->protocol(); !own.empty()) note_beside(std::string(own));
  detach_dissector(rare().records);
  attach(*found.spec, side, found.speaker);
  return {Probed::Kind::attached};
}

// Another application than the attached one, if one begins with `window`; empty: none.
std::string Stream::other_in(std::size_t side, Bytes window, const Recognised& found) const {
  if (found.spec == nullptr || found.spec == spec_) return {};
  Candidate other = look_at(*found.spec, carrier_, direction_of(side), window);
  const std::string_view own = spec_->name.empty() ? dissector_->protocol() : spec_->name;
  return other.app == own ? std::string{} : std::move(other.app);
}

// Behind a place where the attached protocol broke: what begins there, if it is another one.
Stream::Probed Stream::probe_broken(std::size_t side, Bytes window) {
  Half& half = halves_[side];
  const Recognised found = recognise(window, half.probes == 0 ? Among::all : Among::named);
  if (found.undecided && found.spec == nullptr) return {Probed::Kind::wait};
  std::string other = other_in(side, window, found);
  if (other.empty()) {
    if (half.probes < max_probes) ++half.probes;
    if (carrier_ == Carrier::tcp && half.probes == max_probes) half.detached = true;
    return {Probed::Kind::drop};
  }
  note_beside(std::move(other));
  if (carrier_ == Carrier::udp) return {Probed::Kind::attached};
  notes(side).rename_end(Unread::foreign);
  half.detached = true;
  return {Probed::Kind::drop};
}

// A protocol that is not followed to its end may turn into one with a name of its own.
Stream::Probed Stream::probe_watched(std::size_t side, Bytes window) {
  const Recognised found = recognise(window, Among::named);
  if (found.undecided && found.spec == nullptr) return {Probed::Kind::wait};
  std::string other = other_in(side, window, found);
  if (other.empty()) return {Probed::Kind::drop};
  note_beside(std::move(other));
  if (carrier_ == Carrier::udp) {
    notes(side).hole(Unread::foreign, halves_[side].at, {});
  } else {
    end_reading(side, Unread::foreign, {});
  }
  return {Probed::Kind::drop};
}

// A dissector may wait for more of what is none of its messages.
bool Stream::waits_for_foreign(std::size_t side, Bytes window) {
  const Half& half = halves_[side];
  if (carrier_ == Carrier::udp || half.match != Match::mine || half.resyncs || window.empty() ||
      spec_->name.empty() || spec_->probe(window, carrier_).kind != Probe::Kind::not_mine) {
    return false;
  }
  std::string other = other_in(side, window, recognise(window, Among::all));
  if (other.empty()) return false;
  note_beside(std::move(other));
  return true;
}

// Bytes of this side were passed over unread, or its start was not captured.
bool Stream::is_out_of_step(std::size_t side) const {
  const Half& half = halves_[side];
  const bool joins = half.at == 0 && !half.seen.from_start;
  return carrier_ == Carrier::tcp &&
         (joins || (rare_ != nullptr && rare_->notes[side].searching()));
}

// The other side named the protocol; does this one speak it too?
Stream::Probed Stream::check_other_side(std::size_t side, Bytes window) {
  Half& half = halves_[side];
  const Probe own = spec_->probe(window, carrier_);
  if (own.kind == Probe::Kind::need_more && carrier_ == Carrier::tcp) return {Probed::Kind::wait};
  if (own.kind != Probe::Kind::mine && is_out_of_step(side) && !spec_->name.empty()) {
    half.match = Match::mine;
    half.resyncs = true;
    notes(side).search(Unread::joined, half.at, {});
    return {Probed::Kind::drop};
  }
  const bool names_many = own.kind == Probe::Kind::mine && spec_->name.empty();
  const DissectorSpec* spec = nullptr;
  if (names_many) {
    spec = spec_;
  } else if (own.kind != Probe::Kind::mine) {
    spec = recognise(window, Among::all).spec;
  }
  if (spec != nullptr) {
    Candidate other = look_at(*spec, carrier_, direction_of(side), window);
    if (other.shares_ports) return {Probed::Kind::attached};  // no word about the others
    const std::string_view known = dissector_->protocol();
    const bool agree = other.app.empty() || known.empty() || other.app == known;
    if (!names_many || !agree) return note_mismatch(side, std::move(other.app));
  }
  half.match = Match::mine;  // also when unknown: the dissector judges its own other half
  if (rare_ != nullptr) notes(side).found();
  return {Probed::Kind::attached};
}

Stream::Probed Stream::note_mismatch(std::size_t side, std::string other) {
  halves_[side].match = Match::other;
  if (!other.empty()) rare().other_app[side] = std::move(other);
  end_reading(side, Unread::foreign, {});
  count(Anomaly::protocol_mismatch);
  return {Probed::Kind::drop};
}

// The middle of a message may come first: it is passed over until a segment begins one.
Stream::Probed Stream::resync(std::size_t side, Bytes window) {
  const std::size_t blanks = blanks_before(window);
  bool undecided = false;
  for (const std::size_t begin : {std::size_t{0}, blanks}) {
    if (begin == window.size()) continue;
    const Probe::Kind kind = spec_->probe(window.subspan(begin), carrier_).kind;
    if (kind == Probe::Kind::mine) {
      halves_[side].resyncs = false;
      notes(side).found();
      return {Probed::Kind::attached, begin};
    }
    undecided = undecided || kind == Probe::Kind::need_more;
  }
  if (undecided) return {Probed::Kind::wait};
  note_foreign_start(side, window.subspan(blanks));
  return {Probed::Kind::drop};
}

// Another protocol may begin where a message of the attached one is looked for.
void Stream::note_foreign_start(std::size_t side, Bytes window) {
  Half& half = halves_[side];
  if (window.empty() || spec_->name.empty() || half.probes >= max_probes) return;
  const Recognised found = recognise(window, half.probes == 0 ? Among::all : Among::named);
  ++half.probes;
  std::string other = other_in(side, window, found);
  if (other.empty()) return;
  note_beside(std::move(other));
  notes(side).hole(Unread::foreign, half.at, {});
}

void Stream::attach(const DissectorSpec& spec, std::size_t side, Probe::Speaker speaker) {
  if (!client_side() && speaker != Probe::Speaker::either) {
    set_client_side(speaker == Probe::Speaker::client ? side : 1 - side);
  }
  spec_ = &spec;
  dissector_ = spec.make(carrier_);
  halves_[side].match = Match::mine;
  halves_[side].probes = halves_[1 - side].probes = 0;
  if (rare_ != nullptr) notes(side).found();
  // A side that was given up may speak it, too.
  Half& other = halves_[1 - side];
  if (other.match == Match::unknown) {
    other.match = Match::undecided;
    other.detached = false;
  }
}

// These bytes start no known message; the next segment may.
void Stream::give_up_probing(std::size_t side) {
  Half& half = halves_[side];
  if (half.probes < max_probes) ++half.probes;
  if (rare().agreed.empty()) notes(side).search(Unread::unknown_start, half.at, {});
  if (carrier_ == Carrier::tcp && half.probes == max_probes) {
    half.match = Match::unknown;
    half.detached = true;
  }
}

void Stream::note_beside(std::string app) {
  std::vector<std::string>& beside = rare().beside;
  if (std::find(beside.begin(), beside.end(), app) == beside.end()) {
    beside.push_back(std::move(app));
  }
}

}  // namespace pcapaudit
