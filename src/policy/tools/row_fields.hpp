// A documented row as named texts: for tables, for comparing two policies, for the digest of what
// is judged. What rows demand is written with the keys of policy files: "min_version=1.2;
// mutual=yes".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/policy.hpp"

namespace pcapaudit {

// A key of a profile and its values, as the policy file has them.
struct Demand {
  std::string key;
  std::vector<std::string> values;
  bool operator==(const Demand&) const = default;
};
using Demands = std::vector<Demand>;

Demands demands_of(const TlsProfile& tls);
Demands demands_of(const HttpProfile& http);
Demands demands_of(const Schedule& schedule);
// "key=a,b; key=c"; '\' stands before '\', ',', ';' and '=' that belong to a value.
std::string to_text(const Demands& demands);
// What to_text() wrote; of other texts whatever they hold: keys without "=" have no values.
Demands parse_demands(std::string_view text);

struct RowField {
  std::string name, value;
};
// In the order of the columns of `policy export`; empty values stand, too. Expressions have the
// values that the site's answers give them.
std::vector<RowField> fields_of(const Policy& policy, const DocumentedFlow& row);
const std::vector<std::string>& row_columns();

// SHA-256 over what flows are judged by in all rows, whatever files and profiles they stand in:
// the same for a pack and for the import of its export.
std::string rows_digest(const Policy& policy);

}  // namespace pcapaudit
