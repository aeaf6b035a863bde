// Start lines and body framing of HTTP/1.x messages, without state.
//
// Source: RFC 9112.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <pcapaudit/app/header_lines.hpp>

namespace pcapaudit {

struct HttpStart {
  bool request = false;
  std::string_view method, target;  // request
  std::uint32_t status = 0;         // response
  std::string_view version;         // "1.0", "1.1"
};

// A start line without its line end; nullopt when it is none.
std::optional<HttpStart> parse_http_start(std::string_view line);
// The beginning of a start line whose rest was not captured: a method, or a version and status.
std::optional<HttpStart> parse_cut_http_start(std::string_view line);

// Path without query, and host of an absolute-form target (RFC 9112 3.2).
struct HttpTarget {
  std::string_view host, path;
};
HttpTarget split_target(std::string_view method, std::string_view target);

// How the body of a message ends.
struct HttpFraming {
  enum class Kind : std::uint8_t { none, length, chunked, until_close, contradictory };
  Kind kind = Kind::none;
  std::uint64_t length = 0;
};
// `headers` is the header block; for a response `request_method` is its request's ("" unknown).
HttpFraming http_framing(const HttpStart& start, std::string_view headers,
                         std::string_view request_method);

}  // namespace pcapaudit
