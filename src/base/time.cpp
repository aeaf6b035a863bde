// Timestamps as text.
#include <pcapaudit/base/time.hpp>

#include <chrono>

namespace pcapaudit {

std::string to_text(Timestamp time) {
  using namespace std::chrono;
  const sys_time<nanoseconds> point{nanoseconds{time.ns}};
  const auto day = floor<days>(point);
  const year_month_day date{day};
  const hh_mm_ss clock{point - day};
  // Timestamps hold the years 1677 to 2262. Written by hand, because every flow has two of them.
  std::string text = "0000-00-00T00:00:00.000000000Z";
  const auto put = [&text](std::size_t end, auto number) {
    for (std::size_t at = end; number > 0; number /= 10) {
      text[--at] = static_cast<char>('0' + number % 10);
    }
  };
  put(4, static_cast<int>(date.year()));
  put(7, static_cast<unsigned>(date.month()));
  put(10, static_cast<unsigned>(date.day()));
  put(13, clock.hours().count());
  put(16, clock.minutes().count());
  put(19, clock.seconds().count());
  put(29, clock.subseconds().count());
  return text;
}

}  // namespace pcapaudit
