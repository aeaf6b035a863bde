// The four lists of Changes in the order in which every format shows them.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "report/diff/diff.hpp"

namespace pcapaudit {

struct ChangeSection {
  const char* key;    // JSON
  const char* one;    // "documented flow"
  const char* title;  // "Documented flows"
  const ChangeList* list;
};
std::array<ChangeSection, 4> sections_of(const Changes& changes);

// "1 new, 2 changed, 0 gone, 7 the same", with what stands between.
std::string counts(const ChangeList& list, std::string_view between);

}  // namespace pcapaudit
