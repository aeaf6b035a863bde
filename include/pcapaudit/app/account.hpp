// What was read of one direction of a flow: to its end, or given up, where and why.
//
// Made by Stream, which sees every byte that reaches a dissector and every byte that does not.
// Judgement, database, reports, `explain` and JSON all speak of this one value: a demand whose
// evidence is not whole in the account is never met.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pcapaudit {

// Why bytes of a direction were not read.
enum class Unread : std::uint8_t {
  none,           // nothing is missing
  malformed,      // the dissector found its own protocol broken; `why` says how
  over_cap,       // a message or a list beyond a cap of ours
  unknown_start,  // no dissector knows how this direction begins
  foreign,        // another protocol than the one recognised before
  snap_length,    // packets were cut when they were captured
  gap,            // bytes are missing in the middle
  tail_lost,      // bytes at the end are missing: a FIN or the peer's acknowledgment proves it
  unfinished,     // the capture or the flow ended inside a message
  joined,         // the start was before the capture: what came before is not known
  inside,         // of what was encrypted and opened with its secrets; `why` says what
};
constexpr std::size_t unread_count = 11;
std::string_view to_text(Unread unread);  // "", "malformed", "over-cap", "unknown-start", ...

struct ReadAccount {
  // The first place where messages may have begun unseen, though reading went on behind it.
  Unread hole = Unread::none;
  // From here on nothing was read.
  Unread end = Unread::none;
  std::uint64_t hole_at = 0, end_at = 0;  // payload bytes of the direction before the place
  std::string why = {};                   // the words of `end`, or else of `hole`

  // Every byte that could begin a message was there and was read.
  bool is_whole() const { return hole == Unread::none && end == Unread::none; }
  // Reading went on to the end, perhaps over holes.
  bool reaches_end() const { return end == Unread::none; }
  bool operator==(const ReadAccount&) const = default;
};

}  // namespace pcapaudit
