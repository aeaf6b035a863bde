// Inner flows are held against the outer flows that were open when they began; see the header.

#include "store/findings/legs.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "store/findings/leg_excuses.hpp"
#include "store/sqlite.hpp"

namespace pcapaudit {
namespace {

// How much later than the outer flow's last packet, or earlier than its first, an inner flow may
// begin: clocks of two captures differ by some milliseconds, and proxies connect in advance.
constexpr std::int64_t slack_ns = 2 * ns_per_second;

constexpr const char* leg_columns =
    "SELECT flow.id, flow.first, flow.last, flow.payload_c2s, flow.payload_s2c, "
    "lower(coalesce((SELECT sni FROM tls WHERE tls.flow = flow.id AND number = 0), "
    "(SELECT json_extract(hosts, '$[0]') FROM http WHERE http.flow = flow.id AND number = 0), "
    "'')), flow.server, flow.server_port, flow.outcome = 'midstream', "
    "flow.gaps > 0 OR flow.outcome = 'one-sided' FROM flow ";

std::vector<Leg> read_legs(SQLite::Statement& row) {
  std::vector<Leg> legs;
  while (row.executeStep()) {
    Leg leg;
    leg.id = row.getColumn(0).getInt64();
    leg.first_ns = row.getColumn(1).getInt64();
    leg.last_ns = row.getColumn(2).getInt64();
    leg.to_server = row.getColumn(3).getInt64();
    leg.to_client = row.getColumn(4).getInt64();
    leg.host = row.getColumn(5).getString();
    leg.host = leg.host.substr(0, leg.host.find(':'));
    leg.server = row.getColumn(6).getString();
    leg.server_port = row.getColumn(7).getInt64();
    leg.is_midstream = row.getColumn(8).getInt() != 0;
    leg.is_lossy = row.getColumn(9).getInt() != 0;
    legs.push_back(std::move(leg));
  }
  return legs;
}

bool has_flows(SQLite::Database& database, const std::string& rule) {
  SQLite::Statement row(database,
                        "SELECT 1 FROM flow_group WHERE rule = ?1 UNION ALL "
                        "SELECT 1 FROM also_matched WHERE rule = ?1 ORDER BY 1 LIMIT 1");
  row.bind(1, rule);
  return row.executeStep();
}

// Flows that met this row and went through, in order of their start.
std::vector<Leg> flows_of_row(SQLite::Database& database, const std::string& rule) {
  if (!has_flows(database, rule)) return {};  // no look at every flow for nothing
  SQLite::Statement row(database, std::string(leg_columns) +
                                      "JOIN flow_rule ON flow_rule.flow = flow.id "
                                      "WHERE flow_rule.rule = ? AND flow.outcome IN ('data', "
                                      "'midstream', 'one-sided') ORDER BY flow.first, flow.id");
  row.bind(1, rule);
  return read_legs(row);
}

// Flows of the proxy to the inner row's servers that no row documents.
std::vector<Leg> undocumented_inner(SQLite::Database& database, const DocumentedFlow& inner) {
  SQLite::Statement row(database, std::string(leg_columns) +
                                      "WHERE flow.client_roles & ? AND flow.server_roles & ? "
                                      "AND flow.rule IS NULL AND flow.verdict = 'violation' "
                                      "AND flow.outcome IN ('data', 'handshake') "
                                      "AND flow.transport = 'tcp' ORDER BY flow.first, flow.id");
  row.bind(1, static_cast<std::int64_t>(inner.from));
  row.bind(2, static_cast<std::int64_t>(inner.to));
  return read_legs(row);
}

bool has_undocumented_inner(SQLite::Database& database, const DocumentedFlow& inner) {
  SQLite::Statement row(database,
                        "SELECT 1 FROM flow_group WHERE client_roles & ? AND server_roles & ? "
                        "AND rule IS NULL AND verdict = 'violation' "
                        "AND outcome IN ('data', 'handshake') AND transport = 'tcp' "
                        "ORDER BY 1 LIMIT 1");
  row.bind(1, static_cast<std::int64_t>(inner.from));
  row.bind(2, static_cast<std::int64_t>(inner.to));
  return row.executeStep();
}

// Of the outer flows open when `inner` began: one with its host name before others, then the one
// whose size comes nearest, then the later one.
const Leg* outer_of(const Leg& inner, const std::vector<Leg>& outer) {
  constexpr std::size_t looked_at = 1000;  // outer flows that are open at once; enough for a proxy
  const auto end =
      std::upper_bound(outer.begin(), outer.end(), inner.first_ns + slack_ns,
                       [](std::int64_t time, const Leg& leg) { return time < leg.first_ns; });
  const auto begin = end - std::min<std::ptrdiff_t>(end - outer.begin(), looked_at);
  const Leg* best = nullptr;
  const auto better = [&](const Leg& one, const Leg& other) {
    const bool one_named = !inner.host.empty() && one.host == inner.host;
    const bool other_named = !inner.host.empty() && other.host == inner.host;
    if (one_named != other_named) return one_named;
    return std::llabs(one.to_client - inner.to_client) <=
           std::llabs(other.to_client - inner.to_client);
  };
  for (auto it = begin; it != end; ++it) {
    if (it->last_ns + slack_ns < inner.first_ns) continue;
    if (best == nullptr || better(*it, *best)) best = &*it;
  }
  return best;
}

std::vector<std::int64_t> read_lossy_minutes(SQLite::Database& database) {
  std::vector<std::int64_t> minutes;
  SQLite::Statement row(database, "SELECT DISTINCT minute FROM loss ORDER BY 1");
  while (row.executeStep()) minutes.push_back(row.getColumn(0).getInt64());
  return minutes;
}

class Legs {
 public:
  Legs(SQLite::Database& database, const Policy& policy)
      : database_(database),
        policy_(policy),
        insert_(database,
                "INSERT OR IGNORE INTO leg (mapping, inner_flow, outer_flow, status) VALUES (?, ?, "
                "?, ?)"),
        lossy_minutes_(read_lossy_minutes(database)) {}

  std::vector<Finding> take() {
    for (const Mapping& mapping : policy_.mappings) {
      const DocumentedFlow* outer = row_named(mapping.outer);
      const DocumentedFlow* inner = row_named(mapping.inner);
      if (outer != nullptr && inner != nullptr) compare(mapping, *outer, *inner);
    }
    return std::move(findings_);
  }

 private:
  const DocumentedFlow* row_named(const std::string& id) const {
    const auto found = std::find_if(policy_.flows.begin(), policy_.flows.end(),
                                    [&](const DocumentedFlow& row) { return row.id == id; });
    return found == policy_.flows.end() ? nullptr : &*found;
  }

  void compare(const Mapping& mapping, const DocumentedFlow& outer, const DocumentedFlow& inner) {
    // Flows are looked at one by one only where there is something to compare.
    if (!has_flows(database_, inner.id) && !has_undocumented_inner(database_, inner)) return;
    const std::vector<Leg> from_outside = flows_of_row(database_, outer.id);
    if (from_outside.empty()) return;  // the outer side was not captured, or not used
    std::vector<Leg> alone;
    for (Leg& leg : flows_of_row(database_, inner.id)) {
      const Leg* pair = outer_of(leg, from_outside);
      if (pair == nullptr) {
        alone.push_back(std::move(leg));
      } else {
        sqlite::run(insert_, mapping.id, leg.id, std::optional(pair->id), "ok");
      }
    }
    std::optional<Finding> unasked = judge_alone(mapping, outer, inner, alone, from_outside);
    std::optional<Finding> astray;
    for (const Leg& leg : undocumented_inner(database_, inner)) {
      if (contains(inner.ports, static_cast<std::uint16_t>(leg.server_port))) continue;
      const Leg* pair = outer_of(leg, from_outside);
      if (pair == nullptr) continue;
      sqlite::run(insert_, mapping.id, leg.id, std::optional(pair->id), "wrong-port");
      count(astray, leg, FindingKind::wrong_inner_leg, inner, mapping, to_text(inner.ports, " or "),
            fmt::format("{}", leg.server_port));
    }
    for (auto* finding : {&unasked, &astray}) {
      if (*finding) findings_.push_back(std::move(**finding));
    }
  }

  // Those that neither a health test nor a gap in what was seen explains.
  std::optional<Finding> judge_alone(const Mapping& mapping, const DocumentedFlow& outer,
                                     const DocumentedFlow& inner, const std::vector<Leg>& alone,
                                     const std::vector<Leg>& from_outside) {
    const std::vector<bool> tests = find_health_tests(alone);
    std::optional<Finding> unasked;
    for (std::size_t i = 0; i < alone.size(); ++i) {
      const bool is_open = !tests[i] && is_open_question(alone[i], from_outside, lossy_minutes_);
      sqlite::run(insert_, mapping.id, alone[i].id, std::optional<std::int64_t>(),
                  tests[i]  ? "health-test"
                  : is_open ? "open"
                            : "no-outer");
      if (tests[i] || is_open) continue;
      count(unasked, alone[i], FindingKind::inner_without_outer, inner, mapping,
            fmt::format("an open request by {}", outer.id), "none");
    }
    return unasked;
  }

  void count(std::optional<Finding>& finding, const Leg& leg, FindingKind kind,
             const DocumentedFlow& inner, const Mapping& mapping, std::string expected,
             std::string observed) const {
    if (!finding) {
      finding.emplace();
      finding->kind = kind;
      finding->severity = policy_.severities.at(kind);
      finding->client_roles = inner.from;
      finding->server_roles = inner.to;
      finding->client_names = policy_.role_names(inner.from);
      finding->server_names = policy_.role_names(inner.to);
      finding->transports = {"tcp"};
      finding->outcome = "data";
      finding->nearest_rule = inner.id;
      finding->failing_field = kind == FindingKind::wrong_inner_leg ? "port" : "from";
      finding->expected = std::move(expected);
      finding->observed = std::move(observed);
      finding->subject = mapping.id;
      finding->first_ns = leg.first_ns;
      finding->last_ns = leg.last_ns;
    }
    ++finding->flows;
    finding->first_ns = std::min(*finding->first_ns, leg.first_ns);
    finding->last_ns = std::max(*finding->last_ns, leg.last_ns);
  }

  SQLite::Database& database_;
  const Policy& policy_;
  SQLite::Statement insert_;
  std::vector<std::int64_t> lossy_minutes_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> find_legs(SQLite::Database& database, const Policy& policy) {
  return Legs(database, policy).take();
}

}  // namespace pcapaudit
