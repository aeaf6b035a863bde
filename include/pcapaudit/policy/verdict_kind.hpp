// What a judgement comes to, in one word. The rules: docs/verdicts.md.
#pragma once

#include <cstdint>
#include <string_view>

namespace pcapaudit {

enum class VerdictKind : std::uint8_t {
  allowed,       // a documented row was met
  violation,     // none was, or one that fits was not kept
  waived,        // a violation that an exception covers
  undetermined,  // the capture does not tell
  ignored        // outside of what the policy speaks of
};
std::string_view to_text(VerdictKind kind);  // "allowed", ...

}  // namespace pcapaudit
