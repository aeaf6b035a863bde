// A policy as documents for others: what must be mirrored to judge it, names of applications.
#pragma once

#include <string>

#include "policy/policy.hpp"

namespace pcapaudit {

// Places to capture at so that every row can be judged, fewest first, each with a capture filter.
std::string plan_text(const Policy& policy);

// Does some dissector tell this application of a row? What a transport carries that nobody looks
// into is called after it, and told by its number.
bool is_recognised(const std::string& app);

// All names that `app` of a row may have, and which of them no dissector recognises.
std::string applications_text();

}  // namespace pcapaudit
