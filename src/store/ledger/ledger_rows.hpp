// Rows of the ledger: read, written, hashed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include <pcapaudit/base/result.hpp>

#include "base/signature.hpp"

namespace pcapaudit {

struct LedgerRow {
  std::int64_t number = 0, at = 0;
  std::string kind, reviewer, finding, decision, note, digests, public_key;
  std::string previous, hash, signature;
  bool operator==(const LedgerRow&) const = default;
};

// What is hashed and signed: every field but the hash and the signature.
std::string canonical_text(const LedgerRow& row);

std::vector<LedgerRow> read_ledger(SQLite::Database& database);

// Fills in number, previous, hash, key and signature, and writes the row behind `last` (null:
// none).
Result<LedgerRow> append_row(SQLite::Database& database, LedgerRow row, const LedgerRow* last,
                             const SigningKey& key);

}  // namespace pcapaudit
