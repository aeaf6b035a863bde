// The audit as one JSON object: each key is a stable view, each row an object by column name.
//
// What every key and column holds: schema/report.schema.json.

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/diff/diff.hpp"
#include "report/escape.hpp"
#include "report/report.hpp"
#include "store/rows/record_fields.hpp"

namespace pcapaudit {
namespace {

using Json = nlohmann::ordered_json;  // keys stay in the order of the views' columns

// Of columns that are no field of a record: integers that mean yes or no, and texts that are JSON
// lists. One name means the same everywhere.
constexpr std::string_view flags[] = {"partial", "damaged", "closed", "needed"};
constexpr std::string_view lists[] = {"arguments", "skipped", "waives"};

class ColumnKinds {
 public:
  // Of a section that shows the tables whose names begin with `records`; "" shows none.
  explicit ColumnKinds(std::string_view records) {
    for (const std::string_view name : flags) kinds_.emplace(name, Shown::flag);
    for (const std::string_view name : lists) kinds_.emplace(name, Shown::list);
    if (records.empty()) return;
    for (const FieldName& field : record_fields()) {
      if (field.table.starts_with(records)) kinds_.emplace(field.name, field.shown);
    }
  }
  bool is(Shown kind, std::string_view column) const {
    const auto found = kinds_.find(column);
    return found != kinds_.end() && found->second == kind;
  }

 private:
  std::map<std::string_view, Shown> kinds_;
};

Json value_of(const ColumnKinds& kinds, const std::string& column, const SqlCell& cell) {
  if (cell.text.empty()) return nullptr;  // NULL, and texts that say nothing
  if (cell.type == SqlCell::Type::integer && kinds.is(Shown::flag, column)) return cell.text != "0";
  if (cell.type == SqlCell::Type::integer || cell.type == SqlCell::Type::real ||
      kinds.is(Shown::list, column)) {
    Json value = Json::parse(cell.text, nullptr, /*allow_exceptions=*/false);
    if (!value.is_discarded()) return value;
  }
  return std::string(cell.text);
}

struct Section {
  const char* key;
  const char* sql;
  bool single = false;            // one object instead of a list
  std::string_view records = {};  // whose fields it shows
};

constexpr Section sections[] = {
    {"run",
     "SELECT first, last, tool_version, arguments, packs, policy_digest, site, partial, closed, "
     "findings_until, skipped FROM v_run ORDER BY 1",
     true},
    {"captures", "SELECT * FROM v_capture ORDER BY name, sha256"},
    {"totals",
     "SELECT captures, packets, flows, allowed, violation, waived, undetermined, ignored, "
     "findings FROM v_run ORDER BY 1",
     true},
    {"findings", "SELECT * FROM v_finding ORDER BY rank, flows DESC, finding"},  // findings_order
    {"rules",
     "SELECT usage.*, overridden AS changed FROM v_rule_usage AS usage "
     "JOIN rule ON rule.id = usage.rule ORDER BY usage.rule"},
    {"roles", "SELECT * FROM v_role_matrix ORDER BY from_role, to_role, service, port"},
    {"tls", "SELECT * FROM v_tls ORDER BY flow, version", false, "tls"},
    {"certificates", "SELECT * FROM v_certificate ORDER BY sha256", false, "certificate"},
    {"unknown_hosts", "SELECT * FROM v_unknown_host ORDER BY address"},
    {"undetermined",
     "SELECT client_role, server_role, service, server_port, reason, count(*) AS flows FROM v_flow "
     "WHERE verdict = 'undetermined' GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC, 1, 2, 3, 4, 5"},
    {"undocumented_pairs",
     "SELECT from_role, to_role, attempts, blocked, refused, established AS came_through "
     "FROM v_negative ORDER BY from_role, to_role"},
    {"exceptions", "SELECT * FROM v_exception ORDER BY exception"},
    {"legs", "SELECT * FROM v_leg ORDER BY mapping, inner_flow"},
    {"related", "SELECT * FROM v_related ORDER BY flow, related_to"},
    {"http", "SELECT * FROM v_http ORDER BY flow, version, hosts, paths", false, "http"},
    {"coverage", "SELECT * FROM v_coverage ORDER BY client_role, server_role"},
    {"decode_issues", "SELECT * FROM v_decode_issue ORDER BY capture, issue"},
    {"unread", "SELECT * FROM v_unread ORDER BY cause"},
    {"ledger", "SELECT * FROM v_ledger ORDER BY number"},
};

class JsonRows final : public RowSink {
 public:
  explicit JsonRows(std::string_view records) : kinds_(records) {}

  Result<void> columns(const std::vector<std::string>& names) override {
    names_ = names;
    return {};
  }
  Result<void> row(std::span<const SqlCell> cells) override {
    Json object = Json::object();
    for (std::size_t i = 0; i < cells.size(); ++i)
      object[names_[i]] = value_of(kinds_, names_[i], cells[i]);
    rows_.push_back(std::move(object));
    return {};
  }
  Json take() { return std::move(rows_); }

 private:
  ColumnKinds kinds_;
  std::vector<std::string> names_;
  Json rows_ = Json::array();
};

Result<Json> read(const Store& store, const std::string& sql, std::string_view records) {
  JsonRows sink(records);
  if (auto asked = store.ask(sql, sink); !asked) return std::unexpected(asked.error());
  return sink.take();
}

// All of a record's fields together are an order that leaves nothing open.
std::string records_sql(std::string_view record) {
  std::string sql = fmt::format("SELECT * FROM v_{} ORDER BY flow", record);
  for (const FieldName& field : record_fields()) {
    const bool is_shown = field.table == record && field.shown != Shown::inner;
    if (is_shown) sql += fmt::format(", {}", field.name);
  }
  return sql;
}

}  // namespace

Result<std::string> render_json(const Store& store, const JsonParts& parts) {
  Json report = Json::object();
  for (const Section& section : sections) {
    auto value = read(store, section.sql, section.records);
    if (!value) return std::unexpected(value.error());
    if (section.single) *value = value->empty() ? Json(nullptr) : Json(value->front());
    report[section.key] = std::move(*value);
  }
  for (const std::string_view record : plain_records()) {
    auto value = read(store, records_sql(record), record);
    if (!value) return std::unexpected(value.error());
    report[std::string(record)] = std::move(*value);
  }
  if (parts.changes != nullptr) {
    report["changes"] = Json::parse(render_changes_json(*parts.changes));
  }
  if (!parts.exit.empty()) {
    Json reasons = Json::array();
    for (const ExitReason& it : parts.exit) reasons.push_back({{"code", it.code}, {"why", it.why}});
    report["exit"] = {{"code", parts.exit.front().code}, {"reasons", std::move(reasons)}};
  }
  // Names of files may hold bytes that are not UTF-8; they become U+FFFD.
  return json_escaped(report.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace pcapaudit
