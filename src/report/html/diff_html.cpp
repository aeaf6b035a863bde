// Changes as one HTML page that needs nothing else and runs no script.
#include <fmt/format.h>

#include "report/diff/diff.hpp"
#include "report/diff/diff_sections.hpp"
#include "report/html/html_markup.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

constexpr std::string_view head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Changes between two audits</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
  color: #1b1f24; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #d0d7de; }
td:first-child { white-space: nowrap; } .id { font-family: ui-monospace, monospace; word-break: break-all; }
.note { color: #57606a; } bdi { unicode-bidi: isolate; }
@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } }
</style>
</head>
<body>
)";

Markup audit_row(std::string_view which, const ComparedAudit& audit) {
  return html(
      "<tr><th scope=\"row\">{}</th><td>{}</td><td>{} → {} UTC</td><td>{}, {} undetermined{}</td>"
      "<td class=\"id\">{}</td></tr>\n",
      which, wire(audit.name), to_second(audit.first), to_second(audit.last),
      counted(audit.flows, "flow", "flows"), grouped(audit.undetermined),
      std::string_view(audit.partial ? ", partial" : ""), audit.policy_digest.substr(0, 12));
}

Markup change_row(const Change& change) {
  const bool graver = change.is_worse && change.kind == Change::Kind::changed;
  Markup what = escaped(change.text);
  if (!change.before.empty()) what += html("<br>{} → {}", change.before, change.after);
  if (!change.note.empty()) what += html("<br><span class=\"note\">{}</span>", change.note);
  return html("<tr><td>{}{}</td><td>{}</td><td class=\"id\">{}</td><td><bdi>{}</bdi></td></tr>\n",
              to_text(change.kind), std::string_view(graver ? ", worse" : ""), change.severity,
              change.id, what);
}

Markup section_part(const ChangeSection& section) {
  const ChangeList& list = *section.list;
  Markup part =
      html("<h2>{}</h2>\n<p>{}.</p>\n", std::string_view(section.title), counts(list, ", "));
  if (list.changes.empty()) return part;
  part += html("<table>\n<tr><th>Change</th><th>Severity</th><th>Id</th><th>What</th></tr>\n");
  for (const Change& change : list.changes) part += change_row(change);
  return part += html("</table>\n");
}

}  // namespace

std::string render_changes_html(const Changes& changes) {
  Markup page{std::string(head)};
  page += html(
      "<h1>Changes between two audits</h1>\n<table>\n<tr><th></th><th>Database</th>"
      "<th>Time of the flows</th><th>Flows</th><th>Policy</th></tr>\n");
  page += audit_row("older", changes.older) + audit_row("newer", changes.newer);
  page += html("</table>\n");
  if (changes.older.policy_digest != changes.newer.policy_digest) {
    page += html("<p>The two audits were judged by different policies.</p>\n");
  }
  for (const ChangeSection& section : sections_of(changes)) page += section_part(section);
  return page.html + "</body>\n</html>\n";
}

}  // namespace pcapaudit
