// Finds what must not leave the site; see the header.

#include "store/redaction/pseudonyms.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include <pcapaudit/base/ip.hpp>

#include "base/digest.hpp"
#include "base/text/ascii.hpp"

namespace pcapaudit {
namespace {

constexpr std::size_t shown_digits = 10;  // 40 bits: ten thousand hosts collide once in 20 000 keys
constexpr std::size_t shortest_word = 3;  // shorter ones stand in too many words to be replaced

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}
bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// "host:80" to "host" and ":80"; no port leaves the second empty.
std::pair<std::string_view, std::string_view> split_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !all_digits(text.substr(colon + 1))) return {text, {}};
  return {text.substr(0, colon), text.substr(colon)};
}

// At least two labels, the last one of letters: "a.example", "*.a.example", "_sip._tls.a.example".
bool is_dotted_name(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || text.size() - dot < 3) return false;
  const std::string_view last = text.substr(dot + 1);
  return std::all_of(last.begin(), last.end(), is_letter) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || is_digit(c) || (c & 0x80) != 0 ||
                  std::string_view("._-*").find(c) != std::string_view::npos;
         });
}

// Names of files are names too; what kind of file it is stays to be seen.
std::string_view file_ending(std::string_view text) {
  constexpr std::array<std::string_view, 14> endings = {".pcap", ".pcapng", ".cap", ".gz",  ".zst",
                                                        ".toml", ".html",   ".htm", ".md",  ".csv",
                                                        ".db",   ".txt",    ".pdf", ".json"};
  for (const std::string_view ending : endings) {
    if (text.size() > ending.size() && text.ends_with(ending)) return ending;
  }
  return {};
}

bool is_break(char c) {
  return static_cast<unsigned char>(c) <= ' ' ||
         std::string_view("\"'`(),;<>[]{}|=").find(c) != std::string_view::npos;
}

}  // namespace

std::vector<std::string> attribute_values(const std::string& distinguished_name) {
  std::vector<std::string> values;
  std::string value;
  bool in_value = false;
  for (std::size_t i = 0; i < distinguished_name.size(); ++i) {
    const char c = distinguished_name[i];
    if (c == '\\' && i + 1 < distinguished_name.size()) {
      if (in_value) value += {c, distinguished_name[i + 1]};
      ++i;
    } else if (c == ',' || c == '+') {
      values.push_back(std::exchange(value, {}));
      in_value = false;
    } else if (in_value) {
      value += c;
    } else if (c == '=') {
      in_value = true;
    }
  }
  values.push_back(value);
  std::erase(values, "");
  return values;
}

void Pseudonyms::learn_name(const std::string& name) {
  const std::string host = ascii_lower(split_port(name).first);
  if (host.size() >= shortest_word && !all_digits(host)) names_.insert(host);
}

void Pseudonyms::learn_phrase(const std::string& phrase) {
  if (phrase.find(' ') == std::string::npos) {
    learn_name(phrase);
  } else if (std::find(phrases_.begin(), phrases_.end(), phrase) == phrases_.end()) {
    const auto place = std::find_if(phrases_.begin(), phrases_.end(), [&](const std::string& it) {
      return it.size() < phrase.size();
    });
    phrases_.insert(place, phrase);
  }
}

std::string Pseudonyms::pseudonym(const char* kind, const std::string& value) {
  const std::string text = std::string(kind) + '\0' + value;
  const std::string digits = hmac_sha256_hex(as_bytes(key_), as_bytes(text));
  std::string name = fmt::format("{}-{}", kind, digits.substr(0, shown_digits));
  const auto [place, is_new] = real_.try_emplace(name, value);
  if (!is_new && place->second != value) ++collisions_;
  return name;
}

std::string Pseudonyms::address(const std::string& text) {
  if (const auto ip = IpAddress::parse(text)) return pseudonym("ip", to_text(*ip));
  if (const auto net = Subnet::parse(text)) {
    if (net->is_single_address()) return pseudonym("ip", to_text(net->base));
    return fmt::format("{}/{}", pseudonym("net", to_text(*net)), net->prefix);
  }
  return text.empty() ? text : name(text);
}

std::string Pseudonyms::name(const std::string& text) {
  if (text.empty()) return text;
  if (IpAddress::parse(text) || Subnet::parse(text)) return address(text);
  const auto [host, port] = split_port(text);
  std::string bare(host);
  if (bare.size() > 2 && bare.front() == '[' && bare.back() == ']') {
    bare = bare.substr(1, bare.size() - 2);
  }
  if (IpAddress::parse(bare)) return address(bare) + std::string(port);
  bare = ascii_lower(bare);
  while (!bare.empty() && bare.back() == '.') bare.pop_back();
  return pseudonym("name", bare) + std::string(port);
}

std::string Pseudonyms::uri(const std::string& text) {
  return text.size() < 2 ? text : pseudonym("uri", text);
}

std::string Pseudonyms::id(const std::string& text) {
  return text.empty() ? text : pseudonym("id", text);
}

std::string Pseudonyms::distinguished_name(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  for (const std::string& value : attribute_values(text)) {
    const std::size_t place = text.find("=" + value, at) + 1;
    out += text.substr(at, place - at) + name(value);
    at = place + value.size();
  }
  return out + text.substr(at);
}

std::string Pseudonyms::word(std::string_view token, bool with_learned) {
  const std::string text(token);
  if (IpAddress::parse(text) || (text.find('/') != std::string::npos && Subnet::parse(text))) {
    return address(text);
  }
  const auto [front, port] = split_port(token);
  if (!port.empty() && IpAddress::parse(front))
    return address(std::string(front)) + std::string(port);
  if (const std::size_t dash = text.find('-'); dash != std::string::npos &&
                                               IpAddress::parse(text.substr(0, dash)) &&
                                               IpAddress::parse(text.substr(dash + 1))) {
    return address(text.substr(0, dash)) + "-" + address(text.substr(dash + 1));
  }
  if (const std::string_view ending = file_ending(front); !ending.empty()) {
    const std::string_view file = front.substr(front.rfind('/') + 1);
    return pseudonym("file", std::string(file)) + std::string(ending) + std::string(port);
  }
  const std::size_t slash = text.find('/');
  if (slash == 0 || text.find("://") != std::string::npos) return uri(text);
  if (slash != std::string::npos && is_dotted_name(split_port(token.substr(0, slash)).first)) {
    return uri(text);
  }
  if (text.find('@') != std::string::npos && text.size() > 2) return name(text);
  if (is_dotted_name(front)) return name(text);
  const std::string bare = ascii_lower(front);
  if (with_learned && names_.contains(bare) && !kept_.contains(bare)) return name(text);
  return text;
}

std::string Pseudonyms::words(std::string_view text, bool with_learned) {
  std::string out;
  while (!text.empty()) {
    if (text.front() == '[') {  // "[2001:db8::1]:443"
      const std::size_t end = text.find(']');
      if (end != std::string_view::npos && IpAddress::parse(text.substr(1, end - 1))) {
        out += address(std::string(text.substr(1, end - 1)));
        text.remove_prefix(end + 1);
        continue;
      }
    }
    if (is_break(text.front())) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto* const stop = std::find_if(text.begin(), text.end(), is_break);
    std::string_view token = text.substr(0, static_cast<std::size_t>(stop - text.begin()));
    text.remove_prefix(token.size());
    const std::size_t last = token.find_last_not_of(".:!?-");
    const std::string_view tail = token.substr(last == std::string_view::npos ? 0 : last + 1);
    token.remove_suffix(tail.size());
    out += IpAddress::parse(std::string(token) + std::string(tail))  // "2001:db8::"
               ? address(std::string(token) + std::string(tail))
               : word(token, with_learned) + std::string(tail);
  }
  return out;
}

std::string Pseudonyms::patterns(const std::string& text) {
  return words(text, false);
}

std::string Pseudonyms::free_text(const std::string& text) {
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::size_t at = std::string_view::npos;
    const std::string* found = nullptr;
    for (const std::string& phrase : phrases_) {
      const std::size_t place = rest.find(phrase);
      if (place >= at) continue;
      at = place;
      found = &phrase;
    }
    out += words(rest.substr(0, at), true);
    if (found == nullptr) break;
    out += name(*found);
    rest.remove_prefix(at + found->size());
  }
  return out;
}

}  // namespace pcapaudit
