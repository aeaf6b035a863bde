// An old database without its flows: findings and sums stay true.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

namespace pcapaudit {

// Views that sum flows up become tables' contents first, under their own names; then the rows of
// flows go, and the file shrinks. Doing it again changes nothing. Throws SQLite::Exception.
void strip_flows(SQLite::Database& database);
bool is_stripped(const SQLite::Database& database);

}  // namespace pcapaudit
