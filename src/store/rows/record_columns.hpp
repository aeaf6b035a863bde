// What each record of a dissector is in the database, field by field: the one place that knows.
//
// From these come insertion (app_rows), reading back (stored_flows), redaction
// (redaction/column_classes), and the types of `report --json` and `inspect` (record_fields). The
// DDL stays in schema/*.sql, and a test holds the two equal. An alternative of AppRecord without
// its tables does not compile. Constants; any thread. Writing and reading throw SQLite::Exception.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include <pcapaudit/app/app_record.hpp>

#include "store/rows/read_cell.hpp"
#include "store/rows/record_fields.hpp"
#include "store/sqlite.hpp"

namespace pcapaudit {

// What a text tells about people and hosts, which is what a redacted copy does to it.
enum class Holds : std::uint8_t {
  number,    // no text
  patterns,  // a word of ours; addresses, dotted names and URIs in it are replaced all the same
  keep,      // digests that are bound to files, and the ledger's own
  drop,      // what cannot be redacted
  address,
  name,
  names,   // JSON list
  person,  // a name of people or sites, which free text may repeat
  uris,    // JSON list
  distinguished_name,
  distinguished_names,  // JSON list
  id,
  free_text,
  app_value,  // depends on the field's name
};

template <class Record>
struct RecordColumn {
  std::string_view name;
  Holds holds;
  Shown shown;
  void (*write)(const Record&, sqlite::CellSink&);
  void (*read)(const ReadCell&, Record&);  // null: follows from other columns, or nobody asks
};

template <class Record>
struct RecordTable {
  std::string_view name;
  std::span<const std::string_view> keys;  // come first, from elsewhere
  std::span<const RecordColumn<Record>> columns;
};

const RecordTable<TlsFacts>& tls_table();
const RecordTable<HttpFacts>& http_kind_table();
const RecordTable<HttpFacts>& http_row_table();
const RecordTable<GenericField>& app_field_table();
const RecordTable<Certificate>& certificate_table();

// "flow, number, version, ..."
template <class Record>
std::string column_names(const RecordTable<Record>& table) {
  std::string names;
  const auto add = [&](std::string_view name) {
    names.append(names.empty() ? "" : ", ").append(name);
  };
  for (const std::string_view key : table.keys) add(key);
  for (const auto& column : table.columns) add(column.name);
  return names;
}

template <class Record>
void write_columns(const RecordTable<Record>& table, const Record& record, sqlite::CellSink& sink) {
  for (const auto& column : table.columns) column.write(record, sink);
}

// The columns that are read back, each behind a comma and `prefix`: ", certificate.subject, ..."
template <class Record>
std::string read_names(const RecordTable<Record>& table, std::string_view prefix = "") {
  std::string names;
  for (const auto& column : table.columns) {
    if (column.read != nullptr) names.append(", ").append(prefix).append(column.name);
  }
  return names;
}

// From column `first` of the row on, in the order of read_names(). Gives the column behind them.
template <class Record>
int read_columns(const RecordTable<Record>& table, const SQLite::Statement& row, int first,
                 Record& record) {
  for (const auto& column : table.columns) {
    if (column.read != nullptr) column.read(ReadCell(row, first++), record);
  }
  return first;
}

// A record that is one row of one table, keyed by flow and number, whichever record that is: it is
// inserted, read back and shown without a word about it elsewhere.
struct PlainTable {
  std::string_view name;
  std::size_t alternative = 0;        // of AppRecord
  std::string columns, read_columns;  // as column_names() and read_names() give them
  void (*write)(const AppRecord&, sqlite::CellSink&) = nullptr;
  AppRecord (*read)(const SQLite::Statement& row, int first) = nullptr;
};
const std::vector<PlainTable>& plain_tables();

// A column with what it holds. Views of constants.
struct ColumnClass {
  std::string_view table, column;
  Holds holds;
};
// Text columns of all records.
std::vector<ColumnClass> record_column_classes();

}  // namespace pcapaudit
