// Rows back to values; see the header.

#include "store/rows/stored_flows.hpp"

#include <algorithm>
#include <charconv>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text/hex.hpp"
#include "policy/judge/verdict.hpp"

namespace pcapaudit {
namespace {

using SQLite::Statement;

template <class Enum>
Enum named(const std::string& text, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (to_text(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
  }
  return Enum{};
}

std::string text(const Statement& row, int column) {
  return row.getColumn(column).getString();  // NULL is the empty string
}
std::uint64_t number(const Statement& row, int column) {
  return static_cast<std::uint64_t>(row.getColumn(column).getInt64());
}

template <class T>
std::vector<T> list(const Statement& row, int column) {
  const auto parsed = nlohmann::json::parse(text(row, column), nullptr, false);
  std::vector<T> values;
  if (!parsed.is_array()) return values;
  for (const auto& value : parsed) values.push_back(value.get<T>());
  return values;
}

// Versions are stored by name; the numbers are few.
std::uint16_t version_named(const std::string& name) {
  if (name.empty()) return 0;
  for (const std::uint32_t family : {0x0300U, 0x0000U, 0x7f00U, 0xfb00U}) {
    for (std::uint32_t low = 0; low < 256; ++low) {
      const auto version = static_cast<std::uint16_t>(family | low);
      if (tls_version_name(version) == name) return version;
    }
  }
  std::uint16_t version = 0;  // "0x1234"
  if (name.starts_with("0x")) {
    std::from_chars(name.data() + 2, name.data() + name.size(), version, 16);
  }
  return version;
}

std::uint16_t hex_number(const std::string& text) {
  std::uint16_t value = 0;
  if (text.starts_with("0x"))
    std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
  return value;
}

std::optional<DateTime> date(const Statement& row, int column) {
  const auto value = row.getColumn(column);
  return value.isNull() ? std::nullopt : std::optional(DateTime{value.getInt64()});
}

class Reader {
 public:
  explicit Reader(SQLite::Database& database)
      : tls_(
            database,
            "SELECT number, version, offered_version, sni, alpn, alpn_offered, cipher_id, resumed, "
            "established, certificate_requested, client_certificate_sent, "
            "client_certificate_verify, mutual, mutual_reason, hidden_name, early_data, "
            "retry_request, renegotiated, key_exchange_group_id, dh_bits, client_hello_whole, "
            "server_hello_whole, client_handshake_read, server_handshake_read, "
            "data_before_handshake, client_proof, server_proof, stapled, "
            "acceptable_issuers FROM tls WHERE flow = ? ORDER BY "
            "number"),
        chain_(database,
               "SELECT shown.side, certificate.subject, certificate.issuer, certificate.san, "
               "certificate.not_before, certificate.not_after, certificate.key_type, "
               "certificate.key_bits, certificate.extended_key_usage, certificate.sha256, "
               "certificate.signature_algorithm, certificate.der "
               "FROM tls_certificate AS shown "
               "JOIN certificate ON certificate.sha256 = shown.certificate "
               "WHERE shown.flow = ? AND shown.number = ? ORDER BY shown.side, shown.position"),
        http_(database,
              "SELECT number, version, requests, responses, methods, hosts, paths, statuses, "
              "locations, authorization_schemes, credentials_in_clear, upgraded_to FROM http "
              "WHERE flow = ? ORDER BY number"),
        sip_(database,
             "SELECT number, transport, requests, responses, methods, statuses, user_agents, "
             "lync_signs FROM sip WHERE flow = ? ORDER BY number"),
        field_(database,
               "SELECT number, protocol, name, value FROM app_field WHERE flow = ? "
               "ORDER BY number, position"),
        anomaly_(database, "SELECT anomaly, count FROM flow_anomaly WHERE flow = ? ORDER BY 1"),
        account_(database,
                 "SELECT direction, hole, hole_at, ended, ended_at, why FROM read_account "
                 "WHERE flow = ? ORDER BY direction"),
        other_app_(database, "SELECT app FROM other_app WHERE flow = ? ORDER BY position") {}

  void fill(ClosedFlow& flow) {
    records_.clear();
    const auto id = static_cast<std::int64_t>(flow.id);
    each(tls_, id, [&] { add(number(tls_, 0), read_tls(id)); });
    each(http_, id, [&] { add(number(http_, 0), read_http()); });
    each(sip_, id, [&] { add(number(sip_, 0), read_sip()); });
    each(field_, id, [&] { read_field(); });
    std::stable_sort(records_.begin(), records_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [place, record] : records_) flow.records.push_back(std::move(record));
    each(anomaly_, id, [&] {
      const auto anomaly = named<Anomaly>(text(anomaly_, 0), anomaly_count);
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
    tls.version = version_named(text(tls_, 1));
    tls.offered_version = version_named(text(tls_, 2));
    tls.sni = text(tls_, 3);
    tls.alpn = text(tls_, 4);
    tls.alpn_offered = list<std::string>(tls_, 5);
    tls.cipher = hex_number(text(tls_, 6));
    tls.server_hello = !text(tls_, 6).empty();
    tls.client_hello = tls.offered_version != 0 || number(tls_, 20) != 0;
    tls.resumed = number(tls_, 7) != 0;
    tls.established = number(tls_, 8) != 0;
    tls.certificate_requested = number(tls_, 9) != 0;
    tls.client_certificate_sent = number(tls_, 10) != 0;
    tls.client_certificate_verify = number(tls_, 11) != 0;
    constexpr std::size_t mutual_count = 4, reason_count = 10, hidden_count = 3, proof_count = 5,
                          stapled_count = 5;
    tls.mutual = named<MutualTls>(text(tls_, 12), mutual_count);
    tls.mutual_reason = named<MutualReason>(text(tls_, 13), reason_count);
    tls.hidden_name = named<HiddenName>(text(tls_, 14), hidden_count);
    tls.early_data = number(tls_, 15) != 0;
    tls.retry_request = number(tls_, 16) != 0;
    tls.renegotiated = number(tls_, 17) != 0;
    tls.group = static_cast<std::uint16_t>(number(tls_, 18));
    tls.dh_bits = static_cast<std::uint16_t>(number(tls_, 19));
    tls.client_hello_whole = number(tls_, 20) != 0;
    tls.server_hello_whole = number(tls_, 21) != 0;
    tls.client_handshake_read = number(tls_, 22) != 0;
    tls.server_handshake_read = number(tls_, 23) != 0;
    tls.data_before_handshake = number(tls_, 24) != 0;
    tls.client_proof = named<TlsProof>(text(tls_, 25), proof_count);
    tls.server_proof = named<TlsProof>(text(tls_, 26), proof_count);
    tls.stapled = named<StapledStatus>(text(tls_, 27), stapled_count);
    tls.acceptable_issuers.values = list<std::string>(tls_, 28);
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
    certificate.subject = text(chain_, 1);
    certificate.issuer = text(chain_, 2);
    certificate.san = list<std::string>(chain_, 3);
    certificate.not_before = date(chain_, 4);
    certificate.not_after = date(chain_, 5);
    certificate.key_type = text(chain_, 6);
    certificate.key_bits = static_cast<std::uint32_t>(number(chain_, 7));
    certificate.extended_key_usage = list<std::string>(chain_, 8);
    certificate.sha256 = text(chain_, 9);
    certificate.signature_algorithm = text(chain_, 10);
    certificate.der = from_hex(text(chain_, 11)).value_or(std::string());
    return certificate;
  }

  HttpFacts read_http() {
    HttpFacts http;
    http.version = text(http_, 1);
    http.requests = number(http_, 2);
    http.responses = number(http_, 3);
    http.methods.values = list<std::string>(http_, 4);
    http.hosts.values = list<std::string>(http_, 5);
    http.paths.values = list<std::string>(http_, 6);
    http.statuses.values = list<std::uint32_t>(http_, 7);
    http.locations.values = list<std::string>(http_, 8);
    http.authorization_schemes.values = list<std::string>(http_, 9);
    http.credentials_in_clear = number(http_, 10) != 0;
    http.upgraded_to = text(http_, 11);
    return http;
  }

  SipFacts read_sip() {
    SipFacts sip;
    sip.transport = text(sip_, 1);
    sip.requests = number(sip_, 2);
    sip.responses = number(sip_, 3);
    sip.methods.values = list<std::string>(sip_, 4);
    sip.statuses.values = list<std::uint32_t>(sip_, 5);
    sip.user_agents.values = list<std::string>(sip_, 6);
    sip.lync_signs = number(sip_, 7) != 0;
    return sip;
  }

  ReadAccount read_account() {
    return {.hole = named<Unread>(text(account_, 1), unread_count),
            .end = named<Unread>(text(account_, 3), unread_count),
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
    std::get<GenericFacts>(records_.back().second)
        .fields.push_back({.name = text(field_, 2), .value = text(field_, 3)});
  }

  Statement tls_, chain_, http_, sip_, field_, anomaly_, account_, other_app_;
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
  flow.direction_basis = named<DirectionBasis>(text(row, 8), bases);
  flow.outcome = named<Outcome>(text(row, 9), outcomes);
  flow.packets = {number(row, 10), number(row, 11)};
  flow.bytes = {number(row, 12), number(row, 13)};
  flow.payload_bytes = {number(row, 14), number(row, 15)};
  flow.gaps = static_cast<decltype(flow.gaps)>(number(row, 16));
  flow.vlans = list<std::uint16_t>(row, 17);
  flow.tunnel = named<Tunnel>(text(row, 18), tunnels);
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
