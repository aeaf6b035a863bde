// Writes one audited flow as rows; the statements are prepared once.
#pragma once

#include <map>
#include <span>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include <SQLiteCpp/SQLiteCpp.h>

#include "base/keyed_hash.hpp"
#include "policy/policy.hpp"
#include "store/findings/host_votes.hpp"
#include "store/rows/app_rows.hpp"
#include "store/rows/bulk_insert.hpp"
#include "store/rows/flow_kinds.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace pcapaudit {

// The database and the policy must outlive it. Throws SQLite::Exception.
class FlowRows {
 public:
  FlowRows(SQLite::Database& database, const Policy& policy);

  void insert(std::span<const AuditedFlow> batch);
  void add_late(const LatePacket& packet);
  void mark_unheard(std::uint64_t flow) { kinds_.mark_unheard(flow); }
  // Sums that are still in memory. Call before the last commit.
  void write_sums();
  const Hosts& hosts() const { return hosts_; }

 private:
  // Sums of traffic kept in memory: a day of minutes for dozens of role pairs. More are written.
  static constexpr std::size_t max_sums = 65'536;
  // Sets of problems that are known to be stored; a port scan makes one for each port.
  static constexpr std::size_t max_known_grounds = 65'536;
  struct Traffic {
    std::uint64_t packets = 0, bytes = 0, flows = 0;
  };

  void insert_one(const AuditedFlow& audited);
  void insert_account(const ClosedFlow& flow);
  void insert_flow(const ClosedFlow& flow, std::int64_t kind);
  // The name of the flow's problems and nearest rows; 0 without any.
  std::int64_t insert_grounds(const Verdict& verdict);
  void insert_role_set(RoleSet roles);
  void write_traffic();

  const Policy& policy_;
  std::unordered_set<RoleSet> known_role_sets_;
  std::unordered_map<std::string, std::int64_t, KeyedHash, std::equal_to<>> known_grounds_;
  sqlite::BulkInsert flow_;
  sqlite::Insert role_set_, anomaly_, account_, other_app_, also_matched_, problem_, near_miss_,
      traffic_;
  std::map<std::tuple<std::int64_t, RoleSet, RoleSet>, Traffic> sums_;
  sqlite::Insert late_, late_copy_;
  SQLite::Statement roles_of_flow_;
  AppRows app_rows_;
  FlowKinds kinds_;
  Hosts hosts_;
};

}  // namespace pcapaudit
