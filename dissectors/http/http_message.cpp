// Parsing of HTTP/1.x start lines, targets and credentials.

#include "dissectors/http/http_message.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace pcapaudit {
namespace {

constexpr std::string_view blanks = " \t\v\f\r";  // RFC 9112 3: what may divide words
constexpr std::size_t first_digit_end = 12;       // "HTTP/1.1 200"

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr auto token_table = make_token_table();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return token_table[static_cast<unsigned char>(c)];
  });
}

// host [":" port] (RFC 3986 3.2.2, 3.2.3).
bool is_host_and_port(std::string_view text) {
  constexpr std::string_view in_names = "-._~%!$&'()*+,;=", in_addresses = ".:%";
  const auto all = [](std::string_view part, std::string_view others) {
    return std::all_of(part.begin(), part.end(), [&](char c) {
      return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
             others.find(c) != std::string_view::npos;
    });
  };
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || !all(text.substr(1, end - 1), in_addresses)) return false;
    port = text.substr(end + 1);
  } else {
    port = text.substr(std::min(text.find(':'), text.size()));
    if (!all(text.substr(0, text.size() - port.size()), in_names)) return false;
  }
  return port.empty() ||
         (port.front() == ':' && std::all_of(port.begin() + 1, port.end(), is_digit));
}

// "HTTP/1.1", in any case, and versions that nobody speaks yet.
bool is_version(std::string_view word) {
  return word.size() > 5 && equal_ignoring_case(word.substr(0, 5), "HTTP/") && is_digit(word[5]);
}

// "HTTP/1.x"
bool is_plain_version(std::string_view word) {
  return word.size() == 8 && word.starts_with("HTTP/1.") && is_digit(word[7]);
}

char minor_of(std::string_view version) {
  return version.size() == 8 && version[5] == '1' && version[6] == '.' && is_digit(version[7])
             ? version[7]
             : '\0';
}

// A byte below `limit`. Eight at a time, for every byte of every head comes by here.
template <std::uint8_t limit>
bool has_below(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
  constexpr std::size_t step = sizeof ones;
  if (text.size() < step) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < limit; });
  }
  std::uint64_t below = 0;
  for (std::size_t at = 0; at < text.size(); at += step) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + std::min(at, text.size() - step), step);
    below |= (word - ones * limit) & ~word & tops;
  }
  return below != 0;
}

bool has_control(std::string_view text) {
  return has_below<0x20>(text) && std::any_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 && c != '\t';
         });
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find_first_of(blanks));
}

// "HTTP/1.1 200 OK", as nearly all answers write it.
std::optional<HttpStart> parse_plain_response(std::string_view line) {
  if (line.size() < first_digit_end || !is_plain_version(line.substr(0, 8)) || line[8] != ' ' ||
      !is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11]) ||
      (line.size() > first_digit_end && line[first_digit_end] != ' ')) {
    return std::nullopt;
  }
  HttpStart start{.method = {}, .target = {}, .minor = line[7]};
  std::from_chars(line.data() + 9, line.data() + first_digit_end, start.status);
  return start.status < 100 ? std::nullopt : std::optional(start);
}

// Other answers that some clients take.
std::optional<HttpStart> parse_response(std::string_view line) {
  HttpStart start;
  const std::string_view version = first_word(line);
  start.plain = false;
  start.minor = version == "ICY" ? '0' : minor_of(version);
  const std::string_view digits = without_blanks(line.substr(version.size())).substr(0, 3);
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, start.status);
  if (parsed.ec != std::errc{} || parsed.ptr != end || start.status < 100) return std::nullopt;
  return start;
}

// What is not "method SP target SP HTTP/1.x".
std::optional<HttpStart> parse_loose_request(std::string_view line) {
  HttpStart start{.request = true, .plain = false, .method = first_word(line), .target = {}};
  if (!is_token(start.method)) return std::nullopt;
  std::string_view rest = without_blanks(line.substr(start.method.size()));
  const std::size_t last = rest.find_last_of(blanks);
  const std::string_view version = last == std::string_view::npos ? rest : rest.substr(last + 1);
  if (is_version(version)) {
    start.minor = minor_of(version);
    start.target = without_blanks(rest.substr(0, rest.size() - version.size()));
    return start;
  }
  start.bare = true;
  start.target = rest;
  if (rest.empty() || last != std::string_view::npos || !is_known_http_method(start.method)) {
    return std::nullopt;
  }
  return split_target(start.method, rest).plain ? std::optional(start) : std::nullopt;
}

}  // namespace

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_known_http_method(std::string_view method) {
  constexpr std::string_view known[] = {
      "GET",     "HEAD",      "POST",        "PUT",          "DELETE",    "CONNECT", "OPTIONS",
      "TRACE",   "PATCH",     "PROPFIND",    "PROPPATCH",    "MKCOL",     "COPY",    "MOVE",
      "LOCK",    "UNLOCK",    "REPORT",      "SEARCH",       "SUBSCRIBE", "NOTIFY",  "MERGE",
      "POLL",    "CHECKOUT",  "RPC_IN_DATA", "RPC_OUT_DATA", "BITS_POST", "BMOVE",   "BCOPY",
      "BDELETE", "BPROPFIND", "UNSUBSCRIBE"};
  return std::find(std::begin(known), std::end(known), method) != std::end(known);
}

std::optional<HttpStart> parse_http_start(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (const auto plain = parse_plain_response(line)) return plain;
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  const bool three_words = first != last && first != std::string_view::npos;
  if (three_words && is_plain_version(line.substr(last + 1))) {
    HttpStart start{.request = true,
                    .method = line.substr(0, first),
                    .target = line.substr(first + 1, last - first - 1),
                    .minor = line.back()};
    const bool plain = !has_below<0x21>(start.target);  // blanks and control characters
    if (plain && !start.target.empty() && is_token(start.method)) return start;
  }
  line = without_blanks(line);
  const std::string_view word = first_word(line);
  if (is_version(word) || word == "ICY") return parse_response(line);
  return parse_loose_request(line);
}

std::optional<HttpStart> parse_cut_http_start(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    return line.size() < first_digit_end ? std::nullopt
                                         : parse_plain_response(line.substr(0, first_digit_end));
  }
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos || !is_token(line.substr(0, blank))) return std::nullopt;
  return HttpStart{.request = true, .method = line.substr(0, blank), .target = {}};
}

HttpAuthority split_authority(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) {
    return {.host = authority, .plain = is_host_and_port(authority)};
  }
  const bool credentials = authority.substr(0, at).find(':') != std::string_view::npos;
  return {.host = authority.substr(at + 1), .credentials = credentials, .plain = false};
}

HttpTarget split_target(std::string_view method, std::string_view target) {
  if (method == "CONNECT") {
    const HttpAuthority authority = split_authority(target);
    return {.host = authority.host,
            .path = {},
            .credentials = authority.credentials,
            .plain = authority.plain};
  }
  HttpTarget out;
  if (!target.starts_with('/')) {
    const std::size_t scheme = target.find("://");
    out.plain = target == "*" || (scheme != std::string_view::npos && scheme > 0 &&
                                  is_token(target.substr(0, scheme)));
    if (scheme != std::string_view::npos && out.plain) {
      const std::string_view rest = target.substr(scheme + 3);
      const std::string_view whole = up_to(rest, '/', '?', '#');
      target = rest.substr(whole.size());
      if (!target.starts_with('/')) target = "/";  // RFC 9110 4.2.3: an empty path
      const HttpAuthority authority = split_authority(whole);
      out.credentials = authority.credentials;
      out.host = authority.host;
      out.plain = authority.plain;
    }
  }
  out.path = up_to(target, '?', '#');
  return out;
}

bool is_same_host(std::string_view a, std::string_view b) {
  const auto name = [](std::string_view host) {
    const std::size_t colon = host.rfind(':');
    const bool port =
        colon != std::string_view::npos &&
        std::all_of(host.begin() + static_cast<std::ptrdiff_t>(colon) + 1, host.end(), is_digit);
    return port ? host.substr(0, colon) : host;
  };
  return equal_ignoring_case(name(a), name(b));
}

HttpField http_field(std::string_view name) {
  const auto when = [&](std::string_view known, HttpField field) {
    return equal_ignoring_case(name, known) ? field : HttpField::other;
  };
  switch (name.size()) {
    case 4:
      return when("Host", HttpField::host);
    case 6:
      return equal_ignoring_case(name, "Expect") ? HttpField::expect
                                                 : when("Server", HttpField::server);
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

std::string_view doubt_of(const HeaderLine& line) {
  std::string_view rest = line.raw;
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  if (has_control(rest)) {
    return rest.find('\n') == std::string_view::npos ? "http: control characters in a field"
                                                     : "http: a folded field";
  }
  const bool name_stands_alone = line.name.data() == rest.data() &&
                                 line.name.size() < rest.size() && rest[line.name.size()] == ':';
  return name_stands_alone ? "" : "http: blanks beside a field name";
}

namespace {

// Of IANA's registry of HTTP authentication schemes, and those that are met beside it.
constexpr std::string_view schemes[] = {
    "Basic",         "Bearer",    "Concealed", "Digest",   "DPoP",         "GNAP",
    "HOBA",          "Mutual",    "Negotiate", "OAuth",    "PrivateToken", "SCRAM-SHA-1",
    "SCRAM-SHA-256", "vapid",     "NTLM",      "Kerberos", "ApiKey",       "AWS4-HMAC-SHA256",
    "Hawk",          "SharedKey", "Token"};

// A word that is no known scheme may be the secret itself: it is not told.
std::string_view told(std::string_view word, bool is_alone) {
  const bool is_known = std::any_of(std::begin(schemes), std::end(schemes),
                                    [&](auto scheme) { return equal_ignoring_case(word, scheme); });
  return is_known ? word : is_alone ? bare_token : "unregistered";
}

}  // namespace

std::string_view next_scheme(std::string_view& credentials) {
  constexpr std::string_view between = " \t\r\n,";
  while (!credentials.empty()) {
    credentials.remove_prefix(std::min(credentials.find_first_not_of(between), credentials.size()));
    const std::string_view word = up_to(credentials, ' ', '\t', '\r', '\n', ',', '=', '"');
    // On to the next comma that is not quoted.
    bool quoted = false;
    std::size_t end = word.size();
    while (end < credentials.size() && (quoted || credentials[end] != ',')) {
      quoted = quoted != (credentials[end] == '"');
      ++end;
    }
    const std::string_view behind =
        without_blanks(credentials.substr(word.size(), end - word.size()));
    credentials = credentials.substr(end);
    if (!word.empty() && !behind.starts_with('=')) return told(word, behind.empty());
  }
  return {};
}

bool is_clear_scheme(std::string_view scheme) {
  return equal_ignoring_case(scheme, "Basic") || equal_ignoring_case(scheme, "Bearer") ||
         scheme == bare_token;
}

}  // namespace pcapaudit
