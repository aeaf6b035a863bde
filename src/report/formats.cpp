// The list of report formats.
#include <pcapaudit/report/formats.hpp>

#include <array>

namespace pcapaudit {

std::span<const ReportFormat> report_formats() {
  static constexpr std::array formats = {
      ReportFormat{.name = "html",
                   .about = "write a self-contained page, to read and to print",
                   .render = render_html},
  };
  return formats;
}

}  // namespace pcapaudit
