// Small words over SQLiteCpp: bind a row by position and run, lists as JSON text.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <pcapaudit/app/shared_values.hpp>
#include <pcapaudit/base/time.hpp>

namespace pcapaudit::sqlite {

// Text that is NULL when it is empty.
struct OrNull {
  std::string_view text;
};

// A number that is NULL when it is 0.
struct ZeroIsNull {
  std::int64_t number;
};

// Takes the cells of a row, one behind the other. Values are copied.
class CellSink {
 public:
  virtual void number(std::int64_t value) = 0;
  virtual void text(std::string_view value) = 0;
  virtual void null() = 0;
  void text_or_null(std::string_view value) {
    if (value.empty()) {
      null();
    } else {
      text(value);
    }
  }

 protected:
  ~CellSink() = default;
};

// SQLite's integers are signed: the bits of an unsigned 64-bit value are kept.
template <std::integral T>
void put(SQLite::Statement& statement, int index, T value) {
  statement.bind(index, static_cast<std::int64_t>(value));
}
inline void put(SQLite::Statement& statement, int index, Timestamp time) {
  statement.bind(index, time.ns);
}
inline void put(SQLite::Statement& statement, int index, std::string_view text) {
  statement.bind(index, std::string(text));
}
inline void put(SQLite::Statement& statement, int index, OrNull value) {
  if (value.text.empty()) {
    statement.bind(index);
  } else {
    put(statement, index, value.text);
  }
}
template <class T>
void put(SQLite::Statement& statement, int index, const std::optional<T>& value) {
  if (value) {
    put(statement, index, *value);
  } else {
    statement.bind(index);
  }
}

// Binds all values from the first parameter on and runs a statement that gives no rows.
template <class... Values>
void run(SQLite::Statement& statement, const Values&... values) {
  statement.tryReset();  // reset() would throw the failure of the run before once more
  int index = 0;
  (put(statement, ++index, values), ...);
  statement.exec();
}

// A statement that is run once for each row of a bulk load. Text is bound as a view, without a
// copy, which is why this goes to SQLite's own interface.
class Insert final : public CellSink {
 public:
  // The database must outlive it. Throws SQLite::Exception, as all of this does.
  Insert(const SQLite::Database& database, std::string_view sql);

  // One value for each parameter.
  template <class... Values>
  void run(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    step();
  }
  // The same, cell by cell; text is copied.
  template <class Write>
  void run_cells(Write write) {
    next_cell_ = 0;
    write(static_cast<CellSink&>(*this));
    step();
  }

 private:
  void number(std::int64_t value) override { bind(++next_cell_, value); }
  void text(std::string_view value) override {
    sqlite3_bind_text(statement_.get(), ++next_cell_, value.data() == nullptr ? "" : value.data(),
                      static_cast<int>(value.size()), SQLITE_TRANSIENT);
  }
  void null() override { sqlite3_bind_null(statement_.get(), ++next_cell_); }

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  template <std::integral T>
  void bind(int index, T value) {
    sqlite3_bind_int64(statement_.get(), index, static_cast<std::int64_t>(value));
  }
  void bind(int index, Timestamp time) { bind(index, time.ns); }
  void bind(int index, const std::optional<DateTime>& date) {
    if (date) {
      bind(index, date->seconds);
    } else {
      sqlite3_bind_null(statement_.get(), index);
    }
  }
  void bind(int index, std::string_view text) {
    sqlite3_bind_text(statement_.get(), index, text.data() == nullptr ? "" : text.data(),
                      static_cast<int>(text.size()), SQLITE_STATIC);
  }
  void bind(int index, const std::string& text) { bind(index, std::string_view(text)); }
  void bind(int index, ZeroIsNull value) {
    if (value.number == 0) {
      sqlite3_bind_null(statement_.get(), index);
    } else {
      bind(index, value.number);
    }
  }
  void bind(int index, OrNull value) {
    if (value.text.empty()) {
      sqlite3_bind_null(statement_.get(), index);
    } else {
      bind(index, value.text);
    }
  }
  void step();

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_cell_ = 0;
};

// JSON arrays, read back with SQLite's json_each.
std::string json_list(const std::vector<std::string>& values);
template <std::integral T>
std::string json_list(const std::vector<T>& values) {
  std::string text = "[";
  for (const T value : values) {
    if (text.size() > 1) text += ',';
    text += std::to_string(value);
  }
  return text + "]";
}
inline std::string json_list(const SharedValues<std::uint32_t>& values) {
  return json_list(values.all());
}

}  // namespace pcapaudit::sqlite
