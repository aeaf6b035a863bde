// Wire text made printable.
#include <algorithm>

#include <pcapaudit/app/app_record.hpp>

#include "base/text/text.hpp"

namespace pcapaudit {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

}  // namespace

std::string clean_text(std::string_view wire, std::size_t limit) {
  // Nearly all text of the wire is plain.
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f; };
  if (wire.size() <= limit && std::all_of(wire.begin(), wire.end(), is_plain)) {
    return std::string(wire);
  }
  std::string text;
  while (!wire.empty()) {
    const Character it = first_character(wire);
    wire.remove_prefix(it.bytes.size());
    const std::string_view shown = it.valid && !is_control(it.code) ? it.bytes : replacement;
    if (text.size() + shown.size() > limit) break;
    text += shown;
  }
  return text;
}

}  // namespace pcapaudit
