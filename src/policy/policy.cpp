// The words of a policy: kinds of findings, severities, ports, roles.

#include "policy/policy.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace pcapaudit {
namespace {

constexpr std::array<std::string_view, finding_kind_count> kind_names = {"undocumented",
                                                                         "reversed-direction",
                                                                         "wrong-application",
                                                                         "not-mutual",
                                                                         "old-tls",
                                                                         "expired-certificate",
                                                                         "outside-schedule",
                                                                         "wrong-name",
                                                                         "wrong-sni",
                                                                         "wrong-issuer",
                                                                         "wrong-key-usage",
                                                                         "no-encryption",
                                                                         "forged-proof",
                                                                         "anonymous-cipher",
                                                                         "untrusted-certificate",
                                                                         "wrong-cipher",
                                                                         "wrong-key-exchange",
                                                                         "http-path",
                                                                         "http-host",
                                                                         "no-redirect",
                                                                         "clear-credentials",
                                                                         "link-chatter",
                                                                         "discouraged",
                                                                         "vip-bypass",
                                                                         "weak-tls",
                                                                         "weak-key",
                                                                         "flawed-chain",
                                                                         "weak-cipher",
                                                                         "weak-key-exchange",
                                                                         "expiring-certificate",
                                                                         "outside-purpose",
                                                                         "exception-expired",
                                                                         "inner-without-outer",
                                                                         "wrong-inner-leg",
                                                                         "needed-not-seen",
                                                                         "role-contradiction",
                                                                         "unknown-host",
                                                                         "exception-unused",
                                                                         "exception-over-limit"};
static_assert(!kind_names.back().empty());

// How the documentation's own policies spell them.
constexpr std::pair<std::string_view, FindingKind> other_kind_names[] = {
    {"app-mismatch", FindingKind::wrong_application},
    {"mapping-missing", FindingKind::wrong_inner_leg},
    {"tls.version", FindingKind::old_tls},
    {"tls.weak", FindingKind::weak_tls},
    {"tls.not-mutual", FindingKind::not_mutual},
    {"tls.name", FindingKind::wrong_name},
    {"tls.sni", FindingKind::wrong_sni},
    {"tls.issuer", FindingKind::wrong_issuer},
    {"tls.expired", FindingKind::expired_certificate},
    {"tls.expiring", FindingKind::expiring_certificate},
    {"tls.key", FindingKind::weak_key},
    {"tls.no-encryption", FindingKind::no_encryption},
    {"tls.forged", FindingKind::forged_proof},
    {"tls.anonymous", FindingKind::anonymous_cipher},
    {"tls.trust", FindingKind::untrusted_certificate},
    {"tls.cipher", FindingKind::wrong_cipher},
    {"tls.key-exchange", FindingKind::wrong_key_exchange},
    {"http.path", FindingKind::http_path},
    {"http.host", FindingKind::http_host},
    {"http.no-redirect", FindingKind::no_redirect},
    {"http.clear-credentials", FindingKind::clear_credentials},
    {"exception.expired", FindingKind::exception_expired},
    {"exception.unused", FindingKind::exception_unused},
    {"exception.over-limit", FindingKind::exception_over_limit}};

constexpr std::array<std::string_view, 5> severity_names = {"info", "low", "medium", "high",
                                                            "critical"};

template <class Enum, std::size_t count>
std::optional<Enum> parse(const std::array<std::string_view, count>& names, std::string_view text) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

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
  for (const auto& [name, kind] : other_kind_names) {
    if (name == text) return kind;
  }
  return parse<FindingKind>(kind_names, text);
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
