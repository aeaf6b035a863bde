// The documented rows that a flow missed by least, and the field on which each fails.
#pragma once

#include <vector>

#include "policy/row_match.hpp"

namespace pcapaudit {

constexpr std::size_t max_nearest = 3;  // as Verdict::nearest promises

// Best first: most fields that fit, then by the port that is closer, then by name, so that the
// order in a file does not matter. Rows whose two ends both differ are left out unless there is
// nothing else.
std::vector<NearMiss> nearest_rows(const Policy& policy, const ClosedFlow& flow, Ends ends);

// The field on which a row fails for this flow; Field::none when it matches.
NearMiss miss_of_row(const Policy& policy, const DocumentedFlow& row, const ClosedFlow& flow,
                     Ends ends);

// A row that fits but for who opened the connection.
NearMiss reversed_miss(const Policy& policy, const DocumentedFlow& row, Ends ends);

}  // namespace pcapaudit
