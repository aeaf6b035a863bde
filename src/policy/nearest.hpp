// The documented rows that a flow missed by least, and the field on which each fails.
#pragma once

#include <vector>

#include "policy/row_match.hpp"

namespace pcapaudit {

constexpr std::size_t max_nearest = 3;  // as Verdict::nearest promises

// Best first: most fields that fit, then the policy's order. Rows whose two
// ends both differ are left out unless there is nothing else.
std::vector<NearMiss> nearest_rows(const Policy& policy, const ClosedFlow& flow, Ends ends);

// A row that fits but for who opened the connection.
NearMiss reversed_miss(const Policy& policy, const DocumentedFlow& row, Ends ends);

}  // namespace pcapaudit
