// The four lists of Changes in the order in which every format shows them.
#pragma once

#include <array>
#include <string_view>

#include <pcapaudit/report/diff.hpp>

namespace pcapaudit {

struct ChangeSection {
  const char* key;    // JSON
  const char* one;    // "documented flow"
  const char* title;  // "Documented flows"
  const ChangeList* list;
};
std::array<ChangeSection, 4> sections_of(const Changes& changes);

std::string_view to_text(Change::Kind kind);  // "new", "changed", "gone"

}  // namespace pcapaudit
