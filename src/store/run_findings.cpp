// Looks at the flows together; see the header.
#include "store/run_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "store/legs.hpp"
#include "store/sqlite.hpp"
#include "store/stored_flows.hpp"

namespace pcapaudit {
namespace {

// Flows that would be documented if the host had another role, before its own role is doubted.
constexpr std::uint64_t enough_votes = 3;

struct Host {
  RoleSet roles = 0;
  std::map<std::size_t, std::uint64_t> votes;  // flows that a role would explain
  std::uint64_t flows = 0;
  std::int64_t first_ns = 0, last_ns = 0;
  std::string address;
};

using Hosts = std::map<std::string, Host>;

void vote(const Judge& judge, const ClosedFlow& flow, bool as_server, RoleSet roles, Hosts& hosts) {
  const Endpoint& end = as_server ? flow.server : flow.client;
  constexpr RoleSet internet = RoleSet{1} << Policy::role_internet;
  constexpr RoleSet clients = RoleSet{1} << Policy::role_internal_clients;
  if (roles == internet || roles == clients) return;
  Host& host = hosts[to_text(end.address)];
  if (host.flows++ == 0) {
    host.roles = roles;
    host.address = to_text(end.address);
    host.first_ns = flow.first.ns;
  }
  host.first_ns = std::min(host.first_ns, flow.first.ns);
  host.last_ns = std::max(host.last_ns, flow.last.ns);
  const auto& known = judge.policy().roles;
  for (std::size_t role = Policy::builtin_roles; role < known.size(); ++role) {
    if ((roles >> role & 1) == 0 && judge.fits_role(flow, role, as_server)) ++host.votes[role];
  }
}

// Hosts in flows that the documentation does not know, and the roles that would explain them.
Hosts hosts_without_explanation(SQLite::Database& database, const Judge& judge) {
  Hosts hosts;
  const RoleMap& map = judge.roles();
  for_each_stored_flow(
      database,
      "verdict IN ('violation', 'undetermined') AND rule IS NULL "
      "AND outcome IN ('data', 'handshake', 'midstream')",
      [&](ClosedFlow&& flow) {
        const RoleSet client =
            map.roles_of({.address = flow.client.address, .port = 0, .vlans = flow.vlans});
        const RoleSet server = map.roles_of(
            {.address = flow.server.address, .port = flow.server.port, .vlans = flow.vlans});
        vote(judge, flow, true, server, hosts);
        vote(judge, flow, false, client, hosts);
      });
  return hosts;
}

Finding about_host(const Policy& policy, const Host& host, FindingKind kind) {
  Finding finding;
  finding.kind = to_text(kind);
  finding.severity = policy.severities.at(kind);
  finding.client_roles = host.roles;
  finding.client_names = policy.role_names(host.roles);
  finding.flows = host.flows;
  finding.first_ns = host.first_ns;
  finding.last_ns = host.last_ns;
  finding.subject = host.address;
  return finding;
}

void judge_hosts(SQLite::Database& database, const Judge& judge, std::vector<Finding>& findings) {
  const Policy& policy = judge.policy();
  constexpr RoleSet unknown = RoleSet{1} << Policy::role_unknown_internal;
  SQLite::Statement insert(database, "INSERT INTO resemblance VALUES (?, ?, ?)");
  for (const auto& [address, host] : hosts_without_explanation(database, judge)) {
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
    Finding finding = about_host(
        policy, host, is_unknown ? FindingKind::unknown_host : FindingKind::role_contradiction);
    if (best != host.votes.end()) {
      finding.expected = policy.roles[best->first].id;
      finding.observed = fmt::format("{} of {} flows", best->second, host.flows);
    }
    findings.push_back(std::move(finding));
  }
}

Finding about_exception(const Policy& policy, const Exception& exception, FindingKind kind) {
  Finding finding;
  finding.kind = to_text(kind);
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

std::vector<Finding> run_findings(SQLite::Database& database, const Judge& judge) {
  std::vector<Finding> findings = find_legs(database, judge.policy());
  judge_hosts(database, judge, findings);
  judge_exceptions(database, judge.policy(), findings);
  return findings;
}

}  // namespace pcapaudit
