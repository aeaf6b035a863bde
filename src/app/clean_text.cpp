// Wire text made printable.
#include <pcapaudit/app/app_record.hpp>

#include <algorithm>

namespace pcapaudit {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

// Length of the well-formed UTF-8 sequence at the front, 0 when there is none (RFC 3629 4).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!tail(1) || !tail(2)) return 0;
    const bool overlong = first == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = first == 0xed && byte(1) >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    const bool overlong = first == 0xf0 && byte(1) < 0x90;
    const bool beyond = first == 0xf4 && byte(1) >= 0x90;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

bool is_control(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7f;
  // U+0080 to U+009F
  return sequence.size() == 2 && first == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0;
}

}  // namespace

std::string clean_text(std::string_view wire, std::size_t limit) {
  // Nearly all text of the wire is plain.
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f; };
  if (wire.size() <= limit && std::all_of(wire.begin(), wire.end(), is_plain)) {
    return std::string(wire);
  }
  std::string text;
  while (!wire.empty()) {
    const std::size_t length = sequence_length(wire);
    const std::string_view piece = wire.substr(0, length == 0 ? 1 : length);
    wire.remove_prefix(piece.size());
    const std::string_view shown = length == 0 || is_control(piece) ? replacement : piece;
    if (text.size() + shown.size() > limit) break;
    text += shown;
  }
  return text;
}

}  // namespace pcapaudit
