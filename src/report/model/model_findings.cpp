// The findings: which of them get a card, and what a card says.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "policy/policy.hpp"
#include "report/model/model_reader.hpp"
#include "report/model/model_words.hpp"
#include "report/text/layout.hpp"
#include "report/text/wireshark.hpp"

namespace pcapaudit {
namespace {

// Kinds that say that traffic is not as documented, for SQL.
std::string violating_kinds() {
  std::string list;
  for (std::size_t i = 0; i < finding_kind_count; ++i) {
    const auto kind = static_cast<FindingKind>(i);
    if (deviates(kind)) list += fmt::format("{}'{}'", list.empty() ? "" : ", ", to_text(kind));
  }
  return list;
}

struct Columns {
  ReportFinding finding;
  std::string row, failing_field, expected, observed, mistake;
};

Columns read_columns(ModelRow& it) {
  Columns one;
  ReportFinding& finding = one.finding;
  for (std::string* text :
       {&finding.id, &finding.kind, &finding.severity, &finding.client, &finding.server,
        &finding.transports, &finding.service, &finding.outcome, &finding.text, &finding.subject}) {
    *text = it.text();
  }
  const auto kind = parse_finding_kind(finding.kind);
  finding.title = kind ? facts_of(*kind).title : finding.kind;
  finding.server_port = it.number();
  finding.ports = it.text();
  finding.flows = it.number();
  finding.first = it.time();
  finding.last = it.time();
  for (std::string* text :
       {&one.row, &one.failing_field, &one.expected, &one.observed, &one.mistake}) {
    *text = it.text();
  }
  finding.violates = it.flag();
  finding.came_through = it.flag();
  return one;
}

// What came through first, then what was stopped, then remarks.
std::string findings_sql(const std::string& columns) {
  return fmt::format(
      "WITH judged AS (SELECT *, kind IN ({}) AS violates, coalesce(outcome, '') NOT IN "
      "('blocked', 'refused') AS passed FROM finding) SELECT {} FROM judged",
      violating_kinds(), columns);
}

void read_totals(ModelReader& reader, ReportFindings& findings) {
  if (auto it = reader.row(findings_sql("count(*), count(*) FILTER (WHERE violates AND passed), "
                                        "count(*) FILTER (WHERE violates AND NOT passed), "
                                        "count(*) FILTER (WHERE NOT violates)") +
                           " ORDER BY 1")) {
    findings.total = it->number();
    findings.came_through = it->number();
    findings.stopped = it->number();
    findings.remarks = it->number();
  }
  for (const char* severity : {"critical", "high", "medium", "low", "info"}) {
    findings.severities.push_back({.name = severity, .count = 0});
  }
  for (ModelRow& it :
       reader.rows("SELECT severity, count(*) FROM finding GROUP BY severity ORDER BY severity")) {
    const std::string severity = it.text();
    const std::uint64_t count = it.number();
    for (NamedCount& one : findings.severities) {
      if (one.name == severity) one.count = count;
    }
  }
}

// Reads what the flows of the chosen findings add to their cards, each with one pass.
class CardReader {
 public:
  CardReader(ModelReader& reader, std::vector<ReportCard>& cards) : reader_(reader) {
    std::string ids;
    for (ReportCard& it : cards) {
      by_id_[it.finding.id] = &it;
      ids += fmt::format("{}'{}'", ids.empty() ? "" : ", ", it.finding.id);
    }
    // A flow is in a finding by its ends, its service, its port and a problem of the finding's
    // kind.
    flows_ = fmt::format(
        "FROM flow CROSS JOIN finding_cause AS cause ON cause.client_roles = flow.client_roles "
        "AND cause.server_roles = flow.server_roles AND cause.service = flow.service "
        "AND cause.server_port = flow.server_port AND cause.subject = '' "
        "JOIN finding ON finding.id = cause.finding "
        "WHERE cause.finding IN ({}) AND flow.verdict <> 'ignored' AND EXISTS (SELECT 1 "
        "FROM problem WHERE problem.flow = flow.id AND problem.kind = cause.kind "
        "AND problem.exception IS NULL)",
        ids);
  }

  void read() {
    if (by_id_.empty()) return;
    read_outcomes();
    for (auto& [id, hosts] : reader_.commonest("SELECT finding.id, flow.client " + flows_)) {
      by_id_.at(id)->clients = std::move(hosts);
    }
    for (auto& [id, hosts] : reader_.commonest("SELECT finding.id, flow.server " + flows_)) {
      by_id_.at(id)->servers = std::move(hosts);
    }
    read_evidence();
  }

 private:
  void read_outcomes() {
    for (ModelRow& it :
         reader_.rows("SELECT finding.id, flow.outcome, count(*), "
                      "sum(packets_c2s + packets_s2c), sum(bytes_c2s + bytes_s2c) " +
                      flows_ +
                      " GROUP BY finding.id, flow.outcome ORDER BY finding.id, CASE flow.outcome "
                      "WHEN 'data' THEN 0 WHEN 'handshake' THEN 1 WHEN 'midstream' THEN 2 "
                      "WHEN 'one-sided' THEN 3 WHEN 'refused' THEN 4 ELSE 5 END")) {
      ReportCard& card = *by_id_.at(it.text());
      std::string outcome = it.text();
      card.outcomes.push_back({.name = std::move(outcome), .count = it.number()});
      card.packets += it.number();
      card.bytes += it.number();
    }
  }

  void read_evidence() {
    constexpr int most_flows = 3;  // enough to look at; the database has them all
    for (ModelRow& it : reader_.rows(fmt::format(
             "SELECT finding, chosen.id, capture.name, first_packet, transport, client, "
             "client_port, "
             "server, server_port, outcome, start, flow_packets, flow_bytes, total FROM ("
             "SELECT finding.id AS finding, flow.id, flow.capture, first_packet, transport, "
             "client, "
             "client_port, server, flow.server_port, flow.outcome, flow.first AS start, "
             "packets_c2s + packets_s2c AS flow_packets, bytes_c2s + bytes_s2c AS flow_bytes, "
             "count(*) OVER (PARTITION BY finding.id) AS total, "
             "row_number() OVER (PARTITION BY finding.id ORDER BY flow.id) AS place {}) AS chosen "
             "LEFT JOIN capture ON capture.id = chosen.capture WHERE place <= {} "
             "ORDER BY finding, place",
             flows_, most_flows))) {
      ReportCard& card = *by_id_.at(it.text());
      ReportFlow flow;
      flow.id = it.number();
      flow.capture = it.file();
      flow.first_packet = it.number();
      flow.transport = it.text();
      flow.client = it.text();
      flow.client_port = it.number();
      flow.server = it.text();
      flow.server_port = it.number();
      flow.outcome = it.text();
      flow.first = it.time().value_or(Timestamp{});
      flow.packets = it.number();
      flow.bytes = it.number();
      flow.wireshark =
          wireshark_filter(parse_transport(flow.transport).value_or(Transport::tcp), flow.client,
                           flow.client_port, flow.server, flow.server_port);
      card.evidence.total = it.number();
      card.evidence.rows.push_back(std::move(flow));
    }
  }

  ModelReader& reader_;
  std::map<std::string, ReportCard*> by_id_;
  std::string flows_;
};

std::vector<std::string> remedies(const ReportCard& card) {
  std::vector<std::string> list;
  const auto kind = parse_finding_kind(card.finding.kind);
  const std::string_view general = kind ? facts_of(*kind).remedy : "";
  if (!general.empty()) list.emplace_back(general);
  if (!card.row.empty() && !card.failing_field.empty() && !card.expected.empty()) {
    list.push_back(card.row_is_nearest
                       ? fmt::format("If {} is meant, correct {}: {} instead of {}.", card.row,
                                     card.failing_field, card.expected,
                                     card.observed.empty() ? "what was seen" : card.observed)
                       : fmt::format("Correct {}: {}.", card.failing_field, card.expected));
  }
  return list;
}

ReportCard make_card(Columns columns, const std::vector<ReportRule>& rules) {
  ReportCard card;
  card.finding = std::move(columns.finding);
  card.row = std::move(columns.row);
  card.failing_field = std::move(columns.failing_field);
  card.expected = std::move(columns.expected);
  card.observed = std::move(columns.observed);
  card.mistake = std::move(columns.mistake);
  card.row_is_nearest = card.finding.kind == to_text(FindingKind::undocumented);
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const ReportRule& it) { return it.id == card.row; });
  if (found != rules.end()) card.documented = *found;
  card.remedies = remedies(card);
  return card;
}

}  // namespace

void read_findings(ModelReader& reader, const std::vector<ReportRule>& rules, ReportModel& model) {
  ReportFindings& findings = model.findings;
  read_totals(reader, findings);
  for (ModelRow& it : reader.rows(fmt::format(
           "{} ORDER BY {} LIMIT {}",
           findings_sql(
               "id, kind, severity, client_names, server_names, transports, service, "
               "outcome, text, subject, server_port, ports, flows, first, last, nearest_rule, "
               "failing_field, expected, observed, mistake, violates, "
               "violates AND passed"),
           findings_order, reader.limits.cards + reader.limits.short_findings))) {
    Columns one = read_columns(it);
    if (findings.cards.size() < reader.limits.cards) {
      findings.cards.push_back(make_card(std::move(one), rules));
    } else {
      findings.others.rows.push_back(std::move(one.finding));
    }
  }
  findings.others.total = findings.total - findings.cards.size();
  CardReader(reader, findings.cards).read();
}

}  // namespace pcapaudit
