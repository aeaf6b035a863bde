// Points in time as nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
//
// Range: years 1678 to 2261. Text form is RFC 3339 with nine decimals and `Z`.
#pragma once

#include <cstdint>
#include <string>

namespace pcapaudit {

struct Timestamp {
  std::int64_t ns = 0;

  auto operator<=>(const Timestamp&) const = default;
};

constexpr std::int64_t ns_per_second = 1'000'000'000;

// "2026-11-20T10:00:00.123456789Z"
std::string to_text(Timestamp time);

}  // namespace pcapaudit
