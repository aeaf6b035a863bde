// What flows have in common, stored once, and sums over those that are alike.
//
// Most flows of a network differ in addresses, times and counts only. The rest of a flow's columns
// is its kind: a row of flow_kind that all flows of that kind point to. Reports sum up by kinds
// and need not look at every flow.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "base/keyed_hash.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace pcapaudit {

// The database must outlive it. Throws SQLite::Exception.
class FlowKinds {
 public:
  explicit FlowKinds(SQLite::Database& database);

  // Counts the flow and answers its kind. Kinds are named by their content, so that the order in
  // which flows arrive does not matter.
  std::int64_t add(const AuditedFlow& audited, std::int64_t grounds);
  // For flows that are stored already.
  void add_late(const LatePacket& packet);
  void mark_unheard(std::uint64_t flow);
  // The flow was related to one that `rule` allows. Sums are right again after renew_sums().
  void allow_related(std::uint64_t flow, const std::string& rule);
  // Makes the sums again that allow_related() changed, from the stored flows.
  void renew_sums();
  // Sums that are still in memory. Call before the last commit.
  void write();

 private:
  // Kept in memory: a hundred services between dozens of roles are some thousands. When there are
  // more, sums are written and added up in the database, and kinds are written once more.
  static constexpr std::size_t max_kept = 65'536;

  struct Sums {
    std::uint64_t flows = 0, packets_c2s = 0, packets_s2c = 0, bytes_c2s = 0, bytes_s2c = 0,
                  gaps = 0, first_flow = UINT64_MAX;
    std::int64_t first_ns = 0, last_ns = 0;  // 0: unknown

    void add(const Sums& more);
  };
  struct GroupKey {
    std::int64_t kind = 0;
    std::uint16_t server_port = 0;
    bool operator==(const GroupKey&) const = default;
  };
  struct GroupHash {
    std::size_t operator()(const GroupKey& key) const {
      return static_cast<std::size_t>(key.kind) ^ key.server_port * 0x9e3779b97f4a7c15ULL;
    }
  };

  Sums& sums_of(GroupKey key);
  template <class Change>
  std::optional<std::int64_t> derive(std::int64_t kind, Change change);
  void settle_blocked();
  void write_sums();

  std::unordered_map<std::string, std::int64_t, KeyedHash, std::equal_to<>>
      kinds_;                  // by what they are made of
  std::string key_, content_;  // used again and again
  std::unordered_map<GroupKey, Sums, GroupHash> sums_;
  std::vector<std::uint64_t> blocked_;  // their outcome may change: summed up at the end
  std::map<std::int64_t, std::int64_t> unheard_kinds_;  // kind as blocked to kind as one-sided
  std::set<std::pair<std::int64_t, std::uint16_t>> outdated_;  // kind and port: sums to renew
  SQLite::Database& database_;
  sqlite::Insert insert_kind_, insert_sums_, set_kind_;
  SQLite::Statement stored_, kind_;
};

}  // namespace pcapaudit
