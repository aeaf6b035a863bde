// The words of a policy: ports, roles.

#include "policy/policy.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace pcapaudit {
const std::vector<Role>& builtin_role_list() {
  static const std::vector<Role> list = [] {
    constexpr std::pair<const char*, const char*> builtin[] = {
        {"any", "Every address"},
        {"internal-clients", "Internal clients"},
        {"unknown-internal", "Internal address without a role"},
        {"internet", "Internet"},
        {"load-balancer", "Load balancer, towards the members of its pools"},
        {"any-internal", "Every host of the site"},
        {"loopback", "The host itself"},
        {"link-local", "Address of one link, or none yet"},
        {"multicast", "Multicast group"},
        {"broadcast", "Every host of a link"}};
    static_assert(std::size(builtin) == Policy::builtin_roles);
    std::vector<Role> roles;
    for (const auto& [id, title] : builtin) {
      Role role;
      role.id = id;
      role.title = title;
      role.builtin = true;
      roles.push_back(std::move(role));
    }
    return roles;
  }();
  return list;
}

bool contains(const PortRanges& ranges, std::uint16_t port) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const PortRange& range) { return range.contains(port); });
}

std::string to_text(const PortRanges& ranges, std::string_view separator) {
  PortRanges sorted = ranges;
  std::sort(sorted.begin(), sorted.end(), [](const PortRange& a, const PortRange& b) {
    return std::pair(a.first, a.last) < std::pair(b.first, b.last);
  });
  PortRanges joined;
  for (const PortRange& range : sorted) {
    const bool touches = !joined.empty() && range.first <= std::uint32_t{joined.back().last} + 1;
    if (touches) {
      joined.back().last = std::max(joined.back().last, range.last);
    } else {
      joined.push_back(range);
    }
  }
  std::string text;
  const auto add = [&](const std::string& part) {
    if (!text.empty()) text += separator;
    text += part;
  };
  for (const PortRange& range : joined) {
    if (range.last - range.first < 2) {  // two neighbours are no range to a reader
      add(fmt::format("{}", range.first));
      if (range.last != range.first) add(fmt::format("{}", range.last));
    } else {
      add(fmt::format("{}-{}", range.first, range.last));
    }
  }
  return text;
}

std::string port_words(const DocumentedFlow& row) {
  if (!row.ports.empty()) return "port " + to_text(row.ports, " or ");
  std::string text;
  for (const Transport transport : row.transports) {
    if (!text.empty()) text += " or ";
    text += to_text(transport);
  }
  return text;
}

std::string Policy::role_names(RoleSet set) const {
  std::string text;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    if ((set >> i & 1) == 0) continue;
    if (!text.empty()) text += '+';
    text += roles[i].id;
  }
  return text;
}

std::optional<std::size_t> Policy::find_role(std::string_view id) const {
  for (std::size_t i = 0; i < roles.size(); ++i) {
    if (roles[i].id == id) return i;
  }
  return std::nullopt;
}

}  // namespace pcapaudit
