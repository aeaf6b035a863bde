// How the body of an HTTP/1.x message ends, told by its fields and its chunks.
//
// Where peers are known to disagree (request smuggling), the length is read as RFC 9112 says and
// called not plain, or not believed at all.
// Source: RFC 9112 6 and 7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "dissectors/http/http_message.hpp"

namespace pcapaudit {

class HttpFraming {
 public:
  enum class Kind : std::uint8_t { none, length, chunked, until_close, unknown };
  struct Body {
    Kind kind = Kind::none;
    std::uint64_t length = 0;
    std::string_view doubt = {};  // why peers may read it otherwise, or why it is unknown
  };
  // More than any message has; such a length is there to overflow somebody's counter. RPC over
  // HTTP announces two gigabytes and streams for hours: that is taken as it is.
  static constexpr std::uint64_t longest = std::uint64_t{1} << 48;

  // All fields of the message, in order; those that tell nothing are passed over.
  void take(HttpField field, std::string_view value);
  // `to_head`: the response to a HEAD request.
  Body body(const HttpStart& start, bool to_head) const;

 private:
  Body coded(const HttpStart& start) const;

  std::optional<std::uint64_t> length_;
  bool bad_length_ = false;
  std::uint8_t chunked_ = 0;  // how often it is named, up to 2
  bool coded_ = false;        // by anything but "identity"
  bool identity_ = false;     // named, though it means nothing (RFC 7230 A.2)
  bool last_is_chunked_ = false;
};

// The line before a chunk, without its LF: chunk-size [chunk-ext]. nullopt: none that all peers
// read alike.
struct ChunkLine {
  std::uint64_t size = 0;
  bool plain = true;
};
std::optional<ChunkLine> parse_chunk_line(std::string_view line);

}  // namespace pcapaudit
