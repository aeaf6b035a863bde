// Text lists as JSON arrays.
#include "store/sqlite.hpp"

#include <fmt/format.h>

namespace pcapaudit::sqlite {
namespace {

// RFC 8259 section 7: quotation mark, reverse solidus and U+0000 to U+001F are escaped.
void append_string(std::string& json, std::string_view text) {
  json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      json += c;
    }
  }
  json += '"';
}

}  // namespace

std::string json_list(const std::vector<std::string>& values) {
  std::string json = "[";
  for (const std::string& value : values) {
    if (json.size() > 1) json += ',';
    append_string(json, value);
  }
  return json + "]";
}

}  // namespace pcapaudit::sqlite
