// "Name: value" header blocks as HTTP/1.x and SIP use them.
//
// Views into the block that was given; nothing is copied. Folded lines (RFC 9112 5.2,
// RFC 3261 7.3.1) belong to the value before them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace pcapaudit {

struct HeaderLine {
  std::string_view name;   // as sent, without the colon and surrounding blanks
  std::string_view value;  // trimmed; a folded value still holds its line breaks
  std::string_view raw;    // all of it, without its last LF
};

// Walks the lines of a header block (the bytes after the start line, up to but not
// including the empty line). Lines without a colon are skipped and counted.
class HeaderLines {
 public:
  explicit HeaderLines(std::string_view block) : rest_(block) {}
  std::optional<HeaderLine> next();
  std::size_t bad_lines() const { return bad_lines_; }

 private:
  std::string_view rest_;
  std::size_t bad_lines_ = 0;
};

// Offset just behind the empty line that ends a header block, or nullopt when it has not
// come yet. Accepts CRLF and bare LF. The first `searched` bytes are known not to hold its end.
std::optional<std::size_t> end_of_headers(std::string_view text, std::size_t searched = 0);

// ASCII only. Most names differ in their length.
bool equal_letters(std::string_view a, std::string_view b);
inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && equal_letters(a, b);
}

// The text up to the first of these characters, or all of it. Where one of them is near this
// costs less than find_first_of(), which calls a function for each character.
template <class... Ends>
std::string_view up_to(std::string_view text, Ends... ends) {
  const auto end =
      std::find_if(text.begin(), text.end(), [&](char c) { return ((c == ends) || ...); });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

}  // namespace pcapaudit
