// The report's parts in the order in which they are read; the audit itself; the first sentence.

#include "report/model/model.hpp"

#include <fmt/format.h>

#include "report/model/model_reader.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

// "16 ways", "1 way".
std::string ways(std::uint64_t count) {
  return counted(count, "way", "ways");
}

std::string sentence(const ReportModel& model, ReportStatement::Kind kind) {
  const ReportFindings& findings = model.findings;
  const VerdictCounts& flows = model.run.flows;
  const std::string unjudged =
      flows.undetermined == 0
          ? ""
          : fmt::format("; {} could not be judged", counted(flows.undetermined, "flow", "flows"));
  const std::string waived =
      flows.waived == 0
          ? ""
          : fmt::format("; {} rest on an exception", counted(flows.waived, "flow", "flows"));
  switch (kind) {
    case ReportStatement::Kind::deviates:
      return fmt::format("Observed traffic deviates from the documented flows in {}{}{}.",
                         ways(findings.came_through), waived, unjudged);
    case ReportStatement::Kind::stopped:
      return fmt::format("Undocumented traffic was tried in {}, and none of it came through{}{}.",
                         ways(findings.stopped), waived, unjudged);
    case ReportStatement::Kind::undetermined:
      return fmt::format(
          "No deviation from the documented flows was seen, but {} of {} could not be judged{}.",
          grouped(flows.undetermined), counted(flows.flows - flows.ignored, "flow", "flows"),
          waived);
    case ReportStatement::Kind::documented:
      return fmt::format("All {} that were judged are documented{}.",
                         counted(flows.flows - flows.ignored, "flow", "flows"), waived);
    case ReportStatement::Kind::no_evidence:
      break;
  }
  if (model.run.open)
    return "The audit is not finished: that nothing was found so far proves nothing.";
  return "No flow was judged: this audit is evidence of nothing.";
}

ReportStatement::Kind kind_of(const ReportModel& model) {
  using Kind = ReportStatement::Kind;
  const VerdictCounts& flows = model.run.flows;
  if (flows.flows == flows.ignored) return Kind::no_evidence;
  if (model.findings.came_through > 0) return Kind::deviates;
  if (model.findings.stopped > 0) return Kind::stopped;
  if (model.run.open) return Kind::no_evidence;
  return flows.undetermined > 0 ? Kind::undetermined : Kind::documented;
}

// What a reader must know before believing the sentence.
std::vector<std::string> limits_of(const ReportModel& model) {
  const ReportCoverage& seen = model.coverage;
  std::vector<std::string> limits;
  const auto add = [&](std::uint64_t count, const std::string& text) {
    if (count > 0) limits.push_back(text);
  };
  const auto& until = model.run.findings_until;
  add(model.run.open ? 1 : 0,
      fmt::format("The audit is still being written, or its monitor was killed: {}.",
                  until ? fmt::format("findings are of flows that were stored until {} UTC",
                                      to_second(to_text(*until)))
                        : "it has no findings yet"));
  add(model.run.partial && !model.run.open ? 1 : 0,
      "Not all input was read: an input is damaged, or the audit was interrupted.");
  add(seen.dropped, fmt::format("The capture lost {} of its packets.",
                                share(seen.dropped, seen.packets + seen.dropped)));
  add(seen.blind_seconds, fmt::format("An interface could not be read for {}.",
                                      counted(seen.blind_seconds, "second", "seconds")));
  add(seen.evicted_flows, fmt::format("Too many flows were open: {} ended early.",
                                      counted(seen.evicted_flows, "flow", "flows")));
  add(seen.capped_flows, fmt::format("A cap of what is kept to be read was reached in {}.",
                                     counted(seen.capped_flows, "flow", "flows")));
  add(seen.truncated, fmt::format("{} were captured shorter than they were on the wire.",
                                  counted(seen.truncated, "packet", "packets")));
  add(seen.gap_flows,
      fmt::format("Bytes are missing in {}.", counted(seen.gap_flows, "flow", "flows")));
  std::vector<std::string> ended;
  for (const UnreadCount& it : seen.unread) {
    if (it.ended > 0) ended.push_back(fmt::format("{} {}", it.cause, grouped(it.ended)));
  }
  add(ended.size(),
      fmt::format("Flows that were not read to their end, by cause: {}.", fmt::join(ended, ", ")));
  add(seen.one_sided, fmt::format("Only one direction was captured of {}.",
                                  counted(seen.one_sided, "flow", "flows")));
  add(seen.midstream,
      fmt::format("The start was not captured of {}.", counted(seen.midstream, "flow", "flows")));
  add(seen.by_record_sizes,
      fmt::format("Mutual TLS of {} that {} allowed rests on the sizes of TLS 1.3 records.",
                  counted(seen.by_record_sizes, "flow", "flows"),
                  seen.by_record_sizes == 1 ? "is" : "are"));
  add(seen.hidden_certificates, fmt::format("Certificates could not be seen in {}.",
                                            counted(seen.hidden_certificates, "flow", "flows")));
  add(seen.unseen_roles.size(),
      fmt::format("{} with addresses never appeared: nothing can be said about them.",
                  counted(seen.unseen_roles.size(), "role", "roles")));
  add(model.rules.not_observable,
      fmt::format("{} could not be observed here.",
                  counted(model.rules.not_observable, "documented flow", "documented flows")));
  add(model.run.flows.ignored, fmt::format("{} are outside of the audit by the policy's own words.",
                                           counted(model.run.flows.ignored, "flow", "flows")));
  limits.insert(limits.end(), model.coverage.notes.begin(), model.coverage.notes.end());
  return limits;
}

}  // namespace

void read_run(ModelReader& reader, ReportModel& model) {
  ReportRun& run = model.run;
  if (auto it = reader.row("SELECT tool_version, arguments, partial, NOT closed, findings_until "
                           "FROM run ORDER BY id")) {
    run.tool_version = it->text();
    run.arguments = it->arguments();
    run.partial = it->flag();
    run.open = it->flag();
    run.findings_until = it->time();
  }
  if (auto it = reader.row("SELECT digest, site_name, owner, timezone, product, profiles, "
                           "judge_all, strict FROM policy ORDER BY id")) {
    run.policy_digest = it->text();
    run.site = it->text();
    run.owner = it->text();
    run.timezone = it->text();
    run.product = it->text();
    run.profiles = it->list();
    run.judge_all = it->flag();
    run.strict = it->flag();
  }
  for (ModelRow& it : reader.rows("SELECT id, title, revision FROM pack ORDER BY position")) {
    run.packs.push_back({.id = it.text(), .title = it.text(), .revision = it.text()});
  }
  if (auto it =
          reader.row("SELECT min(nullif(first, 0)), max(nullif(last, 0)), sum(flows), "
                     "sum(flows) FILTER (WHERE verdict = 'allowed'), "
                     "sum(flows) FILTER (WHERE verdict = 'violation'), "
                     "sum(flows) FILTER (WHERE verdict = 'waived'), "
                     "sum(flows) FILTER (WHERE verdict = 'undetermined'), "
                     "sum(flows) FILTER (WHERE verdict = 'ignored'), sum(bytes_c2s + bytes_s2c) "
                     "FROM flow_group ORDER BY 1")) {
    run.first = it->time();
    run.last = it->time();
    run.flows = {.flows = it->number(),
                 .allowed = it->number(),
                 .violation = it->number(),
                 .waived = it->number(),
                 .undetermined = it->number(),
                 .ignored = it->number()};
    run.bytes = it->number();
  }
}

ReportStatement make_statement(const ReportModel& model) {
  const ReportStatement::Kind kind = kind_of(model);
  return {.kind = kind, .sentence = sentence(model, kind), .limits = limits_of(model)};
}

Result<ReportModel> read_report_model(const Store& store, const ReportLimits& limits) {
  ReportModel model;
  ModelReader reader(store, limits);
  read_run(reader, model);
  read_coverage(reader, model);
  read_traffic(reader, model);
  std::vector<ReportRule> rules = read_rules(reader);
  read_findings(reader, rules, model);
  read_matrix(reader, model);
  read_register(reader, std::move(rules), model);
  read_exceptions(reader, model);
  read_tls(reader, model);
  read_facts(reader, model);
  read_undetermined(reader, model);
  read_annex(reader, model);
  if (reader.error()) return std::unexpected(*reader.error());
  model.statement = make_statement(model);
  model.digest = reader.digest();
  return model;
}

}  // namespace pcapaudit
