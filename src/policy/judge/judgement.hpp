// One judgement in two steps: what is known of the two ends, then the verdict.
#pragma once

#include "policy/fit/row_match.hpp"
#include "policy/judge/verdict.hpp"

namespace pcapaudit {

// All that a judgement takes from the addresses, but for the remark about a bypassed VIP and
// exceptions for addresses.
struct Standing {
  Ends ends;
  bool is_judged = true;         // in scope, and no balancer's health check
  bool may_bypass = false;       // the server belongs to a pool that has a VIP
  bool is_chatter = false;       // what hosts call out to their link
  bool is_link_control = false;  // what routers tell all others on their link
};

Standing standing_of(const Judge& judge, const ClosedFlow& flow);

// Guessed directions may be the other way round; only then the client's port counts.
inline bool is_direction_guessed(const ClosedFlow& flow) {
  return flow.direction_basis == DirectionBasis::port ||
         flow.direction_basis == DirectionBasis::first_packet;
}

struct Judged {
  Verdict verdict;
  // The judgement looked at what flows seldom share: times, the text of facts, addresses.
  bool is_particular = false;
};

Judged judge_standing(const Judge& judge, const ClosedFlow& flow, const Standing& standing);

}  // namespace pcapaudit
