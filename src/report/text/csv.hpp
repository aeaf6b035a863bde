// Comma-separated values as RFC 4180 has them, which no spreadsheet takes for formulas.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/rows/rows.hpp"

namespace pcapaudit {

// A field: quoted when it must be. Text that a spreadsheet would read as a formula, and text
// that begins with an apostrophe, gets an apostrophe in front; a plain number does not.
std::string csv_field(std::string_view text);

// Fields joined by commas, with CRLF.
std::string csv_line(const std::vector<std::string>& fields);
std::string csv_line(std::span<const SqlCell> cells);

// The bytes of a blob as hexadecimal digits; any other cell as it is.
std::string cell_text(const SqlCell& cell);

}  // namespace pcapaudit
