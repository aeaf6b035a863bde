// Runs the embedded schema files; reads application_id and user_version.

#include "store/schema.hpp"

#include <map>
#include <span>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/embedded.hpp"
#include "store/redaction/strip.hpp"

namespace pcapaudit {
namespace {

std::int64_t pragma(const SQLite::Database& database, const char* name) {
  SQLite::Statement statement(database, fmt::format("PRAGMA {}", name));
  return statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
}

}  // namespace

std::int64_t schema_version() {
  return static_cast<std::int64_t>(schema_files().size());
}

void migrate(SQLite::Database& database) {
  database.exec(fmt::format("PRAGMA application_id = {}", database_application_id));
  std::int64_t version = pragma(database, "user_version");
  for (const EmbeddedFile& file : schema_files().subspan(static_cast<std::size_t>(version))) {
    SQLite::Transaction transaction(database);
    database.exec(std::string(file.text));
    database.exec(fmt::format("PRAGMA user_version = {}", ++version));
    transaction.commit();
  }
}

namespace {

// Everything that a database is made of, by its kind and name. What SQLite keeps for itself
// (sqlite_...) cannot be made by others.
std::map<std::string, std::string> schema_of(const SQLite::Database& database) {
  std::map<std::string, std::string> parts;
  SQLite::Statement part(database,
                         "SELECT type || ' ' || name, tbl_name || ': ' || coalesce(sql, '') "
                         "FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                         "ORDER BY 1");
  while (part.executeStep()) {
    parts.emplace(part.getColumn(0).getString(), part.getColumn(1).getString());
  }
  return parts;
}

// The first part that is missing, was added or reads otherwise; empty: none.
std::string first_difference(const std::map<std::string, std::string>& found,
                             const std::map<std::string, std::string>& expected) {
  for (const auto& [part, text] : found) {
    const auto own = expected.find(part);
    if (own == expected.end()) return part + " was added";
    if (own->second != text) return part + " was changed";
  }
  for (const auto& [part, text] : expected) {
    if (!found.contains(part)) return part + " is missing";
  }
  return {};
}

}  // namespace

std::string schema_difference(const SQLite::Database& database) {
  SQLite::Database own(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  migrate(own);
  if (is_stripped(database)) freeze_views(own);
  return first_difference(schema_of(database), schema_of(own));
}

Result<void> check_schema(const SQLite::Database& database, const std::string& path) {
  if (auto ours = check_identity(database, path); !ours) return ours;
  const std::string difference = schema_difference(database);
  if (difference.empty()) return {};
  return fail(fmt::format("{} has not the schema of this program: {}", path, difference),
              "pcapaudit verify tells what else does not fit; audit the captures again");
}

void distrust(SQLite::Database& database) {
  database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
}

Result<void> check_identity(const SQLite::Database& database, const std::string& path) {
  if (pragma(database, "application_id") != database_application_id) {
    return fail(fmt::format("{} is not a pcapaudit database", path));
  }
  const std::int64_t version = pragma(database, "user_version");
  if (version != schema_version()) {
    return fail(fmt::format("{} has schema version {}, this program reads version {}", path,
                            version, schema_version()),
                "audit the captures again with this program");
  }
  return {};
}

}  // namespace pcapaudit
