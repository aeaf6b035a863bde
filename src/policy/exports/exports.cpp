#include "policy/exports/exports.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "policy/tools/row_fields.hpp"

namespace pcapaudit {

const std::vector<ExportFormat>& export_formats() {
  static const std::vector<ExportFormat> formats = {
      {.name = "csv", .about = "a table for spreadsheets", .write = export_csv},
      {.name = "md", .about = "a Markdown table", .write = export_markdown},
      {.name = "commatrix", .about = "OpenShift's communication matrix", .write = export_commatrix},
      {.name = "nft", .about = "an nftables ruleset", .write = export_nftables},
      {.name = "k8s", .about = "Kubernetes NetworkPolicy", .write = export_kubernetes},
      {.name = "aerleon", .about = "Capirca and Aerleon", .write = export_aerleon}};
  return formats;
}

void tell_unsaid(const Policy& policy, std::initializer_list<std::string_view> columns,
                 Export& out) {
  for (const std::string_view column : columns) {
    std::size_t rows = 0;
    for (const DocumentedFlow& row : policy.flows) {
      const std::vector<RowField> fields = fields_of(policy, row);
      rows +=
          std::any_of(fields.begin(), fields.end(),
                      [&](const RowField& it) { return it.name == column && !it.value.empty(); })
              ? 1
              : 0;
    }
    if (rows > 0) out.unsaid.push_back(fmt::format("{} of {} rows cannot be said", column, rows));
  }
}

void tell_left_out(const std::vector<std::string>& rows, std::string_view why, Export& out) {
  if (rows.empty()) return;
  out.unsaid.push_back(
      fmt::format("{} rows are left out, {}: {}", rows.size(), why, fmt::join(rows, ", ")));
}

}  // namespace pcapaudit
