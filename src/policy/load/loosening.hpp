// Does an own row take away what a documented one demands?
#pragma once

#include <string>

#include "policy/policy.hpp"

namespace pcapaudit {

// A demand of `row`, in words, that a flow may fail and still meet `own`, which speaks of some of
// the same ends, ports and applications; "" when there is none.
std::string loosened_demand(const DocumentedFlow& own, const DocumentedFlow& row);

}  // namespace pcapaudit
