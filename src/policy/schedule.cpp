// Local times through Howard Hinnant's date library, the only file that sees it.

#include "policy/schedule.hpp"

#include <charconv>

#include <date/date.h>
#include <date/tz.h>

#include "base/text/ascii.hpp"

namespace pcapaudit {
namespace {

using Instant = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

// Nanoseconds of any zone offset fit; instants at the very ends of the range are moved inwards.
Instant instant_of(Timestamp time) {
  constexpr std::int64_t day_ns = std::int64_t{86'400} * ns_per_second;
  constexpr std::int64_t limit = INT64_MAX - 2 * day_ns;
  return Instant(std::chrono::nanoseconds(std::clamp(time.ns, -limit, limit)));
}

const date::time_zone* zone_of(const std::string& name) {
  try {
    return date::locate_zone(name.empty() ? "Etc/UTC" : name);
  } catch (const std::runtime_error&) {  // what the library throws; a lack of memory goes on
    return nullptr;
  }
}

date::local_time<std::chrono::nanoseconds> local(Timestamp time, const std::string& timezone) {
  const date::time_zone* zone = zone_of(timezone);
  if (zone != nullptr) return zone->to_local(instant_of(time));
  return date::local_time<std::chrono::nanoseconds>(instant_of(time).time_since_epoch());
}

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

bool is_known_timezone(const std::string& name) {
  return zone_of(name) != nullptr;
}

bool is_within(const Schedule& schedule, Timestamp time) {
  const auto now = local(time, schedule.timezone);
  const auto day = date::floor<date::days>(now);
  const auto minute = date::floor<std::chrono::minutes>(now - day).count();
  const unsigned weekday = date::weekday(day).iso_encoding() - 1;
  const auto has = [&](unsigned index) { return (schedule.days >> index & 1U) != 0; };
  if (schedule.from_minute < schedule.to_minute) {
    return has(weekday) && minute >= schedule.from_minute && minute < schedule.to_minute;
  }
  const bool begun_today = has(weekday) && minute >= schedule.from_minute;
  const bool begun_yesterday = has((weekday + 6) % 7) && minute < schedule.to_minute;
  return begun_today || begun_yesterday;
}

std::optional<Timestamp> start_of_day(std::string_view text, const std::string& timezone) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = number(text.substr(0, 4));
  const auto month = number(text.substr(5, 2));
  const auto day = number(text.substr(8, 2));
  constexpr unsigned first_year = 1700, last_year = 2200;  // what a Timestamp holds
  if (!year || !month || !day || *year < first_year || *year > last_year) return std::nullopt;
  const date::year_month_day whole{date::year(static_cast<int>(*year)), date::month(*month),
                                   date::day(*day)};
  const date::time_zone* zone = zone_of(timezone);
  if (!whole.ok() || zone == nullptr) return std::nullopt;
  // A day may begin at one o'clock where summer time starts at midnight.
  const auto start = zone->to_sys(date::local_days(whole), date::choose::earliest);
  return Timestamp{
      std::chrono::duration_cast<std::chrono::nanoseconds>(start.time_since_epoch()).count()};
}

std::string local_date(Timestamp time, const std::string& timezone) {
  return date::format("%F", date::floor<date::days>(local(time, timezone)));
}

std::optional<unsigned> parse_weekday(std::string_view name) {
  constexpr std::string_view days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
  const std::string lower = ascii_lower(name);
  for (unsigned i = 0; i < std::size(days); ++i) {
    if (lower == days[i] || lower == days[i].substr(0, 3)) return i;
  }
  return std::nullopt;
}

std::optional<std::uint16_t> parse_clock(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto hours = number(text.substr(0, colon));
  const auto minutes = number(text.substr(colon + 1));
  if (!hours || !minutes || *minutes > 59 || text.size() - colon != 3) return std::nullopt;
  if (*hours > 24 || (*hours == 24 && *minutes != 0)) return std::nullopt;
  return static_cast<std::uint16_t>(*hours * 60 + *minutes);
}

}  // namespace pcapaudit
