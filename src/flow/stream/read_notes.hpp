// What is noted of a direction's unread places while its flow is open; ReadAccount is made of it.
//
// Places are payload bytes of the direction before them. Texts are static. Only flows of which
// something was not read have one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pcapaudit/app/account.hpp>

namespace pcapaudit {

class ReadNotes {
 public:
  // What was not read may have been any application's.
  static bool is_anything(Unread cause) {
    return cause == Unread::unknown_start || cause == Unread::foreign;
  }
  // Reading went on behind it. The first place counts, but one that may have been anything comes
  // before all that may only have been the application's own.
  void hole(Unread cause, std::uint64_t at, std::string_view why) {
    const bool graver = is_anything(cause) && !is_anything(hole_.cause);
    const bool earlier = at < hole_.at && is_anything(cause) == is_anything(hole_.cause);
    if (!hole_ || graver || earlier) hole_ = {cause, at, why};
  }
  // Nothing is read from here on.
  void end(Unread cause, std::uint64_t at, std::string_view why) {
    if (!end_) end_ = {cause, at, why};
  }
  // The next message is being looked for from here on: a hole once it is found, else the end.
  void search(Unread cause, std::uint64_t at, std::string_view why) {
    if (!search_) search_ = {cause, at, why};
  }
  // Bytes that were captured begin no message, while one is looked for: whatever cut the last one,
  // these may be anything.
  void pass_over() { passed_over_ = passed_over_ || searching(); }
  bool searching() const { return static_cast<bool>(search_); }
  void found() {
    if (search_) hole(searched_cause(), search_.at, search_.why);
    search_ = {};
    passed_over_ = false;
  }
  // Reading goes on though its end was noted: the connection became another protocol.
  void reopen() {
    if (end_) hole(end_.cause, end_.at, end_.why);
    end_ = {};
  }
  // Another name for the end that was noted, once it is known.
  void rename_end(Unread cause) { end_.cause = cause; }

  ReadAccount account() const {
    Place end = end_;
    if (search_ && (!end || search_.at < end.at)) {
      end = search_;
      end.cause = searched_cause();
    }
    // What lies behind the end is told by it, unless it may have been anything.
    Place hole = hole_;
    if (hole && end && hole.at >= end.at && !is_anything(hole.cause)) hole = {};
    return {.hole = hole.cause,
            .end = end.cause,
            .hole_at = hole.at,
            .end_at = end.at,
            .why = std::string(end.why.empty() ? hole.why : end.why)};
  }

 private:
  struct Place {
    Unread cause = Unread::none;
    std::uint64_t at = 0;
    std::string_view why = {};
    explicit operator bool() const { return cause != Unread::none; }
  };
  // A loss explains what is missing, not what was there and could not be read.
  Unread searched_cause() const {
    const bool is_loss = search_.cause == Unread::snap_length || search_.cause == Unread::gap;
    return passed_over_ && is_loss ? Unread::unknown_start : search_.cause;
  }

  Place hole_, end_, search_;
  bool passed_over_ = false;
};

}  // namespace pcapaudit
