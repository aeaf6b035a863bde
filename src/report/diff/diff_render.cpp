// Changes as text, as JSON, and as a part of a report.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text/text.hpp"
#include "report/diff/diff.hpp"
#include "report/diff/diff_sections.hpp"
#include "report/escape.hpp"
#include "report/text/csv.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t shown_changes = 40;  // of one kind of thing; JSON has them all

std::string audit_line(std::string_view which, const ComparedAudit& audit) {
  return fmt::format("{}  {}  {} → {} UTC  {}, {} undetermined  policy {:.12}{}\n", which,
                     visible(audit.name), to_second(audit.first), to_second(audit.last),
                     counted(audit.flows, "flow", "flows"), grouped(audit.undetermined),
                     audit.policy_digest, audit.partial ? "  PARTIAL" : "");
}

std::string change_lines(const Change& change, bool color) {
  const std::string_view marks = "+~-?";
  std::string line = fmt::format("{} ", marks[static_cast<std::size_t>(change.kind)]);
  if (!change.severity.empty()) line += severity_word(change.severity, color) + "  ";
  std::string lines = fmt::format("  {}{}\n", line, visible(change.id));
  lines += wrapped(visible(change.text), 6);
  if (!change.before.empty()) {
    lines += wrapped(visible(fmt::format("{} → {}", change.before, change.after)), 6);
  }
  if (!change.note.empty()) lines += wrapped(change.note, 6);
  return lines;
}

Json audit_json(const ComparedAudit& audit) {
  const auto text = [](const std::string& it) { return it.empty() ? Json(nullptr) : Json(it); };
  return {{"name", audit.name},       {"first", text(audit.first)},
          {"last", text(audit.last)}, {"policy_digest", text(audit.policy_digest)},
          {"flows", audit.flows},     {"undetermined", audit.undetermined},
          {"partial", audit.partial}};
}

Json change_json(const Change& change) {
  const auto text = [](const std::string& it) { return it.empty() ? Json(nullptr) : Json(it); };
  return {{"change", to_text(change.kind)},    {"id", change.id},
          {"severity", text(change.severity)}, {"text", change.text},
          {"before", text(change.before)},     {"after", text(change.after)},
          {"note", text(change.note)},         {"worse", change.is_worse}};
}

}  // namespace

std::string_view to_text(ChangeKind kind) {
  constexpr std::string_view words[] = {"new", "changed", "gone", "not seen"};
  return words[static_cast<std::size_t>(kind)];
}

std::string counts(const ChangeList& list, std::string_view between) {
  std::string text = fmt::format(
      "{} new{}{} changed{}{} gone", grouped(list.count(ChangeKind::added)), between,
      grouped(list.count(ChangeKind::changed)), between, grouped(list.count(ChangeKind::gone)));
  if (const auto unseen = list.count(ChangeKind::unseen); unseen > 0) {
    text += fmt::format("{}{} not seen in an audit that is not whole", between, grouped(unseen));
  }
  return text + fmt::format("{}{} the same", between, grouped(list.same));
}

std::array<ChangeSection, 4> sections_of(const Changes& changes) {
  return {{{"findings", "finding", "Findings", &changes.findings},
           {"rules", "documented flow", "Documented flows", &changes.rules},
           {"hosts", "host", "Hosts", &changes.hosts},
           {"certificates", "certificate", "Certificates", &changes.certificates}}};
}

std::string render_changes_text(const Changes& changes, bool color) {
  std::string text = audit_line("older", changes.older) + audit_line("newer", changes.newer);
  if (changes.older.policy_digest != changes.newer.policy_digest) {
    text += "the two audits were judged by different policies\n";
  }
  for (const ChangeSection& section : sections_of(changes)) {
    const auto& list = section.list->changes;
    text += fmt::format("\n{:<18}{}\n", section.title, counts(*section.list, " · "));
    for (std::size_t i = 0; i < std::min(list.size(), shown_changes); ++i) {
      text += change_lines(list[i], color);
    }
    if (list.size() > shown_changes) {
      text += fmt::format("  … {} more: --format json has them all\n",
                          grouped(list.size() - shown_changes));
    }
  }
  return text;
}

std::string render_changes_json(const Changes& changes) {
  Json out;
  out["older"] = audit_json(changes.older);
  out["newer"] = audit_json(changes.newer);
  out["same_policy"] = changes.older.policy_digest == changes.newer.policy_digest;
  for (const ChangeSection& section : sections_of(changes)) {
    Json list = Json::array();
    for (const Change& change : section.list->changes) list.push_back(change_json(change));
    out[section.key] = {{"same", section.list->same}, {"changes", std::move(list)}};
  }
  return json_escaped(out.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

std::string render_changes_csv(const Changes& changes) {
  std::string text =
      csv_line({"what", "change", "id", "severity", "text", "before", "after", "note"});
  for (const ChangeSection& section : sections_of(changes)) {
    for (const Change& it : section.list->changes) {
      text += csv_line({section.one, std::string(to_text(it.kind)), it.id, it.severity, it.text,
                        it.before, it.after, it.note});
    }
  }
  return text;
}

ReportChanges to_report_changes(const Changes& changes, std::size_t limit) {
  ReportChanges report;
  report.baseline =
      fmt::format("{} → {} UTC", to_second(changes.older.first), to_second(changes.older.last));
  for (const ChangeSection& section : sections_of(changes)) {
    for (const Change& change : section.list->changes) {
      ++report.changes.total;
      if (report.changes.rows.size() >= limit) continue;
      std::string text = change.text;
      if (!change.before.empty()) text += fmt::format(" ({} → {})", change.before, change.after);
      if (!change.note.empty()) text += fmt::format(" ({})", change.note);
      report.changes.rows.push_back(
          {.kind = change.kind, .what = section.one, .id = change.id, .text = visible(text)});
    }
  }
  return report;
}

}  // namespace pcapaudit
