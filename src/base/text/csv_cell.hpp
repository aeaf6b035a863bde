// One cell of a CSV file that no spreadsheet takes for a formula.
#pragma once

#include <string>
#include <string_view>

namespace pcapaudit {

// As RFC 4180 has it, in quotes where it must be. An apostrophe stands before what a spreadsheet
// would run, at the beginning and behind each separator that it may be told to divide by
// (docs/formats.md says how to get the value back).
std::string csv_cell(std::string_view text);

}  // namespace pcapaudit
