// Does plain HTTP meet the purpose that a row documents? What TLS hides is not judged.
#pragma once

#include <vector>

#include "policy/judge/verdict.hpp"

namespace pcapaudit {

// Kind, field, expected, observed, and for reports only (`outside`) the severity; the rest is the
// caller's.
struct HttpFit {
  std::vector<Problem> problems;
  Reason open = Reason::none;  // an answer whose request was not seen, and may be excepted
};

HttpFit fit_http(const HttpProfile& profile, const ClosedFlow& flow);

}  // namespace pcapaudit
