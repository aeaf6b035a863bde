// One column of a row that is being read, as what it was when it was written.
//
// The row must outlive it. One thread at a time; SQLite::Exception when there is no such column.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <nlohmann/json.hpp>

namespace pcapaudit {

class ReadCell {
 public:
  ReadCell(const SQLite::Statement& row, int column) : row_(row), column_(column) {}

  std::string text() const { return row_.getColumn(column_).getString(); }  // NULL is empty
  std::uint64_t number() const {
    return static_cast<std::uint64_t>(row_.getColumn(column_).getInt64());
  }
  bool is_null() const { return row_.getColumn(column_).isNull(); }

  // The value of an enum with this word, the first one when there is none.
  template <class Enum>
  Enum word(std::size_t count) const {
    const std::string found = text();
    for (std::size_t i = 0; i < count; ++i) {
      if (to_text(static_cast<Enum>(i)) == found) return static_cast<Enum>(i);
    }
    return Enum{};
  }

  // A JSON list; what is none is empty, and what is no T in it is left out.
  template <class T>
  std::vector<T> list() const {
    const auto parsed = nlohmann::json::parse(text(), nullptr, false);
    std::vector<T> values;
    if (!parsed.is_array()) return values;
    for (const auto& value : parsed) {
      if constexpr (std::is_arithmetic_v<T>) {
        if (value.is_number_unsigned()) {
          values.push_back(static_cast<T>(value.template get<std::uint64_t>()));
        }
      } else {
        if (value.is_string()) values.push_back(value.template get<T>());
      }
    }
    return values;
  }

 private:
  const SQLite::Statement& row_;
  int column_;
};

}  // namespace pcapaudit
