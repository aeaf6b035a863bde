// Traffic over time, changes, definitions, inputs and the block to sign.
#include <array>

#include "report/html/html_charts.hpp"
#include "report/html/html_parts.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

Markup verdict_legend() {
  constexpr std::array entries = {
      std::pair{"p-violation", "violation (at the bottom)"},
      std::pair{"p-undetermined", "undetermined"}, std::pair{"p-waived", "waived"},
      std::pair{"p-allowed", "allowed"}, std::pair{"p-ignored", "ignored (on top)"}};
  Markup out = html("<ul class=\"legend\">\n");
  for (const auto& [css, name] : entries) {
    out += html(
        "<li><svg width=\"18\" height=\"18\" viewBox=\"0 0 18 18\" aria-hidden=\"true\">"
        "<rect class=\"{}\" x=\"2\" y=\"2\" width=\"14\" height=\"14\"/></svg>{}</li>\n",
        css, name);
  }
  return out + html("</ul>\n");
}

Markup definitions(const std::string& caption, const std::vector<Definition>& list) {
  std::vector<Row> rows;
  const bool counted_ones = !list.empty() && !list.front().value.empty();
  for (const Definition& it : list) {
    Row row{.cells = {cell(it.name)}};
    if (counted_ones) {
      row.cells.push_back({.inside = escaped(it.value), .key = it.value, .is_number = true});
    }
    row.cells.push_back(cell(it.meaning));
    rows.push_back(std::move(row));
  }
  TableText text{.caption = caption, .columns = {"Name", "Meaning"}, .empty = ""};
  if (counted_ones) text.columns = {"Counter", "Value", "Meaning"};
  return table(text, rows);
}

Markup inputs(const ReportModel& model) {
  std::vector<Row> rows;
  for (const ReportCapture& it : model.coverage.captures.rows) {
    rows.push_back({.cells = {cell(wire(it.name)), cell(wire(it.sha256)), cell(it.format),
                              cell(it.link_types), number_cell(it.packets)}});
  }
  Markup out = table({.caption = "Inputs",
                      .columns = {"Capture", "SHA-256", "Format", "Link types", "Packets"},
                      .empty = "No capture was read."},
                     rows, model.coverage.captures.cut());
  out += html(
      "<dl class=\"facts\">\n<dt>Program</dt><dd>pcapaudit {}</dd>\n<dt>Options</dt><dd>{}"
      "</dd>\n<dt>Policy files</dt><dd>{}</dd>\n<dt>Policy digest</dt><dd><span "
      "class=\"digest\">{}</span></dd>\n<dt>Rows used</dt><dd>{}</dd>\n",
      model.run.tool_version,
      wires({.rows = model.run.arguments, .total = model.run.arguments.size()}),
      wires(model.annex.policy_files), model.run.policy_digest,
      model.run.strict ? "only rows that stand in a table or a sentence (--strict)"
                       : "all rows of the policy");
  if (!model.run.timezone.empty()) {
    out += html("<dt>Site's time zone</dt><dd>{} (times in this report are UTC)</dd>\n",
                model.run.timezone);
  }
  return out + html("</dl>\n");
}

Markup roles(const ReportAnnex& annex) {
  std::vector<Row> rows;
  for (const ReportRole& it : annex.roles.rows) {
    constexpr std::size_t most_addresses = 8;
    Listed<std::string> addresses{.rows = it.addresses, .total = it.addresses.size()};
    if (addresses.rows.size() > most_addresses) addresses.rows.resize(most_addresses);
    rows.push_back({.cells = {cell(wire(it.id)), cell(it.title), cell(wires(addresses)),
                              cell(it.seen ? "yes" : "no")}});
  }
  return table({.caption = "Roles and their addresses",
                .columns = {"Role", "Title", "Addresses", "Seen"},
                .empty = ""},
               rows, annex.roles.cut());
}

Markup documents(const ReportAnnex& annex) {
  std::vector<Row> rows;
  for (const ReportDocument& it : annex.documents.rows) {
    rows.push_back({.cells = {cell(it.id), cell(it.title), cell(it.modified), cell(wire(it.file)),
                              cell(wire(it.sha256.substr(0, 16)))}});
  }
  return table({.caption = "Documents that the rows were taken from",
                .columns = {"Id", "Title", "Modified", "File", "SHA-256"},
                .empty = "The policy names no documents."},
               rows, annex.documents.cut());
}

Markup doubts(const ReportAnnex& annex, const Links& links) {
  std::vector<Row> rows;
  for (const ReportDoubt& it : annex.doubts.rows) {
    rows.push_back({.cells = {cell(it.id), cell(it.text), cell(links.rows(it.rules))}});
  }
  return table({.caption = "Doubts about the documents",
                .columns = {"Id", "Doubt", "Rows"},
                .empty = "The policy records no doubts."},
               rows, annex.doubts.cut());
}

Markup answers(const ReportAnnex& annex) {
  std::vector<Row> rows;
  for (const ReportFlag& it : annex.flags.rows) {
    rows.push_back({.cells = {cell(it.ask), cell(it.value ? "yes" : "no"),
                              cell(it.answered ? "the site" : "nobody: the default")}});
  }
  return table({.caption = "Questions of the documentation, and the site's answers",
                .columns = {"Question", "Answer", "Answered by"},
                .empty = "The policy asks nothing."},
               rows, annex.flags.cut());
}

}  // namespace

Markup html_traffic(const ReportModel& model, const Links&) {
  const ReportTraffic& traffic = model.traffic;
  if (!traffic.from) return html("<p class=\"none\">No flow was seen.</p>\n");
  Markup out =
      html("<p>Each column is {}. Times in UTC.</p>\n<h3>Flows that began, by verdict</h3>\n",
           duration_text(traffic.seconds_per_part));
  out += verdict_legend() + flow_columns(traffic);
  if (traffic.bytes.empty()) {
    out += html(
        "<p class=\"soft\">The database knows bytes by the minute; the audit is too short "
        "for a chart of them.</p>\n");
  } else {
    out += html("<h3>Bytes on the wire</h3>\n") + byte_columns(traffic);
  }
  std::vector<Row> rows;
  for (const TrafficLine& it : traffic.pairs.rows) {
    rows.push_back({.cells = {cell(wire(roles_text(it.client))), cell(wire(roles_text(it.server))),
                              bytes_cell(it.bytes), number_cell(it.packets)}});
  }
  return out + table({.caption = "The busiest pairs of roles",
                      .columns = {"From", "To", "Bytes", "Packets"},
                      .empty = ""},
                     rows, traffic.pairs.cut());
}

Markup html_changes(const ReportModel& model, const Links& links) {
  const ReportChanges& changes = *model.changes;
  std::vector<Row> rows;
  for (const ReportChange& it : changes.changes.rows) {
    const Markup id = it.what == "finding" ? links.finding(it.id) : links.row(it.id);
    rows.push_back(
        {.cells = {cell(std::string(to_text(it.kind))), cell(it.what), cell(id), cell(it.text)}});
  }
  return html("<p>Compared with {}.</p>\n", changes.baseline) +
         table({.caption = "Changes since the baseline",
                .columns = {"Change", "What", "Id", "In words"},
                .empty = "Nothing changed."},
               rows, changes.changes.cut());
}

Markup html_annex(const ReportModel& model, const Links& links) {
  const ReportAnnex& annex = model.annex;
  return inputs(model) + definitions("Counters, defined", annex.counters) + roles(annex) +
         documents(annex) + doubts(annex, links) + answers(annex) +
         definitions("Words of this report", annex.words);
}

Markup html_signoff(const ReportModel& model, const Links&) {
  Markup out = html(
      "<p>I have reviewed this report for the period named on its first page. My opinion is "
      "limited by what the section on coverage says could not be seen. The decisions on findings "
      "are recorded at each of them.</p>\n<div class=\"sign-grid\">\n");
  for (const char* line : {"Reviewer, role", "Date", "Signature", "Independent approver, role",
                           "Date of approval", "Next review due"}) {
    out += html("<span class=\"blank\">{}</span>\n", line);
  }
  return out + html(
                   "</div>\n<dl class=\"facts\"><dt>Report digest</dt><dd><span class=\"digest\">{}"
                   "</span></dd></dl>\n<p class=\"soft\">SHA-256 over every value that was read "
                   "from the database for this report. Rendering the same database again gives "
                   "the same digest.</p>\n",
                   model.digest);
}

}  // namespace pcapaudit
