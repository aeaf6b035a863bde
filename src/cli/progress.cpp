// Draws the progress line.

#include "cli/progress.hpp"

#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text/text.hpp"
#include "cli/commands/commands.hpp"

namespace pcapaudit {
namespace {

constexpr auto redraw_interval = std::chrono::milliseconds(200);

bool stderr_is_terminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(units)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

ProgressLine::ProgressLine(When when, bool quiet)
    : enabled_(when != When::never && !quiet && stderr_is_terminal()) {}

ProgressLine::~ProgressLine() {
  clear();
}

void ProgressLine::show(const Progress& progress) {
  const Clock::time_point now = Clock::now();
  if (!enabled_ || now - last_ < redraw_interval) return;
  last_ = now;
  shown_ = true;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(progress.bytes_done) / seconds : 0;
  std::string line = fmt::format("reading {}/{} {}  {}", progress.inputs_done + 1, progress.inputs,
                                 visible(progress.input), human_bytes(progress.bytes_done));
  if (progress.bytes > 0 && rate > 0) {
    const std::uint64_t left = progress.bytes - std::min(progress.bytes, progress.bytes_done);
    const auto eta = static_cast<unsigned>(static_cast<double>(left) / rate);
    line += fmt::format(" of {} ({} %)  eta {}:{:02}", human_bytes(progress.bytes),
                        progress.bytes_done * 100 / progress.bytes, eta / 60, eta % 60);
  }
  line += fmt::format("  {}/s  {} packets", human_bytes(static_cast<std::uint64_t>(rate)),
                      progress.packets);
  draw("\r\x1b[K" + line);
}

void ProgressLine::clear() {
  if (!shown_) return;
  draw("\r\x1b[K");
  shown_ = false;
}

}  // namespace pcapaudit
