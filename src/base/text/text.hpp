// Characters of UTF-8 (RFC 3629), and text that shows all that it holds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pcapaudit {

// One character at the front of a text, or one byte that is none.
struct Character {
  std::string_view bytes;
  std::uint32_t code = 0;
  bool valid = true;
};
// `text` is not empty.
Character first_character(std::string_view text);

// Characters that show nothing, or show others elsewhere: controls, marks that change the direction
// of writing, what fonts draw as nothing (Unicode 15: Cc, Bidi_Control,
// Default_Ignorable_Code_Point).
bool is_unseen(std::uint32_t code);
bool is_control(std::uint32_t code);  // Cc

// Valid UTF-8 in which every character can be seen: the unseen ones and broken bytes become text
// such as \u202e or \xff.
// `kept` are left as they are.
std::string visible(std::string_view text, std::string_view kept = {});
// A basic string of TOML 1.0, with its quotes; every character can be seen.
std::string toml_string(std::string_view text);
constexpr std::string_view tabs_and_lines = "\t\n";

}  // namespace pcapaudit
