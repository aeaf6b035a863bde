// Findings that only the whole run shows: the proxy's two legs, hosts that behave like another
// role, exceptions that covered nothing or too much.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <vector>

#include <pcapaudit/policy/verdict.hpp>

#include "store/finding.hpp"

namespace pcapaudit {

// Also fills the tables leg and resemblance.
std::vector<Finding> run_findings(SQLite::Database& database, const Judge& judge);

}  // namespace pcapaudit
