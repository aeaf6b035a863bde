// Writes one audited flow as rows; the statements are prepared once.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <unordered_set>

#include <pcapaudit/policy/policy.hpp>
#include <pcapaudit/store/store.hpp>

#include "store/app_rows.hpp"

namespace pcapaudit {

// The database and the policy must outlive it. Throws SQLite::Exception.
class FlowRows {
 public:
  FlowRows(SQLite::Database& database, const Policy& policy);

  void insert(const AuditedFlow& audited);
  // After a transaction was given up: what it wrote is unknown again.
  void forget() { known_role_sets_.clear(); }

 private:
  void insert_flow(const ClosedFlow& flow, const Verdict& verdict);
  void insert_verdict(std::uint64_t flow, const Verdict& verdict);
  void insert_role_set(RoleSet roles);

  const Policy& policy_;
  std::unordered_set<RoleSet> known_role_sets_;
  SQLite::Statement flow_, role_set_, anomaly_, rule_, problem_, near_miss_, traffic_;
  AppRows app_rows_;
};

}  // namespace pcapaudit
