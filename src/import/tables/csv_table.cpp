// Fields may hold separators, line ends and doubled quotes inside quotes (RFC 4180).
#include <algorithm>
#include <array>
#include <utility>

#include "import/tables/document.hpp"

namespace pcapaudit {
namespace {

// The sign that stands most often in each of the first lines, outside of quotes.
char separator_of(std::string_view text) {
  constexpr std::array<char, 4> signs = {',', ';', '\t', '|'};
  constexpr int looked_at = 10;
  std::array<int, signs.size()> least{}, here{};
  bool quoted = false;
  int lines = 0;
  for (std::size_t i = 0; i <= text.size() && lines < looked_at; ++i) {
    const char c = i < text.size() ? text[i] : '\n';
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    for (std::size_t k = 0; k < signs.size(); ++k) here[k] += c == signs[k] ? 1 : 0;
    if (c != '\n') continue;
    if (std::any_of(here.begin(), here.end(), [](int n) { return n > 0; })) {
      for (std::size_t k = 0; k < signs.size(); ++k) {
        least[k] = lines == 0 ? here[k] : std::min(least[k], here[k]);
      }
      ++lines;
    }
    here = {};
  }
  const auto best = std::max_element(least.begin(), least.end());
  return *best >= 2 ? signs[static_cast<std::size_t>(best - least.begin())] : '\0';
}

}  // namespace

void read_csv_table(std::string_view text, Document& document) {
  const char separator = separator_of(text);
  if (separator == '\0') return;
  DocumentTable table{.line = 1, .title = {}, .rows = {}};
  std::uint32_t line = 1;
  TableRow row{.line = line, .cells = {}};
  std::string cell;
  bool quoted = false;
  const auto end_cell = [&] { row.cells.push_back({.text = tidy(std::exchange(cell, {}))}); };
  const auto end_row = [&] {
    end_cell();
    const bool empty = row.cells.size() == 1 && row.cells[0].text.empty();
    if (!empty && table.rows.size() < max_table_rows) table.rows.push_back(row);
    row = {.line = line + 1, .cells = {}};
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        cell += text[++i];
      } else if (c == '"') {
        quoted = false;
      } else {
        cell += c;
      }
    } else if (c == '"' && cell.empty()) {
      quoted = true;
    } else if (c == separator && row.cells.size() + 1 < max_cells) {
      end_cell();
    } else if (c == '\n') {
      end_row();
    } else if (c != '\r') {
      cell += c;
    }
    if (c == '\n') ++line;
  }
  if (!cell.empty() || !row.cells.empty()) end_row();
  if (quoted) {
    document.remarks.push_back({.line = row.line,
                                .what = "a quote that does not end: the table is read to its end",
                                .hint = "close it with \""});
  }
  if (!table.rows.empty()) document.tables.push_back(std::move(table));
}

}  // namespace pcapaudit
