// Walks header blocks; see the header for what it accepts.
#include <algorithm>

#include <pcapaudit/app/header_lines.hpp>

namespace pcapaudit {
namespace {

bool is_blank(char c) {
  // Nearly all characters need one comparison.
  return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::optional<HeaderLine> HeaderLines::next() {
  while (!rest_.empty()) {
    std::size_t end = rest_.find('\n');
    // A line that begins with a blank continues the one before it.
    while (end != std::string_view::npos && end + 1 < rest_.size() &&
           (rest_[end + 1] == ' ' || rest_[end + 1] == '\t')) {
      end = rest_.find('\n', end + 1);
    }
    const std::string_view line = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && colon > 0) {
      return HeaderLine{.name = trimmed(line.substr(0, colon)),
                        .value = trimmed(line.substr(colon + 1)),
                        .raw = line};
    }
    if (!trimmed(line).empty()) ++bad_lines_;
  }
  return std::nullopt;
}

std::optional<std::size_t> end_of_headers(std::string_view text, std::size_t searched) {
  // An end of three bytes may have begun in those.
  const std::size_t begin = searched < 2 ? 0 : searched - 2;
  for (std::size_t at = text.find('\n', begin); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    if (at + 1 < text.size() && text[at + 1] == '\n') return at + 2;
    if (at + 2 < text.size() && text[at + 1] == '\r' && text[at + 2] == '\n') return at + 3;
  }
  return std::nullopt;
}

bool equal_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace pcapaudit
