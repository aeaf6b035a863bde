// HTML as a type of its own: text becomes Markup by being escaped, and only Markup goes out as it
// is.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <pcapaudit/base/time.hpp>

#include "report/model/model.hpp"

namespace pcapaudit {

// Well-formed HTML, or a piece of it.
struct Markup {
  std::string html;
  Markup& operator+=(const Markup& more) {
    html += more.html;
    return *this;
  }
};
inline Markup operator+(Markup left, const Markup& right) {
  return left += right;
}

// Safe in elements and in quoted attributes. Characters that turn or hide text (bidirectional
// marks, zero width) are written out as [U+202E].
Markup escaped(std::string_view text);

inline std::string shown(const Markup& markup) {
  return markup.html;
}
inline std::string shown(std::string_view text) {
  return escaped(text).html;
}
template <std::integral T>
std::string shown(T number) {
  return std::to_string(number);
}

template <class T>
struct ShownAs {
  using type = std::string;
};
// Fills a template: html("<td>{}</td>", name). Text is escaped, Markup is not.
template <class... Args>
Markup html(fmt::format_string<typename ShownAs<Args>::type...> pattern, const Args&... args) {
  return {fmt::format(pattern, shown(args)...)};
}

// Text from a capture: in a font of its own, kept apart from the direction of its surroundings,
// at most 160 characters of it.
Markup wire(std::string_view text);
// The same for each name, and how many there are more.
Markup wires(const Listed<std::string>& names);
Markup joined(const std::vector<Markup>& parts, std::string_view between);

// At most `characters` of it, with … for the rest.
std::string shortened(std::string_view text, std::size_t characters);

std::string spaced(std::uint64_t number);         // "24 902", with spaces that do not break
std::string bytes_text(std::uint64_t bytes);      // "1.24 MB"
std::string duration_text(std::int64_t seconds);  // "3 h 20 min"
std::string day_and_time(Timestamp time);         // "2026-11-20 10:00:00"

// One cell of a table; `key` sorts where the text does not.
struct Cell {
  Markup inside;
  std::string key = {};
  bool is_number = false;
};
Cell cell(std::string_view text);
Cell cell(Markup inside);
Cell number_cell(std::uint64_t number);
Cell bytes_cell(std::uint64_t bytes);
Cell time_cell(std::optional<Timestamp> time);
Cell day_cell(std::optional<DateTime> date);  // "9999-12-31"

struct Row {
  std::vector<Cell> cells;
  std::string id = {};  // an anchor
};

// A table with a caption, which scrolls by itself when it is too wide. "n more, see CSV" below when
// `cut` rows are left out. Without rows: `empty` as a paragraph.
struct TableText {
  std::string caption;
  std::vector<std::string> columns;
  std::string empty;
  std::string id = {};  // an anchor
};
Markup table(const TableText& text, const std::vector<Row>& rows, std::uint64_t cut = 0);
Markup cut_note(std::uint64_t cut, std::string_view what);

}  // namespace pcapaudit
