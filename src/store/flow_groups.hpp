// Flows that are alike, counted while they are stored: what reports sum up needs no look at every
// flow.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <pcapaudit/store/store.hpp>

#include "store/sqlite.hpp"

namespace pcapaudit {

// Rows of the table flow_group. The database must outlive it. Throws SQLite::Exception.
class FlowGroups {
 public:
  explicit FlowGroups(SQLite::Database& database);

  void add(const AuditedFlow& audited, std::int64_t grounds);
  // For a flow that is stored already.
  void add_late(const LatePacket& packet);
  // Blocked attempts whose outcome may still change are left to this call, with those that did.
  void settle_blocked();
  // Sums that are still in memory. Call before the last commit.
  void write();

 private:
  // Kept in memory: a hundred services between dozens of roles are some thousands. More are
  // written and summed up in the database.
  static constexpr std::size_t max_groups = 65'536;

  struct Group {
    std::uint64_t client_roles = 0, server_roles = 0;
    std::uint16_t server_port = 0;
    std::int64_t grounds = 0;
    std::array<std::string_view, 8> texts;  // valid while add() runs; the key holds copies
  };
  struct Sums {
    std::uint64_t flows = 0, packets_c2s = 0, packets_s2c = 0, bytes_c2s = 0, bytes_s2c = 0,
                  gaps = 0, first_flow = UINT64_MAX;
    std::int64_t first_ns = INT64_MAX, last_ns = INT64_MIN;
  };

  Sums& sums_of(const Group& group);
  bool add_stored(std::uint64_t flow, const Sums* more);

  std::unordered_map<std::string, Sums> groups_;  // by the bytes of Group
  std::string key_;                               // used again and again
  std::vector<std::uint64_t> blocked_;
  sqlite::Insert insert_;
  SQLite::Statement stored_;
};

}  // namespace pcapaudit
