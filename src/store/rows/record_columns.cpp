// The descriptors; see the header.

#include "store/rows/record_columns.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <type_traits>

#include <fmt/format.h>

#include "base/text/hex.hpp"
#include "store/rows/column_makers.hpp"

namespace pcapaudit {
namespace {

using columns::date;
using columns::if_known;
using columns::list;
using columns::more;
using columns::more_in;
using columns::number;
using columns::text;
using columns::text_or_null;
using columns::tls_version;
using columns::word;
using sqlite::CellSink;

void write_cipher_id(const TlsFacts& tls, CellSink& out) {
  out.text_or_null(tls.server_hello ? fmt::format("0x{:04x}", tls.cipher) : "");
}
void read_cipher_id(const ReadCell& cell, TlsFacts& tls) {
  const std::string id = cell.text();
  tls.server_hello = !id.empty();
  if (id.starts_with("0x")) std::from_chars(id.data() + 2, id.data() + id.size(), tls.cipher, 16);
}

void write_alerts(const TlsFacts& tls, CellSink& out) {
  std::vector<std::string> texts;
  for (const TlsAlert& alert : tls.alerts) texts.push_back(to_text(alert));
  out.text(sqlite::json_list(texts));
}

// Behind the offered version, which shows a hello too.
void read_client_hello(const ReadCell& cell, TlsFacts& tls) {
  tls.client_hello_whole = cell.number() != 0;
  tls.client_hello = tls.offered_version != 0 || tls.client_hello_whole;
}

using Tls = TlsFacts;
constexpr auto tls_columns = std::to_array<RecordColumn<Tls>>({
    tls_version<&Tls::version>("version"),
    tls_version<&Tls::offered_version>("offered_version"),
    text_or_null<&Tls::sni>("sni", Holds::name),
    text_or_null<&Tls::alpn>("alpn", Holds::patterns),
    list<&Tls::alpn_offered>("alpn_offered", Holds::patterns),
    {"cipher_id", Holds::patterns, Shown::text, write_cipher_id, read_cipher_id},
    {"cipher", Holds::patterns, Shown::text,
     [](const Tls& tls, CellSink& out) {
       out.text_or_null(tls.server_hello ? tls_cipher_name(tls.cipher) : "");
     },
     nullptr},
    if_known<&Tls::resumed, known_resumed>("resumed"),
    number<&Tls::established>("established"),
    if_known<&Tls::certificate_requested, known_certificate_requested>("certificate_requested"),
    if_known<&Tls::client_certificate_sent, known_client_certificate_sent>(
        "client_certificate_sent"),
    number<&Tls::client_certificate_verify>("client_certificate_verify"),
    word<&Tls::mutual, MutualTls::undeterminable>("mutual"),
    word<&Tls::mutual_reason, MutualReason::unverifiable>("mutual_reason"),
    word<&Tls::mutual_sizes, TlsFlight::other_records>("mutual_sizes"),
    word<&Tls::client_proof, TlsProof::incomplete>("client_proof"),
    word<&Tls::server_proof, TlsProof::incomplete>("server_proof"),
    word<&Tls::stapled, StapledStatus::unreadable>("stapled"),
    list<&Tls::acceptable_issuers>("acceptable_issuers", Holds::distinguished_names),
    number<&Tls::decrypted>("decrypted"),
    word<&Tls::not_decrypted, NotDecrypted::over_cap>("not_decrypted"),
    text_or_null<&Tls::ja3>("ja3", Holds::patterns),
    text_or_null<&Tls::ja4>("ja4", Holds::patterns),
    {"alerts", Holds::patterns, Shown::list, write_alerts, nullptr},
    {"key_exchange_group", Holds::patterns, Shown::text,
     [](const Tls& tls, CellSink& out) {
       out.text_or_null(tls.group == 0 ? std::string() : tls_group_name(tls.group));
     },
     nullptr},
    word<&Tls::hidden_name, HiddenName::ech>("hidden_name"),
    number<&Tls::early_data>("early_data"),
    number<&Tls::retry_request>("retry_request"),
    number<&Tls::renegotiated>("renegotiated"),
    number<&Tls::group>("key_exchange_group_id"),
    number<&Tls::dh_bits>("dh_bits"),
    {"client_hello_whole", Holds::number, Shown::flag,
     [](const Tls& tls, CellSink& out) { out.number(tls.client_hello_whole ? 1 : 0); },
     read_client_hello},
    number<&Tls::server_hello_whole>("server_hello_whole"),
    number<&Tls::client_handshake_read>("client_handshake_read"),
    number<&Tls::server_handshake_read>("server_handshake_read"),
    number<&Tls::data_before_handshake>("data_before_handshake"),
});

using Http = HttpFacts;
constexpr auto http_kind_columns = std::to_array<RecordColumn<Http>>({
    text_or_null<&Http::version>("version", Holds::patterns),
    list<&Http::methods>("methods", Holds::patterns),
    list<&Http::hosts>("hosts", Holds::names),
    list<&Http::statuses>("statuses", Holds::patterns),
    list<&Http::user_agents>("user_agents", Holds::free_text),
    list<&Http::servers>("servers", Holds::free_text),
    list<&Http::locations>("locations", Holds::uris),
    list<&Http::authorization_schemes>("authorization_schemes", Holds::patterns),
    number<&Http::credentials_in_clear>("credentials_in_clear"),
    text_or_null<&Http::upgraded_to>("upgraded_to", Holds::patterns),
});
constexpr auto http_row_columns = std::to_array<RecordColumn<Http>>({
    number<&Http::requests>("requests"),
    number<&Http::responses>("responses"),
    list<&Http::paths>("paths", Holds::uris),
    more<Http, &Http::methods, &Http::hosts, &Http::paths, &Http::statuses, &Http::user_agents,
         &Http::servers, &Http::locations, &Http::authorization_schemes>(),
    more_in<Http, &Http::methods, &Http::hosts, &Http::paths, &Http::statuses, &Http::user_agents,
            &Http::servers, &Http::locations, &Http::authorization_schemes>("more_in"),
});

using Sip = SipFacts;
constexpr auto sip_columns = std::to_array<RecordColumn<Sip>>({
    text_or_null<&Sip::transport>("transport", Holds::patterns),
    number<&Sip::requests>("requests"),
    number<&Sip::responses>("responses"),
    list<&Sip::methods>("methods", Holds::patterns),
    list<&Sip::statuses>("statuses", Holds::patterns),
    list<&Sip::user_agents>("user_agents", Holds::free_text),
    list<&Sip::servers>("servers", Holds::free_text),
    list<&Sip::from_domains>("from_domains", Holds::names),
    list<&Sip::to_domains>("to_domains", Holds::names),
    more<Sip, &Sip::methods, &Sip::statuses, &Sip::user_agents, &Sip::servers, &Sip::from_domains,
         &Sip::to_domains, &Sip::media>(),
    number<&Sip::lync_signs>("lync_signs"),
    number<&Sip::transactions>("transactions"),
    number<&Sip::answered>("answered"),
    list<&Sip::media>("media", Holds::free_text),
    more_in<Sip, &Sip::methods, &Sip::statuses, &Sip::user_agents, &Sip::servers,
            &Sip::from_domains, &Sip::to_domains, &Sip::media>("more_in"),
});

constexpr auto app_field_columns = std::to_array<RecordColumn<GenericField>>({
    text<&GenericField::name>("name", Holds::patterns),
    text<&GenericField::value>("value", Holds::app_value),
});

constexpr auto certificate_columns = std::to_array<RecordColumn<Certificate>>({
    text<&Certificate::sha256>("sha256", Holds::id),
    text<&Certificate::subject>("subject", Holds::distinguished_name),
    text<&Certificate::issuer>("issuer", Holds::distinguished_name),
    text<&Certificate::serial>("serial", Holds::id),
    list<&Certificate::san>("san", Holds::names),
    text<&Certificate::key_type>("key_type", Holds::patterns),
    number<&Certificate::key_bits>("key_bits"),
    text<&Certificate::signature_algorithm>("signature_algorithm", Holds::patterns),
    list<&Certificate::extended_key_usage>("extended_key_usage", Holds::patterns),
    {"der", Holds::drop, Shown::text,
     [](const Certificate& it, CellSink& out) { out.text(to_hex(as_bytes(it.der))); },
     [](const ReadCell& cell, Certificate& it) {
       it.der = from_hex(cell.text()).value_or(std::string());
     }},
    date<&Certificate::not_before>("not_before"),
    date<&Certificate::not_after>("not_after"),
});

constexpr std::array<std::string_view, 2> of_record = {"flow", "number"};
constexpr std::array<std::string_view, 3> of_http_row = {"flow", "number", "kind"};
constexpr std::array<std::string_view, 1> of_kind = {"id"};
constexpr std::array<std::string_view, 4> of_field = {"flow", "number", "position", "protocol"};

// The record that is a row of `sip`, as every other that needs no more than one table.
constexpr RecordTable<SipFacts> plain_table(const SipFacts*) {
  return {"sip", of_record, sip_columns};
}

// The tables of each alternative of AppRecord.
template <class Use>
void each_table(const TlsFacts*, Use use) {
  use(tls_table());
  use(certificate_table());
}
template <class Use>
void each_table(const HttpFacts*, Use use) {
  use(http_kind_table());
  use(http_row_table());
}
// A record that is one row of one table.
template <class Record>
  requires requires { plain_table(static_cast<const Record*>(nullptr)); }
void each_table(const Record* record, auto use) {
  use(plain_table(record));
}
template <class Use>
void each_table(const GenericFacts*, Use use) {
  use(app_field_table());
}
template <class Record>
std::optional<PlainTable> plain_table_of(std::size_t alternative) {
  if constexpr (requires { plain_table(static_cast<const Record*>(nullptr)); }) {
    const auto table = plain_table(static_cast<const Record*>(nullptr));
    return PlainTable{
        .name = table.name,
        .alternative = alternative,
        .columns = column_names(table),
        .read_columns = read_names(table),
        .write =
            [](const AppRecord& record, CellSink& out) {
              write_columns(plain_table(static_cast<const Record*>(nullptr)),
                            std::get<Record>(record), out);
            },
        .read =
            [](const SQLite::Statement& row, int first) {
              Record record;
              read_columns(plain_table(static_cast<const Record*>(nullptr)), row, first, record);
              return AppRecord(std::move(record));
            },
    };
  } else {
    return std::nullopt;
  }
}
template <class... Records>
std::vector<PlainTable> plain_tables_of(const std::variant<Records...>*) {
  std::vector<PlainTable> tables;
  std::size_t alternative = 0;
  for (auto table : {plain_table_of<Records>(alternative++)...}) {
    if (table) tables.push_back(*std::move(table));
  }
  return tables;
}

// Hands cells on under the names of their columns.
class NamedCells final : public CellSink {
 public:
  NamedCells(std::string_view name, Shown shown, FieldSink& out)
      : name_(name), shown_(shown), out_(out) {}

  void number(std::int64_t value) override {
    if (shown_ == Shown::flag) {
      out_.flag(name_, value != 0);
    } else if (shown_ == Shown::date) {
      out_.text(name_, to_text(DateTime{value}));
    } else {
      out_.number(name_, value);
    }
  }
  void text(std::string_view value) override {
    if (shown_ == Shown::list) {
      out_.list(name_, value);
    } else {
      out_.text(name_, value);
    }
  }
  void null() override { out_.null(name_); }

 private:
  std::string_view name_;
  Shown shown_;
  FieldSink& out_;
};

template <class... Records, class Use>
void each_table_of(const std::variant<Records...>*, Use use) {
  (each_table(static_cast<const Records*>(nullptr), use), ...);
}

}  // namespace

const RecordTable<TlsFacts>& tls_table() {
  static constexpr RecordTable<TlsFacts> table{"tls", of_record, tls_columns};
  return table;
}
const RecordTable<HttpFacts>& http_kind_table() {
  static constexpr RecordTable<HttpFacts> table{"http_kind", of_kind, http_kind_columns};
  return table;
}
const RecordTable<HttpFacts>& http_row_table() {
  static constexpr RecordTable<HttpFacts> table{"http_row", of_http_row, http_row_columns};
  return table;
}
const RecordTable<GenericField>& app_field_table() {
  static constexpr RecordTable<GenericField> table{"app_field", of_field, app_field_columns};
  return table;
}
const RecordTable<Certificate>& certificate_table() {
  static constexpr RecordTable<Certificate> table{"certificate", {}, certificate_columns};
  return table;
}

const std::vector<PlainTable>& plain_tables() {
  static const std::vector<PlainTable> tables =
      plain_tables_of(static_cast<const AppRecord*>(nullptr));
  return tables;
}

void show_record(const AppRecord& record, FieldSink& out) {
  std::visit(
      [&]<class Record>(const Record& facts) {
        each_table(&facts, [&]<class Of>(const RecordTable<Of>& table) {
          if constexpr (std::is_same_v<Of, Record>) {
            for (const auto& column : table.columns) {
              if (column.shown == Shown::inner) continue;
              NamedCells cells(column.name, column.shown, out);
              column.write(facts, cells);
            }
          }
        });
      },
      record);
}

std::vector<std::string_view> plain_records() {
  std::vector<std::string_view> names;
  for (const PlainTable& table : plain_tables()) names.push_back(table.name);
  return names;
}

std::vector<FieldName> record_fields() {
  std::vector<FieldName> fields;
  each_table_of(static_cast<const AppRecord*>(nullptr), [&](const auto& table) {
    for (const auto& column : table.columns) {
      fields.push_back({.table = table.name, .name = column.name, .shown = column.shown});
    }
  });
  return fields;
}

std::vector<ColumnClass> record_column_classes() {
  std::vector<ColumnClass> classes;
  each_table_of(static_cast<const AppRecord*>(nullptr), [&](const auto& table) {
    for (const auto& column : table.columns) {
      if (column.holds == Holds::number) continue;
      classes.push_back({.table = table.name, .column = column.name, .holds = column.holds});
    }
  });
  return classes;
}

}  // namespace pcapaudit
