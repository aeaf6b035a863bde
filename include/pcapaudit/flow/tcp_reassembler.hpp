// One direction of a TCP connection: segments in any order in, bytes in order out.
//
// Sequence numbers wrap (RFC 9293 3.4). Where copies overlap the first one wins. Owns copies of
// out-of-order bytes only; in-order segments are handed on as the view they came in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
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

  // What comes out of one call, in stream order.
  class Output {
   public:
    virtual ~Output() = default;
    virtual void bytes(Bytes in_order) = 0;
    // `cause`: snap_length where the capture cut a segment, else gap.
    virtual void gap(std::uint64_t missing, Unread cause) = 0;
  };

  // A SYN with this sequence number was seen: the stream starts one behind it.
  void start(std::uint32_t syn_sequence);
  bool started() const { return started_; }

  // A segment; `length` is what the headers say, more than `captured` when the packet was cut.
  void push(std::uint32_t sequence, Bytes captured, std::uint32_t length, Output& out);
  // The flow has ended: what is still pending comes out behind gaps.
  void flush(Output& out);

  // Segments with nothing new.
  std::uint64_t retransmitted() const { return rare_ == nullptr ? 0 : rare_->retransmitted; }
  // Copies whose bytes differ: of segments still waiting for earlier ones, and of the last
  // delivered ones as far as a sample of their bytes shows it.
  std::uint32_t conflicts() const { return rare_ == nullptr ? 0 : rare_->conflicts; }
  bool has_pending() const { return rare_ != nullptr && rare_->pending != nullptr; }
  bool cut() const { return cut_; }  // a segment was not fully captured
  std::uint32_t next_sequence() const { return next_sequence_; }  // valid when started()

 private:
  struct Segment {
    std::vector<std::uint8_t> captured;
    std::uint32_t length = 0;
  };

  struct Pending {
    std::map<std::uint64_t, Segment> segments;  // by stream position, all behind next_
    std::size_t bytes = 0;
  };

  // A delivered segment, for comparing it with a later copy of it.
  struct Delivered {
    std::uint32_t position = 0;  // low bits
    std::uint32_t length = 0;    // 0: none
    std::uint32_t sample = 0;
  };
  static constexpr std::size_t delivered_kept = 4;  // the last one included
  using Earlier = std::array<Delivered, delivered_kept - 1>;

  // What a direction with one segment, and nothing odd, does not need.
  struct Rare {
    std::unique_ptr<Pending> pending;  // none: nothing is pending
    std::uint32_t retransmitted = 0, conflicts = 0;
    Earlier earlier;  // before the last one, in turn
    std::uint8_t next_earlier = 0;
  };

  void remember(std::uint64_t position, Bytes captured, std::uint32_t length);
  Rare& rare() {
    if (rare_ == nullptr) rare_ = std::make_unique<Rare>();
    return *rare_;
  }
  void compare(std::uint64_t position, Bytes captured, std::uint32_t length);
  void deliver(std::uint64_t position, Bytes captured, std::uint64_t length, Output& out);
  void deliver_pending(Output& out);
  void keep(std::uint64_t position, Bytes captured, std::uint64_t length);

  // Small, because every direction of every open connection has one.
  std::unique_ptr<Rare> rare_;
  std::uint64_t next_ = 0;           // stream position: bytes delivered or given up
  std::uint32_t next_sequence_ = 0;  // of next_
  Delivered last_;
  bool started_ = false;
  bool cut_ = false;
};

}  // namespace pcapaudit
