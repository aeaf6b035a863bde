// Writes what dissectors found out; the statements are prepared once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>

#include <SQLiteCpp/SQLiteCpp.h>

#include <pcapaudit/app/app_record.hpp>

#include "base/keyed_hash.hpp"
#include "store/rows/bulk_insert.hpp"
#include "store/rows/record_columns.hpp"
#include "store/sqlite.hpp"

namespace pcapaudit {

// The database must outlive it. Throws SQLite::Exception.
class AppRows {
 public:
  explicit AppRows(SQLite::Database& database);

  void insert(std::uint64_t flow, std::size_t number, const AppRecord& record);
  // What was inserted is in the database after this.
  void flush();

 private:
  void insert_facts(std::uint64_t flow, std::size_t number, const HttpFacts& http);
  void insert_facts(std::uint64_t flow, std::size_t number, const TlsFacts& tls);
  void insert_facts(std::uint64_t flow, std::size_t number, const GenericFacts& facts);
  void insert_chain(std::uint64_t flow, std::size_t number, std::string_view side,
                    const CertificateChain& chain);

  std::int64_t http_kind_of(const HttpFacts& http);

  // Kinds and certificates that are known to be stored; what is forgotten is inserted in vain.
  static constexpr std::size_t max_known = 65'536;
  std::unordered_map<std::string, std::int64_t, KeyedHash, std::equal_to<>>
      http_kinds_;  // by their content
  std::unordered_set<std::string, KeyedHash, std::equal_to<>> known_certificates_;  // by SHA-256
  std::string content_;  // used again and again
  sqlite::BulkInsert http_, tls_, field_, tls_certificate_;
  struct PlainRows {
    const PlainTable* table = nullptr;  // null: not one row of one table
    std::unique_ptr<sqlite::BulkInsert> rows;
  };
  std::array<PlainRows, std::variant_size_v<AppRecord>> plain_;
  sqlite::Insert http_kind_, certificate_;
};

}  // namespace pcapaudit
