// Compares host names; see the header.
#include "policy/host_names.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/text/ascii.hpp"

namespace pcapaudit {
namespace {

bool equal_names(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

bool matches(std::string_view pattern, std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (pattern.ends_with('.')) pattern.remove_suffix(1);
  if (!pattern.starts_with("*.")) return equal_names(pattern, name);
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && dot > 0 &&
         equal_names(pattern.substr(1), name.substr(dot));
}

}  // namespace

bool matches_any(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, name); });
}

bool matches_any(const std::vector<std::string>& patterns, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return matches_any(patterns, name); });
}

std::vector<std::string> names_of(const Certificate& certificate) {
  if (!certificate.san.empty()) return certificate.san;
  // RFC 2253 text: "CN=server.example,O=Example\\, Inc."; the common name of the most specific
  // part.
  std::string_view rest = certificate.subject;
  while (!rest.empty()) {
    std::size_t end = 0;
    while (end < rest.size() && rest[end] != ',' && rest[end] != '+')
      end += rest[end] == '\\' ? 2 : 1;
    const std::string_view part = rest.substr(0, end);
    if (part.starts_with("CN=")) return {std::string(part.substr(3))};
    rest = end < rest.size() ? rest.substr(end + 1) : std::string_view{};
  }
  return {};
}

std::string name_list(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 5;
  if (names.empty()) return "none";
  const std::span first(names.data(), std::min(names.size(), shown));
  std::string text = fmt::format("{}", fmt::join(first, " or "));
  if (names.size() > shown) text += fmt::format(" or {} more", names.size() - shown);
  return text;
}

std::string_view bare_host(std::string_view host) {
  if (const std::size_t user = host.rfind('@'); user != std::string_view::npos) {
    host.remove_prefix(user + 1);
  }
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

}  // namespace pcapaudit
