// Rows back to values; see the header.

#include "store/rows/stored_flows.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "policy/judge/verdict.hpp"
#include "store/rows/record_columns.hpp"

namespace pcapaudit {
namespace {

using SQLite::Statement;

std::string text(const Statement& row, int column) {
  return ReadCell(row, column).text();
}
std::uint64_t number(const Statement& row, int column) {
  return ReadCell(row, column).number();
}

class Reader {
 public:
  explicit Reader(SQLite::Database& database)
      : tls_(database, fmt::format("SELECT number{} FROM tls WHERE flow = ? ORDER BY number",
                                   read_names(tls_table()))),
        chain_(database,
               fmt::format("SELECT shown.side{} FROM tls_certificate AS shown JOIN certificate "
                           "ON certificate.sha256 = shown.certificate WHERE shown.flow = ? "
                           "AND shown.number = ? ORDER BY shown.side, shown.position",
                           read_names(certificate_table(), "certificate."))),
        http_(database, fmt::format("SELECT number{}{} FROM http WHERE flow = ? ORDER BY number",
                                    read_names(http_kind_table()), read_names(http_row_table()))),
        field_(database, fmt::format("SELECT number, protocol{} FROM app_field WHERE flow = ? "
                                     "ORDER BY number, position",
                                     read_names(app_field_table()))),
        anomaly_(database, "SELECT anomaly, count FROM flow_anomaly WHERE flow = ? ORDER BY 1"),
        account_(database,
                 "SELECT direction, hole, hole_at, ended, ended_at, why FROM read_account "
                 "WHERE flow = ? ORDER BY direction"),
        other_app_(database, "SELECT app FROM other_app WHERE flow = ? ORDER BY position") {
    for (const PlainTable& table : plain_tables()) {
      plain_.emplace_back(database,
                          fmt::format("SELECT number{} FROM {} WHERE flow = ? ORDER BY number",
                                      table.read_columns, table.name));
    }
  }

  void fill(ClosedFlow& flow) {
    records_.clear();
    const auto id = static_cast<std::int64_t>(flow.id);
    each(tls_, id, [&] { add(number(tls_, 0), read_tls(id)); });
    each(http_, id, [&] { add(number(http_, 0), read_http()); });
    for (std::size_t i = 0; i < plain_.size(); ++i) {
      each(plain_[i], id, [&] { add(number(plain_[i], 0), plain_tables()[i].read(plain_[i], 1)); });
    }
    each(field_, id, [&] { read_field(); });
    std::stable_sort(records_.begin(), records_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [place, record] : records_) flow.records.push_back(std::move(record));
    each(anomaly_, id, [&] {
      const auto anomaly = ReadCell(anomaly_, 0).word<Anomaly>(anomaly_count);
      flow.anomalies[static_cast<std::size_t>(anomaly)] =
          static_cast<std::uint32_t>(number(anomaly_, 1));
    });
    each(account_, id, [&] { flow.account[text(account_, 0) == "s2c" ? 1 : 0] = read_account(); });
    each(other_app_, id, [&] { flow.other_apps.push_back(text(other_app_, 0)); });
  }

 private:
  template <class Use>
  static void each(Statement& row, std::int64_t flow, Use use) {
    row.reset();
    row.bind(1, flow);
    while (row.executeStep()) use();
  }
  void add(std::uint64_t place, AppRecord record) {
    records_.emplace_back(place, std::move(record));
  }

  TlsFacts read_tls(std::int64_t flow) {
    TlsFacts tls;
    read_columns(tls_table(), tls_, 1, tls);
    chain_.reset();
    chain_.bind(1, flow);
    chain_.bind(2, static_cast<std::int64_t>(number(tls_, 0)));
    while (chain_.executeStep()) {
      auto& chain = text(chain_, 0) == "server" ? tls.server_chain : tls.client_chain;
      chain.push_back(read_certificate());
    }
    return tls;
  }

  Certificate read_certificate() {
    Certificate certificate;
    read_columns(certificate_table(), chain_, 1, certificate);
    return certificate;
  }

  HttpFacts read_http() {
    HttpFacts http;
    const int behind = read_columns(http_kind_table(), http_, 1, http);
    read_columns(http_row_table(), http_, behind, http);
    return http;
  }

  ReadAccount read_account() {
    return {.hole = ReadCell(account_, 1).word<Unread>(unread_count),
            .end = ReadCell(account_, 3).word<Unread>(unread_count),
            .hole_at = number(account_, 2),
            .end_at = number(account_, 4),
            .why = text(account_, 5)};
  }

  // Fields of one record stand behind each other.
  void read_field() {
    const std::uint64_t place = number(field_, 0);
    const bool is_new = records_.empty() || records_.back().first != place ||
                        !std::holds_alternative<GenericFacts>(records_.back().second);
    if (is_new) add(place, GenericFacts{.protocol = text(field_, 1), .fields = {}});
    GenericField field;
    read_columns(app_field_table(), field_, 2, field);
    std::get<GenericFacts>(records_.back().second).fields.push_back(std::move(field));
  }

  Statement tls_, chain_, http_, field_, anomaly_, account_, other_app_;
  std::vector<Statement> plain_;  // as plain_tables()
  std::vector<std::pair<std::uint64_t, AppRecord>> records_;
};

Endpoint endpoint(const Statement& row, int column) {
  return {IpAddress::parse(text(row, column)).value_or(IpAddress{}),
          static_cast<std::uint16_t>(number(row, column + 1))};
}

ClosedFlow read_flow(const Statement& row) {
  constexpr std::size_t bases = 4, outcomes = 6, tunnels = 12;
  ClosedFlow flow;
  flow.id = number(row, 0);
  flow.capture = static_cast<std::uint32_t>(number(row, 1));
  flow.first_packet = number(row, 2);
  flow.transport = parse_transport(text(row, 3)).value_or(Transport::tcp);
  flow.client = endpoint(row, 4);
  flow.server = endpoint(row, 6);
  flow.direction_basis = ReadCell(row, 8).word<DirectionBasis>(bases);
  flow.outcome = ReadCell(row, 9).word<Outcome>(outcomes);
  flow.packets = {number(row, 10), number(row, 11)};
  flow.bytes = {number(row, 12), number(row, 13)};
  flow.payload_bytes = {number(row, 14), number(row, 15)};
  flow.gaps = static_cast<decltype(flow.gaps)>(number(row, 16));
  flow.vlans = ReadCell(row, 17).list<std::uint16_t>();
  flow.tunnel = ReadCell(row, 18).word<Tunnel>(tunnels);
  flow.icmp_type = static_cast<std::uint8_t>(number(row, 19));
  flow.icmp_code = static_cast<std::uint8_t>(number(row, 20));
  flow.app = text(row, 21);
  flow.server_app = text(row, 22);
  flow.first = {row.getColumn(23).getInt64()};
  flow.last = {row.getColumn(24).getInt64()};
  flow.malformed_why = text(row, 25);
  flow.tunnel_id = static_cast<std::uint32_t>(number(row, 26));
  return flow;
}

}  // namespace

void for_each_stored_flow(SQLite::Database& database, const std::string& where,
                          const std::function<void(ClosedFlow&&)>& use) {
  Statement row(database,
                fmt::format("SELECT id, capture, first_packet, transport, client, client_port, "
                            "server, server_port, direction_basis, outcome, packets_c2s, "
                            "packets_s2c, bytes_c2s, bytes_s2c, payload_c2s, payload_s2c, gaps, "
                            "vlans, tunnel, icmp_type, icmp_code, app, server_app, first, last, "
                            "malformed_why, coalesce(tunnel_id, 0) "
                            "FROM flow WHERE {} ORDER BY id",
                            where));
  Reader reader(database);
  while (row.executeStep()) {
    ClosedFlow flow = read_flow(row);
    reader.fill(flow);
    use(std::move(flow));
  }
}

}  // namespace pcapaudit
