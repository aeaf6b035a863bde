// One insert for each kind of record.

#include "store/rows/app_rows.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"
#include "store/rows/record_columns.hpp"
#include "store/sqlite.hpp"

namespace pcapaudit {
namespace {

template <class Record>
std::string insert_sql(const RecordTable<Record>& table) {
  std::string places = "?";
  for (std::size_t i = 1; i < table.keys.size() + table.columns.size(); ++i) places += ", ?";
  return fmt::format("INSERT OR IGNORE INTO {} ({}) VALUES ({})", table.name, column_names(table),
                     places);
}

}  // namespace

AppRows::AppRows(SQLite::Database& database)
    : http_(database, http_row_table().name, column_names(http_row_table())),
      tls_(database, tls_table().name, column_names(tls_table())),
      field_(database, app_field_table().name, column_names(app_field_table())),
      tls_certificate_(database, "tls_certificate", "flow, number, side, position, certificate"),
      http_kind_(database, insert_sql(http_kind_table())),
      certificate_(database, insert_sql(certificate_table())) {
  for (const PlainTable& table : plain_tables()) {
    plain_[table.alternative] = {
        .table = &table,
        .rows = std::make_unique<sqlite::BulkInsert>(database, table.name, table.columns)};
  }
}

void AppRows::flush() {
  for (sqlite::BulkInsert* rows : {&http_, &tls_, &field_, &tls_certificate_}) rows->flush();
  for (const PlainRows& plain : plain_) {
    if (plain.rows) plain.rows->flush();
  }
}

void AppRows::insert(std::uint64_t flow, std::size_t number, const AppRecord& record) {
  if (const PlainRows& plain = plain_[record.index()]; plain.rows) {
    plain.rows->add_cells([&](auto& out) { plain.table->write(record, out); }, flow, number);
    return;
  }
  std::visit(
      [&](const auto& facts) {
        if constexpr (requires { insert_facts(flow, number, facts); }) {
          insert_facts(flow, number, facts);
        }
      },
      record);
}

void AppRows::insert_facts(std::uint64_t flow, std::size_t number, const HttpFacts& http) {
  http_.add_cells([&](auto& out) { write_columns(http_row_table(), http, out); }, flow, number,
                  http_kind_of(http));
}

// The columns of http_kind, once for all flows that share them.
std::int64_t AppRows::http_kind_of(const HttpFacts& http) {
  content_.clear();
  const auto append = [this](std::string_view text) { content_.append(text).push_back('\0'); };
  const auto append_all = [&](const TextList& list) {
    for (const std::string& value : list.values) append(value);
    append("");  // no value is empty
  };
  append(http.version);
  append(http.upgraded_to);
  append(http.credentials_in_clear ? "1" : "0");
  for (const TextList* list : {&http.methods, &http.hosts, &http.user_agents, &http.servers,
                               &http.locations, &http.authorization_schemes}) {
    append_all(*list);
  }
  for (const std::uint32_t status : http.statuses.values) {
    content_.append(reinterpret_cast<const char*>(&status), sizeof status);
  }
  const auto known = http_kinds_.find(content_);
  if (known != http_kinds_.end()) return known->second;
  const std::int64_t kind = sha256_prefix(as_bytes(content_));
  if (http_kinds_.size() >= max_known) http_kinds_.clear();
  http_kinds_.emplace(content_, kind);
  http_kind_.run_cells([&](sqlite::CellSink& out) {
    out.number(kind);
    write_columns(http_kind_table(), http, out);
  });
  return kind;
}

void AppRows::insert_facts(std::uint64_t flow, std::size_t number, const TlsFacts& tls) {
  tls_.add_cells([&](auto& out) { write_columns(tls_table(), tls, out); }, flow, number);
  insert_chain(flow, number, "server", tls.server_chain);
  insert_chain(flow, number, "client", tls.client_chain);
}

void AppRows::insert_chain(std::uint64_t flow, std::size_t number, std::string_view side,
                           const CertificateChain& chain) {
  for (std::size_t position = 0; position < chain.size(); ++position) {
    const Certificate& it = *chain[position];
    if (known_certificates_.size() >= max_known) known_certificates_.clear();
    if (known_certificates_.insert(it.sha256).second) {
      certificate_.run_cells(
          [&](sqlite::CellSink& out) { write_columns(certificate_table(), it, out); });
    }
    tls_certificate_.add(flow, number, side, position, it.sha256);
  }
}

void AppRows::insert_facts(std::uint64_t flow, std::size_t number, const GenericFacts& facts) {
  for (std::size_t position = 0; position < facts.fields.size(); ++position) {
    const GenericField& field = facts.fields[position];
    field_.add_cells([&](auto& out) { write_columns(app_field_table(), field, out); }, flow, number,
                     position, facts.protocol);
  }
}

}  // namespace pcapaudit
