// Rows of the ledger; see the header.

#include "store/ledger/ledger_rows.hpp"

#include "base/digest.hpp"
#include "store/ledger/table_digests.hpp"
#include "store/sqlite.hpp"

namespace pcapaudit {
namespace {

std::string canonical_or_null(const std::string& text) {
  return text.empty() ? canonical_null() : canonical(text);
}

}  // namespace

std::string canonical_text(const LedgerRow& row) {
  return "pcapaudit ledger 1\n" + canonical(row.number) + canonical(row.at) + canonical(row.kind) +
         canonical(row.reviewer) + canonical_or_null(row.finding) +
         canonical_or_null(row.decision) + canonical(row.note) + canonical_or_null(row.digests) +
         canonical(row.public_key) + canonical(row.previous);
}

std::vector<LedgerRow> read_ledger(SQLite::Database& database) {
  std::vector<LedgerRow> rows;
  SQLite::Statement row(database,
                        "SELECT number, at, kind, reviewer, finding, decision, note, digests, "
                        "public_key, previous, hash, signature FROM ledger ORDER BY number");
  while (row.executeStep()) {
    const auto text = [&](int column) { return row.getColumn(column).getString(); };
    rows.push_back({.number = row.getColumn(0).getInt64(),
                    .at = row.getColumn(1).getInt64(),
                    .kind = text(2),
                    .reviewer = text(3),
                    .finding = text(4),
                    .decision = text(5),
                    .note = text(6),
                    .digests = text(7),
                    .public_key = text(8),
                    .previous = text(9),
                    .hash = text(10),
                    .signature = text(11)});
  }
  return rows;
}

Result<LedgerRow> append_row(SQLite::Database& database, LedgerRow row, const LedgerRow* last,
                             const SigningKey& key) {
  row.number = last == nullptr ? 1 : last->number + 1;
  row.previous = last == nullptr ? std::string(64, '0') : last->hash;
  row.public_key = key.public_key();
  const std::string text = canonical_text(row);
  row.hash = sha256_hex(as_bytes(text));
  auto signature = key.sign(text);
  if (!signature) return std::unexpected(signature.error());
  row.signature = std::move(*signature);
  SQLite::Statement insert(
      database,
      "INSERT INTO ledger (number, at, kind, reviewer, finding, decision, note, digests, "
      "public_key, previous, hash, signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  using sqlite::OrNull;
  sqlite::run(insert, row.number, row.at, row.kind, row.reviewer, OrNull{row.finding},
              OrNull{row.decision}, row.note, OrNull{row.digests}, row.public_key, row.previous,
              row.hash, row.signature);
  return row;
}

}  // namespace pcapaudit
