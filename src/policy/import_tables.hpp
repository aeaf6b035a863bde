// Tables out of documents: HTML and Markdown as documentation pages have them, and CSV (RFC 4180).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pcapaudit {

struct TableRow {
  std::uint32_t line = 0;          // of its first cell, from 1
  std::vector<std::string> cells;  // plain text, blanks joined
};
struct DocumentTable {
  TableRow header;
  std::vector<TableRow> rows;
};

// Bounds, far above any page: more is not read.
constexpr std::size_t max_tables = 1000, max_table_rows = 100'000, max_cells = 64;

std::vector<DocumentTable> read_tables(std::string_view text);

}  // namespace pcapaudit
