// Makes the schema, and tells whether a database has it.

#include "store/schema.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <span>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/digest.hpp"
#include "base/embedded.hpp"
#include "base/text/text.hpp"
#include "store/redaction/strip.hpp"

namespace pcapaudit {
namespace {

std::int64_t pragma(const SQLite::Database& database, const char* name) {
  SQLite::Statement statement(database, fmt::format("PRAGMA {}", name));
  return statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
}

}  // namespace

std::string schema_digest() {
  Sha256 sha;
  for (const EmbeddedFile& file : schema_files()) sha.add(as_bytes(file.text));
  return sha.hex();
}

void create_schema(SQLite::Database& database) {
  database.exec(fmt::format("PRAGMA application_id = {}", database_application_id));
  SQLite::Transaction transaction(database);
  for (const EmbeddedFile& file : schema_files()) database.exec(std::string(file.text));
  database.exec(fmt::format("PRAGMA user_version = {}", schema_version));
  transaction.commit();
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
  create_schema(own);
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

namespace {

// A word as a shell takes it.
std::string shell_word(const std::string& word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,:=@%+";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// A command is read by a person before it is pasted: a line or two.
constexpr std::size_t longest_command = 300;
// Options that `audit` records, and that only say how captures are read and judged.
constexpr std::string_view harmless[] = {
    "-p", "-f", "--strict", "--accept-undetermined", "--verify-checksums", "--vxlan-port"};

// The command that makes the audit of another schema version once more, as the database says that
// it was made. Empty: there is none, or it is not what `audit` writes there.
std::string command_again(const SQLite::Database& database) try {
  std::string command;
  SQLite::Statement word(database,
                         "SELECT value, json_each.type FROM run, json_each(run.arguments) "
                         "ORDER BY json_each.key");
  while (word.executeStep()) {
    const std::string text = word.getColumn(0).getString();
    const bool is_first = command.empty();
    if (word.getColumn(1).getString() != "text" || visible(text) != text) return {};
    // Live traffic and standard input do not come again, and what is written is named here.
    const bool is_option =
        text.starts_with('-') &&
        std::find(std::begin(harmless), std::end(harmless), text) == std::end(harmless);
    if (is_first ? text != "audit" : is_option) return {};
    command += (is_first ? "pcapaudit " : " ") + shell_word(text);
    if (command.size() > longest_command) return {};
  }
  return command.empty() ? command
                         : fmt::format("it was made by (as it says itself): {} -o NEW.db", command);
} catch (const SQLite::Exception&) {
  return {};
}

}  // namespace

Result<void> check_identity(const SQLite::Database& database, const std::string& path) {
  if (pragma(database, "application_id") != database_application_id) {
    return fail(fmt::format("{} is not a pcapaudit database", path));
  }
  const std::int64_t version = pragma(database, "user_version");
  if (version == schema_version) return {};
  const std::string again = command_again(database);
  return fail(fmt::format("{} has schema version {}, this program reads version {}", path, version,
                          schema_version),
              again.empty() ? "audit the captures again with this program" : again);
}

}  // namespace pcapaudit
