// Hostile text made harmless; see the header.
#include "report/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

#include <pcapaudit/app/app_record.hpp>

namespace pcapaudit {
namespace {

// One character at the front of a text, or one byte that is none.
struct Character {
  std::string_view bytes;
  std::uint32_t code = 0;
  bool valid = true;
};

// RFC 3629: well-formed means that clean_text keeps it as it is, if it is printable at all.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) < 0x80 ? 1 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
  const Character broken{.bytes = text.substr(0, 1), .code = byte(0), .valid = false};
  if (length == 1) return {.bytes = text.substr(0, 1), .code = byte(0)};
  if (length > text.size() || byte(0) < 0xc2) return broken;
  constexpr std::array<std::uint32_t, 5> first_bits = {0, 0x7f, 0x1f, 0x0f, 0x07};
  std::uint32_t code = byte(0) & first_bits[length];
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return broken;
    code = code << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (byte(0) > 0xf4 || code < least[length] || code > 0x10ffff || surrogate) return broken;
  return {.bytes = text.substr(0, length), .code = code};
}

struct Range {
  std::uint32_t first, last;
};

// Characters that show nothing, or show others elsewhere (Unicode: Cc, Bidi_Control, Cf and the
// fillers that fonts draw as nothing).
constexpr Range unseen[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},       {0xad, 0xad},      {0x34f, 0x34f},   {0x61c, 0x61c},
    {0x115f, 0x1160}, {0x17b4, 0x17b5},   {0x180b, 0x180e},  {0x200b, 0x200f}, {0x2028, 0x202e},
    {0x2060, 0x206f}, {0x3164, 0x3164},   {0xfe00, 0xfe0f},  {0xfeff, 0xfeff}, {0xffa0, 0xffa0},
    {0xfff9, 0xfffb}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};

bool is_unseen(std::uint32_t code) {
  return std::any_of(std::begin(unseen), std::end(unseen),
                     [&](const Range& it) { return it.first <= code && code <= it.last; });
}

std::string code_text(std::uint32_t code) {
  return code > 0xffff ? fmt::format("\\U{:08x}", code) : fmt::format("\\u{:04x}", code);
}

std::string made_visible(std::string_view text, std::string_view kept) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (plain) return std::string(text);  // nearly all cells of a large audit
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character it = first_character(text);
    text.remove_prefix(it.bytes.size());
    if (!it.valid) {
      out += fmt::format("\\x{:02x}", it.code);
    } else if (is_unseen(it.code) && kept.find(it.bytes) == std::string_view::npos) {
      out += code_text(it.code);
    } else {
      out += it.bytes;
    }
  }
  return out;
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

std::string visible(std::string_view text) {
  return made_visible(text, {});
}

std::string visible_lines(std::string_view text) {
  return made_visible(text, "\t\r\n");
}

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
