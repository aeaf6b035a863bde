// The formats that a ReportModel can be rendered in: one function and one row each.
//
// Renderers are pure: the same model gives the same bytes. They never fail.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "report/model/model.hpp"

namespace pcapaudit {

struct ReportFormat {
  std::string_view name;   // "html": the option is --html FILE
  std::string_view about;  // for the help
  std::string (*render)(const ReportModel& model);
  ReportLimits limits = {};  // what of the model it wants
};
std::span<const ReportFormat> report_formats();

// One self-contained page: no network, a strict content security policy, print on A4.
std::string render_html(const ReportModel& model);

// For wikis and tickets: names, hosts and everything else from the wire stands in code spans.
std::string render_markdown(const ReportModel& model);

// SARIF 2.1.0 with every finding.
std::string render_sarif(const ReportModel& model);

// JUnit XML, for continuous integration.
std::string render_junit(const ReportModel& model);

// A picture as a data: URI. Fails unless `bytes` are a PNG, JPEG or SVG of at most 512 KiB.
Result<std::string> logo_uri(std::string_view bytes);

}  // namespace pcapaudit
