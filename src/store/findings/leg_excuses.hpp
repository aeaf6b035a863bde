// Inner flows without a request from outside that nobody has to answer for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pcapaudit {

// One flow of a leg, as legs.cpp reads it.
struct Leg {
  std::int64_t id = 0, first_ns = 0, last_ns = 0;
  std::int64_t to_server = 0, to_client = 0;  // payload bytes
  std::string host;                           // SNI, or the first Host field
  std::string server;
  std::int64_t server_port = 0;
  bool is_midstream = false;  // its start was not captured
  bool is_lossy = false;      // bytes or a whole side of it are missing
};

// Flags, in the order of `alone` (by start): is it one of a balancer's or proxy's health tests?
// They go to one server, are small and alike in size, and come at even intervals; one that comes
// between them is none.
std::vector<bool> find_health_tests(const std::vector<Leg>& alone);

// Could the request have been there without being seen? The inner connection was kept ready and
// lived on while a request from outside was open; it or an outer one was open before the capture;
// or the outer side lost packets about then. `lossy_minutes`: beginnings, sorted, in nanoseconds.
bool is_open_question(const Leg& inner, const std::vector<Leg>& outer,
                      const std::vector<std::int64_t>& lossy_minutes);

}  // namespace pcapaudit
