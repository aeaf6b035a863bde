// What differs between two audits: findings, documented flows, hosts, certificates.
//
// Whoever called compare() owns the value; it holds no connection. Text is as hostile as in
// the databases, and each renderer escapes it. A finding is the same one when its cause is (its
// id says so to people), a documented flow by its id, a host by its address, a certificate by its
// SHA-256. Numbers of flows alone are no change.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pcapaudit/base/result.hpp>

#include "policy/policy.hpp"
#include "report/model/model.hpp"
#include "store/store.hpp"

namespace pcapaudit {

struct Change {
  using Kind = ChangeKind;
  Kind kind = Kind::added;
  std::string id;        // V-1A2B, a rule, an address, a SHA-256
  std::string severity;  // of a finding: in the newer audit, or in the older one when it is gone
  std::string text;      // what it is, in the newer audit or the last that had it
  std::string before, after;  // what changed, with both values
  std::string note;           // how far to trust it; empty when nothing is to be said
  bool is_worse = false;      // a finding that is new, or graver or further-reaching than before
  bool operator==(const Change&) const = default;
};

struct ChangeList {
  std::vector<Change> changes;  // new ones, changed ones, others; findings gravest first
  std::uint64_t same = 0;       // in both audits and equal
  std::uint64_t count(Change::Kind kind) const;
  bool operator==(const ChangeList&) const = default;
};

// One of the two audits.
struct ComparedAudit {
  std::string name;  // of its file
  std::string first, last, policy_digest;
  std::uint64_t flows = 0, undetermined = 0;
  bool partial = false;
  bool operator==(const ComparedAudit&) const = default;
};

struct Changes {
  ComparedAudit older, newer;
  ChangeList findings, rules, hosts, certificates;
  bool operator==(const Changes&) const = default;
};

// `older_name` and `newer_name` are shown. A host is every address that was a server, or that has
// another role than a client network's (internet, internal-clients).
Result<Changes> compare(const Store& older, const std::string& older_name, const Store& newer,
                        const std::string& newer_name);

// Findings that are new or worse, at or above `limit`.
std::uint64_t count_worse(const Changes& changes, Severity limit);

std::string render_changes_text(const Changes& changes, bool color);
std::string render_changes_json(const Changes& changes);
std::string render_changes_html(const Changes& changes);
std::string render_changes_csv(const Changes& changes);  // docs/formats.md

// For the part of a report that tells changes since a baseline: the first `limit` of them.
ReportChanges to_report_changes(const Changes& changes, std::size_t limit);

}  // namespace pcapaudit
