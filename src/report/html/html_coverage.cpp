// Coverage before findings: what the captures hold, what they lost, what was hidden from them.

#include "report/html/html_charts.hpp"
#include "report/html/html_parts.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

Markup capture_table(const ReportCoverage& coverage) {
  std::vector<Row> rows;
  for (const ReportCapture& it : coverage.captures.rows) {
    Cell name = cell(wire(it.name));
    if (!it.damage.empty()) {
      name.inside += html("<span class=\"sub\"><b>Damaged:</b> {}</span>", wire(it.damage));
    }
    rows.push_back({.cells = {std::move(name),
                              time_cell(it.first),
                              time_cell(it.last),
                              number_cell(it.packets),
                              bytes_cell(it.bytes),
                              {.inside = escaped(share(it.dropped, it.packets + it.dropped)),
                               .key = std::to_string(it.dropped),
                               .is_number = true},
                              number_cell(it.truncated),
                              number_cell(it.duplicates),
                              number_cell(it.silent_minutes)}});
  }
  return table({.caption = "Captures (times in UTC)",
                .columns = {"Capture", "First packet", "Last packet", "Packets", "Bytes", "Lost",
                            "Cut short", "Duplicates", "Silent min"},
                .empty = "No capture was read."},
               rows, coverage.captures.cut());
}

Row limit_row(std::string_view name, std::uint64_t count, std::string_view unit,
              std::string_view effect) {
  return {.cells = {cell(name), number_cell(count), cell(unit), cell(effect)}};
}

Markup limit_table(const ReportCoverage& seen) {
  std::vector<Row> rows = {
      limit_row(
          "Lost by the capture", seen.dropped, "packets",
          "What they held is unknown; flows of which every packet was lost are in no number."),
      limit_row("Blind time", seen.blind_seconds, "seconds",
                "An interface was down or had no carrier; nothing is known of that time."),
      limit_row("Ended early", seen.evicted_flows, "flows",
                "Too many flows were open; they were judged by what had been seen."),
      limit_row("Cap reached", seen.capped_flows, "flows",
                "More bytes waited out of order, in one message, or in all flows, than are kept."),
      limit_row("Missing bytes", seen.gap_flows, "flows",
                "What is behind a gap is judged from what came before and after."),
      limit_row("One direction only", seen.one_sided, "flows",
                "Undetermined at best: the mirror port saw one side."),
      limit_row("Start not captured", seen.midstream, "flows",
                "Who opened them, and their handshake, may be unknown."),
      limit_row("Encrypted", seen.encrypted, "flows",
                "Judged by handshake, certificates and names; the content is hidden."),
      limit_row("Certificates hidden", seen.hidden_certificates, "flows",
                "TLS 1.3 and resumed sessions show none: mutual TLS is at most indicated there."),
      limit_row("Server name hidden", seen.hidden_names, "flows",
                "The client encrypted the name it asked for."),
      limit_row("Resumed sessions", seen.resumed, "flows", "Certificates were shown earlier."),
      limit_row("Unknown application", seen.unknown_application, "flows",
                "There were bytes, and no dissector knows them."),
      limit_row("No payload", seen.no_payload, "flows", "No bytes tell the application."),
  };
  for (const UnreadCount& it : seen.unread) {
    rows.push_back(limit_row("Not read to the end: " + it.cause, it.ended, "flows",
                             "What was demanded and would have come later is not known."));
    rows.push_back(limit_row("Read over a hole: " + it.cause, it.passed, "flows",
                             "Messages may have begun unseen in it."));
  }
  return table({.caption = "What was lost, encrypted or hidden",
                .columns = {"Limit", "Count", "Of", "What it means"},
                .empty = ""},
               rows);
}

Markup role_list(std::string_view text, const std::vector<std::string>& roles) {
  if (roles.empty()) return {};
  std::vector<Markup> parts;
  for (const std::string& it : roles) parts.push_back(wire(it));
  return html("<p>{} {}.</p>\n", text, joined(parts, ", "));
}

}  // namespace

Markup html_coverage(const ReportModel& model, const Links& links) {
  const ReportCoverage& coverage = model.coverage;
  Markup out = html(
      "<p class=\"lead\">That nothing was found means little where nothing could be seen. This "
      "section says how far the captures reach.</p>\n<h3>Time line</h3>\n"
      "<p>Solid: packets were captured. Dashed: minutes without a packet of any flow. Triangles: "
      "flows with missing bytes began here.</p>\n");
  out += capture_timeline(coverage);
  out += capture_table(coverage);
  out += html("<h3>What could be seen between roles</h3>\n");
  out += grid_legend(GridKind::sight) + role_grid(model.matrix, links, GridKind::sight);
  out += role_list("Bound to addresses, and at no end of any flow:", coverage.unseen_roles);
  out += role_list("Named by the documentation, and without an address in the site file:",
                   coverage.unbound_roles);
  return out + limit_table(coverage);
}

Markup html_matrix(const ReportModel& model, const Links& links) {
  const ReportMatrix& matrix = model.matrix;
  Markup out = html(
      "<p class=\"lead\">Rows open the connection, columns answer. Each cell leads to its line "
      "below. An address with several roles counts in each of them.</p>\n");
  out += grid_legend(GridKind::state) + role_grid(matrix, links, GridKind::state);
  if (matrix.roles.cut() > 0) out += cut_note(matrix.roles.cut(), "roles with fewer flows");
  std::vector<Row> rows;
  for (const std::size_t index : matrix.told.rows) {
    const MatrixCell& it = matrix.cells[index];
    rows.push_back({.cells = {cell(wire(matrix.roles.rows[it.from].id)),
                              cell(wire(matrix.roles.rows[it.to].id)), cell(state_name(it.state)),
                              cell(links.rows(it.rules)), number_cell(it.flows.allowed),
                              number_cell(it.flows.violation), number_cell(it.blocked),
                              number_cell(it.flows.waived), number_cell(it.flows.undetermined),
                              cell(links.findings(it.findings))},
                    .id = links.pair(index)});
  }
  return out + table({.caption = "Pairs of roles, gravest first, in flows",
                      .columns = {"From", "To", "State", "Documented by", "Allowed", "Violations",
                                  "Stopped", "Waived", "Undetermined", "Findings"},
                      .empty = "No pair of roles is documented or was seen.",
                      .id = "pairs"},
                     rows, matrix.told.cut());
}

}  // namespace pcapaudit
