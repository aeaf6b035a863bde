// Parsing of HTTP/1.x start lines and body framing.
#include "app/http_message.hpp"

#include <algorithm>
#include <charconv>

namespace pcapaudit {
namespace {

bool is_token(std::string_view text) {
  constexpr std::string_view specials = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           specials.find(c) != std::string_view::npos;
  });
}

// "HTTP/1.0" or "HTTP/1.1" to its number; empty for anything else.
std::string_view version_of(std::string_view text) {
  if (text != "HTTP/1.0" && text != "HTTP/1.1") return {};
  return text.substr(5);
}

std::optional<HttpStart> parse_response(std::string_view line) {
  const std::string_view version = version_of(line.substr(0, 8));
  if (version.empty() || line.size() < 12 || line[8] != ' ') return std::nullopt;
  std::uint32_t status = 0;
  const char* digits = line.data() + 9;
  const auto parsed = std::from_chars(digits, digits + 3, status);
  if (parsed.ec != std::errc{} || parsed.ptr != digits + 3 || status < 100) return std::nullopt;
  if (line.size() > 12 && line[12] != ' ') return std::nullopt;
  return HttpStart{
      .request = false, .method = {}, .target = {}, .status = status, .version = version};
}

bool last_is_chunked(std::string_view value) {
  const std::size_t comma = value.rfind(',');
  if (comma != std::string_view::npos) value = value.substr(comma + 1);
  const std::size_t first = value.find_first_not_of(" \t");
  return first != std::string_view::npos && equal_ignoring_case(value.substr(first), "chunked");
}

// Content-Length; a list of equal numbers is one number (RFC 9110 8.6). false: contradictory.
bool add_length(std::string_view value, std::optional<std::uint64_t>& length) {
  while (true) {
    const std::size_t comma = value.find(',');
    std::string_view digits = value.substr(0, comma);
    while (digits.starts_with(' ')) digits.remove_prefix(1);
    while (digits.ends_with(' ')) digits.remove_suffix(1);
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) return false;
    if (length && *length != number) return false;
    length = number;
    if (comma == std::string_view::npos) return true;
    value = value.substr(comma + 1);
  }
}

}  // namespace

std::optional<HttpStart> parse_http_start(std::string_view line) {
  if (line.starts_with("HTTP/")) return parse_response(line);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  HttpStart start{.request = true,
                  .method = line.substr(0, first),
                  .target = line.substr(first + 1, last - first - 1),
                  .status = 0,
                  .version = version_of(line.substr(last + 1))};
  constexpr std::size_t longest_method = 32;  // the longest registered one has 17 letters
  if (start.version.empty() || start.method.size() > longest_method || !is_token(start.method)) {
    return std::nullopt;
  }
  return start;
}

std::optional<HttpStart> parse_cut_http_start(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    constexpr std::size_t status_end = 12;  // "HTTP/1.1 200"
    return line.size() < status_end ? std::nullopt : parse_response(line.substr(0, status_end));
  }
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos || !is_token(line.substr(0, blank))) return std::nullopt;
  return HttpStart{
      .request = true, .method = line.substr(0, blank), .target = {}, .status = 0, .version = {}};
}

HttpTarget split_target(std::string_view method, std::string_view target) {
  if (equal_ignoring_case(method, "CONNECT")) return {.host = target, .path = {}};
  HttpTarget out;
  if (!target.starts_with('/')) {
    const std::size_t scheme = target.find("://");
    if (scheme != std::string_view::npos) {
      const std::string_view rest = target.substr(scheme + 3);
      out.host = up_to(rest, '/', '?', '#');
      target = out.host.size() == rest.size() ? "/" : rest.substr(out.host.size());
    }
  }
  out.path = up_to(target, '?', '#');
  return out;
}

HttpField http_field(std::string_view name) {
  const auto when = [&](std::string_view known, HttpField field) {
    return equal_ignoring_case(name, known) ? field : HttpField::other;
  };
  switch (name.size()) {
    case 4:
      return when("Host", HttpField::host);
    case 6:
      return when("Server", HttpField::server);
    case 7:
      return when("Upgrade", HttpField::upgrade);
    case 8:
      return when("Location", HttpField::location);
    case 10:
      return when("User-Agent", HttpField::user_agent);
    case 13:
      return when("Authorization", HttpField::authorization);
    case 14:
      return when("Content-Length", HttpField::content_length);
    case 17:
      return when("Transfer-Encoding", HttpField::transfer_encoding);
    case 19:
      return when("Proxy-Authorization", HttpField::authorization);
    default:
      return HttpField::other;
  }
}

void HttpFraming::take(HttpField field, std::string_view value) {
  if (field == HttpField::content_length && !add_length(value, length_)) contradictory_ = true;
  if (field == HttpField::transfer_encoding) chunked_ = last_is_chunked(value);
}

HttpFraming::Body HttpFraming::body(const HttpStart& start, bool to_head) const {
  const bool no_body = !start.request && (start.status < 200 || start.status == 204 ||
                                          start.status == 304 || to_head);
  if (no_body) return {.kind = Kind::none};
  // RPC over HTTP announces a gigabyte and streams for hours; the length is taken as it is.
  if (chunked_) return {.kind = Kind::chunked};
  if (contradictory_) return {.kind = Kind::contradictory};
  if (length_) return {.kind = Kind::length, .length = *length_};
  return {.kind = start.request ? Kind::none : Kind::until_close};
}

}  // namespace pcapaudit
