// Freezes the views, then deletes; see the header.

#include "store/redaction/strip.hpp"

#include <fmt/format.h>

namespace pcapaudit {
namespace {

// What is asked of an old audit, and would read zero without flows.
constexpr const char* frozen_views[] = {
    "v_run",         "v_capture",     "v_exception", "v_rule_usage",   "v_negative",
    "v_role_matrix", "v_certificate", "v_coverage",  "v_unknown_host", "v_unread"};
// Children before their flows. What many flows share (kinds, grounds) is small, and so are sums.
constexpr const char* flow_tables[] = {
    "flow_anomaly", "read_account", "other_app",       "also_matched", "http_row", "sip",
    "app_field",    "related",      "leg",          "tls_certificate", "tls",          "flow_row"};

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
  for (const char* table : flow_tables) {
    database.exec(fmt::format("DELETE FROM {}", table));
  }
  transaction.commit();
  SQLite::Statement vacuum(database, "VACUUM INTO ?");
  vacuum.bind(1, copy);
  vacuum.exec();
}

}  // namespace pcapaudit
