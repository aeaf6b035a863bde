// Freezes the views, then deletes; see the header.

#include "store/redaction/strip.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>

namespace pcapaudit {
namespace {

// What is asked of an old audit, and would read zero without flows.
constexpr const char* frozen_views[] = {
    "v_run",         "v_capture",  "v_exception",  "v_rule_usage",   "v_negative", "v_role_matrix",
    "v_certificate", "v_coverage", "v_decryption", "v_unknown_host", "v_unread"};
// Tables that speak of single flows, as the schema says: children first, then flow_row itself. What
// many flows share (kinds, grounds) is small and stays, and so do sums.
std::vector<std::string> flow_tables(SQLite::Database& database) {
  std::vector<std::string> tables;
  SQLite::Statement row(database,
                        "SELECT DISTINCT one.name FROM sqlite_schema AS one "
                        "JOIN pragma_foreign_key_list(one.name) AS key "
                        "WHERE one.type = 'table' AND key.\"table\" = 'flow_row' "
                        "AND one.name <> 'flow_row' ORDER BY 1");
  while (row.executeStep()) tables.push_back(row.getColumn(0).getString());
  tables.emplace_back("flow_row");
  return tables;
}

}  // namespace

bool is_stripped(const SQLite::Database& database) {
  SQLite::Statement row(database,
                        "SELECT 1 FROM sqlite_schema WHERE name = 'kept_v_run' ORDER BY 1");
  return row.executeStep();
}

void freeze_views(SQLite::Database& database) {
  for (const char* view : frozen_views) {
    database.exec(fmt::format("CREATE TABLE kept_{0} AS SELECT * FROM {0}", view));
  }
  for (const char* view : frozen_views) {
    database.exec(fmt::format("DROP VIEW {0}; CREATE VIEW {0} AS SELECT * FROM kept_{0}", view));
  }
}

void strip_flows(SQLite::Database& database, const std::string& copy) {
  SQLite::Transaction transaction(database);
  freeze_views(database);
  for (const std::string& table : flow_tables(database)) {
    database.exec(fmt::format("DELETE FROM {}", table));
  }
  transaction.commit();
  SQLite::Statement vacuum(database, "VACUUM INTO ?");
  vacuum.bind(1, copy);
  vacuum.exec();
}

}  // namespace pcapaudit
