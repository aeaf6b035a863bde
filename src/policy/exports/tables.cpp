// Rows as CSV and as a Markdown table; `policy import` reads both back.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text/csv_cell.hpp"
#include "base/text/text.hpp"
#include "policy/exports/exports.hpp"
#include "policy/tools/row_fields.hpp"

namespace pcapaudit {

Export export_csv(const Policy& policy) {
  std::string text = fmt::format("{}\r\n", fmt::join(row_columns(), ","));
  for (const DocumentedFlow& row : policy.flows) {
    std::vector<std::string> fields;
    for (const RowField& field : fields_of(policy, row))
      fields.push_back(csv_cell(visible(field.value, tabs_and_lines)));
    text += fmt::format("{}\r\n", fmt::join(fields, ","));
  }
  return {.text = std::move(text), .unsaid = {}, .beside = {}};
}

Export export_markdown(const Policy& policy) {
  std::string text = fmt::format("| {} |\n|", fmt::join(row_columns(), " | "));
  for (std::size_t i = 0; i < row_columns().size(); ++i) text += "---|";
  text += "\n";
  for (const DocumentedFlow& row : policy.flows) {
    text += "|";
    for (const RowField& field : fields_of(policy, row)) {
      text += " ";
      for (const char c : visible(field.value, tabs_and_lines)) {
        // Signs that Markdown would take for its own.
        if (std::string_view("|\\*_`~[]<>&").find(c) != std::string_view::npos) text += '\\';
        text += c == '\n' || c == '\r' ? ' ' : c;
      }
      text += " |";
    }
    text += "\n";
  }
  return {.text = std::move(text), .unsaid = {}, .beside = {}};
}

}  // namespace pcapaudit
