#include "base/text/text.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace pcapaudit {
namespace {

struct Range {
  std::uint32_t first, last;
};
constexpr Range unseen[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},    {0x61c, 0x61c},
    {0x115f, 0x1160}, {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},  {0x2028, 0x202e},
    {0x2060, 0x206f}, {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},  {0xffa0, 0xffa0},
    {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};

std::string code_text(std::uint32_t code) {
  return code > 0xffff ? fmt::format("\\U{:08x}", code) : fmt::format("\\u{:04x}", code);
}

}  // namespace

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

bool is_unseen(std::uint32_t code) {
  return std::any_of(std::begin(unseen), std::end(unseen),
                     [&](const Range& it) { return it.first <= code && code <= it.last; });
}

bool is_control(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

std::string visible(std::string_view text, std::string_view kept) {
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

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : visible(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace pcapaudit
