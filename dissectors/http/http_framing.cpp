// Content-Length, Transfer-Encoding and chunk sizes; see the header.

#include "dissectors/http/http_framing.hpp"

#include <algorithm>
#include <charconv>

namespace pcapaudit {
namespace {

// Content-Length; a list of equal numbers is one number (RFC 9110 8.6). false: contradictory.
bool add_length(std::string_view value, std::optional<std::uint64_t>& length) {
  while (true) {
    const std::size_t comma = value.find(',');
    const std::string_view digits = without_blanks(value.substr(0, comma));
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

void HttpFraming::take(HttpField field, std::string_view value) {
  if (field == HttpField::content_length && !add_length(value, length_)) bad_length_ = true;
  if (field != HttpField::transfer_encoding) return;
  // Several fields are one list (RFC 9110 5.3).
  while (true) {
    const std::size_t comma = value.find(',');
    const std::string_view coding = without_blanks(value.substr(0, comma));
    if (equal_ignoring_case(coding, "identity")) {
      identity_ = true;
      last_is_chunked_ = false;
    } else if (!coding.empty() || comma == std::string_view::npos) {
      coded_ = true;
      last_is_chunked_ = equal_ignoring_case(coding, "chunked");
      if (last_is_chunked_) chunked_ = static_cast<std::uint8_t>(std::min(chunked_ + 1, 2));
    }
    if (comma == std::string_view::npos) return;
    value = value.substr(comma + 1);
  }
}

HttpFraming::Body HttpFraming::body(const HttpStart& start, bool to_head) const {
  const bool no_body = !start.request && (start.status < 200 || start.status == 204 ||
                                          start.status == 304 || to_head);
  if (no_body) return {.kind = Kind::none};
  if (coded_) return coded(start);
  if (bad_length_) return {.kind = Kind::unknown, .doubt = "http: contradictory content lengths"};
  const std::string_view doubt = identity_ ? "http: transfer coding identity" : "";
  if (length_ && *length_ > longest) {
    return {.kind = Kind::unknown, .doubt = "http: content length is out of range"};
  }
  if (length_) return {.kind = Kind::length, .length = *length_, .doubt = doubt};
  return {.kind = start.request ? Kind::none : Kind::until_close, .doubt = doubt};
}

// RFC 9112 6.3, with the ways in which peers depart from it.
HttpFraming::Body HttpFraming::coded(const HttpStart& start) const {
  if (!last_is_chunked_) {
    constexpr std::string_view why = "http: transfer codings that do not end in chunked";
    return {.kind = start.request ? Kind::unknown : Kind::until_close, .doubt = why};
  }
  if (chunked_ > 1) return {.kind = Kind::unknown, .doubt = "http: chunked more than once"};
  std::string_view doubt;
  if (length_ || bad_length_) doubt = "http: content length beside a transfer coding";
  if (identity_) doubt = "http: transfer coding identity";
  if (start.minor == '0') doubt = "http: transfer coding in HTTP/1.0";
  return {.kind = Kind::chunked, .doubt = doubt};
}

std::optional<ChunkLine> parse_chunk_line(std::string_view line) {
  ChunkLine chunk;
  chunk.plain = line.ends_with('\r');  // a lone LF is for heads only (RFC 9112 2.2)
  if (chunk.plain) line.remove_suffix(1);
  const std::size_t blanks = std::min(line.find_first_not_of(" \t"), line.size());
  chunk.plain = chunk.plain && blanks == 0;
  line.remove_prefix(blanks);
  const char* const end = line.data() + line.size();
  const auto parsed = std::from_chars(line.data(), end, chunk.size, 16);
  // Nobody sends such chunks: they are there to overflow 32 bits.
  constexpr std::uint64_t largest = std::uint64_t{1} << 32;
  if (parsed.ec != std::errc{} || line.starts_with('-') || chunk.size >= largest) {
    return std::nullopt;
  }
  // Blanks behind the size are common: servers pad the line to a fixed width.
  const std::string_view rest(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
  const std::size_t extension = std::min(rest.find_first_not_of(" \t"), rest.size());
  if (extension < rest.size() && rest[extension] != ';') return std::nullopt;
  chunk.plain = chunk.plain && rest.find_first_of(std::string_view("\r\0", 2)) == rest.npos;
  return chunk;
}

}  // namespace pcapaudit
