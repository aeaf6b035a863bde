// The documented flows with their use, the ones nobody used or could see, and the exceptions.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "report/model/model_reader.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

// As v_rule_usage says it.
ReportRule::Status status_of(const std::string& word) {
  using Status = ReportRule::Status;
  if (word == "used") return Status::used;
  if (word == "undetermined-only") return Status::undetermined_only;
  if (word == "window-too-short") return Status::window_too_short;
  return word == "unused" ? Status::unused : Status::not_observable;
}

ReportRule read_rule(ModelRow& it) {
  ReportRule rule;
  for (std::string* text :
       {&rule.id, &rule.pack, &rule.title, &rule.from, &rule.to, &rule.transports, &rule.ports,
        &rule.app, &rule.need, &rule.why, &rule.owner, &rule.approved, &rule.review, &rule.expect,
        &rule.basis, &rule.overridden}) {
    *text = it.text();
  }
  rule.file = it.file();
  rule.line = it.number();
  rule.needed = it.flag();
  rule.discouraged = it.flag();
  rule.doubts = it.list();
  rule.flows = it.number();
  rule.bytes = it.number();
  rule.first = it.time();
  rule.last = it.time();
  rule.status = status_of(it.text());
  return rule;
}

std::map<std::string, std::vector<RuleSource>> read_sources(ModelReader& reader) {
  std::map<std::string, std::vector<RuleSource>> sources;
  for (ModelRow& it : reader.rows(
           "SELECT rule_source.rule, rule_source.document, coalesce(document.title, ''), lines "
           "FROM rule_source LEFT JOIN document ON document.id = rule_source.document "
           "ORDER BY rule_source.rule, rule_source.position, document.position")) {
    std::vector<RuleSource>& list = sources[it.text()];
    list.push_back({.document = it.text(), .title = it.text(), .lines = it.text()});
  }
  return sources;
}

// Rows that nobody used, as a reader acts on them: needed ones first, then by what is known.
Listed<ReportRule> open_rules(const std::vector<ReportRule>& rules, std::size_t limit) {
  Listed<ReportRule> open;
  for (const ReportRule& it : rules) {
    if (it.status != ReportRule::Status::used) open.rows.push_back(it);
  }
  open.total = open.rows.size();
  std::stable_sort(open.rows.begin(), open.rows.end(),
                   [](const ReportRule& a, const ReportRule& b) {
                     return std::pair(!a.needed, a.status) < std::pair(!b.needed, b.status);
                   });
  if (open.rows.size() > limit) open.rows.resize(limit);
  return open;
}

std::map<std::string, Listed<CoveredTraffic>> read_covered(ModelReader& reader) {
  std::map<std::string, Listed<CoveredTraffic>> covered;
  for (ModelRow& it : reader.rows(fmt::format(
           "SELECT exception, kind, client, server, service, server_port, flows, total FROM ("
           "SELECT problem.exception, problem.kind, coalesce(client_set.names, '') AS client, "
           "coalesce(server_set.names, '') AS server, flow.service, flow.server_port, "
           "count(DISTINCT flow.id) AS flows, "
           "count(*) OVER (PARTITION BY problem.exception) AS total, "
           "row_number() OVER (PARTITION BY problem.exception ORDER BY count(DISTINCT flow.id) "
           "DESC, problem.kind, client_set.names, server_set.names, flow.service, "
           "flow.server_port) AS place FROM problem JOIN flow ON flow.id = problem.flow "
           "LEFT JOIN role_set AS client_set ON client_set.roles = flow.client_roles "
           "LEFT JOIN role_set AS server_set ON server_set.roles = flow.server_roles "
           "WHERE problem.exception IS NOT NULL GROUP BY problem.exception, problem.kind, "
           "client_set.names, server_set.names, flow.service, flow.server_port) "
           "WHERE place <= {} ORDER BY exception, place",
           reader.limits.names))) {
    Listed<CoveredTraffic>& list = covered[it.text()];
    list.rows.push_back({.kind = it.text(),
                         .client = it.text(),
                         .server = it.text(),
                         .service = it.text(),
                         .server_port = it.number(),
                         .flows = it.number()});
    list.total = it.number();
  }
  return covered;
}

}  // namespace

std::vector<ReportRule> read_rules(ModelReader& reader) {
  std::vector<ReportRule> rules;
  for (ModelRow& it : reader.rows(
           "SELECT rule.id, rule.pack, rule.title, from_names, to_names, transports, ports, app, "
           "need, why, owner, approved, review, expect, basis, overridden, file, line, needed, "
           "discouraged, doubts, coalesce(usage.flows, 0), coalesce(usage.bytes, 0), usage.first, "
           "usage.last, status.status "
           "FROM rule JOIN (SELECT rule AS of_rule, status FROM v_rule_usage) AS status "
           "ON status.of_rule = rule.id LEFT JOIN (SELECT flow_rule.rule, count(*) AS flows, "
           "sum(flow.bytes_c2s + flow.bytes_s2c) AS bytes, min(nullif(flow.first, 0)) AS first, "
           "max(nullif(flow.last, 0)) AS last FROM flow_rule JOIN flow ON flow.id = flow_rule.flow "
           "WHERE flow.verdict IN ('allowed', 'waived') GROUP BY flow_rule.rule) AS usage "
           "ON usage.rule = rule.id ORDER BY rule.position")) {
    rules.push_back(read_rule(it));
  }
  auto sources = read_sources(reader);
  for (ReportRule& it : rules) it.sources = std::move(sources[it.id]);
  return rules;
}

void read_register(ModelReader& reader, std::vector<ReportRule> rules, ReportModel& model) {
  ReportRegister& it = model.rules;
  for (const ReportRule& rule : rules) {
    using Status = ReportRule::Status;
    it.used += rule.status == Status::used ? 1 : 0;
    it.unused += rule.status == Status::unused ? 1 : 0;
    it.window_too_short += rule.status == Status::window_too_short ? 1 : 0;
    it.undetermined_only += rule.status == Status::undetermined_only ? 1 : 0;
    it.not_observable += rule.status == Status::not_observable ? 1 : 0;
    it.needed_unused += rule.needed && rule.status == Status::unused ? 1 : 0;
  }
  it.open = open_rules(rules, reader.limits.rows);
  it.rules.total = rules.size();
  if (rules.size() > reader.limits.rules) rules.resize(reader.limits.rules);
  it.rules.rows = std::move(rules);
}

void read_exceptions(ModelReader& reader, ReportModel& model) {
  model.exceptions = reader.listed<ReportException>(
      "SELECT exception.id, reason, owner, approver, ticket, created, expires, place, waives, "
      "flows_per_day, coalesce(covered.flows, 0), coalesce(covered.problems, 0), covered.first, "
      "covered.last, count(*) OVER () FROM exception LEFT JOIN (SELECT problem.exception, "
      "count(DISTINCT problem.flow) AS flows, count(*) AS problems, min(nullif(flow.first, 0)) AS "
      "first, "
      "max(nullif(flow.last, 0)) AS last FROM problem JOIN flow ON flow.id = problem.flow "
      "WHERE problem.exception IS NOT NULL GROUP BY problem.exception) AS covered "
      "ON covered.exception = exception.id ORDER BY exception.position",
      reader.limits.rules, [](ModelRow& it) {
        ReportException one;
        for (std::string* text : {&one.id, &one.reason, &one.owner, &one.approver, &one.ticket,
                                  &one.created, &one.expires}) {
          *text = it.text();
        }
        one.place = it.file();
        one.waives = it.list();
        one.flows_per_day = it.number();
        one.flows = it.number();
        one.problems = it.number();
        one.first = it.time();
        one.last = it.time();
        return one;
      });
  auto covered = read_covered(reader);
  for (ReportException& it : model.exceptions.rows) it.covered = std::move(covered[it.id]);
}

}  // namespace pcapaudit
