// The report as Markdown: the same parts as the page, as text that no reader takes for markup.
#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "report/escape.hpp"
#include "report/formats.hpp"
#include "report/markdown/markdown_parts.hpp"
#include "report/model/model_words.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

std::string cover(const ReportModel& model) {
  const ReportRun& run = model.run;
  std::string out;
  if (!model.dress.classification.empty()) {
    out += fmt::format("**{}**\n\n", markdown(model.dress.classification));
  }
  out += fmt::format("# {}\n\n{}\n\n",
                     markdown(model.dress.title.empty() ? "Traffic audit against documented flows"
                                                        : model.dress.title),
                     markdown(model.statement.sentence));
  for (const std::string& limit : model.statement.limits) out += "- " + markdown(limit) + '\n';
  if (!model.statement.limits.empty()) out += '\n';
  MarkdownTable table({"Fact", "Value"});
  table.row({"Site", markdown_code(run.site)});
  if (run.first && run.last) {
    table.row({"Period (UTC)", fmt::format("{} to {}", second(run.first), second(run.last))});
  }
  for (const ReportPack& pack : run.packs) {
    table.row({"Documentation", markdown_code(pack.id + " " + pack.revision)});
  }
  const VerdictCounts& flows = run.flows;
  table.row({"Flows", grouped(flows.flows)});
  for (const auto& [name, count] : {std::pair{"allowed", flows.allowed},
                                    {"violation", flows.violation},
                                    {"waived", flows.waived},
                                    {"undetermined", flows.undetermined},
                                    {"ignored", flows.ignored}}) {
    table.row({name, share(count, flows.flows)});
  }
  table.row({"Policy digest", markdown_code(run.policy_digest)});
  table.row({"Report digest", markdown_code(model.digest)});
  return out + table.text();
}

std::string finding_heading(const ReportFinding& it) {
  std::string text = fmt::format("{} {}: ", markdown_code(it.id), markdown(it.severity));
  if (!it.client.empty()) text += markdown_code(it.client);
  if (!it.server.empty()) text += " → " + markdown_code(it.server);
  std::string port = it.transports;
  if (!it.ports.empty()) port += "/" + it.ports;
  if (!port.empty()) text += " " + markdown(port);
  if (!it.service.empty()) text += " " + markdown_code(it.service);
  return text;
}

std::string card(const ReportCard& it) {
  const ReportFinding& finding = it.finding;
  std::string out = "### " + finding_heading(finding) + "\n\n";
  out += markdown(finding.text) + "\n\n";
  const auto fact = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) out += fmt::format("- {}: {}\n", name, value);
  };
  fact("Seen", finding.flows == 0
                   ? ""
                   : fmt::format("{}, {} to {}; {}", counted(finding.flows, "flow", "flows"),
                                 second(finding.first), second(finding.last),
                                 outcome_words(finding.outcome)));
  fact(it.row_is_nearest ? "Nearest row" : "Row", markdown_code(it.row));
  fact("Fails on", markdown(it.failing_field));
  fact("Expected", markdown_code(it.expected));
  fact("Observed", markdown_code(it.observed));
  fact("Explained by", markdown(it.mistake));
  fact("Clients", names(it.clients));
  fact("Servers", names(it.servers));
  for (const ReportFlow& flow : it.evidence.rows) {
    fact("Evidence", fmt::format("flow {}, packet {} of {}", flow.id, flow.first_packet,
                                 markdown_code(flow.capture)));
  }
  for (const std::string& remedy : it.remedies) fact("To do", markdown(remedy));
  return out + '\n';
}

std::string findings(const ReportModel& model) {
  const ReportFindings& all = model.findings;
  std::string out =
      fmt::format("## Findings\n\n{}: {} came through, {} on attempts that were stopped, {}.\n\n",
                  counted(all.total, "finding", "findings"), grouped(all.came_through),
                  grouped(all.stopped), counted(all.remarks, "remark", "remarks"));
  for (const ReportCard& it : all.cards) out += card(it);
  if (all.others.total == 0) return out;
  MarkdownTable table({"Finding", "Severity", "From", "To", "Flows", "What"});
  for (const ReportFinding& it : all.others.rows) {
    table.row({markdown_code(it.id), markdown(it.severity), markdown_code(it.client),
               markdown_code(it.server), grouped(it.flows), markdown(it.text)});
  }
  return out + table.text(all.others.cut());
}

std::string state_words(MatrixCell::State state) {
  constexpr const char* words[] = {"not observable", "documented, not seen", "documented, seen",
                                   "waived",         "undetermined",         "tried, stopped",
                                   "VIOLATION"};
  return words[static_cast<std::size_t>(state)];
}

std::string matrix(const ReportMatrix& matrix) {
  MarkdownTable table({"From", "To", "State", "Flows", "Violations", "Undetermined", "Findings"});
  for (const MatrixCell& it : matrix.cells) {
    table.row({markdown_code(matrix.roles.rows[it.from].id),
               markdown_code(matrix.roles.rows[it.to].id), state_words(it.state),
               grouped(it.flows.flows), grouped(it.flows.violation), grouped(it.flows.undetermined),
               names(it.findings)});
  }
  std::string out = "## Who talks to whom\n\n" + table.text();
  if (matrix.roles.cut() > 0) {
    out += fmt::format("{} not shown: see `v_role_matrix`.\n\n",
                       counted(matrix.roles.cut(), "role", "roles"));
  }
  return out;
}

std::string rules(const ReportRegister& all) {
  MarkdownTable table({"Documented flow", "From", "To", "Port", "Application", "Flows", "Status"});
  MarkdownTable changes({"Documented flow", "Changed by the site"});
  for (const ReportRule& it : all.rules.rows) {
    table.row({markdown_code(it.id), markdown_code(it.from), markdown_code(it.to),
               markdown_code(it.transports + (it.ports.empty() ? "" : "/" + it.ports)),
               markdown_code(it.app), grouped(it.flows), std::string(status_words(it.status))});
    if (!it.overridden.empty()) changes.row({markdown_code(it.id), markdown_code(it.overridden)});
  }
  return fmt::format(
             "## Documented flows\n\n{} used, {} unused, {} met by undetermined flows only, {} "
             "with "
             "too short a window, {} not observable.\n\n",
             grouped(all.used), grouped(all.unused), grouped(all.undetermined_only),
             grouped(all.window_too_short), grouped(all.not_observable)) +
         table.text(all.rules.cut()) + changes.text();
}

}  // namespace

std::string render_markdown(const ReportModel& model) {
  std::string out = cover(model) + findings(model) + matrix(model.matrix) + rules(model.rules);
  out += markdown_evidence(model);
  return out;
}

}  // namespace pcapaudit
