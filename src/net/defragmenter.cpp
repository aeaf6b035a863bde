// Collects fragments by datagram; see the header.
#include "net/defragmenter.hpp"

#include <algorithm>
#include <memory>
#include <vector>

namespace pcapaudit {
namespace {

// Overwritten when its last owner goes, which costs little beside putting it together: a view that
// was kept longer shows in every build, not only under a sanitizer.
std::shared_ptr<const std::vector<std::uint8_t>> shared(std::vector<std::uint8_t> bytes) {
  using Datagram = std::vector<std::uint8_t>;
  return {new Datagram(std::move(bytes)), [](Datagram* released) {
            std::ranges::fill(*released, std::uint8_t{0xdb});
            delete released;
          }};
}

void add_all(EarlierFragments& sum, const EarlierFragments& more) {
  if (more.packets > 0 && (sum.packets == 0 || more.first < sum.first)) sum.first = more.first;
  sum.packets += more.packets;
  sum.duplicates += more.duplicates;
  sum.bytes += more.bytes;
}

}  // namespace

void Defragmenter::Datagram::add(const Fragment& piece, Bytes more, bool is_ipv6) {
  const auto end = piece.offset + static_cast<std::uint32_t>(more.size());
  const bool contradicts =
      piece.more ? ends && end > bytes.end() : (ends && end != bytes.end()) || end < bytes.end();
  if (contradicts) {
    broken = true;
    bytes = {};
  }
  if (broken) return;
  if (!bytes.add(piece.offset, more)) {
    overlap = true;
    broken = is_ipv6;  // hosts discard it (RFC 8200 4.5)
    if (broken) bytes = {};
  }
  ends = ends || !piece.more;
}

void Defragmenter::next_packet(const PacketView& packet) {
  time_ = packet.time;
  wire_length_ = packet.wire_length;
  earlier_ = {};
  keeps_packet_ = false;
}

Reassembly::Answer Defragmenter::take(Walk& walk) {
  ++counters.fragments;
  const Fragment piece = walk.fragment;
  // Cut by the snap length: the datagram cannot become whole.
  if (walk.bytes.size() < walk.length) return Answer::stateless;
  // Hosts leave out what is behind the last whole unit, unless it ends the datagram.
  constexpr std::size_t unit = FragmentBytes::unit_size;
  if (piece.more) walk.limit(walk.bytes.size() / unit * unit);
  const bool sane = !walk.bytes.empty() && piece.offset + walk.bytes.size() <= max_datagram;
  if (!sane) return Answer::stateless;

  const Key key{
      .source = walk.out.source,
      .destination = walk.out.destination,
      .identification = piece.identification,
      .protocol = walk.from_ipv6 ? std::uint8_t{0} : static_cast<std::uint8_t>(walk.selector),
      .network = walk.out.network};
  make_room(key.source, !datagrams_.contains(key));
  if (copies_.is_copy(walk, time_)) return take_copy(walk, original(key));

  const auto found = find_or_begin(key);
  Datagram& datagram = found->second;
  store(found, walk);
  const bool head_came_before = datagram.head.has_value();
  if (piece.offset == 0 && !head_came_before) read_head(found, walk);
  if (datagram.is_whole()) return finish(walk, found, head_came_before);
  if (!datagram.head) return hold(datagram);
  const Answer answer = wait(walk, datagram);
  if (piece.offset == 0 && !head_came_before) {
    walk.out.fragmentation = Fragmentation::head;
    add_all(earlier_, std::exchange(datagram.earlier, {}));
  }
  return answer;
}

// A second copy counts for the flow as that, and for nothing else.
Reassembly::Answer Defragmenter::take_copy(Walk& walk, Datagrams::iterator found) {
  ++counters.duplicates;
  walk.out.duplicate = true;
  if (found != datagrams_.end() && found->second.head) return wait(walk, found->second);
  if (found != datagrams_.end()) {
    ++found->second.earlier.duplicates;
    keeps_packet_ = true;
    return Answer::held;
  }
  if (walk.fragment.offset == 0) return Answer::stateless;
  ++counters.decoded;  // the first copy is part of a flow
  keeps_packet_ = true;
  return Answer::held;
}

Defragmenter::Datagrams::iterator Defragmenter::find_or_begin(const Key& key) {
  auto found = datagrams_.find(key);
  if (found != datagrams_.end() && is_late(found->second)) {
    drop(found);
    found = datagrams_.end();
  }
  if (found != datagrams_.end()) return found;
  found = datagrams_.try_emplace(key).first;
  found->second.started = time_;
  found->second.number = next_number_++;
  order_.emplace(place_of(found->second), found);
  sources_[key.source].order.emplace(place_of(found->second), found);
  return found;
}

void Defragmenter::store(Datagrams::iterator found, const Walk& walk) {
  Datagram& datagram = found->second;
  Source& source = sources_[found->first.source];
  bytes_ -= datagram.bytes.memory();
  source.bytes -= datagram.bytes.memory();
  datagram.add(walk.fragment, walk.bytes, walk.from_ipv6);
  bytes_ += datagram.bytes.memory();
  source.bytes += datagram.bytes.memory();
}

// What the first fragment tells by itself: whose datagram it is, if it is long enough.
void Defragmenter::read_head(Datagrams::iterator found, const Walk& walk) {
  Datagram& datagram = found->second;
  datagram.protocol = walk.selector;
  Decoded head = walk.out;
  Walk alone{walk, head};
  const Walked walked = walk_rest(alone);
  if (walked.kind != Walked::Kind::done) {
    datagram.tiny = datagram.tiny || walked.issue == DecodeIssue::fragment;
    return;
  }
  head.payload = {};
  head.payload_length = 0;
  head.fragment_head = false;
  Order& of_source = sources_[found->first.source].order;
  order_.erase(place_of(datagram));
  of_source.erase(place_of(datagram));
  datagram.head = head;
  order_.emplace(place_of(datagram), found);
  of_source.emplace(place_of(datagram), found);
}

// The datagram of which a copied fragment is a piece, in its own network or else in any.
Defragmenter::Datagrams::iterator Defragmenter::original(Key key) {
  auto found = datagrams_.find(key);
  if (found != datagrams_.end()) return found;
  key.network = 0;
  found = datagrams_.lower_bound(key);
  if (found == datagrams_.end()) return found;
  key.network = found->first.network;
  return found->first == key ? found : datagrams_.end();
}

// A packet of a flow that is known, with its payload to come.
Reassembly::Answer Defragmenter::wait(Walk& walk, Datagram& datagram) {
  const bool duplicate = walk.out.duplicate;
  walk.out = *datagram.head;
  walk.out.fragmentation = Fragmentation::part;
  walk.out.duplicate = duplicate;
  // One that becomes whole tells it then.
  walk.out.fragment_overlap = datagram.broken && std::exchange(datagram.overlap, false);
  return Answer::part;
}

// Nobody knows yet whose packet this is, and those that came with it.
Reassembly::Answer Defragmenter::hold(Datagram& datagram) {
  add_all(earlier_, {.packets = 1, .bytes = wire_length_, .first = time_});
  add_all(datagram.earlier, std::exchange(earlier_, {}));
  keeps_packet_ = true;
  return Answer::held;
}

Reassembly::Answer Defragmenter::finish(Walk& walk, Datagrams::iterator found,
                                        bool head_came_before) {
  Datagram& datagram = found->second;
  ++counters.reassembled;
  walk.selector = datagram.protocol;
  walk.out.fragmentation = head_came_before ? Fragmentation::whole : Fragmentation::whole_head;
  walk.out.fragment_overlap = walk.out.fragment_overlap || datagram.overlap;
  walk.out.tiny_fragment = walk.out.tiny_fragment || datagram.tiny;
  add_all(earlier_, datagram.earlier);
  const auto bytes = shared(datagram.bytes.joined());
  walk.bytes = Bytes(*bytes);
  walk.owner = bytes;
  walk.length = static_cast<std::uint32_t>(bytes->size());
  walk.layer = Layer::protocol;
  remove(found);
  return Answer::whole;
}

// Times of a capture may be anything: the difference is taken without overflow.
bool Defragmenter::is_late(const Datagram& datagram) const {
  return time_ > datagram.started &&
         static_cast<std::uint64_t>(time_.ns) - static_cast<std::uint64_t>(datagram.started.ns) >
             static_cast<std::uint64_t>(max_wait_ns);
}

// For one more datagram of `source`, or for more of one.
void Defragmenter::make_room(const IpAddress& source, bool begins_another) {
  for (const bool with_head : {false, true}) {
    auto oldest = order_.lower_bound({with_head, 0});
    while (oldest != order_.end() && is_late(oldest->second->second)) {
      drop((oldest++)->second);
    }
  }
  const auto is_full = [&](std::size_t datagrams, std::size_t bytes, std::size_t parts) {
    return (begins_another && datagrams >= max_datagrams / parts) || bytes >= max_bytes / parts;
  };
  auto share = sources_.find(source);
  while (share != sources_.end() &&
         is_full(share->second.order.size(), share->second.bytes, shares)) {
    drop(share->second.order.begin()->second);
    share = sources_.find(source);
  }
  while (!order_.empty() && is_full(datagrams_.size(), bytes_, 1)) drop(order_.begin()->second);
}

void Defragmenter::drop(Datagrams::iterator found) {
  ++counters.incomplete;
  const EarlierFragments& lost = found->second.earlier;
  counters.issues[static_cast<std::size_t>(DecodeIssue::fragment)] +=
      std::uint64_t{lost.packets} + lost.duplicates;
  remove(found);
}

void Defragmenter::remove(Datagrams::iterator found) {
  const auto source = sources_.find(found->first.source);
  bytes_ -= found->second.bytes.memory();
  source->second.bytes -= found->second.bytes.memory();
  order_.erase(place_of(found->second));
  source->second.order.erase(place_of(found->second));
  if (source->second.order.empty()) sources_.erase(source);
  datagrams_.erase(found);
}

void Defragmenter::forget() {
  while (!order_.empty()) drop(order_.begin()->second);
}

}  // namespace pcapaudit
