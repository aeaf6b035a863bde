// The list of report formats.

#include "report/formats.hpp"

#include <array>

namespace pcapaudit {

std::span<const ReportFormat> report_formats() {
  // Receivers refuse a run of more than 25,000 results, and files of some MB: findings that no
  // person reads are left out, gravest first kept, and the run says how many.
  constexpr std::size_t most = 5'000, all = 1'000'000;
  static constexpr std::array formats = {
      ReportFormat{.name = "html",
                   .about = "write a self-contained page, to read and to print",
                   .render = render_html},
      ReportFormat{.name = "md", .about = "write Markdown", .render = render_markdown},
      ReportFormat{
          .name = "sarif",
          .about = "write the findings as SARIF 2.1.0",
          .render = render_sarif,
          .limits = {.cards = most, .short_findings = 3 * most, .rows = most, .captures = all}},
      ReportFormat{
          .name = "junit",
          .about = "write JUnit XML: a violation fails, what could not be judged errs",
          .render = render_junit,
          .limits = {.cards = most, .short_findings = 3 * most, .rules = all, .rows = most}},
  };
  return formats;
}

}  // namespace pcapaudit
