// An old database without its flows: findings and sums stay true.
#pragma once

#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

namespace pcapaudit {

// Views that sum flows up become tables' contents first, under their own names; then the rows of
// flows go. A smaller copy, without the room they took, goes to the new file `copy`. Throws
// SQLite::Exception.
void strip_flows(SQLite::Database& database, const std::string& copy);
// The first half of that: views become what they say now.
void freeze_views(SQLite::Database& database);
bool is_stripped(const SQLite::Database& database);

}  // namespace pcapaudit
