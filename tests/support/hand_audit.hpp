// A small audit made by hand: one policy, seven flows, one of everything that is stored.
#pragma once

#include <string>
#include <vector>

#include "store/store.hpp"

namespace pcapaudit::test {

// 2026-11-20T10:00:00Z
constexpr std::int64_t ten_o_clock = 1'795'168'800 * ns_per_second;

enum : std::size_t { reverse_proxy = Policy::builtin_roles, director, edge, sql };
constexpr RoleSet bit(std::size_t role) {
  return RoleSet{1} << role;
}

inline Policy hand_policy() {
  Policy policy;
  policy.packs = {{.id = "lync2013", .title = "Lync Server 2013", .revision = "3"}};
  policy.site_name = "Example";
  policy.digest = "d1";
  policy.roles = builtin_role_list();
  for (const char* id : {"reverse-proxy-int", "director", "edge-int", "sql"}) {
    Role role;
    role.id = id;
    policy.roles.push_back(role);
  }
  const auto add = [&](std::string id, std::size_t from, std::size_t to, std::uint16_t port,
                       std::string app, bool needed) {
    DocumentedFlow row;
    row.id = id;
    row.pack = "lync2013";
    row.from = bit(from);
    row.to = bit(to);
    row.transports = {Transport::tcp};
    row.ports = {{port, port}};
    row.app = app;
    row.is_needed = needed;
    policy.flows.push_back(row);
  };
  add("dir-int-443", Policy::role_internal_clients, director, 443, "https", true);
  add("rp-int-4443", reverse_proxy, director, 4443, "https", true);
  add("edge-dir-5061", edge, director, 5061, "sip", true);
  add("dir-sql-1433", director, sql, 1433, "mssql", true);
  add("any-dir-80", Policy::role_any, director, 80, "http", false);
  for (std::size_t i = 0; i < finding_kind_count; ++i) {
    policy.severities[static_cast<FindingKind>(i)] = Severity::low;
  }
  Mistake mistake;
  mistake.id = "proxy-port";
  mistake.say = "The proxy reaches the internal web site.";
  policy.mistakes = {mistake};
  DocumentSource source;
  source.id = "S0";
  source.title = "Ports";
  source.file = "s0";
  policy.documents = {source};
  policy.flows[0].sources = {{.document = "S0", .lines = "20,24"}};
  return policy;
}

// A TCP flow of five packets there and four back that starts `second` seconds after ten.
inline AuditedFlow hand_flow(std::uint64_t id, const char* client, std::size_t client_role,
                             const char* server, std::size_t server_role, std::uint16_t port,
                             std::int64_t second) {
  AuditedFlow audited;
  ClosedFlow& flow = audited.flow;
  flow.id = id;
  flow.first_packet = id;
  flow.client = {.address = *IpAddress::parse(client), .port = 50000};
  flow.server = {.address = *IpAddress::parse(server), .port = port};
  flow.direction_basis = DirectionBasis::syn;
  flow.outcome = Outcome::data;
  flow.first = {ten_o_clock + second * ns_per_second};
  flow.last = {flow.first.ns + 5};
  flow.packets = {5, 4};
  flow.bytes = {500, 4000};
  flow.app = "tls";
  flow.minutes = {{.minute = flow.first.ns / (60 * ns_per_second), .packets = 9, .bytes = 4500}};
  Verdict& verdict = audited.verdict;
  verdict.kind = VerdictKind::allowed;
  verdict.client_roles = bit(client_role);
  verdict.server_roles = bit(server_role);
  verdict.basis = Basis::content;
  return audited;
}

inline Certificate hand_certificate() {
  Certificate certificate;
  certificate.subject = "CN=director.example";
  certificate.issuer = "CN=Example CA";
  certificate.serial = "0a";
  certificate.san = {"director.example", "10.2.0.11"};
  certificate.not_before = DateTime{0};
  certificate.not_after = date_of({ten_o_clock});
  certificate.key_type = "RSA";
  certificate.key_bits = 2048;
  certificate.signature_algorithm = "sha256WithRSAEncryption";
  certificate.sha256 = "c0ffee";
  return certificate;
}

inline AuditedFlow allowed_https() {
  AuditedFlow audited =
      hand_flow(1, "10.0.0.5", Policy::role_internal_clients, "10.2.0.11", director, 443, 0);
  TlsFacts tls;
  tls.version = 0x0303;
  tls.sni = "director.example";
  tls.server_hello = true;
  tls.cipher = 0xc02f;
  tls.mutual = MutualTls::not_requested;
  tls.mutual_reason = MutualReason::none;
  tls.server_chain = {hand_certificate()};
  tls.alerts = {{.from_client = true, .level = 1, .description = 0}};
  HttpFacts http;
  http.version = "1.1";
  http.requests = 1;
  http.methods.add("GET");
  http.hosts.add("a\"b'c\\\x01, d");
  http.statuses.add(200U);
  audited.flow.records = {tls, http};
  audited.flow.gaps = 2;
  audited.flow.anomalies[static_cast<std::size_t>(Anomaly::gap)] = 2;
  audited.verdict.rule = "dir-int-443";
  audited.verdict.used = {"dir-int-443"};
  audited.verdict.service = "HTTPS";
  return audited;
}

inline AuditedFlow undocumented_https(std::uint64_t id, Outcome outcome, std::int64_t second) {
  AuditedFlow audited =
      hand_flow(id, "10.1.0.5", reverse_proxy, "10.2.0.11", director, 443, second);
  audited.flow.outcome = outcome;
  Verdict& verdict = audited.verdict;
  verdict.kind = VerdictKind::violation;
  verdict.service = "HTTPS";
  Problem problem;
  problem.kind = FindingKind::undocumented;
  problem.severity = outcome == Outcome::data ? Severity::high : Severity::medium;
  problem.mistake = "proxy-port";
  verdict.problems = {problem};
  verdict.nearest = {
      {.rule = "rp-int-4443", .field = Field::port, .expected = "4443", .observed = "443"}};
  return audited;
}

inline AuditedFlow not_mutual_sip() {
  AuditedFlow audited = hand_flow(9, "10.3.0.1", edge, "10.2.0.11", director, 5061, 70);
  SipFacts sip;
  sip.transport = "TLS";
  sip.requests = 2;
  sip.methods.add("INVITE");
  audited.flow.records = {sip};
  Verdict& verdict = audited.verdict;
  verdict.kind = VerdictKind::violation;
  verdict.rule = "edge-dir-5061";
  verdict.used = {"edge-dir-5061"};
  verdict.service = "SIP/TLS";
  Problem problem;
  problem.kind = FindingKind::not_mutual;
  problem.severity = Severity::high;
  problem.rule = "edge-dir-5061";
  problem.field = Field::mutual;
  problem.observed = "not-requested";
  verdict.problems = {problem};
  return audited;
}

inline AuditedFlow blocked_probe() {
  AuditedFlow audited =
      hand_flow(12, "10.20.9.14", Policy::role_unknown_internal, "10.2.0.11", director, 5061, 71);
  audited.flow.outcome = Outcome::blocked;
  audited.flow.app = "none";
  audited.flow.packets = {3, 0};
  audited.flow.bytes = {180, 0};
  audited.flow.minutes[0].packets = 3;
  audited.flow.minutes[0].bytes = 180;
  audited.verdict.kind = VerdictKind::violation;
  audited.verdict.basis = Basis::none;
  Problem problem;
  problem.severity = Severity::medium;
  audited.verdict.problems = {problem};
  return audited;
}

inline AuditedFlow undetermined_https() {
  AuditedFlow audited =
      hand_flow(15, "10.0.0.6", Policy::role_internal_clients, "10.2.0.11", director, 443, 72);
  audited.flow.outcome = Outcome::handshake;
  audited.flow.app = "none";
  audited.verdict.kind = VerdictKind::undetermined;
  audited.verdict.rule = "dir-int-443";
  audited.verdict.reason = Reason::no_payload;
  audited.verdict.service = "HTTPS";
  audited.verdict.basis = Basis::port;
  return audited;
}

inline AuditedFlow ignored_dns() {
  AuditedFlow audited = hand_flow(20, "10.20.9.14", Policy::role_unknown_internal, "10.20.9.15",
                                  Policy::role_unknown_internal, 53, 73);
  audited.flow.transport = Transport::udp;
  audited.flow.app = "dns";
  audited.flow.records = {GenericFacts{.protocol = "dns", .fields = {{"name", "a.example"}}}};
  audited.verdict.kind = VerdictKind::ignored;
  return audited;
}

inline std::vector<AuditedFlow> hand_flows() {
  return {allowed_https(),
          undocumented_https(2, Outcome::refused, 1),
          undocumented_https(7, Outcome::data, 65),
          not_mutual_sip(),
          blocked_probe(),
          undetermined_https(),
          ignored_dns()};
}

inline std::vector<CaptureSummary> hand_captures() {
  CaptureSummary summary;
  summary.facts.name = "x.pcap";
  summary.facts.sha256 = "5ha";
  summary.facts.format = "pcap";
  summary.facts.interfaces = {{.name = "", .link_type = LinkType{1}, .snap_length = 65535}};
  summary.facts.packets = 1990;
  summary.facts.bytes = 123456;
  summary.facts.dropped = 10;
  summary.facts.first = Timestamp{ten_o_clock};
  summary.facts.last = Timestamp{ten_o_clock + 90 * ns_per_second};
  summary.packets.decoded = 1980;
  summary.packets.issues[static_cast<std::size_t>(DecodeIssue::not_ip)] = 10;
  return {summary};
}

// Runs a whole audit into a store in memory, `batch` flows at a time.
inline Result<std::unique_ptr<Store>> hand_audit(const std::vector<AuditedFlow>& flows,
                                                 std::size_t batch = 100,
                                                 const std::string& path = ":memory:") {
  auto store = Store::create(path, false);
  if (!store) return store;
  if (auto written = (*store)->write_policy(hand_policy()); !written) {
    return std::unexpected(written.error());
  }
  const std::span<const AuditedFlow> all(flows);
  for (std::size_t at = 0; at < all.size(); at += batch) {
    const auto part = all.subspan(at, std::min(batch, all.size() - at));
    if (auto taken = (*store)->accept(part); !taken) return std::unexpected(taken.error());
  }
  const RunFacts run{.tool_version = "0.1.0", .arguments = {"x.pcap"}, .partial = false};
  if (auto done = (*store)->finish(run, hand_captures()); !done) {
    return std::unexpected(done.error());
  }
  return store;
}

}  // namespace pcapaudit::test
