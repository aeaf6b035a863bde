// The schema's version and identity: making a new database, recognising one of ours.
#pragma once

#include <cstdint>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include <pcapaudit/base/result.hpp>

namespace pcapaudit {

constexpr std::int64_t database_application_id = 0x50434155;  // "PCAU"

// PRAGMA user_version. Another text of schema/*.sql is another version: tests/columns_test holds
// the two together.
constexpr std::int64_t schema_version = 10;
std::string schema_digest();  // SHA-256 over all of schema/*.sql, lower-case hex

// Makes tables and views in an empty database. Throws SQLite::Exception.
void create_schema(SQLite::Database& database);

// For a database that lay where others could write: its schema calls no function that could do
// harm, no trigger runs, and nothing writes past SQLite's own checks.
void distrust(SQLite::Database& database);

// The first table, view, index or trigger that is not the program's own, letter by letter, and what
// became of it; empty: none.
std::string schema_difference(const SQLite::Database& database);
// Fails also when there is one. No view is trusted before.
Result<void> check_schema(const SQLite::Database& database, const std::string& path);
// Fails when the file is another program's database, or of another schema version.
Result<void> check_identity(const SQLite::Database& database, const std::string& path);

}  // namespace pcapaudit
