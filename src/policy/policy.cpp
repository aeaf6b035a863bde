// Roles of addresses, and the words of a policy.
#include <pcapaudit/policy/policy.hpp>

#include <algorithm>
#include <array>

namespace pcapaudit {
namespace {

constexpr std::array<std::string_view, finding_kind_count> kind_names = {
    "undocumented",        "reversed-direction", "wrong-application", "not-mutual",     "old-tls",
    "expired-certificate", "discouraged",        "vip-bypass",        "needed-not-seen"};
constexpr std::array<std::string_view, 5> severity_names = {"info", "low", "medium", "high",
                                                            "critical"};

template <class Enum, std::size_t count>
std::optional<Enum> parse(const std::array<std::string_view, count>& names, std::string_view text) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

bool any_contains(const std::vector<Subnet>& subnets, const IpAddress& address) {
  return std::any_of(subnets.begin(), subnets.end(),
                     [&](const Subnet& subnet) { return subnet.contains(address); });
}

struct Bound {
  RoleSet roles = 0;
  int prefix = -1;
};

// Longest prefix wins, equal length is the union.
Bound bound_roles(const Policy& policy, const IpAddress& address) {
  Bound best;
  for (const Binding& binding : policy.bindings) {
    for (const auto* list : {&binding.addresses, &binding.vip, &binding.members}) {
      for (const Subnet& subnet : *list) {
        const int prefix = static_cast<int>(subnet.prefix);
        if (prefix < best.prefix || !subnet.contains(address)) continue;
        if (prefix > best.prefix) best = {.roles = 0, .prefix = prefix};
        best.roles |= RoleSet{1} << binding.role;
      }
    }
  }
  return best;
}

}  // namespace

std::string_view to_text(Severity severity) {
  return severity_names[static_cast<std::size_t>(severity)];
}
std::optional<Severity> parse_severity(std::string_view text) {
  return parse<Severity>(severity_names, text);
}
std::string_view to_text(FindingKind kind) {
  return kind_names[static_cast<std::size_t>(kind)];
}
std::optional<FindingKind> parse_finding_kind(std::string_view text) {
  return parse<FindingKind>(kind_names, text);
}

RoleSet Policy::roles_of(const IpAddress& address) const {
  if (const Bound bound = bound_roles(*this, address); bound.roles != 0) return bound.roles;
  if (any_contains(client_networks, address)) return RoleSet{1} << role_internal_clients;
  if (any_contains(internal_networks, address)) return RoleSet{1} << role_unknown_internal;
  return RoleSet{1} << role_internet;
}

bool Policy::is_bound(const IpAddress& address) const {
  return bound_roles(*this, address).roles != 0;
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
