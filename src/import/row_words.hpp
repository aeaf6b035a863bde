// What cells of a row say of its ends and of whether it is allowed.
#pragma once

#include <optional>
#include <string>

namespace pcapaudit {

struct Ends {
  std::string from, to;
};

// "A → B", "B <-- A", "A ↔ B".
struct Arrow {
  Ends ends;
  bool both_ways = false;
};
std::optional<Arrow> arrow_in(const std::string& cell);

// Of a cell of a direction column. `perspective`: inbound and outbound at once.
enum class Way { none, inbound, outbound, both, perspective, unknown };
Way way_of(const std::string& cell);

enum class Action { allowed, denied, unknown };
Action action_of(const std::string& cell);

}  // namespace pcapaudit
