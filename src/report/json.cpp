// The audit as one JSON object: each key is a stable view, each row an object by column name.
#include <pcapaudit/report/report.hpp>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

#include <pcapaudit/report/diff.hpp>

#include "report/escape.hpp"

namespace pcapaudit {
namespace {

using Json = nlohmann::ordered_json;  // keys stay in the order of the views' columns

enum class CellKind : std::uint8_t { text, number, flag, list };

// Columns of the views that are not text. One name means the same in every view.
CellKind kind_of(std::string_view column) {
  constexpr std::string_view numbers[] = {
      "captures",     "packets",      "flows",        "allowed",      "violation", "waived",
      "undetermined", "ignored",      "findings",     "bytes",        "dropped",   "truncated",
      "decoded",      "filtered",     "server_port",  "port",         "blocked",   "flow",
      "key_bits",     "server_flows", "client_flows", "issuer_flows",
  };
  constexpr std::string_view flags[] = {
      "partial",
      "damaged",
      "needed",
      "resumed",
      "established",
      "certificate_requested",
      "client_certificate_sent",
  };
  constexpr std::string_view lists[] = {"arguments", "alpn_offered", "san", "extended_key_usage",
                                        "alerts"};
  const auto holds = [&](std::span<const std::string_view> names) {
    return std::find(names.begin(), names.end(), column) != names.end();
  };
  if (holds(numbers)) return CellKind::number;
  if (holds(flags)) return CellKind::flag;
  if (holds(lists)) return CellKind::list;
  return CellKind::text;
}

Json cell(std::string_view column, const std::string& text) {
  const CellKind kind = kind_of(column);
  if (text.empty()) return nullptr;
  if (kind == CellKind::flag) return text != "0";
  if (kind == CellKind::number) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
  if (kind == CellKind::list) {
    Json list = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!list.is_discarded()) return list;
  }
  return text;
}

struct Section {
  const char* key;
  const char* sql;
  bool single = false;  // one object instead of a list
};

constexpr Section sections[] = {
    {"run",
     "SELECT first, last, tool_version, arguments, packs, policy_digest, site, partial "
     "FROM v_run ORDER BY 1",
     true},
    {"captures", "SELECT * FROM v_capture ORDER BY name, sha256"},
    {"totals",
     "SELECT captures, packets, flows, allowed, violation, waived, undetermined, ignored, "
     "findings FROM v_run ORDER BY 1",
     true},
    {"findings",
     "SELECT * FROM v_finding ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 "
     "WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END, flows DESC, finding"},
    {"rules", "SELECT * FROM v_rule_usage ORDER BY rule"},
    {"roles", "SELECT * FROM v_role_matrix ORDER BY from_role, to_role, service, port"},
    {"tls", "SELECT * FROM v_tls ORDER BY flow, version"},
    {"certificates", "SELECT * FROM v_certificate ORDER BY sha256"},
    {"unknown_hosts", "SELECT * FROM v_unknown_host ORDER BY address"},
};

Result<Json> read(const Store& store, const Section& section) {
  const auto table = store.query(section.sql);
  if (!table) return std::unexpected(table.error());
  Json rows = Json::array();
  for (const auto& row : table->rows) {
    Json object = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      object[table->columns[i]] = cell(table->columns[i], row[i]);
    }
    rows.push_back(std::move(object));
  }
  if (!section.single) return rows;
  return rows.empty() ? Json(nullptr) : rows.front();
}

}  // namespace

Result<std::string> render_json(const Store& store, const Changes* changes) {
  Json report = Json::object();
  for (const Section& section : sections) {
    auto value = read(store, section);
    if (!value) return std::unexpected(value.error());
    report[section.key] = std::move(*value);
  }
  if (changes != nullptr) report["changes"] = Json::parse(render_changes_json(*changes));
  // Names of files may hold bytes that are not UTF-8; they become U+FFFD.
  return json_escaped(report.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace pcapaudit
