// Puts TCP segments in order; see the header for the rules.
#include <pcapaudit/flow/tcp_reassembler.hpp>

#include <algorithm>
#include <cstring>

namespace pcapaudit {
namespace {

// Four words of the bytes, from front to back. Cheap for every segment; the memory for whole
// segments would be many times that of the flow.
std::uint32_t sample_of(Bytes bytes) {
  constexpr std::size_t words = 4;
  std::uint64_t sample = bytes.size();
  const std::size_t width = std::min(bytes.size(), sizeof(std::uint64_t));
  if (width == 0) return 0;
  for (std::size_t i = 0; i < words; ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + (bytes.size() - width) * i / (words - 1), width);
    sample = (sample ^ word) * 0x9fb21c651e98df25ULL;
    sample ^= sample >> 32;
  }
  return static_cast<std::uint32_t>(sample);
}

}  // namespace

void TcpReassembler::start(std::uint32_t syn_sequence) {
  if (started_) return;
  started_ = true;
  next_sequence_ = syn_sequence + 1;
}

void TcpReassembler::push(std::uint32_t sequence, Bytes captured, std::uint32_t length,
                          Output& out) {
  if (length == 0) return;
  if (!started_) {
    started_ = true;
    next_sequence_ = sequence;
  }
  const std::int32_t ahead = seq_distance(sequence, next_sequence_);
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
    return;
  }
  const std::uint32_t old = static_cast<std::uint32_t>(-ahead);
  if (old > 0 && old <= next_) compare(next_ - old, captured, length);
  if (old >= length) {
    // A keep-alive repeats the last byte (RFC 9293 3.8.4); it is no retransmission.
    if (length > 1 || old > 1) ++rare().retransmitted;
    return;
  }
  if (old == 0) remember(next_, captured, length);
  deliver(next_, captured.subspan(std::min<std::size_t>(old, captured.size())), length - old, out);
  if (has_pending()) deliver_pending(out);
}

void TcpReassembler::remember(std::uint64_t position, Bytes captured, std::uint32_t length) {
  if (last_.length > 0) {
    Rare& rare = this->rare();
    rare.earlier[rare.next_earlier] = last_;
    rare.next_earlier = static_cast<std::uint8_t>((rare.next_earlier + 1) % rare.earlier.size());
  }
  last_ = {.position = static_cast<std::uint32_t>(position),
           .length = length,
           .sample = sample_of(captured)};
}

void TcpReassembler::compare(std::uint64_t position, Bytes captured, std::uint32_t length) {
  const auto is_copy = [&](const Delivered& earlier) {
    return earlier.length == length && earlier.position == static_cast<std::uint32_t>(position);
  };
  const Delivered* found = is_copy(last_) ? &last_ : nullptr;
  if (found == nullptr && rare_ != nullptr) {
    const auto it = std::find_if(rare_->earlier.begin(), rare_->earlier.end(), is_copy);
    if (it != rare_->earlier.end()) found = &*it;
  }
  if (found != nullptr && found->sample != sample_of(captured)) ++rare().conflicts;
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
  if (!captured.empty()) out.bytes(captured);
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
