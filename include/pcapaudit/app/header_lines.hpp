// "Name: value" header blocks as HTTP/1.x and SIP use them.
//
// Views into the block that was given; nothing is copied. Folded lines (RFC 9112 5.2,
// RFC 3261 7.3.1) belong to the value before them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace pcapaudit {

struct HeaderLine {
  std::string_view name;   // as sent, without the colon and surrounding blanks
  std::string_view value;  // trimmed; a folded value still holds its line breaks
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
// come yet. Accepts CRLF and bare LF.
std::optional<std::size_t> end_of_headers(std::string_view text);

bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII only

}  // namespace pcapaudit
