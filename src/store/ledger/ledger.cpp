// Signs an audit, and checks everything that was signed.

#include "store/ledger/ledger.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "store/findings/findings.hpp"
#include "store/ledger/ledger_inputs.hpp"
#include "store/ledger/ledger_rows.hpp"
#include "store/ledger/table_digests.hpp"
#include "store/part_file.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"

namespace pcapaudit {
namespace {

using Digests = std::map<std::string, std::string>;
using Checks = std::vector<Check>;

void add(Checks& checks, std::string what, std::string why) {
  const Check::State state = why.empty() ? Check::State::fits : Check::State::differs;
  checks.push_back({.state = state, .what = std::move(what), .why = std::move(why)});
}

// Pages, and indexes that say what their tables say.
void check_file(SQLite::Database& database, Checks& checks) {
  SQLite::Statement row(database, "PRAGMA integrity_check(1)");
  const std::string answer = row.executeStep() ? row.getColumn(0).getString() : "no answer";
  add(checks, "database file", answer == "ok" ? "" : answer);
}

void check_policy(SQLite::Database& database, Checks& checks) {
  Sha256 sha;
  SQLite::Statement file(database, "SELECT text FROM policy_file ORDER BY position");
  while (file.executeStep()) sha.add(as_bytes(file.getColumn(0).getString()));
  SQLite::Statement policy(database, "SELECT digest FROM policy ORDER BY id");
  const std::string recorded = policy.executeStep() ? policy.getColumn(0).getString() : "";
  add(checks, "policy", sha.hex() == recorded ? "" : "its texts do not have the recorded digest");
}

Digests parse_digests(SQLite::Database& database, const std::string& json) {
  Digests digests;
  SQLite::Statement row(database, "SELECT key, value FROM json_each(?) ORDER BY key");
  row.bind(1, json);
  while (row.executeStep()) {
    digests[row.getColumn(0).getString()] = row.getColumn(1).getString();
  }
  return digests;
}

std::string digests_json(const Digests& digests) {
  std::string json;
  for (const auto& [table, digest] : digests) {
    json += fmt::format("{}\"{}\":\"{}\"", json.empty() ? "{" : ",", table, digest);
  }
  return json + "}";
}

// The tables as a sign-off recorded them and as they are. `foreign`: what of the schema is not the
// program's own, perhaps since before the sign-off.
void check_tables(const Digests& recorded, const Digests& now, const std::string& foreign,
                  std::int64_t entry, Checks& checks) {
  Digests all = recorded;
  all.insert(now.begin(), now.end());
  for (const auto& [table, digest] : all) {
    const auto then = recorded.find(table);
    const auto is = now.find(table);
    std::string why;
    if (then == recorded.end()) {
      why = fmt::format("it was not there when entry {} was signed", entry);
    } else if (is == now.end()) {
      why = fmt::format("it is gone since entry {} was signed", entry);
    } else if (then->second != is->second) {
      why = fmt::format("it changed since entry {} was signed", entry);
    }
    if (table == "schema" && why.empty()) why = foreign;
    add(checks, table == "schema" ? "definitions of tables and views" : "table " + table,
        std::move(why));
  }
}

std::string chain_fault(const LedgerRow& row, const LedgerRow* last,
                        const std::vector<std::string>& keys) {
  if (row.number != (last == nullptr ? 1 : last->number + 1)) {
    return "an entry before it is missing";
  }
  const std::string before = last == nullptr ? std::string(64, '0') : last->hash;
  if (row.previous != before) return "it does not follow the entry before it";
  const std::string text = canonical_text(row);
  if (sha256_hex(as_bytes(text)) != row.hash) return "its fields do not have its hash";
  if (!is_signed_by(row.public_key, text, row.signature)) return "its signature is not valid";
  if (!keys.empty() && std::find(keys.begin(), keys.end(), row.public_key) == keys.end()) {
    return fmt::format("it is signed by another key, {}", row.public_key);
  }
  return {};
}

void check_ledger(SQLite::Database& database, const std::vector<std::string>& keys,
                  Checks& checks) {
  const std::vector<LedgerRow> rows = read_ledger(database);
  const LedgerRow* last = nullptr;
  for (const LedgerRow& row : rows) {
    add(checks, fmt::format("ledger entry {}", row.number), chain_fault(row, last, keys));
    last = &row;
  }
  if (last == nullptr || last->kind != "sign-off") {
    add(checks, "ledger",
        last == nullptr ? "nobody has signed this audit" : "it does not end with a sign-off");
    return;
  }
  const Digests now = table_digests(database);
  for (const LedgerRow& row : rows) {
    if (row.kind != "sign-off") continue;
    const Digests recorded = parse_digests(database, row.digests);
    // Sign-offs of the same content are told once; an older one only when it says something else.
    if (&row == last || recorded != now) {
      check_tables(recorded, now, schema_difference(database), row.number, checks);
    }
  }
}

// What must hold before somebody signs once more. Writes the ids of findings out in full.
std::optional<std::string> refusal(SQLite::Database& database, SignOff& sign_off) {
  Checks checks;
  check_file(database, checks);
  check_policy(database, checks);
  SQLite::Statement signed_before(database, "SELECT count(*) FROM ledger ORDER BY 1");
  signed_before.executeStep();
  if (signed_before.getColumn(0).getInt64() > 0) check_ledger(database, {}, checks);
  for (const Check& check : checks) {
    if (check.state == Check::State::differs) {
      return fmt::format("{} does not fit: {}", check.what, check.why);
    }
  }
  SQLite::Statement run(database, "SELECT count(*) FROM run ORDER BY 1");
  run.executeStep();
  if (run.getColumn(0).getInt64() != 1) return "the audit was never finished";
  for (Decision& decision : sign_off.decisions) {
    auto finding = find_finding(database, decision.finding);
    if (!finding) return finding.error().what;
    decision.finding = *std::move(finding);
  }
  return std::nullopt;
}

Result<Signed> append_all(SQLite::Database& database, const SignOff& sign_off,
                          const SigningKey& key) {
  const std::vector<LedgerRow> before = read_ledger(database);
  std::optional<LedgerRow> last;
  if (!before.empty()) last = before.back();
  LedgerRow row;
  row.at = sign_off.at.ns;
  row.reviewer = sign_off.reviewer;
  for (const Decision& decision : sign_off.decisions) {
    row.kind = "decision";
    row.finding = decision.finding;
    row.decision = decision.decision;
    row.note = decision.note;
    auto written = append_row(database, row, last ? &*last : nullptr, key);
    if (!written) return std::unexpected(written.error());
    last = std::move(*written);
  }
  row.kind = "sign-off";
  row.finding = row.decision = "";
  row.note = sign_off.note;
  row.digests = digests_json(table_digests(database));
  auto written = append_row(database, row, last ? &*last : nullptr, key);
  if (!written) return std::unexpected(written.error());
  return Signed{
      .number = written->number, .hash = written->hash, .public_key = written->public_key};
}

Result<SQLite::Database> open_audit(const std::string& path, int flags) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return fail(fmt::format("{}: no such file", path));
  if (auto whole = check_no_part(path); !whole) return std::unexpected(whole.error());
  SQLite::Database database(path, flags);
  distrust(database);
  if (auto ours = check_identity(database, path); !ours) return std::unexpected(ours.error());
  return database;
}

}  // namespace

Result<Signed> sign_audit(const std::string& path, SignOff sign_off, const SigningKey& key) try {
  auto database = open_audit(path, SQLite::OPEN_READWRITE);
  if (!database) return std::unexpected(database.error());
  if (auto ours = check_schema(*database, path); !ours) return std::unexpected(ours.error());
  SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
  if (const auto why = refusal(*database, sign_off)) {
    return fail(fmt::format("{}: not signed: {}", path, *why),
                "pcapaudit verify tells what fits; v_finding lists the findings");
  }
  auto last = append_all(*database, sign_off, key);
  if (!last) return last;
  transaction.commit();
  return last;
} catch (const std::exception& error) {
  return fail(fmt::format("{}: {}", path, error.what()));
}

Result<std::vector<Check>> verify_audit(const std::string& path,
                                        const std::vector<std::string>& keys) try {
  auto database = open_audit(path, SQLite::OPEN_READONLY);
  if (!database) return std::unexpected(database.error());
  Checks checks;
  try {
    check_file(*database, checks);
    check_inputs(*database, path, checks);
    check_policy(*database, checks);
    check_ledger(*database, keys, checks);
  } catch (const std::exception& error) {
    add(checks, "database file", fmt::format("it cannot be read: {}", error.what()));
  }
  return checks;
} catch (const std::exception& error) {
  return fail(fmt::format("{}: {}", path, error.what()));
}

}  // namespace pcapaudit
