// From what a person types to the finding that is meant.
#include <vector>

#include <fmt/format.h>

#include <pcapaudit/app/app_record.hpp>

#include "base/text/ascii.hpp"
#include "store/findings/findings.hpp"

namespace pcapaudit {
namespace {

constexpr std::size_t least_digits = 4;  // of an id that is cut short
constexpr int most_named = 5;            // findings that an ambiguous one could be

bool is_id(std::string_view text) {
  if (!text.starts_with("V-") || text.size() < 2 + least_digits) return false;
  return text.substr(2).find_first_not_of("0123456789ABCDEF") == std::string_view::npos;
}

std::vector<std::string> ids(SQLite::Database& database, const char* sql, const std::string& id) {
  std::vector<std::string> found;
  SQLite::Statement row(database, sql);
  row.bind(1, id);
  row.bind(2, most_named);
  while (row.executeStep()) found.push_back(row.getColumn(0).getString());
  return found;
}

}  // namespace

Result<std::string> find_finding(SQLite::Database& database, std::string_view id) {
  const std::string wanted = ascii_upper(id);
  if (!is_id(wanted)) {
    return fail(fmt::format("\"{}\" is neither a finding nor a flow", clean_text(id)),
                "write V-1A2B, four digits or more of a finding's id, or the number of a flow");
  }
  auto found = ids(database,
                   "SELECT DISTINCT id FROM finding WHERE substr(id, 1, length(?1)) = ?1 "
                   "ORDER BY id LIMIT ?2",
                   wanted);
  if (found.empty()) {
    found = ids(database,
                "SELECT DISTINCT finding FROM finding_cause WHERE "
                "substr(own_id, 1, length(?1)) = ?1 ORDER BY finding LIMIT ?2",
                wanted);
  }
  if (found.empty()) {
    return fail(fmt::format("no finding {} in this audit", wanted),
                "pcapaudit report lists the findings");
  }
  if (found.size() > 1) {
    return fail(fmt::format("{} is the beginning of several findings", wanted),
                fmt::format("write more digits: {}", fmt::join(found, ", ")));
  }
  return found.front();
}

}  // namespace pcapaudit
