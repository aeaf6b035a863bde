// The two legs of a request through the proxy: from outside to it, and from it inwards.
#pragma once

#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "policy/policy.hpp"
#include "store/findings/finding.hpp"

namespace pcapaudit {

// Pairs inner flows with outer ones by time and host name, writes the table leg, and answers what
// does not fit. Nothing is said of a mapping whose outer side was not captured.
std::vector<Finding> find_legs(SQLite::Database& database, const Policy& policy);

}  // namespace pcapaudit
