// Groups the problems of all flows by cause into findings.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <pcapaudit/policy/policy.hpp>

namespace pcapaudit {

// Reads the flows that the database holds and writes role.seen and the finding table, inside
// the caller's transaction. Throws SQLite::Exception.
void insert_findings(SQLite::Database& database, const Policy& policy);

}  // namespace pcapaudit
