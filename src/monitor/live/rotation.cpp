// Oldest first, flows before findings; see the header.

#include "monitor/live/rotation.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "policy/judge/question.hpp"

namespace pcapaudit {
namespace {

constexpr std::int64_t ns_per_day = 86'400 * ns_per_second;

std::uint64_t total(const std::vector<DatabaseFile>& files, std::uint64_t current_grows_to) {
  return std::accumulate(
      files.begin(), files.end(), std::uint64_t{0},
      [&](std::uint64_t sum, const DatabaseFile& file) {
        return sum + (file.current ? std::max(file.bytes, current_grows_to) : file.bytes);
      });
}

std::int64_t day_of(Timestamp time) {
  return time.ns / ns_per_day - (time.ns % ns_per_day < 0 ? 1 : 0);
}

std::string gibibytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1024.0 * 1024 * 1024));
}

}  // namespace

std::optional<RotationStep> next_rotation_step(std::vector<DatabaseFile> files,
                                               const RotationBudget& budget) {
  const bool over_budget = budget.bytes > 0 && total(files, budget.current_grows_to) > budget.bytes;
  if (!over_budget && budget.disk_free >= budget.keep_free) return std::nullopt;
  std::erase_if(files, [](const DatabaseFile& file) { return file.current; });
  std::sort(files.begin(), files.end(), [](const DatabaseFile& a, const DatabaseFile& b) {
    return a.begun != b.begun ? a.begun < b.begun : a.path < b.path;
  });
  const auto with_flows = std::find_if(files.begin(), files.end(),
                                       [](const DatabaseFile& file) { return !file.stripped; });
  if (with_flows != files.end()) {
    return RotationStep{.kind = RotationStep::Kind::strip, .path = with_flows->path};
  }
  if (files.empty()) return std::nullopt;
  return RotationStep{.kind = RotationStep::Kind::remove, .path = files.front().path};
}

Result<void> check_budget(const std::vector<DatabaseFile>& files, const RotationBudget& budget) {
  const std::uint64_t room = budget.disk_free + total(files, 0);
  if (budget.bytes > 0 && budget.bytes > room - std::min(room, budget.keep_free)) {
    return fail(fmt::format("the budget of {} does not fit: {} are free, of which {} stay so",
                            gibibytes(budget.bytes), gibibytes(room), gibibytes(budget.keep_free)),
                "give a smaller --budget, or make room");
  }
  if (budget.disk_free < budget.keep_free) {
    return fail(fmt::format("only {} are free, {} must stay so", gibibytes(budget.disk_free),
                            gibibytes(budget.keep_free)),
                "make room");
  }
  return {};
}

bool is_rotation_due(const RotationRule& rule, Timestamp begun, Timestamp now,
                     std::uint64_t bytes) {
  if (rule.bytes > 0 && bytes >= rule.bytes) return true;
  return rule.daily && day_of(now) > day_of(begun);
}

std::string rotated_path(const std::string& path, Timestamp begun) {
  std::string digits;  // 20261120T101112Z
  for (const char c : to_text(begun).substr(0, 19)) {
    if (c != '-' && c != ':') digits += c;
  }
  std::filesystem::path name(path);
  const std::string extension = name.extension().string();
  name.replace_filename(fmt::format("{}-{}Z{}", name.stem().string(), digits, extension));
  return name.string();
}

std::optional<Timestamp> rotated_time(const std::string& path, const std::string& name) {
  const std::filesystem::path base(path);
  const std::filesystem::path file(name);
  const std::string head = base.stem().string() + "-";
  const std::string stem = file.stem().string();
  constexpr std::size_t stamp_length = 16;
  if (file.extension() != base.extension() || !stem.starts_with(head) ||
      stem.size() != head.size() + stamp_length) {
    return std::nullopt;
  }
  const std::string stamp = stem.substr(head.size());
  const auto time =
      parse_time(fmt::format("{}-{}-{}:{}:{}Z", stamp.substr(0, 4), stamp.substr(4, 2),
                             stamp.substr(6, 5), stamp.substr(11, 2), stamp.substr(13, 2)));
  // Only what rotated_path() writes is ours.
  if (!time || std::filesystem::path(rotated_path(path, *time)).filename() != file.filename()) {
    return std::nullopt;
  }
  return time;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  constexpr std::pair<std::string_view, unsigned> units[] = {
      {"", 0}, {"K", 10}, {"M", 20}, {"G", 30}, {"T", 40}};
  for (const auto& [name, shift] : units) {
    if (name != unit) continue;
    if (value > std::numeric_limits<std::uint64_t>::max() >> shift) return std::nullopt;
    return value << shift;
  }
  return std::nullopt;
}

}  // namespace pcapaudit
