// The audit for a person at a terminal: totals first, then findings, then how far to trust them.

#include "base/text/text.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include <fmt/format.h>

#include <pcapaudit/app/app_record.hpp>

#include "report/report.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

constexpr std::size_t max_unknown_hosts = 10;  // a page's worth; the view has them all
// Of a short report: so many findings, and names in any other list, fill a screen or two.
constexpr std::size_t most_findings = 12, most_names = 12;

// Reads one query after the other and remembers the first failure.
class Reader {
 public:
  explicit Reader(const Store& store) : store_(store) {}

  // Cells are printable: names of files and policy texts may hold terminal controls.
  std::vector<std::vector<std::string>> rows(const std::string& sql) {
    if (error_) return {};
    auto table = store_.query(sql);
    if (!table) {
      error_ = table.error();
      return {};
    }
    for (auto& row : table->rows) {
      for (std::string& cell : row) cell = visible(clean_text(cell, max_cell));
    }
    return std::move(table->rows);
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  static constexpr std::size_t max_cell = 4096;  // a sentence with long names fits
  const Store& store_;
  std::optional<Error> error_;
};

using Row = std::vector<std::string>;

std::string head(Reader& reader) {
  std::string text;
  for (const Row& row : reader.rows(
           "SELECT packs, site, first, last, captures, flows, allowed, violation, waived, "
           "undetermined, ignored, partial, closed, findings_until FROM v_run ORDER BY 1")) {
    std::vector<std::string> title;
    if (!row[0].empty()) title.push_back(row[0]);
    if (!row[1].empty()) title.push_back(row[1]);
    title.push_back(row[2].empty()
                        ? (row[5] == "0" ? "no flows" : "time unknown")
                        : fmt::format("{} → {} UTC", to_second(row[2]), to_second(row[3])));
    title.push_back(counted(number(row[4]), "capture", "captures"));
    text += fmt::format("{}\n", fmt::join(title, "   "));
    const std::uint64_t flows = number(row[5]);
    text += fmt::format("flows {}   allowed {}   violation {}   waived {}   undetermined {}",
                        grouped(flows), share(number(row[6]), flows), share(number(row[7]), flows),
                        share(number(row[8]), flows), share(number(row[9]), flows));
    if (row[10] != "0") text += fmt::format("   ignored {}", share(number(row[10]), flows));
    text += '\n';
    if (row[12] == "0") {
      text += fmt::format("OPEN: still being written, or its monitor was killed; {}\n",
                          row[13].empty()
                              ? "it has no findings yet"
                              : fmt::format("findings are of flows that were stored until {} UTC",
                                            to_second(row[13])));
    } else if (row[11] == "1") {
      text += "PARTIAL: not all input was read; what was read is judged\n";
    }
  }
  return text;
}

std::string finding(const Row& row, bool color) {
  std::string port = row[5].empty() ? row[4] : row[4] + "/" + row[5];
  if (!row[6].empty()) port += " " + row[6];
  const std::string ends =
      row[4].empty() ? row[10] : fmt::format("{} → {}  {}", row[2], row[3], port);
  std::string text = fmt::format("\n  {}  {}  {}", severity_word(row[0], color), row[1], ends);
  if (!row[4].empty()) text += "  " + outcome_words(row[7]);
  if (row[8] != "0") text += "  " + counted(number(row[8]), "flow", "flows");
  return text + '\n' + wrapped(row[9], 12);
}

std::string where_all_is(const ReportOptions& options) {
  if (options.database_name.empty()) return "-o DB keeps them all";
  return fmt::format("pcapaudit report {}", shell_word(visible(options.database_name)));
}

// What came through first; what a firewall stopped is no breach, and shows that it works.
std::string findings(Reader& reader, const ReportOptions& options) {
  const auto rows = reader.rows(
      fmt::format("SELECT severity, id, client_names, server_names, transports, ports, service, "
                  "outcome, flows, text, subject FROM finding ORDER BY {}",
                  findings_order));
  if (rows.empty()) {
    const bool is_open = !reader.rows("SELECT 1 FROM v_run WHERE NOT closed ORDER BY 1").empty();
    return is_open ? "\nno findings so far\n" : "\nno findings\n";
  }
  const auto stopped = std::ranges::count_if(
      rows, [](const Row& row) { return row[7] == "blocked" || row[7] == "refused"; });
  std::string text = fmt::format("\n{}", counted(rows.size(), "finding", "findings"));
  if (stopped > 0) {
    text +=
        fmt::format(", {} of them on attempts that were blocked or refused: nothing came through",
                    grouped(static_cast<std::uint64_t>(stopped)));
  }
  text += '\n';
  const std::size_t shown = options.is_short ? std::min(rows.size(), most_findings) : rows.size();
  for (const Row& row : std::span(rows).first(shown)) text += finding(row, options.color);
  if (shown < rows.size()) {
    text += fmt::format("\n  … {} more: {}\n", grouped(rows.size() - shown), where_all_is(options));
  }
  return text;
}

// Never hidden: what somebody has taken responsibility for, and what it covered here.
std::string exceptions(Reader& reader, bool is_short) {
  const auto rows = reader.rows(
      "SELECT exception, expires, flows, owner, reason FROM v_exception ORDER BY exception");
  if (rows.empty()) return {};
  std::string text = fmt::format("\n{}\n", counted(rows.size(), "exception", "exceptions"));
  const std::size_t shown = is_short ? std::min(rows.size(), most_names) : rows.size();
  for (const Row& row : std::span(rows).first(shown)) {
    text += wrapped(fmt::format("{}  until {}  covered {}  owner {}: {}", row[0], row[1],
                                counted(number(row[2]), "flow", "flows"), row[3], row[4]),
                    2);
  }
  if (shown < rows.size()) {
    text += fmt::format("  … {} more in v_exception\n", grouped(rows.size() - shown));
  }
  return text;
}

// The first names of a list, and how many there are beside them.
std::string names(const char* what, std::vector<std::string> list, bool is_short) {
  if (list.empty()) return {};
  const std::size_t more = is_short && list.size() > most_names ? list.size() - most_names : 0;
  list.resize(list.size() - more);
  std::string text = fmt::format("{}: {}", what, fmt::join(list, ", "));
  if (more > 0) text += fmt::format(" and {} more in v_rule_usage", grouped(more));
  return wrapped(text, 12);
}

std::string rules(Reader& reader, bool is_short) {
  std::map<std::string, std::vector<std::string>> by_status;
  for (const Row& row : reader.rows("SELECT rule, status FROM v_rule_usage ORDER BY rule")) {
    by_status[row[1]].push_back(row[0]);
  }
  const auto& unused = by_status["unused"];
  const auto& hidden = by_status["not-observable"];
  const auto& open = by_status["undetermined-only"];
  const auto& brief = by_status["window-too-short"];
  std::string text = fmt::format(
      "\nrules       {} used · {} unused (both roles seen) · {} met by undetermined flows only · "
      "{} window too short · {} not observable here\n",
      grouped(by_status["used"].size()), grouped(unused.size()), grouped(open.size()),
      grouped(brief.size()), grouped(hidden.size()));
  text += names("unused", unused, is_short);
  text += names("undetermined only", open, is_short);
  text += names("window too short", brief, is_short);
  text += names("not observable", hidden, is_short);
  for (const Row& row : reader.rows("SELECT id, overridden FROM rule WHERE overridden <> '' "
                                    "ORDER BY position")) {
    text += wrapped(fmt::format("changed by the site: {}: {}", row[0], row[1]), 12);
  }
  return text;
}

std::string undetermined(Reader& reader) {
  std::vector<std::string> reasons;
  std::uint64_t all = 0;
  for (const Row& row :
       reader.rows("SELECT coalesce(reason, 'no reason'), sum(flows) FROM flow_group "
                   "WHERE verdict = 'undetermined' GROUP BY 1 ORDER BY 2 DESC, 1")) {
    all += number(row[1]);
    reasons.push_back(fmt::format("{} {}", row[0], grouped(number(row[1]))));
  }
  if (reasons.empty()) return {};
  return fmt::format("undetermined {}: {}\n", counted(all, "flow", "flows"),
                     fmt::join(reasons, " · "));
}

// Loss, and what a monitor had to give up.
std::string capture_limits(Reader& reader) {
  std::string text;
  for (const Row& row :
       reader.rows("SELECT coalesce(sum(packets), 0), coalesce(sum(dropped), 0), "
                   "coalesce(sum(truncated), 0), (SELECT coalesce(sum(gaps), 0) FROM flow_group), "
                   "(SELECT coalesce(sum(flows), 0) FROM flow_group WHERE outcome = 'one-sided'), "
                   "(SELECT coalesce(sum(flows), 0) FROM flow_group "
                   "WHERE reason = 'certificate-hidden') + "
                   "(SELECT count(DISTINCT tls.flow) FROM tls JOIN flow ON flow.id = tls.flow "
                   "WHERE (mutual_reason = 'tls13-encrypted' OR mutual LIKE 'indicated%') "
                   "AND reason IS NOT 'certificate-hidden'), "
                   "coalesce(sum(duplicates), 0), coalesce(sum(fragments), 0), "
                   "coalesce(sum(incomplete), 0) FROM capture ORDER BY 1")) {
    const std::uint64_t dropped = number(row[1]);
    text += fmt::format("capture     {}   lost {}   truncated {}   stream gaps {}\n",
                        counted(number(row[0]), "packet", "packets"),
                        share(dropped, number(row[0]) + dropped), grouped(number(row[2])),
                        grouped(number(row[3])));
    for (const Row& live :
         reader.rows("SELECT CAST(sum(blind_seconds) AS INTEGER), "
                     "coalesce(sum(evicted_flows), 0), "
                     "coalesce(sum(capped_flows), 0) FROM v_capture ORDER BY 1")) {
      if (number(live[0]) + number(live[1]) + number(live[2]) == 0) continue;
      text += fmt::format("limits      blind for {}   flows ended early {}   caps reached in {}\n",
                          counted(number(live[0]), "second", "seconds"), grouped(number(live[1])),
                          counted(number(live[2]), "flow", "flows"));
    }
    if (row[6] != "0") {
      text += fmt::format("duplicates  {}: mirrored twice, counted once\n",
                          counted(number(row[6]), "packet", "packets"));
    }
    if (row[7] != "0") {
      text += fmt::format("fragments   {}   datagrams never whole {}\n",
                          counted(number(row[7]), "packet", "packets"), grouped(number(row[8])));
    }
    text += fmt::format("visibility  one-sided flows {}   certificates hidden in {}\n",
                        grouped(number(row[4])), counted(number(row[5]), "flow", "flows"));
  }
  for (const Row& row : reader.rows("SELECT sum(flows) FROM flow_group WHERE verdict = 'allowed' "
                                    "AND reason = 'tls13-indicated' HAVING sum(flows) > 0 "
                                    "ORDER BY 1")) {
    text += fmt::format("mutual TLS  of {} allowed by the sizes of TLS 1.3 records\n",
                        counted(number(row[0]), "flow", "flows"));
  }
  return text;
}

// Flows and packets that could not be read.
std::string unread(Reader& reader) {
  std::string text;
  std::vector<std::string> ended, passed;
  for (const Row& row : reader.rows("SELECT cause, ended, passed_over FROM v_unread ORDER BY 1")) {
    if (row[1] != "0") ended.push_back(fmt::format("{} {}", row[0], grouped(number(row[1]))));
    if (row[2] != "0") passed.push_back(fmt::format("{} {}", row[0], grouped(number(row[2]))));
  }
  if (!ended.empty()) {
    text += wrapped(fmt::format("not read to their end, flows: {}", fmt::join(ended, " · ")), 12);
  }
  if (!passed.empty()) {
    text += wrapped(fmt::format("read over a hole, flows: {}", fmt::join(passed, " · ")), 12);
  }
  std::vector<std::string> issues;
  for (const Row& row : reader.rows(
           "SELECT issue, sum(packets) FROM v_decode_issue GROUP BY 1 ORDER BY 2 DESC, 1")) {
    issues.push_back(fmt::format("{} {}", row[0], grouped(number(row[1]))));
  }
  if (!issues.empty()) {
    text += fmt::format("no flow     packets: {}\n", fmt::join(issues, " · "));
  }
  return text;
}

// What is wrong with the inputs themselves.
std::string input_remarks(Reader& reader) {
  std::string text;
  for (const Row& row :
       reader.rows("SELECT name, snap_length, truncated, packets FROM v_capture "
                   "WHERE truncated > 0 AND snap_length IS NOT NULL ORDER BY name, sha256")) {
    text += fmt::format("SNAP LENGTH {}: {} of {} packets were cut to {} bytes\n", row[0],
                        grouped(number(row[2])), grouped(number(row[3])), row[1]);
  }
  for (const Row& row : reader.rows("SELECT name, without_time, same_as, overlaps FROM v_capture "
                                    "WHERE without_time > 0 OR same_as IS NOT NULL "
                                    "OR overlaps IS NOT NULL ORDER BY name, sha256")) {
    if (row[1] != "0") {
      text += fmt::format("NO TIME     {}: {} say not when they came\n", row[0],
                          counted(number(row[1]), "packet", "packets"));
    }
    if (!row[2].empty()) {
      text += fmt::format("TWICE       {}: the same file as {}; its flows count twice\n", row[0],
                          row[2]);
    }
    if (!row[3].empty()) {
      text += fmt::format("OVERLAP     {}: {} holds some of the same packets; they count twice\n",
                          row[0], row[3]);
    }
  }
  for (const Row& row : reader.rows("SELECT value FROM v_run, json_each(v_run.skipped) "
                                    "ORDER BY value LIMIT 10")) {
    text += fmt::format("skipped     {}: no capture\n", row[0]);
  }
  for (const Row& row :
       reader.rows("SELECT name, damage FROM v_capture WHERE damaged ORDER BY name, sha256")) {
    text += fmt::format("DAMAGED     {}: {}\n", row[0], row[1]);
  }
  return text;
}

// What limits the audit: loss, packets that could not be read, hidden certificates.
std::string evidence(Reader& reader) {
  return capture_limits(reader) + unread(reader) + input_remarks(reader);
}

std::string unknown_hosts(Reader& reader) {
  const auto rows = reader.rows(
      "SELECT address, offers, uses, flows, resembles FROM v_unknown_host "
      "ORDER BY flows DESC, address");
  if (rows.empty()) return {};
  std::string text = fmt::format("\n{}\n", counted(rows.size(), "unknown host", "unknown hosts"));
  for (std::size_t i = 0; i < std::min(rows.size(), max_unknown_hosts); ++i) {
    const Row& row = rows[i];
    std::string line = fmt::format("{}  {}", row[0], counted(number(row[3]), "flow", "flows"));
    if (!row[1].empty()) line += "  offers " + row[1];
    if (!row[2].empty()) line += "  uses " + row[2];
    if (!row[4].empty()) line += "  resembles " + row[4];
    text += wrapped(line, 2);
  }
  if (rows.size() > max_unknown_hosts) {
    text +=
        fmt::format("  … {} more in v_unknown_host\n", grouped(rows.size() - max_unknown_hosts));
  }
  return text;
}

std::string next_steps(const std::string& database) {
  if (database.empty()) return {};
  const std::string name = shell_word(visible(database));
  return fmt::format(
      "\nnext        pcapaudit report {0} --json audit.json\n"
      "            sqlite3 -box {0} 'SELECT * FROM v_role_matrix'\n",
      name);
}

}  // namespace

Result<std::string> render_text(const Store& store, const ReportOptions& options) {
  Reader reader(store);
  std::string text = head(reader);
  text += findings(reader, options);
  text += exceptions(reader, options.is_short);
  text += rules(reader, options.is_short);
  text += undetermined(reader);
  text += evidence(reader);
  text += unknown_hosts(reader);
  text += next_steps(options.database_name);
  if (reader.error()) return std::unexpected(*reader.error());
  return text;
}

}  // namespace pcapaudit
