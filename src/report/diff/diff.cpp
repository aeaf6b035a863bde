// Two audits side by side, from their views.

#include "report/diff/diff.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

using Row = std::vector<std::string>;
using Rows = std::map<std::string, Row>;  // by what makes a thing the same one

// Reads one query after the other and remembers the first failure.
class Reader {
 public:
  std::vector<Row> rows(const Store& store, const std::string& sql) {
    if (error_) return {};
    auto table = store.query(sql);
    if (table) return std::move(table->rows);
    error_ = table.error();
    return {};
  }
  // By the first column, which is unique.
  Rows keyed(const Store& store, const std::string& sql) {
    Rows keyed;
    for (Row& row : rows(store, sql)) {
      const std::string key = row.front();
      keyed[key] = std::move(row);
    }
    return keyed;
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  std::optional<Error> error_;
};

using Describe = std::function<Change(const Row& row)>;
// What a pair of rows differs in; a change without `before` and `after` is none.
using Difference = std::function<void(const Row& old_row, const Row& new_row, Change& change)>;

ChangeList compare_rows(const Rows& older, const Rows& newer, const Describe& describe,
                        const Difference& difference) {
  ChangeList list;
  std::vector<Change> changed;
  std::vector<Change> gone;
  for (const auto& [key, row] : newer) {
    Change change = describe(row);
    const auto before = older.find(key);
    if (before == older.end()) {
      change.is_worse = !change.severity.empty();
      list.changes.push_back(std::move(change));
      continue;
    }
    change.kind = Change::Kind::changed;
    difference(before->second, row, change);
    if (change.before.empty() && change.after.empty()) {
      ++list.same;
    } else {
      changed.push_back(std::move(change));
    }
  }
  for (const auto& [key, row] : older) {
    if (newer.contains(key)) continue;
    gone.push_back(describe(row));
    gone.back().kind = Change::Kind::gone;
  }
  list.changes.insert(list.changes.end(), changed.begin(), changed.end());
  list.changes.insert(list.changes.end(), gone.begin(), gone.end());
  return list;
}

void add_difference(Change& change, std::string_view name, const std::string& before,
                    const std::string& after) {
  if (before == after) return;
  const auto append = [&](std::string& text, const std::string& value) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value.empty() ? "none" : value);
  };
  append(change.before, before);
  append(change.after, after);
}

enum FindingColumn : std::size_t {
  cause,
  id,
  severity,
  text,
  outcome,
  nearest_rule,
  failing_field,
  mistake,
  flows,
  client,
  server,
  ports
};
constexpr const char* findings_sql =
    "SELECT cause, id, severity, text, outcome, nearest_rule, failing_field, mistake, flows, "
    "client_names, server_names, ports FROM finding ORDER BY cause";

// From harmless to serious, as findings weigh them.
std::size_t weight(const std::string& word) {
  constexpr std::array<std::string_view, 6> words = {"blocked",   "refused",   "one-sided",
                                                     "midstream", "handshake", "data"};
  const auto* const found = std::find(words.begin(), words.end(), word);
  return found == words.end() ? 0 : static_cast<std::size_t>(found - words.begin()) + 1;
}

Severity severity_of(const std::string& word) {
  return parse_severity(word).value_or(Severity::info);
}

// Of one audit: the causes that became a finding, or became part of one, by the id that each has
// when it stands for itself.
using Members = std::map<std::string, std::string>;  // own id to the finding's

Members members_of(Reader& reader, const Store& store) {
  Members members;
  for (const Row& row :
       reader.rows(store, "SELECT own_id, finding FROM finding_cause ORDER BY own_id, finding")) {
    members.emplace(row[0], row[1]);
  }
  return members;
}

// A cause that stood alone in one audit and is part of a larger finding in the other is the same
// matter: the older row gets the newer one's key. Answers the newer keys that hold a cause which
// the older audit has not: there the matter has grown.
std::set<std::string> join_same_matters(Rows& older, const Members& old_members, const Rows& newer,
                                        const Members& new_members) {
  std::map<std::string, std::string> old_causes, new_causes;  // by id
  for (const auto& [key, row] : older) old_causes[row[id]] = key;
  for (const auto& [key, row] : newer) new_causes[row[id]] = key;
  const Rows before = older;
  std::set<std::string> joined, grown;
  for (const auto& [own_id, finding] : new_members) {
    const auto key = new_causes.find(finding);
    const auto old_member = old_members.find(own_id);
    if (key == new_causes.end() || before.contains(key->second)) continue;
    if (old_member == old_members.end()) {
      grown.insert(key->second);
      continue;
    }
    const auto old_key = old_causes.find(old_member->second);
    if (old_key == old_causes.end() || newer.contains(old_key->second)) continue;
    older.try_emplace(key->second, before.at(old_key->second));
    joined.insert(old_key->second);
  }
  for (const std::string& key : joined) older.erase(key);
  return grown;
}

ChangeList compare_findings(const Rows& older, const Rows& newer,
                            const std::set<std::string>& grown) {
  ChangeList list = compare_rows(
      older, newer,
      [](const Row& row) {
        Change change;
        change.id = row[id];
        change.severity = row[severity];
        change.text = row[text];
        return change;
      },
      [&grown](const Row& before, const Row& after, Change& change) {
        add_difference(change, "id", before[id], after[id]);
        if (before[id] != after[id]) add_difference(change, "ports", before[ports], after[ports]);
        add_difference(change, "severity", before[severity], after[severity]);
        add_difference(change, "outcome", before[outcome], after[outcome]);
        add_difference(change, "row", before[nearest_rule], after[nearest_rule]);
        add_difference(change, "field", before[failing_field], after[failing_field]);
        add_difference(change, "mistake", before[mistake], after[mistake]);
        if (change.before.empty()) return;
        add_difference(change, "flows", before[flows], after[flows]);
        change.is_worse = severity_of(after[severity]) > severity_of(before[severity]) ||
                          weight(after[outcome]) > weight(before[outcome]) ||
                          grown.contains(after[cause]);
      });
  std::stable_sort(list.changes.begin(), list.changes.end(), [](const Change& a, const Change& b) {
    if (a.kind != b.kind) return a.kind < b.kind;
    return severity_of(a.severity) > severity_of(b.severity);
  });
  return list;
}

// A finding that is gone proves something only where its roles were seen again.
void note_unseen(const Rows& older, const std::set<std::string>& seen, ChangeList& list) {
  const auto is_seen = [&](std::string_view names) {
    if (names.empty()) return true;
    while (!names.empty()) {
      const std::size_t end = std::min(names.find('+'), names.size());
      if (seen.contains(std::string(names.substr(0, end)))) return true;
      names.remove_prefix(std::min(end + 1, names.size()));
    }
    return false;
  };
  std::map<std::string, const Row*> by_id;
  for (const auto& [key, row] : older) by_id[row[id]] = &row;
  for (Change& change : list.changes) {
    if (change.kind != Change::Kind::gone) continue;
    const Row& row = *by_id.at(change.id);
    if (is_seen(row[client]) && is_seen(row[server])) continue;
    change.note = "a role of it was not seen in the newer audit: no proof that it is repaired";
  }
}

ChangeList compare_rules(Reader& reader, const Store& older, const Store& newer) {
  const std::string sql =
      "SELECT rule, status, from_role || ' to ' || to_role || ', ' || transport || "
      "coalesce('/' || ports, '') || ', ' || app FROM v_rule_usage ORDER BY rule";
  return compare_rows(
      reader.keyed(older, sql), reader.keyed(newer, sql),
      [](const Row& row) {
        Change change;
        change.id = row[0];
        change.text = fmt::format("{}, {}", row[2], row[1]);
        return change;
      },
      [](const Row& before, const Row& after, Change& change) {
        add_difference(change, "status", before[1], after[1]);
        add_difference(change, "row", before[2], after[2]);
      });
}

ChangeList compare_hosts(Reader& reader, const Store& older, const Store& newer) {
  const std::string sql =
      "WITH host AS ("
      "SELECT server AS address, server_roles AS roles, 1 AS counts FROM flow "
      "WHERE verdict <> 'ignored' UNION "
      "SELECT client, client_roles, 0 FROM flow WHERE verdict <> 'ignored'), "
      "named AS (SELECT DISTINCT address, names FROM host JOIN role_set USING (roles) "
      "WHERE counts OR names NOT IN ('internet', 'internal-clients') ORDER BY address, names) "
      "SELECT address, group_concat(names, ' or ') FROM named GROUP BY address ORDER BY address";
  return compare_rows(
      reader.keyed(older, sql), reader.keyed(newer, sql),
      [](const Row& row) {
        Change change;
        change.id = row[0];
        change.text = row[1];
        return change;
      },
      [](const Row& before, const Row& after, Change& change) {
        add_difference(change, "role", before[1], after[1]);
      });
}

ChangeList compare_certificates(Reader& reader, const Store& older, const Store& newer) {
  const std::string sql =
      "SELECT sha256, subject, issuer, not_after FROM v_certificate ORDER BY sha256";
  return compare_rows(
      reader.keyed(older, sql), reader.keyed(newer, sql),
      [](const Row& row) {
        Change change;
        change.id = row[0];
        change.text = fmt::format("{}, issued by {}, until {}", row[1], row[2], to_second(row[3]));
        return change;
      },
      [](const Row&, const Row&, Change&) {});
}

ComparedAudit read_audit(Reader& reader, const Store& store, const std::string& name) {
  ComparedAudit audit;
  audit.name = name;
  for (const Row& row :
       reader.rows(store,
                   "SELECT first, last, policy_digest, flows, undetermined, partial FROM v_run "
                   "ORDER BY 1")) {
    audit.first = row[0];
    audit.last = row[1];
    audit.policy_digest = row[2];
    audit.flows = number(row[3]);
    audit.undetermined = number(row[4]);
    audit.partial = row[5] == "1";
  }
  return audit;
}

}  // namespace

std::uint64_t ChangeList::count(Change::Kind kind) const {
  return static_cast<std::uint64_t>(std::count_if(
      changes.begin(), changes.end(), [&](const Change& it) { return it.kind == kind; }));
}

Result<Changes> compare(const Store& older, const std::string& older_name, const Store& newer,
                        const std::string& newer_name) {
  Reader reader;
  Changes changes;
  changes.older = read_audit(reader, older, older_name);
  changes.newer = read_audit(reader, newer, newer_name);
  Rows old_findings = reader.keyed(older, findings_sql);
  const Rows new_findings = reader.keyed(newer, findings_sql);
  const std::set<std::string> grown = join_same_matters(old_findings, members_of(reader, older),
                                                        new_findings, members_of(reader, newer));
  changes.findings = compare_findings(old_findings, new_findings, grown);
  std::set<std::string> seen;
  for (const Row& row : reader.rows(newer, "SELECT id FROM role WHERE seen ORDER BY id")) {
    seen.insert(row[0]);
  }
  changes.rules = compare_rules(reader, older, newer);
  changes.hosts = compare_hosts(reader, older, newer);
  changes.certificates = compare_certificates(reader, older, newer);
  if (reader.error()) return std::unexpected(*reader.error());
  note_unseen(old_findings, seen, changes.findings);
  if (!changes.newer.partial) return changes;
  for (ChangeList* list :
       {&changes.findings, &changes.rules, &changes.hosts, &changes.certificates}) {
    for (Change& change : list->changes) {
      if (change.kind == ChangeKind::gone) change.kind = ChangeKind::unseen;
    }
  }
  return changes;
}

std::uint64_t count_worse(const Changes& changes, Severity limit) {
  return static_cast<std::uint64_t>(std::count_if(
      changes.findings.changes.begin(), changes.findings.changes.end(),
      [&](const Change& it) { return it.is_worse && severity_of(it.severity) >= limit; }));
}

}  // namespace pcapaudit
