// The capture's clock: the greatest packet time so far, without a single packet from the future.
//
// A step of more than max_step ahead is believed when the packet behind it is ahead as well, so the
// packet has to wait for the next one: note() says so, settle() ends it. Times may lie anywhere.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <pcapaudit/base/time.hpp>

namespace pcapaudit {

class CaptureClock {
 public:
  // As long as the shortest time for which a flow may be idle: smaller steps split nothing.
  static constexpr std::int64_t max_step_ns = 60 * ns_per_second;

  Timestamp now() const { return now_; }
  // A packet was captured. False: its time is doubtful and the clock stands still.
  bool note(Timestamp time) {
    if (!is_known(time)) return true;  // it came just now
    if (started_ && is_doubtful(time)) {
      doubtful_ = time;
      return false;
    }
    started_ = true;
    now_ = latest(now_, time);
    return true;
  }
  bool waits() const { return doubtful_.has_value(); }
  // The time of the packet behind the doubtful one tells whether the clock went on; without a next
  // one nothing speaks against it.
  void settle(std::optional<Timestamp> next) {
    if (!next) now_ = *doubtful_;
    if (next && is_doubtful(*next)) now_ = std::min(*doubtful_, *next);
    doubtful_.reset();
  }
  // Another time line.
  void restart(Timestamp time) {
    now_ = time;
    doubtful_.reset();
  }

 private:
  bool is_doubtful(Timestamp time) const {
    // Unsigned, as hostile times may lie anywhere.
    return time > now_ &&
           static_cast<std::uint64_t>(time.ns) - static_cast<std::uint64_t>(now_.ns) > max_step_ns;
  }

  Timestamp now_;  // unknown until a packet has a time
  std::optional<Timestamp> doubtful_;
  bool started_ = false;
};

}  // namespace pcapaudit
