// Rows of one table that are written together, by one statement.
//
// Half of what SQLite takes for a row goes into the statement around it: parameters, opening the
// table, ending the statement. So rows are collected here, and a virtual table hands them to an
// INSERT ... SELECT, which also finds the end of the table once and not for each row.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <SQLiteCpp/SQLiteCpp.h>

#include <pcapaudit/base/time.hpp>

#include "store/sqlite.hpp"

namespace pcapaudit::sqlite {

struct CollectedRows;

// The database must outlive it. Throws SQLite::Exception.
class BulkInsert {
 public:
  BulkInsert(const SQLite::Database& database, const std::string& table, std::size_t columns);
  ~BulkInsert();

  // One value for each column. Values are copied.
  template <class... Values>
  void add(const Values&... values) {
    begin_row(sizeof...(Values));
    (append(values), ...);
  }
  // Nobody sees rows of add() before this. When it fails, some of them may have been written.
  void flush();

 private:
  template <std::integral T>
  void append(T value) {
    append_number(static_cast<std::int64_t>(value));
  }
  void append(Timestamp time) { append_number(time.ns); }
  void append(std::string_view text) { append_text(text); }
  void append(const std::string& text) { append_text(text); }
  void append(OrNull value) {
    if (value.text.empty()) {
      append_null();
    } else {
      append_text(value.text);
    }
  }
  void append(ZeroIsNull value) {
    if (value.number == 0) {
      append_null();
    } else {
      append_number(value.number);
    }
  }
  void begin_row(std::size_t values);
  void append_number(std::int64_t number);
  void append_text(std::string_view text);
  void append_null();

  sqlite3* database_;
  std::string module_;
  std::unique_ptr<CollectedRows> rows_;  // SQLite knows its address
  std::unique_ptr<Insert> statement_;
};

}  // namespace pcapaudit::sqlite
