// The schema, held against what the code says of its columns.
#include <map>
#include <set>

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "store/redaction/column_classes.hpp"
#include "store/rows/record_columns.hpp"
#include "store/schema.hpp"

using namespace pcapaudit;

namespace {

struct SchemaColumn {
  std::string name, type;
};

SQLite::Database new_database() {
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  migrate(database);
  return database;
}

// Without generated columns, in order.
std::vector<SchemaColumn> columns_of(SQLite::Database& database, std::string_view table) {
  std::vector<SchemaColumn> columns;
  SQLite::Statement row(
      database, fmt::format("SELECT name, type FROM pragma_table_xinfo('{}') WHERE hidden = 0 "
                            "ORDER BY cid",
                            table));
  while (row.executeStep()) {
    columns.push_back({row.getColumn(0).getString(), row.getColumn(1).getString()});
  }
  return columns;
}

template <class Record>
void check_table(SQLite::Database& database, const RecordTable<Record>& table) {
  CAPTURE(table.name);
  const std::vector<SchemaColumn> found = columns_of(database, table.name);
  REQUIRE(found.size() == table.keys.size() + table.columns.size());
  for (std::size_t i = 0; i < table.keys.size(); ++i) {
    CHECK(found[i].name == table.keys[i]);
  }
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const SchemaColumn& column = found[table.keys.size() + i];
    const bool is_text = table.columns[i].holds != Holds::number;
    CHECK(column.name == table.columns[i].name);
    CHECK(column.type == (is_text ? "TEXT" : "INTEGER"));
  }
}

}  // namespace

TEST_CASE("columns: the tables of records are as their descriptors say") {
  SQLite::Database database = new_database();
  check_table(database, tls_table());
  check_table(database, http_kind_table());
  check_table(database, http_row_table());
  check_table(database, sip_table());
  check_table(database, app_field_table());
  check_table(database, certificate_table());
}

TEST_CASE("columns: each text of the schema says what it holds, once") {
  SQLite::Database database = new_database();
  std::map<std::string, int> listed;
  for (const ColumnClass& it : column_classes()) {
    ++listed[fmt::format("{}.{}", it.table, it.column)];
  }
  SQLite::Statement table(database,
                          "SELECT name FROM sqlite_schema WHERE type = 'table' "
                          "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name");
  std::set<std::string> texts;
  while (table.executeStep()) {
    const std::string name = table.getColumn(0).getString();
    for (const SchemaColumn& column : columns_of(database, name)) {
      if (column.type != "TEXT") continue;
      const std::string key = name + "." + column.name;
      CAPTURE(key);
      CHECK(listed[key] == 1);
      texts.insert(key);
    }
  }
  for (const auto& [key, times] : listed) {
    CAPTURE(key, times);
    CHECK(texts.contains(key));
  }
}
