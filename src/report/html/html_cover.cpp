// The first page: the statement, the figures, what limits both.

#include "report/html/html_parts.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

struct Standing {
  std::string_view css, words;
};

Standing standing_of(ReportStatement::Kind kind) {
  switch (kind) {
    case ReportStatement::Kind::deviates:
      return {"deviates", "Deviations found"};
    case ReportStatement::Kind::stopped:
      return {"open", "Undocumented attempts, all of them stopped"};
    case ReportStatement::Kind::undetermined:
      return {"open", "Not all traffic could be judged"};
    case ReportStatement::Kind::documented:
      return {"documented", "As documented"};
    case ReportStatement::Kind::no_evidence:
      break;
  }
  return {"open", "No evidence"};
}

Markup statement(const ReportStatement& it) {
  const Standing standing = standing_of(it.kind);
  Markup out = html(
      "<section class=\"statement {}\" aria-label=\"Statement\">\n<p class=\"big\"><span "
      "class=\"verdict\">{}</span>{}</p>\n",
      standing.css, standing.words, it.sentence);
  if (!it.limits.empty()) {
    out += html("<p class=\"limits\">What limits this statement</p>\n<ul>\n");
    for (const std::string& limit : it.limits) out += html("<li>{}</li>\n", limit);
    out += html("</ul>\n");
  }
  return out + html("</section>\n");
}

Markup figure(std::string_view name, std::uint64_t value, std::uint64_t whole) {
  Markup part;
  if (whole > 0) {
    part = html(
        "<span class=\"share\">{}</span>",
        fmt::format("{:.1f} %", 100.0 * static_cast<double>(value) / static_cast<double>(whole)));
  }
  return html("<div><dt>{}</dt><dd>{}{}</dd></div>\n", name, spaced(value), part);
}

Markup figures(const VerdictCounts& flows, const ReportFindings& findings) {
  Markup out = html("<dl class=\"figures\">\n");
  out += figure("Flows", flows.flows, 0);
  out += figure("Allowed", flows.allowed, flows.flows);
  out += figure("Violations", flows.violation, flows.flows);
  out += figure("Waived", flows.waived, flows.flows);
  out += figure("Undetermined", flows.undetermined, flows.flows);
  out += figure("Ignored", flows.ignored, flows.flows);
  out += figure("Findings", findings.total, 0);
  return out + html("</dl>\n");
}

Markup fact(std::string_view name, const Markup& value) {
  return value.html.empty() ? Markup{} : html("<dt>{}</dt><dd>{}</dd>\n", name, value);
}

Markup facts(const ReportModel& model) {
  const ReportRun& run = model.run;
  Markup out = html("<dl class=\"facts\">\n");
  out += fact("Site", escaped(run.site));
  out += fact("Owner of the policy", escaped(run.owner));
  if (run.first && run.last) {
    out += fact("Period (UTC)",
                html("{} to {} ({})", time_cell(run.first).inside, time_cell(run.last).inside,
                     duration_text((run.last->ns - run.first->ns) / ns_per_second)));
  }
  std::vector<Markup> packs;
  for (const ReportPack& it : run.packs) {
    packs.push_back(html("{}{}{}", it.title.empty() ? it.id : it.title,
                         it.revision.empty() ? "" : ", revision ", it.revision));
  }
  out += fact("Documentation", joined(packs, "; "));
  out += fact("Captures",
              html("{} with {} packets, {} in flows", spaced(model.coverage.captures.total),
                   spaced(model.coverage.packets), bytes_text(run.bytes)));
  out += fact("Scope",
              escaped(run.judge_all ? "all flows" : "flows with a role of the documentation"));
  out += fact("Policy digest", html("<span class=\"digest\">{}</span>", run.policy_digest));
  out += fact("Report digest", html("<span class=\"digest\">{}</span>", model.digest));
  return out + html("</dl>\n");
}

}  // namespace

Markup html_cover(const ReportModel& model) {
  const ReportDress& dress = model.dress;
  Markup out = html("<header>\n");
  if (!dress.classification.empty()) {
    out += html("<p class=\"classification\">{}</p>\n", dress.classification);
  }
  out += html(
      "<div class=\"cover-head\">\n<div>\n<h1>{}</h1>\n<p class=\"subtitle\">{}</p>\n</div>\n",
      dress.title.empty() ? "Traffic audit against documented flows" : dress.title,
      model.run.site.empty()
          ? "Observed network traffic held against its documentation"
          : "Observed network traffic of " + model.run.site + ", held against its documentation");
  if (!dress.logo.empty())
    out += html("<img class=\"logo\" src=\"{}\" alt=\"Logo\">\n", dress.logo);
  out += html("</div>\n</header>\n");
  return out + statement(model.statement) + figures(model.run.flows, model.findings) + facts(model);
}

}  // namespace pcapaudit
