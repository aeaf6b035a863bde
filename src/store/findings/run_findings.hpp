// Findings that only the whole run shows: the proxy's two legs, hosts that behave like another
// role, exceptions that covered nothing or too much.
#pragma once

#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "policy/policy.hpp"
#include "store/findings/finding.hpp"
#include "store/findings/host_votes.hpp"

namespace pcapaudit {

// Also fills the tables leg and resemblance.
std::vector<Finding> run_findings(SQLite::Database& database, const Policy& policy,
                                  const Hosts& hosts);

}  // namespace pcapaudit
