// Quotes of RFC 4180, and apostrophes before formulas; see the header.

#include "base/text/csv_cell.hpp"

#include <algorithm>
#include <iterator>

namespace pcapaudit {
namespace {

// Also the full-width forms, which some spreadsheets take for the plain ones.
constexpr std::string_view formula_starts[] = {
    "=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
// What a spreadsheet may be told to divide lines by, beside the comma, inside of which quotes hold.
constexpr std::string_view separators = ";|\t\r\n";
// What it may pass over at the beginning of a cell.
constexpr std::string_view passed_over = " \"'";

// [+-] digits [. digits] [e [+-] digits]: a spreadsheet shows a number, and nothing else.
bool is_number(std::string_view text) {
  const auto skip_digits = [&] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count > 0;
  };
  const auto skip_any = [&](std::string_view set) {
    const bool found = !text.empty() && set.find(text.front()) != std::string_view::npos;
    if (found) text.remove_prefix(1);
    return found;
  };
  skip_any("+-");
  if (!skip_digits()) return false;
  if (skip_any(".") && !skip_digits()) return false;
  if (skip_any("eE")) {
    skip_any("+-");
    if (!skip_digits()) return false;
  }
  return text.empty();
}

// Would a cell that begins here, and goes on to the next of `ends`, be a formula? One of a single
// character is none.
bool begins_formula(std::string_view text, std::string_view ends) {
  text = text.substr(0, std::min(text.find_first_of(ends), text.size()));
  text.remove_prefix(std::min(text.find_first_not_of(passed_over), text.size()));
  return text.size() > 1 &&
         std::any_of(std::begin(formula_starts), std::end(formula_starts),
                     [&](std::string_view start) { return text.starts_with(start); }) &&
         !is_number(text);
}

// With an apostrophe wherever a cell would begin that a spreadsheet runs, by whatever separator.
std::string without_formulas(std::string_view text) {
  constexpr std::string_view starts_of_line = "\t\r\n'";
  std::string out;
  if (!text.empty() && (starts_of_line.find(text.front()) != std::string_view::npos ||
                        begins_formula(text, separators))) {
    out = "'";
  }
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    out += c;
    const bool divides = separators.find(c) != std::string_view::npos;
    if ((divides && begins_formula(text, separators)) ||
        (c == ' ' && text.find_first_of(passed_over) != 0 && begins_formula(text, "; |\t\r\n"))) {
      out += '\'';
    }
  }
  return out;
}

}  // namespace

std::string csv_cell(std::string_view text) {
  const std::string shown = without_formulas(text);
  const bool edge = !shown.empty() && (shown.front() == ' ' || shown.back() == ' ');
  if (!edge && shown.find_first_of(",\"\r\n\t") == std::string::npos) return shown;
  std::string quoted = "\"";
  for (const char c : shown) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace pcapaudit
