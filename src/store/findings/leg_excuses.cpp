// Regular tests, and what a capture cannot tell; see the header.

#include "store/findings/leg_excuses.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <utility>

#include <pcapaudit/base/time.hpp>

namespace pcapaudit {
namespace {

constexpr std::int64_t most_test_bytes = std::int64_t{64} * 1024;  // a page at most
constexpr std::int64_t same_size = 128;  // answers differ by a date or a counter
constexpr std::size_t fewest_tests = 3;  // two intervals
constexpr double most_skipped = 8;       // intervals in which a request from outside was open, too
constexpr double tolerance = 0.15;       // of an interval: timers of proxies are not exact
constexpr std::int64_t near_ns = 60 * ns_per_second;  // what is lost within a minute may be it

bool is_small(const Leg& leg) {
  return leg.to_server <= most_test_bytes && leg.to_client <= most_test_bytes;
}

bool is_alike(const Leg& a, const Leg& b) {
  return std::llabs(a.to_server - b.to_server) <= same_size &&
         std::llabs(a.to_client - b.to_client) <= same_size;
}

// A whole number of intervals.
bool is_even(std::int64_t gap, std::int64_t interval) {
  const double times = static_cast<double>(gap) / static_cast<double>(interval);
  const double whole = std::round(times);
  return whole >= 1 && whole <= most_skipped && std::abs(times - whole) <= tolerance;
}

// Of flows that are alike, those that come at even intervals from a neighbour that does, too.
void mark_regular(const std::vector<Leg>& legs, const std::vector<std::size_t>& alike,
                  std::vector<bool>& marks) {
  if (alike.size() < fewest_tests) return;
  std::vector<std::int64_t> gaps;
  for (std::size_t i = 1; i < alike.size(); ++i) {
    gaps.push_back(legs[alike[i]].first_ns - legs[alike[i - 1]].first_ns);
  }
  std::vector<std::int64_t> sorted = gaps;
  std::sort(sorted.begin(), sorted.end());
  const std::int64_t interval = sorted[(sorted.size() - 1) / 2];
  if (interval <= 0) return;
  const auto even = static_cast<std::size_t>(std::count_if(
      gaps.begin(), gaps.end(), [&](std::int64_t gap) { return is_even(gap, interval); }));
  const bool is_regular = even >= fewest_tests - 1 && even * 3 >= gaps.size() * 2;
  if (!is_regular) return;
  for (std::size_t i = 0; i < alike.size(); ++i) {
    const bool before = i > 0 && is_even(gaps[i - 1], interval);
    const bool behind = i < gaps.size() && is_even(gaps[i], interval);
    if (before || behind) marks[alike[i]] = true;
  }
}

}  // namespace

std::vector<bool> find_health_tests(const std::vector<Leg>& alone) {
  std::vector<bool> marks(alone.size());
  std::map<std::pair<std::string, std::int64_t>, std::vector<std::vector<std::size_t>>> kinds;
  for (std::size_t i = 0; i < alone.size(); ++i) {
    const Leg& leg = alone[i];
    if (!is_small(leg)) continue;
    auto& groups = kinds[{leg.server, leg.server_port}];
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& it) {
      return is_alike(alone[it.front()], leg);
    });
    if (group == groups.end()) {
      groups.push_back({i});
    } else {
      group->push_back(i);
    }
  }
  for (const auto& [server, groups] : kinds) {
    for (const auto& group : groups) mark_regular(alone, group, marks);
  }
  return marks;
}

bool is_open_question(const Leg& inner, const std::vector<Leg>& outer,
                      const std::vector<std::int64_t>& lossy_minutes) {
  if (inner.is_midstream) return true;
  const auto explains = [&](const Leg& leg) {
    // Kept ready: somebody from outside came while it was there.
    if (leg.first_ns >= inner.first_ns && leg.first_ns <= inner.last_ns) return true;
    // Open since before the capture: its request may have been before, too.
    if (leg.is_midstream && leg.last_ns >= inner.first_ns) return true;
    return leg.is_lossy && leg.first_ns - near_ns <= inner.first_ns &&
           inner.first_ns <= leg.last_ns + near_ns;
  };
  if (std::any_of(outer.begin(), outer.end(), explains)) return true;
  const auto minute =
      std::lower_bound(lossy_minutes.begin(), lossy_minutes.end(), inner.first_ns - 2 * near_ns);
  return minute != lossy_minutes.end() && *minute <= inner.first_ns + near_ns;
}

}  // namespace pcapaudit
