// Readings of a path; see the header.

#include "policy/load/request_path.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/text/ascii.hpp"

namespace pcapaudit {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

// RFC 3986 2.3
bool is_unreserved(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

// "%u0041" as HTTP.sys reads it: a unit of UTF-16, here as UTF-8. nullopt: none at `at`.
std::optional<std::string> wide_escape(std::string_view text, std::size_t at) {
  if (at + 5 >= text.size() || (text[at + 1] != 'u' && text[at + 1] != 'U')) return std::nullopt;
  unsigned unit = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const auto digit = hex_digit(text[i]);
    if (!digit) return std::nullopt;
    unit = unit << 4 | *digit;
  }
  const auto octet = [](unsigned value) { return static_cast<char>(value); };
  if (unit < 0x80) return std::string{octet(unit)};
  if (unit < 0x800) return std::string{octet(0xc0 | unit >> 6), octet(0x80 | (unit & 0x3f))};
  return std::string{octet(0xe0 | unit >> 12), octet(0x80 | (unit >> 6 & 0x3f)),
                     octet(0x80 | (unit & 0x3f))};
}

std::string decoded(std::string_view text, bool every_octet) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && every_octet) {
      if (const auto wide = wide_escape(text, i)) {
        out += *wide;
        i += 5;
        continue;
      }
    }
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high && low) {
        const char octet = static_cast<char>(*high << 4 | *low);
        if (every_octet || is_unreserved(octet)) {
          out += octet;
          i += 2;
          continue;
        }
      }
    }
    out += text[i];
  }
  return out;
}

// Blanks and control characters, of which servers take none for a part of a name at its end.
bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
}

// What servers leave out of a segment: parameters (RFC 3986 3.3), then dots and blanks at its end.
std::string_view plain_segment(std::string_view segment) {
  segment = segment.substr(0, segment.find(';'));
  while (!segment.empty() && is_blank(segment.back())) segment.remove_suffix(1);
  if (segment == "." || segment == "..") return segment;
  while (!segment.empty() && (segment.back() == '.' || is_blank(segment.back()))) {
    segment.remove_suffix(1);
  }
  return segment;
}

// Dot segments removed (RFC 3986 5.2.4); `merges`: empty segments, too.
std::string joined(std::string_view path, bool is_lenient, bool merges) {
  std::vector<std::string_view> kept;
  bool ends_in_folder = false;
  for (std::size_t at = path.starts_with('/') ? 1 : 0; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    std::string_view segment = path.substr(at, slash - at);
    const bool is_last = slash == path.size();
    at = slash + 1;
    if (is_lenient) segment = plain_segment(segment);
    const bool is_dots = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    ends_in_folder = is_last && (is_dots || segment.empty());
    if (is_dots || (segment.empty() && (merges || is_last))) continue;
    kept.push_back(segment);
  }
  std::string out;
  for (const std::string_view segment : kept) out.append("/").append(segment);
  if (ends_in_folder || out.empty()) out += '/';
  return out;
}

// "http://host/path" names a path, too (RFC 9112 3.2.2).
std::string_view without_authority(std::string_view raw) {
  const std::size_t scheme = raw.find("://");
  if (raw.starts_with('/') || scheme == std::string_view::npos) return raw;
  const std::size_t slash = raw.find('/', scheme + 3);
  return slash == std::string_view::npos ? std::string_view("/") : raw.substr(slash);
}

std::string lenient(std::string_view path) {
  std::string text = decoded(path, true);
  std::replace(text.begin(), text.end(), '\\', '/');
  return text;
}

// By the letter, and as servers read it that merge slashes and that do not.
RequestPath::Readings readings_of(std::string_view raw) {
  while (raw.starts_with(' ') || raw.starts_with('\t')) raw.remove_prefix(1);
  const std::string_view path = without_authority(raw);
  const std::string all = lenient(path);
  return {ascii_lower(joined(decoded(path, false), false, false)),
          ascii_lower(joined(all, true, true)), ascii_lower(joined(all, true, false))};
}

bool is_below(std::string_view path, std::string_view prefix) {
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

bool is_root(std::string_view prefix) {
  return prefix == "/";
}

}  // namespace

RequestPath::RequestPath(std::string_view raw) : readings_(readings_of(raw)) {}

bool RequestPath::is_denied_by(const std::vector<std::string>& prefixes) const {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& one) {
    const Readings prefix = readings_of(one);
    for (std::size_t i = 0; i < prefix.size(); ++i) {
      if (is_root(prefix[i]) || is_below(readings_[i], prefix[i])) return true;
    }
    return false;
  });
}

bool RequestPath::is_listed_by(const std::vector<std::string>& prefixes) const {
  Readings::size_type listed = 0;
  for (std::size_t i = 0; i < readings_.size(); ++i) {
    const bool is_listed =
        std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& one) {
          const std::string prefix = readings_of(one)[i];
          return is_root(prefix) ? readings_[i] == "/" : is_below(readings_[i], prefix);
        });
    listed += is_listed ? 1 : 0;
  }
  return listed == readings_.size();
}

}  // namespace pcapaudit
