// Runs the embedded schema files; reads application_id and user_version.
#include "store/schema.hpp"

#include <fmt/format.h>

#include <span>

#include "base/embedded.hpp"

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
