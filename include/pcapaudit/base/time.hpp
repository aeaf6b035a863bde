// Points in time as nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
//
// Range: years 1678 to 2261. Text form is RFC 3339 with nine decimals and `Z`. What reaches beyond,
// as certificates do, is told in seconds.
#pragma once

#include <cstdint>
#include <string>

namespace pcapaudit {

struct Timestamp {
  std::int64_t ns = 0;

  auto operator<=>(const Timestamp&) const = default;
};

// Zero stands for a time that nobody knows: a simple packet block has none, and a clock that says
// just that was never set. What depends on such a time is not judged, and it is shown as unknown.
constexpr bool is_known(Timestamp time) {
  return time.ns != 0;
}
// The earlier and the later of two, as far as they are known.
constexpr Timestamp earliest(Timestamp a, Timestamp b) {
  if (!is_known(a) || !is_known(b)) return is_known(a) ? a : b;
  return a < b ? a : b;
}
constexpr Timestamp latest(Timestamp a, Timestamp b) {
  if (!is_known(a) || !is_known(b)) return is_known(a) ? a : b;
  return a < b ? b : a;
}

constexpr std::int64_t ns_per_second = 1'000'000'000;

// "2026-11-20T10:00:00.123456789Z"
std::string to_text(Timestamp time);

// A date of a certificate: seconds since 1970-01-01T00:00:00Z, years 0 to 9999 (RFC 5280 4.1.2.5).
struct DateTime {
  std::int64_t seconds = 0;

  auto operator<=>(const DateTime&) const = default;
};
// The same form, with zeros for decimals: "9999-12-31T23:59:59.000000000Z"
std::string to_text(DateTime time);
// The second in which `time` lies.
DateTime date_of(Timestamp time);
// Years have four digits: what lies outside of 0000 to 9999 is moved to the first or last second.
DateTime within_years(DateTime time);

}  // namespace pcapaudit
