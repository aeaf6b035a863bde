// Times of the week in a time zone, and dates as instants.
//
// Zones come from the system's time zone database. Pure otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pcapaudit/base/time.hpp>

namespace pcapaudit {

struct Schedule {  // [schedule.NAME]
  std::string id, timezone;
  std::uint8_t days = 0x7f;        // bit 0 is Monday
  std::uint16_t from_minute = 0;   // of the local day
  std::uint16_t to_minute = 1440;  // below from_minute: ends on the next day
  bool operator==(const Schedule&) const = default;
};

bool is_known_timezone(const std::string& name);
// A range over midnight belongs to the day on which it begins.
bool is_within(const Schedule& schedule, Timestamp time);
// "2026-12-31": the day's first instant in that zone; nullopt when it is no date.
std::optional<Timestamp> start_of_day(std::string_view date, const std::string& timezone);
// The local date of an instant, "2026-12-31".
std::string local_date(Timestamp time, const std::string& timezone);
// "mon" or "Monday" is 0 ... "sun" is 6.
std::optional<unsigned> parse_weekday(std::string_view name);
// "22:00" in minutes; "24:00" is the end of the day.
std::optional<std::uint16_t> parse_clock(std::string_view text);

}  // namespace pcapaudit
