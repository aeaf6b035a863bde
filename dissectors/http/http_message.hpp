// Start lines, targets, fields and credentials of HTTP/1.x messages, without state.
//
// Peers take more than the grammar allows. What some of them take is read here, too, and called
// not plain: others read it differently, so that what it says is a guess.
// Source: RFC 9112.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <pcapaudit/app/header_lines.hpp>

namespace pcapaudit {

struct HttpStart {
  bool request = false;
  bool plain = true;                // as RFC 9112 3 and 4 write it; any version 1.x (RFC 9110 2.5)
  std::string_view method, target;  // request; a target that is not plain may hold blanks
  std::uint32_t status = 0;         // response
  char minor = 0;                   // version 1.x: its digit; 0: another version, or none
  bool bare = false;                // a request without a version: HTTP/0.9
};

// A start line without its LF; nullopt when it is none. Read as well: any number of blanks (RFC
// 9112 3 allows that), versions in lower case or above 1, no target, a blank in the target, no
// version behind a well-known method, and ICY in place of HTTP/1.0.
std::optional<HttpStart> parse_http_start(std::string_view line);
// The beginning of a start line whose rest was not captured: a method, or a version and status.
std::optional<HttpStart> parse_cut_http_start(std::string_view line);

// Methods that are known by their name alone, each with the blank behind it.
bool is_known_http_method(std::string_view method);

// The words of a line, which any blanks divide.
std::string_view without_blanks(std::string_view text);

// The host of an authority, behind its user information (RFC 3986 3.2). Fields and targets of HTTP
// have no room for that (RFC 9110 4.2.4, 7.2).
struct HttpAuthority {
  std::string_view host;
  bool credentials = false;  // "user:password@"
  bool plain = true;         // nothing before an '@', and nothing but a name or address and a port
};
HttpAuthority split_authority(std::string_view authority);

// Path without query, and authority of an absolute-form target (RFC 9112 3.2).
struct HttpTarget {
  std::string_view host, path;
  bool credentials = false;  // "user:password@" before the host (RFC 3986 3.2.1)
  bool plain = true;         // one of the four forms
};
HttpTarget split_target(std::string_view method, std::string_view target);

// The same host, whatever the letters' case; a port is no part of it.
bool is_same_host(std::string_view a, std::string_view b);

// Fields that this program looks at.
enum class HttpField : std::uint8_t {
  other,
  host,
  expect,
  server,
  upgrade,
  location,
  user_agent,
  authorization,  // also of a proxy
  content_length,
  transfer_encoding,
};
HttpField http_field(std::string_view name);

// Why some peers would read this field otherwise than it is read here; empty: none (RFC 9112 5).
std::string_view doubt_of(const HeaderLine& line);

// Takes the schemes from the front of a field of credentials, one at a call; empty at the end.
// Lists are read, too, though the grammar knows one scheme only (RFC 9110 11.4). A word that is no
// known scheme may be a secret: it is "bare-token" when nothing follows it, else "unregistered".
constexpr std::string_view bare_token = "bare-token";
std::string_view next_scheme(std::string_view& credentials);
// Does who reads this scheme's credentials own them? Basic is the password in Base64 (RFC 7617 4),
// a Bearer token can be used by anyone (RFC 6750 5), and so can a token alone.
bool is_clear_scheme(std::string_view scheme);

}  // namespace pcapaudit
