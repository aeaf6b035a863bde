// Does an own row take away what a documented one demands?
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.hpp"

namespace pcapaudit {

// All demands of `row` that a flow may fail and still meet `own`, the gravest first: "TLS", keys of
// profiles and rows. The two are taken to speak of the same flows.
std::vector<std::string_view> lesser_demands(const DocumentedFlow& own, const DocumentedFlow& row);

// A demand of `row`, in words, that a flow may fail and still meet `own`, which speaks of some of
// the same ends, ports and applications; "" when there is none.
std::string loosened_demand(const DocumentedFlow& own, const DocumentedFlow& row);

}  // namespace pcapaudit
