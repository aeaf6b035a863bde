// Groups the problems of all flows by cause into findings.
#pragma once

#include <string>
#include <string_view>

#include <SQLiteCpp/SQLiteCpp.h>

#include <pcapaudit/base/result.hpp>

#include "policy/policy.hpp"
#include "store/findings/host_votes.hpp"

namespace pcapaudit {

// Reads the groups of flows that the database holds and writes role.seen and the finding table,
// inside the caller's transaction. Throws SQLite::Exception.
void insert_findings(SQLite::Database& database, const Policy& policy, const Hosts& hosts);

// See Store::find_finding. Throws SQLite::Exception.
Result<std::string> find_finding(SQLite::Database& database, std::string_view id);

}  // namespace pcapaudit
