// The list of report formats.
#include <pcapaudit/report/formats.hpp>

#include <array>

namespace pcapaudit {

std::span<const ReportFormat> report_formats() {
  constexpr std::size_t all = 1'000'000;  // more findings than any policy can name
  static constexpr std::array formats = {
      ReportFormat{.name = "html",
                   .about = "write a self-contained page, to read and to print",
                   .render = render_html},
      ReportFormat{.name = "md", .about = "write Markdown", .render = render_markdown},
      ReportFormat{.name = "sarif",
                   .about = "write all findings as SARIF 2.1.0",
                   .render = render_sarif,
                   .limits = {.cards = all, .short_findings = all, .rows = all, .captures = all}},
  };
  return formats;
}

}  // namespace pcapaudit
