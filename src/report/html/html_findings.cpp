// Findings as cards that a reviewer can decide on, and the rest of them in one line each.

#include "report/html/html_parts.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

Markup fact(std::string_view name, const Markup& value) {
  return value.html.empty() ? Markup{} : html("<dt>{}</dt><dd>{}</dd>\n", name, value);
}

Markup documented_row(const ReportCard& card, const Links& links) {
  if (!card.documented) return card.row.empty() ? Markup{} : links.row(card.row);
  const ReportRule& row = *card.documented;
  Markup out = html("{}: {} to {}, {}", links.row(row.id), wire(roles_text(row.from)),
                    wire(roles_text(row.to)), service_text(row.transports, "", ""));
  if (!row.ports.empty()) out += html("/{}", row.ports);
  out += html(", {}", row.app);
  const Markup sources = sources_text(row);
  if (!sources.html.empty()) out += html("<br><span class=\"soft\">{}</span>", sources);
  if (!row.doubts.empty()) {
    out += html("<br><span class=\"soft\">Doubts about it: {} (annex)</span>",
                fmt::format("{}", fmt::join(row.doubts, ", ")));
  }
  return out;
}

Markup failing(const ReportCard& card) {
  if (card.failing_field.empty()) return {};
  Markup out = html("<b>{}</b>", card.failing_field);
  if (!card.expected.empty()) out += html(": {} expected", wire(card.expected));
  if (!card.observed.empty()) {
    out += html("{} {} seen", card.expected.empty() ? ":" : ",", wire(card.observed));
  }
  return out;
}

Markup outcomes(const ReportCard& card) {
  std::vector<Markup> parts;
  for (const NamedCount& it : card.outcomes) {
    parts.push_back(html("{} in {}", outcome_words(it.name), counted(it.count, "flow", "flows")));
  }
  if (parts.empty()) {
    return card.finding.flows == 0 ? Markup{}
                                   : html("{}", counted(card.finding.flows, "flow", "flows"));
  }
  return joined(parts, "; ") +
         html("<br>{}, {}", counted(card.packets, "packet", "packets"), bytes_text(card.bytes));
}

Markup period(const ReportFinding& finding) {
  if (!finding.first || !finding.last) return {};
  return html("{} to<br>{} UTC", time_cell(finding.first).inside, time_cell(finding.last).inside);
}

Markup hosts(const Listed<NamedCount>& list) {
  std::vector<Markup> parts;
  for (const NamedCount& it : list.rows) {
    parts.push_back(html("{} ({})", wire(it.name), spaced(it.count)));
  }
  if (list.cut() > 0) parts.push_back(html("{} more, see CSV", spaced(list.cut())));
  return joined(parts, ", ");
}

Markup evidence(const Listed<ReportFlow>& list) {
  if (list.rows.empty()) return {};
  Markup out = html("<ul>\n");
  for (const ReportFlow& it : list.rows) {
    out += html("<li>flow {}: {}, packet {}, {}</li>\n", it.id, wire(it.capture), it.first_packet,
                time_cell(it.first).inside);
  }
  out += html("</ul>\n");
  if (list.cut() > 0) out += html("<p class=\"cut\">{} more, see CSV</p>\n", spaced(list.cut()));
  return out + html("<span class=\"soft\">Wireshark, the first:</span> {}",
                    wire(list.rows.front().wireshark));
}

Markup remedy(const ReportCard& card) {
  if (card.remedies.empty()) return {};
  Markup out = html("<ul>\n");
  for (const std::string& it : card.remedies) out += html("<li>{}</li>\n", it);
  return out + html("</ul>\n");
}

Markup decision() {
  return html(
      "<div class=\"decision\"><b>Decision</b><span class=\"box\">Correct it</span>"
      "<span class=\"box\">Document it</span><span class=\"box\">Exception</span>"
      "<span class=\"box\">No action, because</span><span class=\"blank\">By</span>"
      "<span class=\"blank\">Until</span></div>\n");
}

Markup card_markup(const ReportCard& card, const Links& links) {
  const ReportFinding& it = card.finding;
  Markup out = html("<article class=\"card {0}\" id=\"{1}\" aria-labelledby=\"{1}-h\">\n<header>",
                    it.severity, it.id);
  out += html("<h4 id=\"{}-h\">{}{}</h4>{} <span class=\"id\">{}</span>", it.id, it.title,
              !it.subject.empty() && (it.client.empty() || it.server.empty())
                  ? html(": {}", wire(it.subject))
                  : html(": {} to {}, {}", wire(roles_text(it.client)), wire(roles_text(it.server)),
                         service_text(it.transports, it.ports, it.service)),
              severity_tag(it.severity), it.id);
  if (it.violates) {
    out += html(" <span class=\"tag\">{}</span>", it.came_through ? "came through" : "stopped");
  }
  out += html(
      "</header>\n<p class=\"sentence\">{}</p>\n<div class=\"halves\">\n"
      "<dl class=\"facts\">\n",
      it.text);
  out += fact(card.row_is_nearest ? "Nearest row" : "Documented", documented_row(card, links));
  out += fact(card.row_is_nearest ? "Fails on" : "Broken in", failing(card));
  out += fact("Outcome", outcomes(card));
  out += fact("First, last", period(it));
  out += html("</dl>\n<dl class=\"facts\">\n");
  out += fact("Clients", hosts(card.clients));
  out += fact("Servers", hosts(card.servers));
  out += fact("Evidence", evidence(card.evidence));
  out += fact("What to do", remedy(card));
  return out + html("</dl>\n</div>\n") + decision() + html("</article>\n");
}

Markup severity_line(const ReportFindings& findings) {
  std::vector<Markup> parts;
  for (const NamedCount& it : findings.severities) {
    if (it.count > 0) parts.push_back(html("{} {}", spaced(it.count), severity_tag(it.name)));
  }
  return html(
      "<p>{}: {} came through, {} stopped, {}. By severity: {}.</p>\n"
      "<p class=\"lead\">What came through stands first, then attempts that were stopped, "
      "then remarks. What is meant as it is can be documented in the site file, with an "
      "owner and a review, or excepted, with a reason and an end.</p>\n",
      counted(findings.total, "finding", "findings"), spaced(findings.came_through),
      spaced(findings.stopped), counted(findings.remarks, "remark", "remarks"),
      joined(parts, ", "));
}

}  // namespace

Markup html_findings(const ReportModel& model, const Links& links) {
  const ReportFindings& findings = model.findings;
  if (findings.total == 0) {
    return html("<p>There are no findings{}.</p>\n",
                std::string_view(model.run.open ? " so far" : ""));
  }
  Markup out = severity_line(findings);
  out += html("<div data-filter=\"Filter findings\">\n");
  for (const ReportCard& it : findings.cards) out += card_markup(it, links);
  out += html("</div>\n");
  if (findings.others.total == 0) return out;
  std::vector<Row> rows;
  for (const ReportFinding& it : findings.others.rows) {
    rows.push_back({.cells = {cell(wire(it.id)), cell(severity_tag(it.severity)), cell(it.title),
                              cell(!it.subject.empty() && (it.client.empty() || it.server.empty())
                                       ? wire(it.subject)
                                       : html("{} to {}", wire(roles_text(it.client)),
                                              wire(roles_text(it.server)))),
                              cell(service_text(it.transports, it.ports, it.service)),
                              cell(it.outcome.empty() ? "" : outcome_words(it.outcome)),
                              number_cell(it.flows)},
                    .id = it.id});
  }
  out += html("<div data-filter=\"Filter further findings\">\n");
  out += table({.caption = "Further findings",
                .columns = {"Finding", "Severity", "What", "Who", "Service", "Outcome", "Flows"},
                .empty = ""},
               rows, findings.others.cut());
  return out + html("</div>\n");
}

}  // namespace pcapaudit
