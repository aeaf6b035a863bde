// Writes the policy that judged, so that the database explains itself.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "policy/policy.hpp"

namespace pcapaudit {

// Once in a database, inside the caller's transaction. Throws SQLite::Exception.
void insert_policy(SQLite::Database& database, const Policy& policy);

}  // namespace pcapaudit
