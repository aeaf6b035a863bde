// Puts TCP segments in order; see the header for the rules.

#include "flow/stream/tcp_reassembler.hpp"

#include <algorithm>

namespace pcapaudit {

void TcpReassembler::start(std::uint32_t syn_sequence) {
  if (started_) return;
  started_ = true;
  next_sequence_ = syn_sequence + 1;
}

bool TcpReassembler::push(std::uint32_t sequence, Bytes captured, std::uint32_t length,
                          Output& out) {
  if (length == 0) return true;
  if (!started_) {
    started_ = true;
    next_sequence_ = sequence;
  }
  const std::int32_t ahead = seq_distance(sequence, next_sequence_);
  if (ahead > max_distance || ahead < -max_distance) return false;
  if (ahead > 0) {
    keep(next_ + static_cast<std::uint32_t>(ahead), captured, length);
    while (has_pending() && (rare_->pending->bytes > max_pending_bytes ||
                             rare_->pending->segments.size() > max_pending_segments)) {
      const std::uint64_t first = rare_->pending->segments.begin()->first;
      out.gap(first - next_, Unread::gap);
      next_sequence_ += static_cast<std::uint32_t>(first - next_);
      next_ = first;
      deliver_pending(out);
    }
    return true;
  }
  const std::uint32_t old = static_cast<std::uint32_t>(-ahead);
  if (old > 0 && old <= next_) compare(next_ - old, captured);
  if (old >= length) {
    // A keep-alive repeats the last byte (RFC 9293 3.8.4); it is no retransmission.
    if (length == 1 && old == 1) return true;
    ++rare().retransmitted;
    return old <= next_;
  }
  deliver(next_, captured.subspan(std::min<std::size_t>(old, captured.size())), length - old, out);
  if (has_pending()) deliver_pending(out);
  return true;
}

void TcpReassembler::acknowledge(std::uint32_t sequence) {
  if (!started_) return;
  const std::int32_t ahead = seq_distance(sequence, next_sequence_);
  if (ahead > max_distance || ahead < -max_distance) return;
  if (ahead < 0 && static_cast<std::uint32_t>(-ahead) > next_) return;
  const std::uint64_t end = next_ + static_cast<std::uint64_t>(ahead);
  acknowledged_ = std::max(acknowledged_, end);
  if (rare_ == nullptr) return;
  // What comes later was not acknowledged by this, whatever it says.
  const std::uint64_t settled = std::max(rare_->settled, std::min(end, next_));
  rare_->settled = settled;
  if (rare_->sent.empty()) return;
  auto& sent = rare_->sent;
  const auto rest =
      std::find_if(sent.begin(), sent.end(), [&](const Sent& it) { return it.end() > settled; });
  for (auto it = sent.begin(); it != rest; ++it) rare_->sent_bytes -= it->bytes.size();
  if (rest == sent.end()) {
    std::vector<Sent>().swap(sent);  // its memory, too: most open connections are quiet
  } else {
    sent.erase(sent.begin(), rest);
  }
}

void TcpReassembler::remember(std::uint64_t position, Bytes captured) {
  Rare& rare = this->rare();
  if (!rare.sent.empty() && rare.sent.back().end() == position &&
      rare.sent.back().bytes.size() + captured.size() <= joined_size) {
    auto& last = rare.sent.back().bytes;
    last.insert(last.end(), captured.begin(), captured.end());
  } else {
    rare.sent.push_back({.position = position, .bytes = {captured.begin(), captured.end()}});
  }
  rare.sent_bytes += captured.size();
  while (rare.sent_bytes > max_sent_bytes || rare.sent.size() > max_sent_parts) {
    const Sent& first = rare.sent.front();
    if (rare.forgotten_end <= rare.settled) rare.forgotten = first.position;
    rare.forgotten_end = first.end();
    rare.sent_bytes -= rare.sent.front().bytes.size();
    rare.sent.erase(rare.sent.begin());
  }
}

std::size_t TcpReassembler::held() const {
  if (rare_ == nullptr) return 0;
  constexpr std::size_t of_segment = 112, of_part = 48;  // node or slot, and the allocator's own
  std::size_t bytes = rare_->sent_bytes + rare_->sent.size() * of_part;
  if (has_pending()) bytes += rare_->pending->bytes + rare_->pending->segments.size() * of_segment;
  return bytes;
}

void TcpReassembler::release() {
  if (rare_ == nullptr) return;
  rare_->pending.reset();
  if (rare_->sent.empty()) return;
  if (rare_->forgotten_end <= rare_->settled) rare_->forgotten = rare_->sent.front().position;
  rare_->forgotten_end = rare_->sent.back().end();
  std::vector<Sent>().swap(rare_->sent);
  rare_->sent_bytes = 0;
}

// Holds bytes that come again against their first copy.
void TcpReassembler::compare(std::uint64_t position, Bytes captured) {
  if (rare_ == nullptr) return;
  const std::uint64_t end = position + captured.size();
  bool differs =
      std::max({position, rare_->forgotten, rare_->settled}) < std::min(end, rare_->forgotten_end);
  for (const Sent& first : rare_->sent) {
    const std::uint64_t begin = std::max({position, first.position, rare_->settled});
    const std::uint64_t stop = std::min(end, first.end());
    if (begin >= stop) continue;
    const auto at = [&](auto bytes, std::uint64_t from) {
      return bytes.begin() + static_cast<std::ptrdiff_t>(begin - from);
    };
    const auto count = static_cast<std::ptrdiff_t>(stop - begin);
    const auto copy = at(captured, position);
    differs = differs || !std::equal(copy, copy + count, at(Bytes(first.bytes), first.position));
  }
  if (differs) ++rare_->conflicts;
}

std::uint64_t TcpReassembler::missing_at_end(std::optional<std::uint32_t> fin) const {
  if (!started_) return 0;
  std::uint64_t end = next_;
  if (fin) {
    const std::int32_t ahead = seq_distance(*fin, next_sequence_);
    if (ahead > 0 && ahead <= max_distance) end += static_cast<std::uint64_t>(ahead);
  }
  if (acknowledged_ > end + 1) end = acknowledged_;
  return end - next_;
}

void TcpReassembler::flush(Output& out) {
  while (has_pending()) {
    const std::uint64_t first = rare_->pending->segments.begin()->first;
    if (first > next_) out.gap(first - next_, Unread::gap);
    next_sequence_ += static_cast<std::uint32_t>(first - next_);
    next_ = first;
    deliver_pending(out);
  }
}

// Hands on `length` bytes at next_, of which `captured` are there.
void TcpReassembler::deliver(std::uint64_t position, Bytes captured, std::uint64_t length,
                             Output& out) {
  next_ = position + length;
  next_sequence_ += static_cast<std::uint32_t>(length);
  if (!captured.empty()) {
    const std::size_t unread = out.unread(captured.size());
    if (unread < captured.size()) remember(position + unread, captured.subspan(unread));
    out.bytes(captured);
  }
  if (captured.size() < length) {
    cut_ = true;
    out.gap(length - captured.size(), Unread::snap_length);
  }
}

// Hands on what is pending at next_ or before it.
void TcpReassembler::deliver_pending(Output& out) {
  auto& segments = rare_->pending->segments;
  while (!segments.empty() && segments.begin()->first <= next_) {
    auto node = segments.extract(segments.begin());
    Segment& segment = node.mapped();
    rare_->pending->bytes -= segment.captured.size();
    const std::uint64_t old = next_ - node.key();
    if (old > 0) compare(node.key(), Bytes(segment.captured));
    if (old >= segment.length) {
      ++rare().retransmitted;
      continue;
    }
    const Bytes captured(segment.captured);
    deliver(next_, captured.subspan(std::min<std::size_t>(old, captured.size())),
            segment.length - old, out);
  }
  if (segments.empty()) rare_->pending.reset();
}

// Keeps an early segment. One that starts where another pending one does: the longer stays,
// and bytes that differ are counted.
void TcpReassembler::keep(std::uint64_t position, Bytes captured, std::uint64_t length) {
  Rare& rare = this->rare();
  if (rare.pending == nullptr) rare.pending = std::make_unique<Pending>();
  Pending& pending = *rare.pending;
  const auto found = pending.segments.find(position);
  if (found != pending.segments.end()) {
    Segment& old = found->second;
    const std::size_t common = std::min(old.captured.size(), captured.size());
    if (!std::equal(captured.begin(), captured.begin() + static_cast<std::ptrdiff_t>(common),
                    old.captured.begin())) {
      ++rare.conflicts;
    }
    ++rare.retransmitted;
    if (length <= old.length) return;
    // First copy wins: only what lies behind it is taken from the new one.
    if (old.captured.size() == old.length && captured.size() > old.captured.size()) {
      pending.bytes += captured.size() - old.captured.size();
      old.captured.insert(old.captured.end(),
                          captured.begin() + static_cast<std::ptrdiff_t>(old.captured.size()),
                          captured.end());
    }
    old.length = static_cast<std::uint32_t>(length);
    return;
  }
  pending.bytes += captured.size();
  pending.segments.emplace(position, Segment{.captured = {captured.begin(), captured.end()},
                                             .length = static_cast<std::uint32_t>(length)});
}

}  // namespace pcapaudit
