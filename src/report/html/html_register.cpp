// The register of documented flows, those that nobody used or could see, and the exceptions.

#include "report/html/html_parts.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

Markup sub(const Markup& text) {
  return text.html.empty() ? Markup{} : html("<span class=\"sub\">{}</span>", text);
}

Markup status_tag(ReportRule::Status status) {
  const bool used = status == ReportRule::Status::used;
  const bool open = status == ReportRule::Status::unused;
  return html("<span class=\"tag {}\">{}</span>",
              used   ? "used"
              : open ? "open"
                     : "hidden",
              status_text(status));
}

std::string port_text(const ReportRule& rule) {
  std::string text = rule.transports;
  text += rule.ports.empty() ? ", any port" : "/" + rule.ports;
  return fmt::format("{} {}", text, rule.app);
}

// The business need: what the site wrote, else when the documentation asks for it.
Markup need_text(const ReportRule& rule) {
  Markup out = escaped(rule.why.empty() ? rule.title : rule.why);
  if (rule.why.empty() && rule.title.empty()) out = html("<span class=\"none\">not stated</span>");
  std::string when = rule.needed ? "needed here" : "not needed here";
  if (rule.need.empty() || rule.need == "never") when = rule.needed ? "needed here" : "optional";
  if (rule.discouraged) when += ", advised against";
  out += sub(escaped(when));
  return out + sub(sources_text(rule));
}

Markup approval_text(const ReportRule& rule) {
  if (rule.owner.empty() && rule.approved.empty() && rule.review.empty()) {
    return html("<span class=\"none\">not stated</span>");
  }
  Markup out = escaped(rule.owner);
  if (!rule.approved.empty()) out += sub(html("approved {}", rule.approved));
  if (!rule.review.empty()) out += sub(html("review due {}", rule.review));
  return out;
}

Row register_row(const ReportRule& it, const Links& links) {
  Markup id = wire(it.id);
  if (!it.doubts.empty()) {
    id += sub(html("doubts: {}", fmt::format("{}", fmt::join(it.doubts, ", "))));
  }
  if (!it.overridden.empty()) id += sub(html("changed by the site: {}", it.overridden));
  return {
      .cells = {cell(id), cell(html("{} →<br>{}", wire(it.from), wire(it.to))), cell(port_text(it)),
                cell(need_text(it)), cell(approval_text(it)), cell(status_tag(it.status)),
                time_cell(it.last), number_cell(it.flows), bytes_cell(it.bytes)},
      .id = links.row_anchor(it.id)};
}

std::string why_open(const ReportRule& rule, const ReportRun& run) {
  using Status = ReportRule::Status;
  switch (rule.status) {
    case Status::not_observable:
      return "A role of this row was at no end of any flow: nothing can be said.";
    case Status::window_too_short: {
      const std::int64_t seconds =
          run.first && run.last ? (run.last->ns - run.first->ns) / ns_per_second : 0;
      if (rule.expect == "rare") return "Comes rarely: no capture shows that it is not used.";
      return fmt::format("Comes {}; the audit covers {}.", rule.expect, duration_text(seconds));
    }
    case Status::undetermined_only:
      return "Flows met this row, and none of them could be judged: it is not never seen.";
    case Status::unused:
    case Status::used:
      break;
  }
  return rule.needed
             ? "Needed by the site, both roles were seen, and no flow used it."
             : "Both roles were seen, and no flow used it. Withdraw it when it is not needed.";
}

Markup covered(const ReportException& exception) {
  if (exception.flows == 0) return html("<span class=\"none\">nothing here</span>");
  Markup out = html("{}, {}", counted(exception.flows, "flow", "flows"),
                    counted(exception.problems, "problem", "problems"));
  for (const CoveredTraffic& it : exception.covered.rows) {
    out += sub(html("{}: {} to {}, {} ({})", it.kind, wire(roles_text(it.client)),
                    wire(roles_text(it.server)), service_text("port", it.server_port, it.service),
                    spaced(it.flows)));
  }
  if (exception.covered.cut() > 0) {
    out += sub(html("{} more, see CSV", spaced(exception.covered.cut())));
  }
  return out;
}

}  // namespace

Markup html_register(const ReportModel& model, const Links& links) {
  const ReportRegister& rules = model.rules;
  Markup out = html(
      "<p>{} documented: {} seen, {} never seen although both roles were, {} met by undetermined "
      "flows only, {} with too short a window, {} not observable.</p>\n",
      counted(rules.rules.total, "flow is", "flows are"), spaced(rules.used), spaced(rules.unused),
      spaced(rules.undetermined_only), spaced(rules.window_too_short),
      spaced(rules.not_observable));
  std::vector<Row> rows;
  for (const ReportRule& it : rules.rules.rows) rows.push_back(register_row(it, links));
  out += html("<div data-filter=\"Filter the register\">\n");
  out += table({.caption = "Register of documented flows (times in UTC)",
                .columns = {"Id", "From → to", "Service", "Need and source", "Owner", "Status",
                            "Last seen", "Flows", "Bytes"},
                .empty = "No flow is documented."},
               rows, rules.rules.cut());
  return out + html("</div>\n");
}

Markup html_unused(const ReportModel& model, const Links& links) {
  std::vector<Row> rows;
  for (const ReportRule& it : model.rules.open.rows) {
    rows.push_back(
        {.cells = {cell(links.row(it.id)), cell(html("{} → {}", wire(it.from), wire(it.to))),
                   cell(port_text(it)), cell(status_tag(it.status)), cell(it.needed ? "yes" : "no"),
                   cell(why_open(it, model.run))}});
  }
  return table({.caption = "Documented flows that were not seen",
                .columns = {"Id", "From → to", "Service", "Status", "Needed", "Why"},
                .empty = "Every documented flow was seen."},
               rows, model.rules.open.cut());
}

Markup html_exceptions(const ReportModel& model, const Links&) {
  std::vector<Row> rows;
  for (const ReportException& it : model.exceptions.rows) {
    Markup id = wire(it.id);
    if (!it.ticket.empty()) id += sub(html("ticket {}", it.ticket));
    id += sub(escaped(it.place));
    Markup people = html("{}", it.owner);
    people += sub(html("approved by {}", it.approver));
    Markup scope = escaped(it.reason);
    scope += sub(html("waives {}", fmt::format("{}", fmt::join(it.waives, ", "))));
    if (it.flows_per_day > 0) {
      scope += sub(html("at most {} a day", counted(it.flows_per_day, "flow", "flows")));
    }
    rows.push_back(
        {.cells = {cell(id), cell(scope), cell(people),
                   cell(html("{}<span class=\"sub\">until {}</span>", it.created, it.expires)),
                   cell(covered(it)), time_cell(it.last)}});
  }
  return html(
             "<p class=\"lead\">What an exception covers is no finding and no pass: it is listed "
             "here.</p>\n") +
         table({.caption = "Exceptions, used or not (times in UTC)",
                .columns = {"Exception", "Reason", "Owner", "In force", "Covered", "Last used"},
                .empty = "There are no exceptions."},
               rows, model.exceptions.cut());
}

}  // namespace pcapaudit
