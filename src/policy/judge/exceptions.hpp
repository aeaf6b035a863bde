// Does an exception cover a problem of a flow?
#pragma once

#include "policy/fit/row_match.hpp"
#include "policy/judge/verdict.hpp"

namespace pcapaudit {

struct Covering {
  const Exception* in_force = nullptr;      // the first that covers it
  const Exception* not_in_force = nullptr;  // the first that would, on another day
};

Covering covering(const Policy& policy, const ClosedFlow& flow, Ends ends, const Verdict& verdict,
                  FindingKind kind);

}  // namespace pcapaudit
