// The order in which findings are told, everywhere.
#pragma once

#include "store/findings/finding.hpp"

namespace pcapaudit {

// Lower comes first; equal ones by their flows, many first, then by their cause. In this order:
// violations that came through, those that were stopped, then remarks and findings of the whole
// run; by severity; chatter of a link last; then by how many of these hold: it ends at a bound
// role, it carries credentials in clear, it comes from outside, its bytes flowed both ways.
std::int64_t rank(const Finding& finding);

}  // namespace pcapaudit
