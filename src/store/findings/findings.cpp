// From problem rows to finding rows, in the order of flows, so that arrival does not matter.

#include "store/findings/findings.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text/ascii.hpp"
#include "store/findings/finding.hpp"
#include "store/findings/finding_rank.hpp"
#include "store/findings/run_findings.hpp"
#include "store/sqlite.hpp"

namespace pcapaudit {
namespace {

using Findings = std::map<std::string, Finding>;  // by cause, so in ascending order

// Columns of one problem with the flows that share it. The problem's own row is told apart from
// the nearest miss, which stands in when the problem names no row. Two problems of one kind in one
// flow are one: the first, which is the graver one.
constexpr const char* problems_sql =
    "SELECT problem.kind, problem.severity, flow.client_roles, flow.server_roles, "
    "coalesce(client_set.names, ''), coalesce(server_set.names, ''), flow.service, "
    "flow.server_port, flow.transport, flow.outcome, flow.first, flow.last, "
    "coalesce(problem.rule, near_miss.rule, ''), "
    "coalesce(iif(problem.rule IS NULL, near_miss.field, problem.field), problem.field, ''), "
    "coalesce(iif(problem.rule IS NULL, near_miss.expected, problem.expected), ''), "
    "coalesce(iif(problem.rule IS NULL, near_miss.observed, problem.observed), ''), "
    "coalesce(problem.mistake, ''), flow.flows "
    "FROM flow_group AS flow JOIN ground_problem AS problem ON problem.grounds = flow.grounds "
    "LEFT JOIN role_set AS client_set ON client_set.roles = flow.client_roles "
    "LEFT JOIN role_set AS server_set ON server_set.roles = flow.server_roles "
    "LEFT JOIN ground_near_miss AS near_miss ON near_miss.grounds = flow.grounds "
    "AND near_miss.number = 0 "
    "WHERE problem.exception IS NULL AND flow.verdict NOT IN ('ignored', 'waived') AND NOT EXISTS ("
    "SELECT 1 FROM ground_problem AS earlier WHERE earlier.grounds = problem.grounds "
    "AND earlier.exception IS NULL "
    "AND earlier.kind = problem.kind AND earlier.number < problem.number) "
    "ORDER BY flow.first_flow, problem.number";

Finding read_problem(const SQLite::Statement& row) {
  const auto text = [&](int column) { return row.getColumn(column).getString(); };
  const auto number = [&](int column) { return row.getColumn(column).getInt64(); };
  Finding finding;
  finding.kind = parse_finding_kind(text(0)).value_or(FindingKind::undocumented);
  finding.severity = parse_severity(text(1)).value_or(Severity::info);
  finding.client_roles = static_cast<RoleSet>(number(2));
  finding.server_roles = static_cast<RoleSet>(number(3));
  finding.client_names = text(4);
  finding.server_names = text(5);
  finding.service = text(6);
  finding.server_port = number(7);
  finding.transports = {text(8)};
  finding.outcome = text(9);
  finding.flows = static_cast<std::uint64_t>(number(17));
  if (number(10) != 0) finding.first_ns = number(10);
  if (number(11) != 0) finding.last_ns = number(11);
  finding.nearest_rule = text(12);
  finding.failing_field = text(13);
  finding.expected = text(14);
  finding.observed = text(15);
  finding.mistake = text(16);
  return finding;
}

Findings group_problems(SQLite::Database& database) {
  Findings findings;
  SQLite::Statement row(database, problems_sql);
  while (row.executeStep()) {
    Finding one = read_problem(row);
    const auto [place, is_new] = findings.try_emplace(cause_of(one), one);
    if (!is_new) merge(place->second, one);
  }
  return findings;
}

// Roles that stand at an end of any flow; and the words of rows for them.
RoleSet roles_seen(SQLite::Database& database) {
  RoleSet seen = 0;
  SQLite::Statement row(database,
                        "SELECT DISTINCT client_roles, server_roles FROM flow_group ORDER BY 1, 2");
  while (row.executeStep()) {
    seen |= row_words(static_cast<RoleSet>(row.getColumn(0).getInt64()) |
                      static_cast<RoleSet>(row.getColumn(1).getInt64()));
  }
  return seen;
}

Finding missing_row(const DocumentedFlow& row, const Policy& policy) {
  Finding finding;
  finding.kind = FindingKind::needed_not_seen;
  finding.service = ascii_upper(row.app);
  finding.client_roles = row.from;
  finding.server_roles = row.to;
  finding.client_names = policy.role_names(row.from);
  finding.server_names = policy.role_names(row.to);
  const bool one_port = row.ports.size() == 1 && row.ports.front().first == row.ports.front().last;
  finding.server_port = one_port ? row.ports.front().first : 0;
  finding.severity = policy.severities.at(FindingKind::needed_not_seen);
  for (const Transport transport : row.transports) finding.transports.emplace(to_text(transport));
  finding.nearest_rule = row.id;
  return finding;
}

// Needed rows that are unused, and that not even a flow matched that failed a requirement.
void add_missing_rows(SQLite::Database& database, const Policy& policy, Findings& findings) {
  std::set<std::string> met;
  SQLite::Statement row(
      database, "SELECT rule FROM flow_group UNION SELECT rule FROM also_matched ORDER BY 1");
  while (row.executeStep()) met.insert(row.getColumn(0).getString());
  std::set<std::string> unused;
  SQLite::Statement usage(
      database, "SELECT rule FROM v_rule_usage WHERE needed AND status = 'unused' ORDER BY rule");
  while (usage.executeStep()) unused.insert(usage.getColumn(0).getString());
  for (const DocumentedFlow& it : policy.flows) {
    if (met.contains(it.id) || !unused.contains(it.id)) continue;
    Finding finding = missing_row(it, policy);
    findings.try_emplace(cause_of(finding), std::move(finding));
  }
}

// What the capture lost while flows of a finding went on may have been the rest of the story.
std::string loss_remark(SQLite::Statement& lost, const Finding& finding) {
  if (!finding.first_ns || !finding.last_ns) return {};
  constexpr std::int64_t minute_ns = 60 * ns_per_second;
  lost.reset();
  lost.bind(1, *finding.first_ns - minute_ns);
  lost.bind(2, *finding.last_ns);
  if (!lost.executeStep() || lost.getColumn(0).getInt64() == 0) return {};
  return fmt::format(" The capture lost {} packets in minutes in which such flows went on.",
                     lost.getColumn(0).getInt64());
}

void write_findings(SQLite::Database& database, const Policy& policy, const Findings& findings) {
  SQLite::Statement insert(
      database,
      "INSERT INTO finding (id, cause, kind, severity, client_roles, server_roles, client_names, "
      "server_names, transports, service, server_port, ports, causes, outcome, flows, "
      "nearest_rule, failing_field, expected, observed, mistake, text, first, last, rank, subject) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  SQLite::Statement lost(database,
                         "SELECT coalesce(sum(packets), 0) FROM loss WHERE minute > ? "
                         "AND minute <= ? ORDER BY 1");
  using sqlite::OrNull;
  for (const auto& [cause, it] : findings) {
    const std::size_t causes = std::max<std::size_t>({it.ports.size(), it.hosts, 1});
    sqlite::run(insert, finding_id(cause), cause, to_text(it.kind), to_text(it.severity),
                it.client_roles, it.server_roles, it.client_names, it.server_names,
                fmt::format("{}", fmt::join(it.transports, "+")), it.service, it.server_port,
                ports_text(it), causes, OrNull{it.outcome}, it.flows, OrNull{it.nearest_rule},
                OrNull{it.failing_field}, OrNull{it.expected}, OrNull{it.observed},
                OrNull{it.mistake}, finding_text(it, policy) + loss_remark(lost, it), it.first_ns,
                it.last_ns, rank(it), OrNull{it.subject});
  }
}

void write_members(SQLite::Database& database, const std::vector<FindingMember>& members) {
  SQLite::Statement insert(
      database,
      "INSERT INTO finding_cause (kind, client_roles, server_roles, service, server_port, subject, "
      "own_id, finding) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (const FindingMember& it : members) {
    sqlite::run(insert, to_text(it.kind), it.client_roles, it.server_roles, it.service,
                it.server_port, it.subject, it.own_id, it.finding);
  }
}

}  // namespace

void insert_findings(SQLite::Database& database, const Policy& policy, const Hosts& hosts) {
  const RoleSet seen = roles_seen(database);
  SQLite::Statement mark(database, "UPDATE role SET seen = (? >> number) & 1");
  sqlite::run(mark, seen);

  Findings findings = group_problems(database);
  add_missing_rows(database, policy, findings);
  for (Finding& finding : run_findings(database, policy, hosts)) {
    std::string cause = cause_of(finding);
    findings.try_emplace(std::move(cause), std::move(finding));
  }
  const FindingSet set = join_matters(std::move(findings));
  write_findings(database, policy, set.findings);
  write_members(database, set.members);
}

}  // namespace pcapaudit
