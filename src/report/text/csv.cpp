// CSV fields and lines; see the header.

#include "report/text/csv.hpp"

#include <fmt/format.h>

#include "base/text/csv_cell.hpp"
#include "base/text/hex.hpp"
#include "base/text/text.hpp"

namespace pcapaudit {

std::string csv_field(std::string_view text) {
  return csv_cell(visible(text, "\t\r\n"));
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    line += csv_field(fields[i]);
  }
  return line + "\r\n";
}

std::string csv_line(std::span<const SqlCell> cells) {
  std::vector<std::string> fields;
  fields.reserve(cells.size());
  for (const SqlCell& cell : cells) fields.push_back(cell_text(cell));
  return csv_line(fields);
}

std::string cell_text(const SqlCell& cell) {
  if (cell.type != SqlCell::Type::blob) return std::string(cell.text);
  return to_hex(as_bytes(cell.text));
}

}  // namespace pcapaudit
