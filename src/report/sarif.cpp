// The findings as SARIF 2.1.0, for tools that collect results of many programs.
//
// A finding is a result of kind `fail`; what could not be judged is of kind `open`, since a reader
// must not take it for a pass. Levels: critical and high are errors, medium is a warning.
// Source: OASIS SARIF 2.1.0 sections 3.11 (messages), 3.14 (run), 3.20 (invocation), 3.27 (result).
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "report/escape.hpp"
#include "report/formats.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

using Json = nlohmann::ordered_json;

// Section 3.11.5: braces are doubled, else they are placeholders. Section 3.11.6: brackets that are
// no link have a backslash.
Json message(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '{' || c == '}') out += c;
    if (c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return {{"text", out}};
}

// A file's name as a relative URI reference (RFC 3986).
std::string uri(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool plain = (std::isalnum(static_cast<unsigned char>(c)) != 0 && (c & 0x80) == 0) ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c)
                 : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return out;
}

const char* level_of(const std::string& severity) {
  if (severity == "critical" || severity == "high") return "error";
  return severity == "medium" ? "warning" : "note";
}

std::string service_end(const std::string& transport, const std::string& ports,
                        const std::string& service) {
  std::string text = transport;
  if (!ports.empty()) text += "/" + ports;
  if (!service.empty()) text += " " + service;
  return text;
}

// Between which roles: what stands for a function or a module of other tools.
Json logical(const std::string& client, const std::string& server, const std::string& end) {
  std::string name = client;
  if (!server.empty()) name += " → " + server;
  if (!end.empty()) name += " " + end;
  return Json::array({{{"fullyQualifiedName", name}, {"kind", "flow"}}});
}

Json locations(const ReportFinding& finding, const Listed<ReportFlow>& evidence) {
  const Json ends = logical(finding.client, finding.server,
                            service_end(finding.transports, finding.ports, finding.service));
  Json list = Json::array();
  for (const ReportFlow& flow : evidence.rows) {
    list.push_back({{"physicalLocation", {{"artifactLocation", {{"uri", uri(flow.capture)}}}}},
                    {"logicalLocations", ends},
                    {"message", message(fmt::format("flow {} begins with packet {}: {}", flow.id,
                                                    flow.first_packet, flow.wireshark))}});
  }
  if (list.empty()) list.push_back({{"logicalLocations", ends}});
  return list;
}

// The rules of the run, numbered in the order in which results need them.
class Rules {
 public:
  std::size_t index_of(const std::string& kind, const std::string& title) {
    const auto [place, is_new] = numbers_.try_emplace(kind, numbers_.size());
    if (is_new) list_.push_back({{"id", kind}, {"shortDescription", message(title)}});
    return place->second;
  }
  Json take() { return std::move(list_); }

 private:
  std::map<std::string, std::size_t> numbers_;
  Json list_ = Json::array();
};

// New or changed since the baseline, by id; empty without a baseline.
using States = std::map<std::string, const char*>;

// The same for a cause that stands alone and for the larger finding that it is part of in another
// audit, where many ports or hosts have the problem.
std::string matter(const ReportFinding& finding) {
  return sha256_hex(as_bytes(
      fmt::format("{}|{}|{}|{}", finding.kind, finding.client, finding.server, finding.service)));
}

Json result(const ReportFinding& finding, const Listed<ReportFlow>& evidence, Rules& rules) {
  Json out = {{"ruleId", finding.kind},
              {"ruleIndex", rules.index_of(finding.kind, finding.title)},
              {"kind", "fail"},
              {"level", level_of(finding.severity)},
              {"message", message(finding.text)},
              {"locations", locations(finding, evidence)},
              {"partialFingerprints",
               {{"pcapauditFinding/v1", finding.id}, {"pcapauditMatter/v1", matter(finding)}}}};
  out["properties"] = {{"finding", finding.id},
                       {"severity", finding.severity},
                       {"flows", finding.flows},
                       {"outcome", finding.outcome}};
  if (finding.first) out["properties"]["first"] = to_text(*finding.first);
  if (finding.last) out["properties"]["last"] = to_text(*finding.last);
  return out;
}

Json open_result(const UndeterminedGroup& group, Rules& rules) {
  const std::string why = group.reason.empty() ? "no reason" : group.reason;
  const std::string end =
      service_end(group.transport, group.server_port == 0 ? "" : std::to_string(group.server_port),
                  group.service);
  return {{"ruleId", "undetermined"},
          {"ruleIndex", rules.index_of("undetermined", "Traffic that could not be judged")},
          {"kind", "open"},
          {"level", "none"},
          {"message", message(fmt::format("{} from {} to {} ({}) could not be judged: {}",
                                          counted(group.flows, "flow", "flows"), group.client,
                                          group.server, end, why))},
          {"locations",
           Json::array({{{"logicalLocations", logical(group.client, group.server, end)}}})},
          {"properties", {{"reason", why}, {"flows", group.flows}}}};
}

Json results(const ReportModel& model, Rules& rules) {
  States states;
  if (model.changes) {
    for (const ReportChange& change : model.changes->changes.rows) {
      if (change.what != "finding") continue;
      states[change.id] = change.kind == ReportChange::Kind::added ? "new" : "updated";
    }
  }
  Json list = Json::array();
  const auto add = [&](const ReportFinding& finding, Json one) {
    if (model.changes) {
      const auto state = states.find(finding.id);
      one["baselineState"] = state == states.end() ? "unchanged" : state->second;
    }
    list.push_back(std::move(one));
  };
  for (const ReportCard& card : model.findings.cards) {
    add(card.finding, result(card.finding, card.evidence, rules));
  }
  for (const ReportFinding& finding : model.findings.others.rows) {
    add(finding, result(finding, {}, rules));
  }
  for (const UndeterminedGroup& group : model.undetermined.groups.rows) {
    list.push_back(open_result(group, rules));
  }
  return list;
}

Json invocation(const ReportModel& model) {
  Json notes = Json::array();
  for (const std::string& limit : model.statement.limits) {
    notes.push_back({{"level", "warning"}, {"message", message(limit)}});
  }
  const std::uint64_t cut = model.findings.others.cut() + model.undetermined.groups.cut();
  if (cut > 0) {
    notes.push_back({{"level", "warning"},
                     {"message", message(fmt::format("left out: {}, as receivers take no more in a "
                                                     "run; the database has them all",
                                                     counted(cut, "result", "results")))}});
  }
  return {{"executionSuccessful", !model.run.partial},
          {"arguments", model.run.arguments},
          {"toolExecutionNotifications", std::move(notes)}};
}

Json artifacts(const ReportCoverage& coverage) {
  Json list = Json::array();
  for (const ReportCapture& capture : coverage.captures.rows) {
    Json one = {{"location", {{"uri", uri(capture.name)}}}};
    if (!capture.sha256.empty()) one["hashes"] = {{"sha-256", capture.sha256}};
    list.push_back(std::move(one));
  }
  return list;
}

Json run_properties(const ReportModel& model) {
  const VerdictCounts& flows = model.run.flows;
  Json out = {{"statement", model.statement.sentence},
              {"policyDigest", model.run.policy_digest},
              {"reportDigest", model.digest},
              {"flows",
               {{"all", flows.flows},
                {"allowed", flows.allowed},
                {"violation", flows.violation},
                {"waived", flows.waived},
                {"undetermined", flows.undetermined},
                {"ignored", flows.ignored}}},
              {"findings", model.findings.total},
              {"findingsLeftOut", model.findings.others.cut()},
              {"undeterminedGroupsLeftOut", model.undetermined.groups.cut()}};
  if (!model.changes) return out;
  Json gone = Json::array();
  for (const ReportChange& change : model.changes->changes.rows) {
    if (change.what == "finding" && change.kind == ReportChange::Kind::gone) {
      gone.push_back({{"finding", change.id}, {"text", change.text}});
    }
  }
  out["gone"] = std::move(gone);
  return out;
}

}  // namespace

std::string render_sarif(const ReportModel& model) {
  Rules rules;
  Json found = results(model, rules);
  Json run;
  run["tool"] = {
      {"driver",
       {{"name", "pcapaudit"}, {"version", model.run.tool_version}, {"rules", rules.take()}}}};
  run["invocations"] = Json::array({invocation(model)});
  run["artifacts"] = artifacts(model.coverage);
  run["results"] = std::move(found);
  run["properties"] = run_properties(model);
  const Json log = {{"$schema",
                     "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
                     "sarif-schema-2.1.0.json"},
                    {"version", "2.1.0"},
                    {"runs", Json::array({std::move(run)})}};
  return json_escaped(log.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace pcapaudit
