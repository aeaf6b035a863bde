// Time lines and columns; see the header.

#include "report/html/html_charts.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

constexpr int chart_width = 720;  // fits A4 between its margins without being made smaller

// Time to pixels.
struct TimeAxis {
  Timestamp from, to;
  int left = 0, width = 0;

  double x(Timestamp time) const {
    const double whole = static_cast<double>(std::max<std::int64_t>(to.ns - from.ns, 1));
    const double part = static_cast<double>(time.ns - from.ns) / whole;
    return left + std::clamp(part, 0.0, 1.0) * width;
  }
  // Dates beyond a Timestamp's years lie at an edge.
  double x(DateTime date) const {
    if (date <= date_of(from)) return x(from);
    if (date >= date_of(to)) return x(to);
    return x(Timestamp{date.seconds * ns_per_second});
  }
  Timestamp at(int part, int parts) const { return {from.ns + (to.ns - from.ns) / parts * part}; }
};

std::string px(double value) {
  return fmt::format("{:.1f}", value);
}

// Five marks with the time; the day stands at the first and wherever it changes.
Markup time_marks(const TimeAxis& axis, int top, int bottom) {
  constexpr int marks = 4;
  const bool days = (axis.to.ns - axis.from.ns) / ns_per_second > 4 * 86'400;
  Markup out;
  std::string day;
  for (int i = 0; i <= marks; ++i) {
    const Timestamp time = axis.at(i, marks);
    const std::string text = day_and_time(time);
    const double x = axis.x(time);
    const std::string_view anchor = i == 0 ? "start" : i == marks ? "end" : "middle";
    out += html("<line class=\"grid\" x1=\"{0}\" y1=\"{1}\" x2=\"{0}\" y2=\"{2}\"/>", px(x), top,
                bottom);
    out += html("<text class=\"soft\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n", px(x),
                bottom + 15, anchor, days ? text.substr(0, 10) : text.substr(11));
    if (!days && text.substr(0, 10) != day) {
      out += html("<text class=\"soft\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n", px(x),
                  bottom + 29, anchor, text.substr(0, 10));
    }
    day = text.substr(0, 10);
  }
  return out;
}

Markup svg(int height, const std::string& name, const Markup& inside) {
  return html(
      "<section class=\"chart\" tabindex=\"0\" aria-label=\"{0}\">\n<svg width=\"{1}\" "
      "height=\"{2}\" viewBox=\"0 0 {1} {2}\" role=\"img\" aria-label=\"{0}\">\n{3}</svg>\n"
      "</section>\n",
      name, chart_width, height, inside);
}

// The next of 1, 2, 5, 10, 20 ... at or above `value`.
std::uint64_t round_up(std::uint64_t value) {
  std::uint64_t step = 1;
  while (step < value) {
    for (const std::uint64_t factor : {2U, 5U, 10U}) {
      if (step * factor >= value) return step * factor;
    }
    step *= 10;
  }
  return step;
}

// A frame for columns, with its scale on the left.
struct ColumnChart {
  static constexpr int left = 64, top = 12, height = 130, bottom = top + height;
  TimeAxis axis;
  std::uint64_t most = 1;

  ColumnChart(const ReportTraffic& traffic, std::size_t parts, std::uint64_t highest)
      : most(round_up(highest)) {
    axis.from = *traffic.from;
    axis.to = {traffic.from->ns +
               static_cast<std::int64_t>(parts) * traffic.seconds_per_part * ns_per_second};
    axis.left = left;
    axis.width = chart_width - left - 8;
  }
  double tall(std::uint64_t value) const {
    return height * static_cast<double>(value) / static_cast<double>(most);
  }
  Markup frame(const std::string& half, const std::string& whole) const {
    Markup out = time_marks(axis, top, bottom);
    const auto level = [&](int y, const std::string& text) {
      out += html(
          "<line class=\"grid\" x1=\"{0}\" y1=\"{2}\" x2=\"{1}\" y2=\"{2}\"/>"
          "<text class=\"soft\" x=\"{3}\" y=\"{4}\" text-anchor=\"end\">{5}</text>\n",
          left, chart_width - 8, y, left - 6, y + 4, text);
    };
    level(top, whole);
    level(top + height / 2, half);
    level(bottom, "0");
    return out;
  }
};

Markup losses_of(const ReportCapture& capture, const TimeAxis& axis, int y) {
  Markup out;
  for (const LossMark& it : capture.losses) {
    const double x = axis.x(it.at);
    out += html("<path class=\"loss\" d=\"M{} {} l4 7 h-8 z\"/>", px(x), y);
  }
  return out;
}

std::string loss_words(const ReportCapture& capture) {
  return fmt::format("lost {}", share(capture.dropped, capture.packets + capture.dropped));
}

}  // namespace

Markup capture_timeline(const ReportCoverage& coverage) {
  constexpr int row_height = 44, top = 6;
  if (!coverage.time) return {};
  const TimeAxis axis{
      .from = coverage.time->from, .to = coverage.time->to, .left = 0, .width = chart_width - 1};
  const int bottom = top + row_height * static_cast<int>(coverage.captures.rows.size());
  Markup inside = time_marks(axis, top, bottom);
  int y = top;
  for (const ReportCapture& it : coverage.captures.rows) {
    inside += html("<text x=\"2\" y=\"{}\">{}</text>", y + 12, shortened(it.name, 60));
    inside += html("<text class=\"soft\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                   chart_width - 2, y + 12, loss_words(it));
    if (it.first && it.last) {
      const double from = axis.x(*it.first), to = std::max(axis.x(*it.last), from + 2);
      inside += html("<rect class=\"bar\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"12\"/>", px(from),
                     y + 18, px(to - from));
      for (const TimeSpan& gap : it.silent.rows) {
        const double start = axis.x(gap.from);
        inside += html("<rect class=\"silent\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"12\"/>",
                       px(start), y + 18, px(std::max(axis.x(gap.to) - start, 1.0)));
      }
      inside += losses_of(it, axis, y + 32);
    }
    inside += html("\n");
    y += row_height;
  }
  return svg(bottom + 36, "Time line of the captures", inside);
}

Markup flow_columns(const ReportTraffic& traffic) {
  if (!traffic.from || traffic.begun.empty()) return {};
  std::uint64_t highest = 1;
  for (const VerdictCounts& it : traffic.begun) highest = std::max(highest, it.flows);
  const ColumnChart chart(traffic, traffic.begun.size(), highest);
  const double width =
      static_cast<double>(chart.axis.width) / static_cast<double>(traffic.begun.size());
  Markup inside = chart.frame(
      chart.most % 2 == 0 ? spaced(chart.most / 2) : fmt::format("{}.5", chart.most / 2),
      spaced(chart.most));
  for (std::size_t i = 0; i < traffic.begun.size(); ++i) {
    const VerdictCounts& it = traffic.begun[i];
    const std::array<std::pair<std::string_view, std::uint64_t>, 5> stack = {
        {{"p-violation", it.violation},
         {"p-undetermined", it.undetermined},
         {"p-waived", it.waived},
         {"p-allowed", it.allowed},
         {"p-ignored", it.ignored}}};
    double y = ColumnChart::bottom;
    for (const auto& [css, count] : stack) {
      if (count == 0) continue;
      y -= chart.tall(count);
      inside += html("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>", css,
                     px(ColumnChart::left + static_cast<double>(i) * width + width * 0.1), px(y),
                     px(width * 0.8), px(chart.tall(count)));
    }
  }
  return svg(ColumnChart::bottom + 36, "Flows that began, by verdict", inside);
}

Markup byte_columns(const ReportTraffic& traffic) {
  if (!traffic.from || traffic.bytes.empty()) return {};
  const std::uint64_t highest = *std::max_element(traffic.bytes.begin(), traffic.bytes.end());
  const ColumnChart chart(traffic, traffic.bytes.size(), std::max<std::uint64_t>(highest, 10));
  const double width =
      static_cast<double>(chart.axis.width) / static_cast<double>(traffic.bytes.size());
  Markup inside = chart.frame(bytes_text(chart.most / 2), bytes_text(chart.most));
  for (std::size_t i = 0; i < traffic.bytes.size(); ++i) {
    if (traffic.bytes[i] == 0) continue;
    const double tall = chart.tall(traffic.bytes[i]);
    inside += html("<rect class=\"p-allowed\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
                   px(ColumnChart::left + static_cast<double>(i) * width + width * 0.1),
                   px(ColumnChart::bottom - tall), px(width * 0.8), px(tall));
  }
  return svg(ColumnChart::bottom + 36, "Bytes on the wire", inside);
}

Markup expiry_timeline(const std::vector<ReportCertificate>& certificates, Timestamp now) {
  constexpr int row_height = 26, top = 24, left = 250, right = 140;
  constexpr std::int64_t year = 365 * 86'400 * ns_per_second;
  if (certificates.empty()) return {};
  // Two years ahead; what ends later runs to the edge.
  const TimeAxis axis{.from = {now.ns - year / 2},
                      .to = {now.ns + 2 * year},
                      .left = left,
                      .width = chart_width - left - right};
  const int bottom = top + row_height * static_cast<int>(certificates.size());
  Markup inside;
  const auto mark = [&](Timestamp time, std::string_view css, const std::string& text) {
    inside += html(
        "<line class=\"{0}\" x1=\"{1}\" y1=\"{2}\" x2=\"{1}\" y2=\"{3}\"/>"
        "<text class=\"soft\" x=\"{1}\" y=\"{4}\" text-anchor=\"middle\">{5}</text>\n",
        css, px(axis.x(time)), top - 4, bottom, top - 9, text);
  };
  mark({now.ns + year}, "grid", "+1 year");
  mark({now.ns + 2 * year}, "grid", "+2 years");
  int y = top;
  for (const ReportCertificate& it : certificates) {
    if (!it.not_after) continue;
    const double zero = axis.x(now), end = axis.x(*it.not_after);
    const bool ended = it.days_left < 0;
    const std::string name = shortened(it.subject.empty() ? it.sha256 : it.subject, 30);
    inside += html("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", left - 8, y + 16, name);
    inside += html("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"12\"/>",
                   ended ? "ended" : "bar", px(std::min(zero, end)), y + 6,
                   px(std::max(std::abs(end - zero), 2.0)));
    const auto days = static_cast<std::uint64_t>(ended ? -it.days_left : it.days_left);
    inside += html("<text x=\"{}\" y=\"{}\">{}</text>\n", chart_width - right + 8, y + 16,
                   ended ? fmt::format("ended {} d ago", spaced(days))
                         : fmt::format("{} d left", spaced(days)));
    y += row_height;
  }
  mark(now, "now", "end of audit");
  return svg(bottom + 8, "When certificates end", inside);
}

}  // namespace pcapaudit
