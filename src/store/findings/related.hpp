// Flows that another flow announced: data of FTP connections, media of SIP calls.
//
// The announcement and the flow lie in different shards, and either may be stored first; so they
// are brought together when the whole run is known. What is related, and what a row with
// `related = true` allows then: docs/verdicts.md.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "policy/policy.hpp"

namespace pcapaudit {

// Fills the table related anew, and allows the flows whose control connection's row allows them.
// Answers whether a verdict changed. Sums must be written. Throws SQLite::Exception.
bool settle_related(SQLite::Database& database, const Policy& policy);

}  // namespace pcapaudit
