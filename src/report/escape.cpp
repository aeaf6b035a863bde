// Hostile text made harmless; see the header.
#include "report/escape.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

#include <fmt/format.h>

#include "base/text/text.hpp"

namespace pcapaudit {
namespace {

std::string code_text(std::uint32_t code) {
  return fmt::format("\\u{:04x}", code);
}

// Markdown gives no meaning to such a word, wherever it stands in a paragraph or a table cell.
// Colons (emoji, links), at signs (mail, mentions), '#' (issues) and the like are left to code
// spans, and so are words that begin a list or are nothing but punctuation.
bool is_plain(std::string_view word) {
  const auto is_letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  const std::size_t colon = word.find(':');
  if (colon != std::string_view::npos && colon + 1 != word.size()) return false;
  if (word.find("www.") != std::string_view::npos) return false;
  if (std::none_of(word.begin(), word.end(),
                   [&](char c) { return is_letter(c) || (c & 0x80) != 0; })) {
    return word == "%" || word == "-" || word == "+";
  }
  const bool list = std::isdigit(static_cast<unsigned char>(word.front())) != 0 &&
                    word.find_first_not_of("0123456789") == word.size() - 1 &&
                    (word.back() == '.' || word.back() == ')');
  if (list) return false;
  return std::all_of(word.begin(), word.end(), [&](char c) {
    return is_letter(c) || (c & 0x80) != 0 ||
           std::string_view(".,;:()'/%+=-?").find(c) != std::string_view::npos;
  });
}

}  // namespace

std::string json_escaped(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const Character it = first_character(json);
    json.remove_prefix(it.bytes.size());
    if (it.code < 0x7f || !is_unseen(it.code)) {
      out += it.bytes;
    } else if (it.code <= 0xffff) {
      out += code_text(it.code);
    } else {
      const std::uint32_t rest = it.code - 0x10000;  // RFC 8259 section 7: a surrogate pair
      out += code_text(0xd800 + (rest >> 10)) + code_text(0xdc00 + (rest & 0x3ff));
    }
  }
  return out;
}

std::string markdown_code(std::string_view text) {
  if (text.empty()) return {};
  std::string out = "`";
  for (const char c : visible(text)) {
    // Both would end the span or the table's cell in some reader.
    if (c == '`' || c == '|') {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '`';
}

std::string markdown(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string word = visible(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (!out.empty()) out += ' ';
    out += is_plain(word) ? word : markdown_code(word);
  }
  return out;
}

}  // namespace pcapaudit
