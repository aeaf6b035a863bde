// Anchors, and the words that several sections share.

#include "report/html/html_parts.hpp"

namespace pcapaudit {

Links::Links(const ReportModel& model) {
  for (std::size_t i = 0; i < model.rules.rules.rows.size(); ++i) {
    rows_[model.rules.rules.rows[i].id] = fmt::format("row-{}", i + 1);
  }
  for (const ReportCard& it : model.findings.cards) findings_[it.finding.id] = it.finding.id;
  for (const ReportFinding& it : model.findings.others.rows) findings_[it.id] = it.id;
  for (const std::size_t cell : model.matrix.told.rows) pairs_[cell] = fmt::format("pair-{}", cell);
}

namespace {

Markup link_in(const std::map<std::string, std::string>& anchors, const std::string& id) {
  constexpr std::size_t longest_whole = 24;  // longer ones may break at the end of a line
  const Markup css{id.size() <= longest_whole ? "w nb" : "w"};
  const auto found = anchors.find(id);
  if (found == anchors.end()) return html("<bdi class=\"{}\">{}</bdi>", css, shortened(id, 80));
  return html("<a class=\"{}\" href=\"#{}\">{}</a>", css, found->second, id);
}

Markup links_in(const std::map<std::string, std::string>& anchors, const Listed<std::string>& ids) {
  std::vector<Markup> parts;
  for (const std::string& id : ids.rows) parts.push_back(link_in(anchors, id));
  if (ids.cut() > 0) parts.push_back(html("{} more", spaced(ids.cut())));
  return joined(parts, ", ");
}

}  // namespace

Markup Links::row(const std::string& id) const {
  return link_in(rows_, id);
}
Markup Links::finding(const std::string& id) const {
  return link_in(findings_, id);
}
Markup Links::rows(const Listed<std::string>& ids) const {
  return links_in(rows_, ids);
}
Markup Links::findings(const Listed<std::string>& ids) const {
  return links_in(findings_, ids);
}

std::string Links::row_anchor(const std::string& id) const {
  const auto found = rows_.find(id);
  return found == rows_.end() ? std::string() : found->second;
}

std::string Links::pair(std::size_t cell) const {
  const auto found = pairs_.find(cell);
  return found == pairs_.end() ? "pairs" : found->second;
}

std::string service_text(const std::string& transports, std::uint64_t port,
                         const std::string& service) {
  return service_text(transports, port == 0 ? std::string() : std::to_string(port), service);
}

std::string service_text(const std::string& transports, const std::string& ports,
                         const std::string& service) {
  std::string text = transports;
  if (!ports.empty()) text += fmt::format("{}{}", text.empty() ? "" : "/", ports);
  if (!service.empty()) text += " " + service;
  return text;
}

std::string roles_text(const std::string& names) {
  return names.empty() ? "an address without a role" : names;
}

std::string status_text(ReportRule::Status status) {
  switch (status) {
    case ReportRule::Status::used:
      return "seen";
    case ReportRule::Status::unused:
      return "never seen";
    case ReportRule::Status::window_too_short:
      return "window too short";
    case ReportRule::Status::undetermined_only:
      return "undetermined only";
    case ReportRule::Status::not_observable:
      break;
  }
  return "not observable";
}

Markup severity_tag(const std::string& severity) {
  return html("<span class=\"tag {0}\">{0}</span>", severity);
}

Markup sources_text(const ReportRule& rule) {
  std::vector<Markup> parts;
  for (const RuleSource& it : rule.sources) {
    parts.push_back(html("{}{}{}", it.title.empty() ? it.document : it.title,
                         it.lines.empty() ? "" : ", line ", it.lines));
  }
  if (parts.empty() && !rule.file.empty()) parts.push_back(html("{}:{}", rule.file, rule.line));
  return joined(parts, "; ");
}

}  // namespace pcapaudit
