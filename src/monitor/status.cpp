// The status as a line and as a screen.

#include "monitor/status.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <pcapaudit/app/app_record.hpp>

#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

std::string amount(double value, const std::array<const char*, 5>& units, double step) {
  std::size_t unit = 0;
  while (value >= step && unit + 1 < units.size()) {
    value /= step;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} {}", value, units[unit])
                   : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string byte_text(std::uint64_t bytes) {
  return amount(static_cast<double>(bytes), {"B", "KiB", "MiB", "GiB", "TiB"}, 1024);
}

std::string bit_rate(double bits) {
  return amount(bits, {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"}, 1000);
}

std::string rate_text(const MonitorStatus& status) {
  return fmt::format("{} packets/s, {}",
                     grouped(static_cast<std::uint64_t>(std::max(0.0, status.packets_per_second))),
                     bit_rate(status.bits_per_second));
}

// Loss is always a number, also when it is none.
std::string loss_text(const MonitorStatus& status) {
  return fmt::format("{} lost ({:.3f} %)", grouped(status.lost()), status.loss_percent());
}

std::string duration_text(std::int64_t ns) {
  const std::int64_t seconds = std::max<std::int64_t>(ns, 0) / ns_per_second;
  const std::int64_t days = seconds / 86400;
  const std::string clock =
      fmt::format("{}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
  return days == 0 ? clock : fmt::format("{} d {}", days, clock);
}

std::uint64_t verdict(const MonitorStatus& status, VerdictKind kind) {
  return status.verdicts[static_cast<std::size_t>(kind)];
}

std::string verdict_text(const MonitorStatus& status) {
  std::string text;
  for (std::size_t i = 0; i < status.verdicts.size(); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", to_text(static_cast<VerdictKind>(i)),
                        grouped(status.verdicts[i]));
  }
  return text;
}

std::string interface_text(const InterfaceStatus& it) {
  std::string text = fmt::format(
      "{}: {}, {} packets, {}; dropped by the kernel {}, by the interface {}, cut {}",
      clean_text(it.name), it.up ? "up" : "DOWN", grouped(it.packets), byte_text(it.bytes),
      grouped(it.kernel_dropped), grouped(it.nic_dropped), grouped(it.truncated));
  if (it.blind_ns > 0) text += fmt::format("; blind for {}", duration_text(it.blind_ns));
  return text;
}

std::string policy_text(const MonitorStatus& status) {
  std::string text =
      fmt::format("{} {}, loaded {}", status.site.empty() ? "policy" : clean_text(status.site),
                  status.policy_digest.substr(0, 12), to_second(to_text(status.policy_loaded)));
  if (!status.policy_error.empty()) {
    text += fmt::format("; the last reload failed, this one stays: {}",
                        clean_text(status.policy_error));
  }
  return text;
}

std::string disk_text(const MonitorStatus& status) {
  std::string text = fmt::format("{}, {}, {} free", clean_text(status.database),
                                 byte_text(status.database_bytes), byte_text(status.disk_free));
  if (status.byte_budget > 0) text += fmt::format(", budget {}", byte_text(status.byte_budget));
  if (status.queued > 0) {
    text += fmt::format(", {} behind",
                        counted(status.queued, "tenth of a second", "tenths of a second"));
  }
  if (status.writer_wait_ns > 0) {
    text += fmt::format(", waited for {}", duration_text(status.writer_wait_ns));
  }
  return text;
}

// At most `columns` characters; what is cut ends in "...". Counts UTF-8 sequences.
std::string cut(const std::string& line, std::size_t columns) {
  std::size_t characters = 0;
  std::size_t end = 0;  // of the first columns - 3 characters
  for (std::size_t i = 0; i < line.size(); ++i) {
    if ((static_cast<unsigned char>(line[i]) & 0xc0) == 0x80) continue;
    if (characters + 3 == columns) end = i;
    if (++characters > columns) return line.substr(0, end) + "...";
  }
  return line;
}

}  // namespace

std::uint64_t MonitorStatus::packets() const {
  std::uint64_t sum = 0;
  for (const InterfaceStatus& it : interfaces) sum += it.packets;
  return sum;
}

std::uint64_t MonitorStatus::lost() const {
  std::uint64_t sum = 0;
  for (const InterfaceStatus& it : interfaces) sum += it.kernel_dropped + it.nic_dropped;
  return sum;
}

double MonitorStatus::loss_percent() const {
  const std::uint64_t all = packets() + lost();
  return all == 0 ? 0 : 100.0 * static_cast<double>(lost()) / static_cast<double>(all);
}

std::string status_line(const MonitorStatus& status) {
  const auto down = std::count_if(status.interfaces.begin(), status.interfaces.end(),
                                  [](const InterfaceStatus& it) { return !it.up; });
  std::string line =
      fmt::format("{}; {}; violations {}, undetermined {}; {} free", rate_text(status),
                  loss_text(status), grouped(verdict(status, VerdictKind::violation)),
                  grouped(verdict(status, VerdictKind::undetermined)), byte_text(status.disk_free));
  if (down > 0)
    line = fmt::format("{} down; {}",
                       counted(static_cast<std::uint64_t>(down), "interface", "interfaces"), line);
  if (!status.policy_error.empty()) line += "; policy reload failed";
  return line;
}

std::string status_view(const MonitorStatus& status, std::size_t columns, bool color) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format("pcapaudit {}  up {}", status.version,
                              duration_text(status.now.ns - status.started.ns)));
  for (const InterfaceStatus& it : status.interfaces) lines.push_back("  " + interface_text(it));
  lines.push_back(fmt::format("rate      {}", rate_text(status)));
  lines.push_back(fmt::format("loss      {}", loss_text(status)));
  lines.push_back(fmt::format("flows     {}; {} open, {} evicted, {} capped", verdict_text(status),
                              grouped(status.open_flows), grouped(status.flows_evicted),
                              grouped(status.flows_capped)));
  lines.push_back(fmt::format("policy    {}", policy_text(status)));
  lines.push_back(fmt::format("database  {}", disk_text(status)));
  lines.push_back(fmt::format("alerts    {} sent, {} lost, {} withheld",
                              grouped(status.alerts_sent), grouped(status.alerts_lost),
                              grouped(status.alerts_withheld)));
  std::string text;
  for (const std::string& line : lines) text += cut(line, columns) + "\n";
  if (status.recent.empty()) return text + "findings  none so far\n";
  text += "findings  newest first\n";
  for (const RecentFinding& it : status.recent) {
    // The severity may hold colour codes, which take no room: only the rest is cut.
    const std::string head = fmt::format("  {} ", to_second(to_text(it.time)));
    const std::string word = severity_word(to_text(it.severity), color);
    const std::size_t used = head.size() + severity_word(to_text(it.severity), false).size();
    text += head + word +
            cut(fmt::format("  {}  {}", it.finding, clean_text(it.text)),
                columns > used ? columns - used : 3) +
            "\n";
  }
  return text;
}

}  // namespace pcapaudit
