// Times as text.
#include <algorithm>
#include <chrono>

#include <pcapaudit/base/time.hpp>

namespace pcapaudit {
namespace {

using namespace std::chrono;

// Written by hand, because every flow has two of them.
template <class Point>
std::string text_of(Point point) {
  const auto day = floor<days>(point);
  const year_month_day date{day};
  const hh_mm_ss<nanoseconds> clock{point - day};
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

}  // namespace

std::string to_text(Timestamp time) {
  return text_of(sys_time<nanoseconds>{nanoseconds{time.ns}});
}

std::string to_text(DateTime time) {
  return text_of(sys_seconds{seconds{within_years(time).seconds}});
}

DateTime within_years(DateTime time) {
  constexpr std::int64_t first = -62'167'219'200, last = 253'402'300'799;
  return {std::clamp(time.seconds, first, last)};
}

DateTime date_of(Timestamp time) {
  return {floor<seconds>(nanoseconds{time.ns}).count()};
}

}  // namespace pcapaudit
