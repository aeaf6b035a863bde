// Small words over SQLiteCpp: bind a row by position and run, lists as JSON text.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/base/time.hpp>

namespace pcapaudit::sqlite {

// Text that is NULL when it is empty.
struct OrNull {
  std::string_view text;
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

}  // namespace pcapaudit::sqlite
