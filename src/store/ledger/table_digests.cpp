// Canonical text of rows, hashed; see the header.

#include "store/ledger/table_digests.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/digest.hpp"

namespace pcapaudit {
namespace {

std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + '"';
}

std::string join(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string canonical_cell(const SQLite::Column& cell) {
  if (cell.isNull()) return canonical_null();
  if (cell.isInteger()) return canonical(cell.getInt64());
  const std::string text = cell.getString();
  if (cell.isFloat()) return fmt::format("r{}:{}", text.size(), text);
  return cell.isBlob() ? fmt::format("b{}:{}", text.size(), text) : canonical(text);
}

void add_rows(SQLite::Database& database, const std::string& sql, Sha256& sha) {
  SQLite::Statement row(database, sql);
  while (row.executeStep()) {
    std::string text;
    for (int i = 0; i < row.getColumnCount(); ++i) text += canonical_cell(row.getColumn(i));
    sha.add(as_bytes(text + '\n'));
  }
}

std::string table_digest(SQLite::Database& database, const std::string& table) {
  std::vector<std::string> columns;
  std::vector<std::pair<std::int64_t, std::string>> key;
  Sha256 sha;
  // hidden <> 0: generated columns, which follow from the others.
  SQLite::Statement column(database,
                           "SELECT name, pk FROM pragma_table_xinfo(?) WHERE hidden = 0 "
                           "ORDER BY cid");
  column.bind(1, table);
  std::string heading = canonical(table);
  while (column.executeStep()) {
    const std::string name = column.getColumn(0).getString();
    columns.push_back(quoted(name));
    heading += canonical(name);
    const std::int64_t place = column.getColumn(1).getInt64();
    if (place > 0) key.emplace_back(place, quoted(name));
  }
  sha.add(as_bytes(heading + '\n'));
  std::sort(key.begin(), key.end());
  std::vector<std::string> order;
  for (const auto& [place, name] : key) order.push_back(name);
  add_rows(database,
           fmt::format("SELECT {} FROM {} ORDER BY {}", join(columns), quoted(table),
                       join(order.empty() ? columns : order)),
           sha);
  return sha.hex();
}

}  // namespace

std::string canonical_null() {
  return "n";
}
std::string canonical(std::int64_t value) {
  return fmt::format("i{};", value);
}
std::string canonical(std::string_view text) {
  return fmt::format("t{}:{}", text.size(), text);
}

std::map<std::string, std::string> table_digests(SQLite::Database& database) {
  std::vector<std::string> tables;
  SQLite::Statement table(database,
                          "SELECT name FROM sqlite_schema WHERE type = 'table' "
                          "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'ledger' "
                          "ORDER BY name");
  while (table.executeStep()) tables.push_back(table.getColumn(0).getString());
  std::map<std::string, std::string> digests;
  for (const std::string& name : tables) digests[name] = table_digest(database, name);
  Sha256 schema;
  add_rows(database, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name",
           schema);
  digests["schema"] = schema.hex();
  return digests;
}

}  // namespace pcapaudit
