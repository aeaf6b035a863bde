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

// Fields that this program looks at.
enum class HttpField : std::uint8_t {
  other,
  host,
  server,
  upgrade,
  location,
  user_agent,
  authorization,  // also of a proxy
  content_length,
  transfer_encoding,
};
HttpField http_field(std::string_view name);

// How the body of a message ends, told by its fields.
class HttpFraming {
 public:
  enum class Kind : std::uint8_t { none, length, chunked, until_close, contradictory };
  struct Body {
    Kind kind = Kind::none;
    std::uint64_t length = 0;
  };

  // All fields of the message, in order; those that tell nothing are passed over.
  void take(HttpField field, std::string_view value);
  // `to_head`: the response to a HEAD request.
  Body body(const HttpStart& start, bool to_head) const;

 private:
  std::optional<std::uint64_t> length_;
  bool chunked_ = false;
  bool contradictory_ = false;
};

}  // namespace pcapaudit
