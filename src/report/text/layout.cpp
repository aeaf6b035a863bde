// Numbers, words and lines of the text report.

#include "report/text/layout.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "base/text/ascii.hpp"

namespace pcapaudit {
namespace {

constexpr std::size_t line_width = 100;
constexpr std::size_t severity_width = 8;  // "CRITICAL"

// Columns of UTF-8 text, one for each code point: continuation bytes do not count.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

std::uint64_t number(std::string_view cell) {
  std::uint64_t value = 0;
  std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return value;
}

std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, " ");
  return text;
}

std::string share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return grouped(part);
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return fmt::format("{} ({:.1f} %)", grouped(part), percent);
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(count), count == 1 ? one : many);
}

std::string to_second(std::string_view time) {
  std::string text(time.substr(0, 19));
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

std::string severity_word(std::string_view severity, bool color) {
  const std::string padded = fmt::format("{:<{}}", ascii_upper(severity), severity_width);
  if (!color) return padded;
  const std::string_view code = severity == "critical" || severity == "high" ? "1;31"
                                : severity == "medium"                       ? "1;33"
                                : severity == "low"                          ? "36"
                                                                             : "2";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, padded);
}

std::string outcome_words(std::string_view outcome) {
  if (outcome == "data") return "data both ways";
  if (outcome == "handshake") return "opened, no data both ways";
  if (outcome == "refused") return "refused";
  if (outcome == "blocked") return "no answer";
  if (outcome == "one-sided") return "only one direction captured";
  if (outcome == "midstream") return "start not captured";
  return "never seen";
}

std::string wrapped(std::string_view text, std::size_t indent) {
  std::string lines;
  std::string line;
  std::size_t width = 0;
  const auto flush = [&] {
    if (!line.empty()) lines += std::string(indent, ' ') + line + '\n';
    line.clear();
    width = 0;
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (width > 0 && indent + width + 1 + columns(word) > line_width) flush();
    if (!line.empty()) line += ' ';
    line += word;
    width = columns(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  flush();
  return lines;
}

std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("._-/+:@%").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace pcapaudit
