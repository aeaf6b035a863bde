// Text as JSON strings; see the header.

#include "report/text/json_line.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace pcapaudit {

void JsonLine::value(std::string_view text) {
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
  if (!std::all_of(text.begin(), text.end(), is_plain)) {
    raw(nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  separate();
  text_ += '"';
  text_ += text;
  text_ += '"';
}

}  // namespace pcapaudit
