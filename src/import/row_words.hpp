// What cells of a row say of its ends and of whether it is allowed.
#pragma once

#include <optional>
#include <string>

#include "import/tables/document.hpp"
#include "policy/import.hpp"

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

std::string one_line(std::string text);
// As much of a cell as a remark quotes.
std::string shortened(const std::string& text);
std::string all_cells(const TableRow& row);
// One text across all columns.
bool is_heading(const TableRow& row);
// What a row became, for --explain.
std::string account_of(const ImportedRow& row, const Ends& ends);

}  // namespace pcapaudit
