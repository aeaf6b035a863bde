// Questions to a database that is there.
#include <optional>

#include <fmt/format.h>

#include "store/findings/findings.hpp"
#include "store/impl.hpp"
#include "store/rows/policy_rows.hpp"
#include "store/rows/stored_flows.hpp"
#include "store/sqlite.hpp"

namespace pcapaudit {

Result<Policy> stored_policy(SQLite::Database& database) {
  std::vector<std::pair<std::string, std::string>> files;
  SQLite::Statement file(database, "SELECT name, text FROM policy_file ORDER BY position");
  while (file.executeStep()) {
    files.emplace_back(file.getColumn(0).getString(), file.getColumn(1).getString());
  }
  SQLite::Statement strict(database, "SELECT strict FROM policy ORDER BY id");
  const bool is_strict = strict.executeStep() && strict.getColumn(0).getInt() != 0;
  return load_policy_texts(files, is_strict);
}

std::string describe(const std::string& path, const std::exception& error) {
  return fmt::format("{}: {}", path, error.what());
}

Result<std::optional<std::string>> Store::unfinished() const try {
  SQLite::Statement run(impl_->database,
                        "SELECT flows, findings_until FROM v_run WHERE NOT closed ORDER BY 1");
  if (!run.executeStep()) return std::nullopt;
  const bool has_findings = !run.isColumnNull(1);
  return fmt::format(
      "{} is not finished: a monitor still writes it, or was killed; {}", impl_->path,
      has_findings ? fmt::format("its findings are of flows until {}", run.getColumn(1).getString())
                   : "it has no findings yet");
} catch (const std::exception& error) {
  return fail(describe(impl_->path, error));
}

Result<std::string> Store::find_finding(std::string_view id) const try {
  return pcapaudit::find_finding(impl_->database, id);
} catch (const std::exception& error) {
  return fail(describe(impl_->path, error));
}

Result<Policy> Store::policy() const try {
  return stored_policy(impl_->database);
} catch (const std::exception& error) {
  return fail(describe(impl_->path, error));
}

Result<void> Store::each_flow(const std::string& where,
                              const std::function<void(ClosedFlow&&)>& use) const try {
  for_each_stored_flow(impl_->database, where, use);
  return {};
} catch (const std::exception& error) {
  return fail(describe(impl_->path, error));
}

Result<Table> Store::query(const std::string& sql) const try {
  SQLite::Statement statement(impl_->database, sql);
  Table table;
  for (int i = 0; i < statement.getColumnCount(); ++i) {
    table.columns.emplace_back(statement.getColumnName(i));
  }
  while (statement.executeStep()) {
    std::vector<std::string>& row = table.rows.emplace_back();
    for (int i = 0; i < statement.getColumnCount(); ++i) {
      row.push_back(statement.getColumn(i).getString());
    }
  }
  return table;
} catch (const std::exception& error) {
  return fail(describe(impl_->path, error));
}

}  // namespace pcapaudit
