// Looks at the flows together; see the header.

#include "store/findings/run_findings.hpp"

#include <algorithm>
#include <map>
#include <string>

#include <fmt/format.h>

#include "store/findings/legs.hpp"
#include "store/sqlite.hpp"

namespace pcapaudit {
namespace {

// Flows that would be documented if the host had another role, before its own role is doubted.
constexpr std::uint64_t enough_votes = 3;

Finding about_host(const Policy& policy, const std::string& address, const HostVotes& host,
                   FindingKind kind) {
  Finding finding;
  finding.kind = kind;
  finding.severity = policy.severities.at(kind);
  finding.client_roles = host.roles;
  finding.client_names = policy.role_names(host.roles);
  finding.flows = host.flows;
  finding.first_ns = host.first_ns;
  finding.last_ns = host.last_ns;
  finding.subject = address;
  return finding;
}

void judge_hosts(SQLite::Database& database, const Policy& policy, const Hosts& hosts,
                 std::vector<Finding>& findings) {
  constexpr RoleSet unknown = RoleSet{1} << Policy::role_unknown_internal;
  SQLite::Statement insert(database,
                           "INSERT INTO resemblance (address, role, flows) VALUES (?, ?, ?)");
  for (const auto& [address, host] : hosts) {
    for (const auto& [role, votes] : host.votes) {
      sqlite::run(insert, address, policy.roles[role].id, votes);
    }
    const auto best =
        std::max_element(host.votes.begin(), host.votes.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    const bool is_unknown = host.roles == unknown;
    const bool contradicts =
        !is_unknown && best != host.votes.end() && best->second >= enough_votes;
    if (!is_unknown && !contradicts) continue;
    Finding finding =
        about_host(policy, address, host,
                   is_unknown ? FindingKind::unknown_host : FindingKind::role_contradiction);
    if (best != host.votes.end()) {
      finding.expected = policy.roles[best->first].id;
      finding.observed = fmt::format("{} of {} flows", best->second, host.flows);
    }
    findings.push_back(std::move(finding));
  }
}

Finding about_exception(const Policy& policy, const Exception& exception, FindingKind kind) {
  Finding finding;
  finding.kind = kind;
  finding.severity = policy.severities.at(kind);
  finding.client_roles = exception.from.roles;
  finding.server_roles = exception.to.roles;
  finding.client_names = policy.role_names(exception.from.roles);
  finding.server_names = policy.role_names(exception.to.roles);
  finding.subject = exception.id;
  return finding;
}

void judge_exceptions(SQLite::Database& database, const Policy& policy,
                      std::vector<Finding>& findings) {
  SQLite::Statement covered(database,
                            "SELECT DISTINCT flow.id, flow.first FROM problem JOIN flow "
                            "ON flow.id = problem.flow WHERE problem.exception = ? "
                            "ORDER BY flow.first, flow.id");
  for (const Exception& exception : policy.exceptions) {
    std::map<std::string, std::uint64_t> by_day;
    covered.reset();
    covered.bind(1, exception.id);
    while (covered.executeStep()) {
      ++by_day[local_date({covered.getColumn(1).getInt64()}, policy.timezone)];
    }
    if (by_day.empty()) {
      findings.push_back(about_exception(policy, exception, FindingKind::exception_unused));
      continue;
    }
    if (exception.flows_per_day == 0) continue;
    const auto worst =
        std::max_element(by_day.begin(), by_day.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (worst->second <= exception.flows_per_day) continue;
    Finding finding = about_exception(policy, exception, FindingKind::exception_over_limit);
    finding.flows = worst->second;
    finding.expected = fmt::format("at most {} flows a day", exception.flows_per_day);
    finding.observed = fmt::format("{} on {}", worst->second, worst->first);
    findings.push_back(std::move(finding));
  }
}

}  // namespace

std::vector<Finding> run_findings(SQLite::Database& database, const Policy& policy,
                                  const Hosts& hosts) {
  std::vector<Finding> findings = find_legs(database, policy);
  judge_hosts(database, policy, hosts, findings);
  judge_exceptions(database, policy, findings);
  return findings;
}

}  // namespace pcapaudit
