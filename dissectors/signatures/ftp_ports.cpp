// Reads announcements line by line; see the header.

#include "dissectors/signatures/ftp_ports.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <pcapaudit/app/header_lines.hpp>

namespace pcapaudit {
namespace {

constexpr std::string_view digits = "0123456789";

// A decimal number up to `largest` at the front of `text`, which is taken off.
std::optional<unsigned> take_number(std::string_view& text, unsigned largest) {
  unsigned number = 0;
  const char* const begin = text.data();
  const auto parsed = std::from_chars(begin, begin + text.size(), number);
  if (parsed.ec != std::errc{} || number > largest) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - begin));
  return number;
}

std::optional<std::uint16_t> port_of(unsigned number) {
  if (number == 0) return std::nullopt;
  return static_cast<std::uint16_t>(number);
}

// "h1,h2,h3,h4,p1,p2" (RFC 959 5.3.2).
std::optional<std::uint16_t> host_port(std::string_view text) {
  std::array<unsigned, 6> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) {
      if (!text.starts_with(',')) return std::nullopt;
      text.remove_prefix(1);
    }
    const auto number = take_number(text, 255);
    if (!number) return std::nullopt;
    numbers[i] = *number;
  }
  return port_of(numbers[4] << 8 | numbers[5]);
}

// "|1|192.0.2.1|6275|", and without protocol and address "|||6446|"; '|' may be another character.
std::optional<std::uint16_t> extended(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const char mark = text.front();
  if (mark <= ' ' || mark > '~' || digits.find(mark) != std::string_view::npos) return std::nullopt;
  for (int field = 0; field < 3; ++field) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    text.remove_prefix(at + 1);
  }
  const auto number = take_number(text, 65535);
  return number && text.starts_with(mark) ? port_of(*number) : std::nullopt;
}

// The first six numbers behind the code: parentheses and words around them are free.
std::optional<std::uint16_t> passive(std::string_view text) {
  for (std::size_t at = text.find_first_of(digits); at != std::string_view::npos;) {
    if (const auto port = host_port(text.substr(at))) return port;
    at = text.find_first_not_of(digits, at);
    if (at != std::string_view::npos) at = text.find_first_of(digits, at);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint16_t> announced_port(Direction dir, std::string_view line) {
  constexpr std::size_t head = 5;  // "PORT ", "EPRT "
  constexpr std::size_t code = 4;  // "227 ", "229 "
  if (dir == Direction::to_server) {
    const std::string_view command = line.substr(0, head);
    if (equal_ignoring_case(command, "PORT ")) return host_port(line.substr(head));
    if (equal_ignoring_case(command, "EPRT ")) return extended(line.substr(head));
    return std::nullopt;
  }
  if (line.starts_with("227 ")) return passive(line.substr(code));
  const std::size_t open = line.find('(');
  if (!line.starts_with("229 ") || open == std::string_view::npos) return std::nullopt;
  return extended(line.substr(open + 1));
}

void FtpPorts::read(Direction dir, std::string_view lines, RecordSink& out) {
  std::vector<std::uint16_t>& ports = ports_[index_of(dir)];
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const auto port = announced_port(dir, lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (!port) continue;
    const auto place = std::lower_bound(ports.begin(), ports.end(), *port);
    if (place != ports.end() && *place == *port) continue;
    if (ports.size() >= cap) {
      out.note_unread(dir, Unread::over_cap, "more FTP data ports than are kept");
      continue;
    }
    ports.insert(place, *port);
  }
}

std::string FtpPorts::text(Direction dir) const {
  return fmt::format("{}", fmt::join(ports_[index_of(dir)], ","));
}

}  // namespace pcapaudit
