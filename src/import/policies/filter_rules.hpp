// Rules of a packet filter, whatever wrote them, and the rows that they allow.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "import/policies/foreign_policy.hpp"

namespace pcapaudit {

enum class FilterField : std::uint8_t {
  source,       // addresses, networks, "@set"
  destination,  // the same
  source_port,
  port,       // of the destination
  transport,  // "tcp"
  state,      // "established"
  interface,
  other  // whatever no row can say; the value tells what
};
struct FilterMatch {
  FilterField field = FilterField::other;
  bool negated = false;
  std::vector<std::string> values;
};
struct FilterRule {
  std::uint32_t line = 0;
  std::string chain;
  std::vector<FilterMatch> matches;
  std::string verdict;  // "accept", "drop", "reject", "jump", ""
  std::string target;   // of a jump
  std::string comment;
};
struct FilterChain {
  std::uint32_t line = 0;
  std::string hook;    // "input", "output", "forward"; "" when others jump to it
  std::string policy;  // "accept", "drop"
};
struct Filter {
  std::vector<FilterRule> rules;
  std::map<std::string, FilterChain> chains;
  std::map<std::string, std::vector<std::string>> sets;
  bool is_own = false;  // an export of ours: sets are roles, comments the names of rows
};

void filter_to_rows(const Filter& filter, ForeignPolicy& out);

}  // namespace pcapaudit
