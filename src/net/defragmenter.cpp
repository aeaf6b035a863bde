// Collects fragments by datagram; see the header.
#include "net/defragmenter.hpp"

#include <algorithm>

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

}  // namespace

bool Defragmenter::Datagram::is_whole() const {
  return length && present.size() == 1 && present.front().first == 0 &&
         present.front().second >= *length;
}

// Do bytes that are there already differ from these?
bool Defragmenter::Datagram::conflicts(std::uint32_t begin, Bytes piece) const {
  const auto end = begin + static_cast<std::uint32_t>(piece.size());
  return std::ranges::any_of(present, [&](const auto& range) {
    const std::uint32_t from = std::max(begin, range.first);
    const std::uint32_t to = std::min(end, range.second);
    return from < to && !std::equal(bytes.begin() + from, bytes.begin() + to,
                                    piece.begin() + static_cast<std::ptrdiff_t>(from - begin));
  });
}

void Defragmenter::Datagram::add(std::uint32_t begin, Bytes piece) {
  const auto end = begin + static_cast<std::uint32_t>(piece.size());
  if (bytes.size() < end) bytes.resize(end);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> merged;
  std::uint32_t from = begin;
  const auto fill = [&](std::uint32_t to) {
    if (from < to) {
      std::copy(piece.begin() + static_cast<std::ptrdiff_t>(from - begin),
                piece.begin() + static_cast<std::ptrdiff_t>(to - begin), bytes.begin() + from);
    }
  };
  for (const auto& range : present) {
    if (from < end) {
      fill(std::min(end, range.first));
      from = std::max(from, std::min(end, range.second));
    }
  }
  fill(end);
  auto ranges = std::move(present);
  ranges.emplace_back(begin, end);
  std::ranges::sort(ranges);
  for (const auto& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().second) {
      merged.back().second = std::max(merged.back().second, range.second);
    } else {
      merged.push_back(range);
    }
  }
  present = std::move(merged);
}

Reassembly::Answer Defragmenter::take(Walk& walk) {
  ++counters.fragments;
  const Fragment piece = walk.fragment;
  // Cut by the snap length: the datagram cannot become whole.
  if (walk.bytes.size() < walk.length) return Answer::stateless;
  const auto size = static_cast<std::uint32_t>(walk.bytes.size());
  const bool sane = size > 0 && piece.offset + size <= max_datagram &&
                    (!piece.more || size % 8 == 0);  // RFC 791 3.2: only the last may be odd
  if (!sane) return Answer::stateless;

  const bool copy = copies_.is_copy(walk, time_);
  const Key key{
      .source = walk.out.source,
      .destination = walk.out.destination,
      .identification = piece.identification,
      .protocol = walk.from_ipv6 ? std::uint8_t{0} : static_cast<std::uint8_t>(walk.selector)};
  auto found = datagrams_.find(key);
  if (copy) {
    ++counters.duplicates;
    walk.out.duplicate = true;
    if (found == datagrams_.end() || !found->second.head) return Answer::stateless;
    return wait(walk, found->second);
  }
  if (found != datagrams_.end() && is_late(found->second)) {
    drop(found);
    found = datagrams_.end();
  }
  if (found == datagrams_.end()) {
    make_room();
    found = datagrams_.try_emplace(key).first;
    found->second.started = time_;
    found->second.number = next_number_;
    order_.emplace(next_number_++, key);
  }
  Datagram& datagram = found->second;
  if (datagram.conflicts(piece.offset, walk.bytes)) datagram.overlap = true;
  bytes_ -= datagram.bytes.size();
  datagram.add(piece.offset, walk.bytes);
  bytes_ += datagram.bytes.size();
  if (!piece.more && !datagram.length) datagram.length = piece.offset + size;

  const bool head_came_before = datagram.head.has_value();
  if (piece.offset == 0 && !head_came_before) {
    datagram.protocol = walk.selector;
    Decoded head = walk.out;
    Walk alone{walk, head};
    if (walk_rest(alone).kind == Walked::Kind::done) {
      datagram.head = head;
      datagram.head->payload = {};
      datagram.head->payload_length = 0;
      datagram.head->fragment_head = false;
    } else {
      datagram.tiny = true;
    }
  }
  if (datagram.is_whole()) return finish(walk, found, head_came_before);
  if (!datagram.head) return Answer::stateless;
  const Answer answer = wait(walk, datagram);
  if (piece.offset == 0) walk.out.fragmentation = Fragmentation::head;
  return answer;
}

// A packet of a flow that is known, with its payload to come.
Reassembly::Answer Defragmenter::wait(Walk& walk, Datagram& datagram) {
  const bool duplicate = walk.out.duplicate;
  walk.out = *datagram.head;
  walk.out.fragmentation = Fragmentation::part;
  walk.out.duplicate = duplicate;
  return Answer::part;
}

Reassembly::Answer Defragmenter::finish(Walk& walk, Datagrams::iterator found,
                                        bool head_came_before) {
  Datagram& datagram = found->second;
  ++counters.reassembled;
  walk.selector = datagram.protocol;
  walk.out.fragmentation = head_came_before ? Fragmentation::whole : Fragmentation::none;
  walk.out.fragment_overlap = walk.out.fragment_overlap || datagram.overlap;
  walk.out.tiny_fragment = walk.out.tiny_fragment || datagram.tiny;
  bytes_ -= datagram.bytes.size();
  datagram.bytes.resize(*datagram.length);
  const auto bytes = shared(std::move(datagram.bytes));
  walk.bytes = Bytes(*bytes);
  walk.owner = bytes;
  walk.length = *datagram.length;
  walk.layer = Layer::protocol;
  order_.erase(datagram.number);
  datagrams_.erase(found);
  return Answer::whole;
}

// Times of a capture may be anything: the difference is taken without overflow.
bool Defragmenter::is_late(const Datagram& datagram) const {
  return time_ > datagram.started &&
         static_cast<std::uint64_t>(time_.ns) - static_cast<std::uint64_t>(datagram.started.ns) >
             static_cast<std::uint64_t>(max_wait_ns);
}

void Defragmenter::make_room() {
  while (!order_.empty()) {
    const auto oldest = datagrams_.find(order_.begin()->second);
    if (!is_late(oldest->second) && datagrams_.size() < max_datagrams && bytes_ < max_bytes) return;
    drop(oldest);
  }
}

void Defragmenter::drop(Datagrams::iterator found) {
  ++counters.incomplete;
  bytes_ -= found->second.bytes.size();
  order_.erase(found->second.number);
  datagrams_.erase(found);
}

void Defragmenter::forget() {
  counters.incomplete += datagrams_.size();
  datagrams_.clear();
  order_.clear();
  bytes_ = 0;
}

}  // namespace pcapaudit
