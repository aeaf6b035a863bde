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
class BulkInsert final : public CellSink {
 public:
  // `columns`: their names, with a comma between them.
  BulkInsert(const SQLite::Database& database, std::string_view table, std::string_view columns);
  ~BulkInsert();

  // One value for each column. Values are copied.
  template <class... Values>
  void add(const Values&... values) {
    begin_row();
    (append(values), ...);
    end_row();
  }
  // `keys`, and behind them what `write` gives, cell by cell.
  template <class Write, class... Keys>
  void add_cells(Write write, const Keys&... keys) {
    begin_row();
    (append(keys), ...);
    write(static_cast<CellSink&>(*this));
    end_row();
  }
  // Nobody sees rows of add() before this. When it fails, some of them may have been written.
  void flush();

 private:
  template <std::integral T>
  void append(T value) {
    number(static_cast<std::int64_t>(value));
  }
  void append(Timestamp time) { number(time.ns); }
  void append(std::string_view value) { text(value); }
  void append(const std::string& value) { text(value); }
  void append(OrNull value) { text_or_null(value.text); }
  void append(ZeroIsNull value) {
    if (value.number == 0) {
      null();
    } else {
      number(value.number);
    }
  }
  void begin_row();
  void end_row() const;  // a row of another table is a std::logic_error
  void number(std::int64_t value) override;
  void text(std::string_view value) override;
  void null() override;

  sqlite3* database_;
  std::string module_;
  std::unique_ptr<CollectedRows> rows_;  // SQLite knows its address
  std::unique_ptr<Insert> statement_;
};

}  // namespace pcapaudit::sqlite
