// One SHA-256 for each table of an audit: the same rows give the same digest in any file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <SQLiteCpp/SQLiteCpp.h>

namespace pcapaudit {

// Cells so that no two lists of cells give the same text (docs/ledger.md).
std::string canonical_null();
std::string canonical(std::int64_t value);
std::string canonical(std::string_view text);

// Every table but the ledger and SQLite's own, by name, and "schema": what defines tables and
// views.
std::map<std::string, std::string> table_digests(SQLite::Database& database);

}  // namespace pcapaudit
