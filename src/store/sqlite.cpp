// Statements of the bulk load, and text lists as JSON arrays.
#include "store/sqlite.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace pcapaudit::sqlite {
namespace {

// RFC 8259 section 7: quotation mark, reverse solidus and U+0000 to U+001F are escaped.
void append_character(std::string& json, char c) {
  if (c == '"' || c == '\\') {
    json += '\\';
    json += c;
  } else if (static_cast<unsigned char>(c) < 0x20) {
    json += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  } else {
    json += c;
  }
}

void append_string(std::string& json, std::string_view text) {
  const auto is_plain = [](char c) {
    return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20;
  };
  json += '"';
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    json += text;
  } else {
    for (const char c : text) append_character(json, c);
  }
  json += '"';
}

}  // namespace

Insert::Insert(const SQLite::Database& database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result =
      sqlite3_prepare_v3(database.getHandle(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) throw SQLite::Exception(database.getHandle(), result);
  statement_.reset(statement);
}

void Insert::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_DONE) {
    sqlite3_reset(statement_.get());
    return;
  }
  const SQLite::Exception failure(sqlite3_db_handle(statement_.get()), result);
  sqlite3_reset(statement_.get());
  throw failure;
}

std::string json_list(const std::vector<std::string>& values) {
  std::string json = "[";
  for (const std::string& value : values) {
    if (json.size() > 1) json += ',';
    append_string(json, value);
  }
  return json + "]";
}

}  // namespace pcapaudit::sqlite
