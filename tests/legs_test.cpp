// Which inner flows of a proxy nobody has to answer for.
#include <catch2/catch.hpp>

#include <pcapaudit/base/time.hpp>

#include "store/findings/leg_excuses.hpp"

namespace pcapaudit {
namespace {

Leg leg(double second, std::int64_t size = 300, double seconds = 0.1) {
  Leg it;
  it.first_ns = static_cast<std::int64_t>(second * static_cast<double>(ns_per_second));
  it.last_ns =
      it.first_ns + static_cast<std::int64_t>(seconds * static_cast<double>(ns_per_second));
  it.to_server = 100;
  it.to_client = size;
  it.server = "10.1.2.10";
  it.server_port = 4443;
  return it;
}

std::string marks(const std::vector<Leg>& legs) {
  std::string text;
  for (const bool mark : find_health_tests(legs)) text += mark ? 't' : '-';
  return text;
}

}  // namespace

TEST_CASE("legs: health tests are small, alike and regular") {
  // Every five seconds, a little late each time, and some while a request was open.
  CHECK(marks({leg(0), leg(5.1), leg(10.3), leg(15.2)}) == "tttt");
  CHECK(marks({leg(0), leg(5), leg(20), leg(25), leg(30)}) == "ttttt");
  // One that comes between them, and one of another size.
  CHECK(marks({leg(0), leg(5), leg(10), leg(12.4), leg(15), leg(20), leg(25), leg(30)}) ==
        "ttt-tttt");
  CHECK(marks({leg(0), leg(5), leg(7, 9000), leg(10), leg(15)}) == "tt-tt");
  // Too few to tell, too large, without a rhythm, to different servers.
  CHECK(marks({leg(0), leg(5)}) == "--");
  CHECK(marks({leg(0, 100'000), leg(5, 100'000), leg(10, 100'000)}) == "---");
  CHECK(marks({leg(0), leg(1.4), leg(9), leg(11.2), leg(30)}) == "-----");
  std::vector<Leg> apart = {leg(0), leg(5), leg(10)};
  apart[1].server = "10.1.2.11";
  CHECK(marks(apart) == "---");
}

TEST_CASE("legs: what the capture cannot tell is open") {
  const Leg alone = leg(100);
  CHECK_FALSE(is_open_question(alone, {leg(10), leg(200)}, {}));
  // Kept ready until somebody came.
  CHECK(is_open_question(leg(100, 300, 50), {leg(120)}, {}));
  CHECK_FALSE(is_open_question(leg(100, 300, 50), {leg(160)}, {}));
  // It, or the one outside, began before the capture.
  Leg earlier = leg(101, 300, 5);
  earlier.is_midstream = true;
  CHECK(is_open_question(earlier, {leg(10)}, {}));
  CHECK(is_open_question(alone, {earlier}, {}));
  CHECK_FALSE(is_open_question(leg(200), {earlier}, {}));
  // The outer side lost packets about then.
  Leg lossy = leg(70);
  lossy.is_lossy = true;
  CHECK(is_open_question(alone, {lossy}, {}));
  CHECK_FALSE(is_open_question(leg(200), {lossy}, {}));
  CHECK(is_open_question(alone, {leg(10)}, {60 * ns_per_second}));
  CHECK_FALSE(is_open_question(alone, {leg(10)}, {300 * ns_per_second}));
}

}  // namespace pcapaudit
