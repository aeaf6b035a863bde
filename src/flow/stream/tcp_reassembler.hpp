// One direction of a TCP connection: segments in any order in, bytes in order out.
//
// Sequence numbers wrap (RFC 9293 3.4). Where copies overlap the first one wins, and copies whose
// bytes differ are conflicts: which of them a receiver reads depends on what it got and when. To
// see them, bytes that somebody reads are kept until an acknowledgment behind them; what comes
// again after that is old for every receiver (RFC 9293 3.10.7.4). Not seen: a copy that was
// captured behind the acknowledgment although the receiver got it before, and bytes that the snap
// length cut. In-order segments are handed on as the view they came in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <pcapaudit/app/account.hpp>
#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit {

// Signed distance from `b` to `a` on the TCP sequence circle, in bytes.
constexpr std::int32_t seq_distance(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b);
}
static_assert(seq_distance(5, 0xfffffffb) == 10);

class TcpReassembler {
 public:
  // Out-of-order bytes kept per direction. Larger than a usual receive window's worth of
  // reordering; a stream that exceeds it has really lost the missing bytes.
  static constexpr std::size_t max_pending_bytes = 256 * 1024;
  // Segments kept per direction, so that floods of one-byte segments stay cheap.
  static constexpr std::size_t max_pending_segments = 1024;
  // Bytes kept for comparing, per direction: an initial window (RFC 6928) of messages. A
  // retransmission of unacknowledged bytes that fell out of it counts as a conflict.
  static constexpr std::size_t max_sent_bytes = 16 * 1024;
  // They are kept in so many parts, so that floods of tiny segments stay cheap: segments that
  // follow one another are joined up to a size.
  static constexpr std::size_t max_sent_parts = 256, joined_size = 1024;
  // The largest window (RFC 7323 2.3). What lies further off is nothing that a receiver takes.
  static constexpr std::int32_t max_distance = 1 << 30;

  // What comes out of one call, in stream order.
  class Output {
   public:
    virtual ~Output() = default;
    virtual void bytes(Bytes in_order) = 0;
    // How many of the next `count` bytes, from the first on, will nobody read? Asked before
    // bytes().
    virtual std::size_t unread(std::size_t count) const = 0;
    // `cause`: snap_length where the capture cut a segment, else gap.
    virtual void gap(std::uint64_t missing, Unread cause) = 0;
  };

  // A SYN with this sequence number was seen: the stream starts one behind it.
  void start(std::uint32_t syn_sequence);
  bool started() const { return started_; }

  // A segment; `length` is what the headers say, more than `captured` when the packet was cut.
  // False: it lies before the start or so far off that no receiver takes it, and was not used.
  bool push(std::uint32_t sequence, Bytes captured, std::uint32_t length, Output& out);
  // The peer has all before this sequence number.
  void acknowledge(std::uint32_t sequence);
  // The flow has ended: what is still pending comes out behind gaps.
  void flush(Output& out);
  // After flush(): bytes behind the last ones that were sent and not captured, as the FIN's
  // sequence number or the peer's acknowledgment proves. A single number without a FIN is that
  // of the FIN.
  std::uint64_t missing_at_end(std::optional<std::uint32_t> fin) const;

  // Segments with nothing new.
  std::uint64_t retransmitted() const { return rare_ == nullptr ? 0 : rare_->retransmitted; }
  // Copies whose bytes differ where the first copy was not acknowledged yet.
  std::uint32_t conflicts() const { return rare_ == nullptr ? 0 : rare_->conflicts; }
  // Bytes that are kept, with what keeping them takes.
  std::size_t held() const;
  // Gives them up: what was pending counts as missing, and what comes again of what was not
  // acknowledged as a conflict.
  void release();
  bool has_pending() const { return rare_ != nullptr && rare_->pending != nullptr; }
  bool cut() const { return cut_; }  // a segment was not fully captured
  // Valid when started().
  std::uint32_t first_sequence() const {
    return next_sequence_ - static_cast<std::uint32_t>(next_);
  }
  std::uint32_t next_sequence() const { return next_sequence_; }
  // Does the receiver expect exactly this number next, as far as the capture tells?
  bool is_next(std::uint32_t sequence) const {
    return sequence == next_sequence_ ||
           sequence == first_sequence() + static_cast<std::uint32_t>(acknowledged_);
  }

 private:
  struct Segment {
    std::vector<std::uint8_t> captured;
    std::uint32_t length = 0;
  };

  struct Pending {
    std::map<std::uint64_t, Segment> segments;  // by stream position, all behind next_
    std::size_t bytes = 0;
  };

  // Delivered, wanted, not acknowledged since.
  struct Sent {
    std::uint64_t position = 0;
    std::vector<std::uint8_t> bytes;
    std::uint64_t end() const { return position + bytes.size(); }
  };

  // What a direction with nothing unacknowledged, and nothing odd, does not need.
  struct Rare {
    std::unique_ptr<Pending> pending;  // none: nothing is pending
    std::vector<Sent> sent;            // in order
    std::size_t sent_bytes = 0;
    std::uint64_t settled = 0;  // what was captured before its acknowledgment ends here
    // From the first to the last of `sent` that the cap drove out and nothing has settled since.
    std::uint64_t forgotten = 0, forgotten_end = 0;
    std::uint32_t retransmitted = 0, conflicts = 0;
  };

  void remember(std::uint64_t position, Bytes captured);
  Rare& rare() {
    if (rare_ == nullptr) rare_ = std::make_unique<Rare>();
    return *rare_;
  }
  void compare(std::uint64_t position, Bytes captured);
  void deliver(std::uint64_t position, Bytes captured, std::uint64_t length, Output& out);
  void deliver_pending(Output& out);
  void keep(std::uint64_t position, Bytes captured, std::uint64_t length);

  // Small, because every direction of every open connection has one.
  std::unique_ptr<Rare> rare_;
  std::uint64_t next_ = 0;           // stream position: bytes delivered or given up
  std::uint64_t acknowledged_ = 0;   // stream position that the peer has acknowledged
  std::uint32_t next_sequence_ = 0;  // of next_
  bool started_ = false;
  bool cut_ = false;
};

}  // namespace pcapaudit
