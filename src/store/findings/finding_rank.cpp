// Weighs a finding; see the header.

#include "store/findings/finding_rank.hpp"

namespace pcapaudit {

std::int64_t rank(const Finding& finding) {
  constexpr RoleSet builtin = role_bit(Policy::builtin_roles) - 1;
  const bool is_of_flows = is_violation(finding.kind);
  const bool is_stopped = finding.outcome == "blocked" || finding.outcome == "refused";
  const bool is_chatter = finding.kind == FindingKind::link_chatter;
  const bool points[] = {(finding.server_roles & ~builtin) != 0,
                         finding.kind == FindingKind::clear_credentials,
                         (finding.client_roles & role_bit(Policy::role_internet)) != 0,
                         finding.outcome == "data" || finding.outcome == "midstream"};
  std::int64_t missing = 0;
  for (const bool point : points) missing += point ? 0 : 1;
  // Each is a digit, the first one weighs most.
  std::int64_t rank = !is_of_flows ? 2 : is_stopped ? 1 : 0;
  rank = rank * 10 + static_cast<std::int64_t>(Severity::critical) -
         static_cast<std::int64_t>(finding.severity);
  rank = rank * 10 + (is_chatter ? 1 : 0);
  return rank * 10 + missing;
}

}  // namespace pcapaudit
