// Documented flows in use, and what another policy would say of the same flows.
#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include <pcapaudit/app/app_record.hpp>

#include "policy/judge/question.hpp"
#include "report/text/explain.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

std::string pad(const std::string& text, std::size_t width) {
  return text + std::string(width > text.size() ? width - text.size() : 0, ' ');
}

}  // namespace

Result<std::string> render_rules(const Store& store) {
  const auto rows = store.query(
      "SELECT usage.rule, usage.from_role, usage.to_role, usage.transport, usage.ports, usage.app, "
      "usage.flows, usage.status, rule.expect, usage.needed, usage.undetermined, "
      "rule.overridden "
      "FROM v_rule_usage AS usage JOIN rule ON rule.id = usage.rule ORDER BY rule.position");
  if (!rows) return std::unexpected(rows.error());
  std::size_t widest = 4;
  std::size_t widest_status = 6;
  std::vector<std::string> statuses;
  for (const auto& row : rows->rows) {
    std::string status = row[7];
    if (status == "used") status += " by " + counted(number(row[6]), "flow", "flows");
    if (status == "undetermined-only") {
      status += " (" + counted(number(row[10]), "flow", "flows") + ")";
    }
    if (status == "window-too-short") status += fmt::format(" ({} expected)", row[8]);
    if (status == "unused" && row[9] == "1") status += ", needed";
    widest = std::max(widest, row[0].size());
    widest_status = std::max(widest_status, status.size());
    statuses.push_back(std::move(status));
  }
  std::string text = fmt::format("  {}  {}  {}\n", pad("row", widest), pad("status", widest_status),
                                 "documented flow");
  for (std::size_t i = 0; i < rows->rows.size(); ++i) {
    const auto& row = rows->rows[i];
    text += fmt::format("  {}  {}  {} → {}  {}/{} {}\n", pad(row[0], widest),
                        pad(statuses[i], widest_status), row[1], row[2], row[3], row[4], row[5]);
    if (!row[11].empty())
      text += fmt::format("      changed by the site: {}\n", clean_text(row[11]));
  }
  // Rows that a site disabled are judged by nobody, so they are among no rows of the database.
  if (const auto policy = store.policy()) {
    for (const DocumentedFlow& row : policy->disabled) {
      text += fmt::format("  {}  disabled by the site: {}\n", pad(clean_text(row.id), widest),
                          clean_text(row.overridden));
    }
  }
  text +=
      "\nunused: both roles were seen, and no flow between them met the row\n"
      "undetermined-only: flows met the row, and none of them could be judged\n"
      "window-too-short: the audit is shorter than the rhythm in which such flows come\n"
      "not-observable: a role of the row was never seen, so nothing can be said\n";
  return text;
}

Result<Replay> replay(const Store& store, const Policy& draft) {
  struct Change {
    std::uint64_t flows = 0, first = 0;
  };
  // Old and new verdict, old and new rule, role pair, port.
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string>;
  std::map<Key, Change> changes;
  const auto before = store.policy();
  if (!before) return std::unexpected(before.error());
  const Judge old_judge(*before), new_judge(draft);
  Replay result;
  const auto read = store.each_flow("1", [&](ClosedFlow&& flow) {
    ++result.flows;
    const Verdict was = old_judge.judge(flow), is = new_judge.judge(flow);
    if (was.kind == is.kind && was.rule == is.rule && was.reason == is.reason) return;
    const std::string ends =
        fmt::format("{} → {} {}/{}", draft.role_names(is.client_roles),
                    draft.role_names(is.server_roles), to_text(flow.transport), flow.server.port);
    Change& change = changes[{std::string(to_text(was.kind)), std::string(to_text(is.kind)),
                              was.rule, is.rule, ends}];
    if (change.flows++ == 0) change.first = flow.id;
    ++result.changes;
  });
  if (!read) return std::unexpected(read.error());
  result.text = fmt::format("{} judged again, {} with another verdict or row\n",
                            counted(result.flows, "flow", "flows"), grouped(result.changes));
  for (const auto& [key, change] : changes) {
    const auto& [was, is, old_rule, new_rule, ends] = key;
    result.text +=
        fmt::format("  {} → {}  {}  rows {} → {}  {}, first flow {}\n", was, is, ends,
                    old_rule.empty() ? "none" : old_rule, new_rule.empty() ? "none" : new_rule,
                    counted(change.flows, "flow", "flows"), change.first);
  }
  return result;
}

}  // namespace pcapaudit
