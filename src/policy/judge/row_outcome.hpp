// How a flow fares with one row that speaks of its ends, transport and port.
//
// Each row is judged by itself, so that no row can take away what another one allows.
#pragma once

#include <vector>

#include "policy/fit/application_fit.hpp"
#include "policy/judge/judgement.hpp"

namespace pcapaudit {

struct RowOutcome {
  enum class Kind : std::uint8_t { met, open, failing };  // best first
  const DocumentedFlow* row = nullptr;
  Kind kind = Kind::met;
  ApplicationFit application;
  bool in_time = true;
  Reason reason = Reason::none;   // of `open`, or what of a met row was not visible
  std::vector<Problem> problems;  // violations when failing, and remarks; in the order found
  bool is_particular = false;     // as Judged
};

RowOutcome fare_with(const DocumentedFlow& row, const Policy& policy, const ClosedFlow& flow,
                     const Standing& standing);

// Which of two rows the verdict speaks of. The name decides only between rows that are equal in
// all that a verdict can tell.
bool is_reported_before(const RowOutcome& a, const RowOutcome& b);

// Of this kind, as grave as the policy says.
Problem problem_of(const Policy& policy, FindingKind kind);

}  // namespace pcapaudit
