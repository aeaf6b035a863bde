// What changed between two policies: rows that demand less first, then what is new, wider,
// narrower, gone; addresses of roles; exceptions. Pure and deterministic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/policy.hpp"

namespace pcapaudit {

// In the order in which a reader wants them: what lets more pass comes first.
enum class RowChangeKind : std::uint8_t {
  loosened,  // a demand is gone or lower
  added,
  widened,  // more ends, transports or ports
  changed,  // another application, or wider here and narrower there
  narrowed,
  tightened,  // more is demanded
  gone,
  noted,  // what is told of it: owner, reason, dates, documents
};
std::string_view to_text(RowChangeKind kind);
// Does the newer policy let something pass that the older one did not?
constexpr bool lets_more_pass(RowChangeKind kind) {
  return kind <= RowChangeKind::changed;
}

struct FieldChange {
  std::string field, before, after;
  bool operator==(const FieldChange&) const = default;
};
struct RowChange {
  RowChangeKind kind = RowChangeKind::noted;
  std::string row;      // its id in the newer policy; of a row that is gone in the older one
  std::string was;      // its id in the older policy when that is another one
  std::string summary;  // ends, transport, ports, application, as its policy has them
  std::vector<FieldChange> fields;
  SourcePlace place;
};
// An address of a role, or an exception, that one of the two policies alone has.
struct ThingChange {
  std::string name, what;
  bool is_new = false;
};
struct PolicyDiff {
  std::string old_rows, new_rows;  // rows_digest()
  std::size_t same = 0;            // rows
  std::vector<RowChange> rows;     // by kind, then in the order of their policy
  std::vector<ThingChange> addresses, exceptions;

  bool is_empty() const { return rows.empty() && addresses.empty() && exceptions.empty(); }
  bool lets_more_pass() const;
};

PolicyDiff compare_policies(const Policy& older, const Policy& newer);
std::string to_text(const PolicyDiff& diff);
std::string to_json(const PolicyDiff& diff);

}  // namespace pcapaudit
