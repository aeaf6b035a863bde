// Recognises start lines, whole ones and those that are still on their way; see the header.

#include "dissectors/http/http_probe.hpp"

#include <algorithm>

#include "dissectors/http/http_message.hpp"

namespace pcapaudit {
namespace {

// Empty lines before a message; servers take them in any number (RFC 9112 2.2 asks for one).
constexpr std::size_t most_lead = 16 * 1024;
// A line that is longer without its end is another protocol's, unless it began with a method.
constexpr std::size_t patience = 2048;
// A request line longer than any other protocol's first line.
constexpr std::size_t certain = 1024;

bool is_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\r' || c == '\t' || static_cast<unsigned char>(c) >= 0x20;
  });
}

bool is_prefix_of_another(std::string_view text, std::string_view whole) {
  const std::size_t common = std::min(text.size(), whole.size());
  return equal_ignoring_case(text.substr(0, common), whole.substr(0, common));
}

// "HTTP/1.1 200", or the beginning of it.
Probe probe_status_line(std::string_view text) {
  const std::size_t word = text.find_first_of(" \t");
  constexpr std::size_t longest_version = 16;
  if (word == std::string_view::npos) {
    return text.size() <= longest_version && is_text(text) ? Probe::need_more() : Probe::not_mine();
  }
  constexpr std::size_t digits = 3;
  if (without_blanks(text.substr(word)).size() < digits && text.size() < patience) {
    return Probe::need_more();
  }
  const auto start = parse_http_start(text);
  return start && !start->request ? Probe::mine(Probe::Speaker::server) : Probe::not_mine();
}

// A method and a blank, then only bytes a target may have, so far.
Probe probe_open_line(std::string_view text) {
  if (!is_text(text)) return Probe::not_mine();
  const std::size_t blank = text.find_first_of(" \t");
  const std::string_view method = text.substr(0, blank);
  const bool token = std::all_of(method.begin(), method.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
  });
  if (!token || method.empty()) return Probe::not_mine();
  const std::string_view target =
      blank == std::string_view::npos ? std::string_view{} : without_blanks(text.substr(blank));
  const bool plausible = !target.empty() && (target.front() == '/' || target.front() == '*' ||
                                             is_prefix_of_another(target, "http"));
  if (is_known_http_method(method) && !target.empty() && (plausible || method == "CONNECT")) {
    return text.size() >= certain ? Probe::mine(Probe::Speaker::client)
                                  : Probe::likely_mine(Probe::Speaker::client);
  }
  return text.size() < patience ? Probe::need_more() : Probe::not_mine();
}

}  // namespace

Probe probe_http(std::string_view text) {
  const std::size_t lead = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  if (lead > most_lead) return Probe::not_mine();
  text.remove_prefix(lead);
  if (text.empty()) return Probe::need_more();
  if (is_prefix_of_another(text, "PRI * HTTP/2.0\r\n")) {
    return text.size() < 4 ? Probe::need_more() : Probe::not_mine();
  }
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  if (is_prefix_of_another(text, "HTTP/") || line.starts_with("ICY ")) {
    if (end == std::string_view::npos) return probe_status_line(line);
    const auto start = parse_http_start(line);
    return start && !start->request ? Probe::mine(Probe::Speaker::server) : Probe::not_mine();
  }
  if (end == std::string_view::npos) return probe_open_line(line);
  const auto start = parse_http_start(line);
  if (!start || !start->request) return Probe::not_mine();
  // Other protocols have commands of two words, too.
  const bool bare_other = start->bare && (start->method != "GET" || start->target == "*");
  return bare_other ? Probe::not_mine() : Probe::mine(Probe::Speaker::client);
}

}  // namespace pcapaudit
