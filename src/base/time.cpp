// Timestamps as text.
#include <pcapaudit/base/time.hpp>

#include <fmt/format.h>

#include <chrono>

namespace pcapaudit {

std::string to_text(Timestamp time) {
  using namespace std::chrono;
  const sys_time<nanoseconds> point{nanoseconds{time.ns}};
  const auto day = floor<days>(point);
  const year_month_day date{day};
  const hh_mm_ss clock{point - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

}  // namespace pcapaudit
