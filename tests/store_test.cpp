// The audit database: exact rows, independence of order, refusals, hostile text.
#include "store/store.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>
#include <unistd.h>

#include "store/findings/finding.hpp"
#include "store/rows/policy_rows.hpp"
#include "support/hand_audit.hpp"
#include "support/temp_dir.hpp"

namespace pcapaudit {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

// Rows of a query, cells joined by '|'; a failure is one line.
Lines lines(const Store& store, const std::string& sql) {
  const auto table = store.query(sql);
  if (!table) return {"error: " + table.error().what};
  Lines all;
  for (const auto& row : table->rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += (i > 0 ? "|" : "") + row[i];
    all.push_back(line);
  }
  return all;
}

Lines columns(const Store& store, const std::string& view) {
  const auto table = store.query("SELECT * FROM " + view + " LIMIT 0");
  return table ? table->columns : Lines{table.error().what};
}

// Every table and view with all its rows, sorted, as one list.
Lines dump(const Store& store) {
  Lines all;
  for (const std::string& name :
       lines(store, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY 1")) {
    Lines rows = lines(store, "SELECT * FROM " + name);
    std::sort(rows.begin(), rows.end());
    for (const std::string& row : rows) all.push_back(name + ": " + row);
  }
  return all;
}

// A file name that exists for one test only.
// A file that is not there yet.
struct Scratch : test::TempDir {
  std::string path() const { return file("audit.db"); }
};

TEST_CASE("store: the stable views have the contract's columns") {
  const auto store = test::hand_audit(test::hand_flows());
  REQUIRE(store);
  CHECK(columns(**store, "v_flow") ==
        Lines{"flow",        "capture",     "first",        "last",        "transport",
              "client",      "client_port", "server",       "server_port", "client_role",
              "server_role", "app",         "service",      "basis",       "outcome",
              "verdict",     "rule",        "finding",      "reason",      "packets_c2s",
              "packets_s2c", "bytes_c2s",   "bytes_s2c",    "gaps",        "tls_version",
              "sni",         "mutual",      "first_packet", "duplicates",  "exception"});
  CHECK(columns(**store, "v_finding") ==
        Lines{"finding",       "kind",    "severity", "client_role", "server_role", "service",
              "server_port",   "outcome", "flows",    "first",       "last",        "nearest_rule",
              "failing_field", "mistake", "text",     "expected",    "observed",    "subject",
              "rank",          "ports",   "causes"});
  CHECK(columns(**store, "v_rule_usage") == Lines{"rule", "pack", "from_role", "to_role",
                                                  "transport", "ports", "app", "needed", "flows",
                                                  "first", "last", "status", "undetermined"});
}

TEST_CASE("store: rows of a hand-made audit") {
  const auto store = test::hand_audit(test::hand_flows());
  REQUIRE(store);
  struct Case {
    const char* sql;
    Lines want;
  };
  const Case cases[] = {
      {"SELECT * FROM v_run ORDER BY 1",
       {"2026-11-20T10:00:00.000000000Z|2026-11-20T10:01:13.000000005Z|0.1.0|[\"x.pcap\"]|d1|"
        "lync2013 3|Example|0|1|1990|7|1|4|0|1|1|4|1||0.0|[]"}},
      {"SELECT name, sha256, link_type, packets, bytes, dropped, truncated, damaged, damage, first "
       "FROM v_capture ORDER BY 1",
       {"x.pcap|5ha|1|1990|123456|10|0|0||2026-11-20T10:00:00.000000000Z"}},
      {"SELECT * FROM v_decode_issue ORDER BY 1", {"x.pcap|not-ip|10"}},
      {"SELECT * FROM v_flow WHERE flow IN (1, 2, 12, 15) ORDER BY flow",
       {"1|x.pcap|2026-11-20T10:00:00.000000000Z|2026-11-20T10:00:00.000000005Z|tcp|10.0.0.5|50000|"
        "10.2.0.11|443|internal-clients|director|tls|HTTPS|content|data|allowed|dir-int-443|||5|4|"
        "500|4000|2|TLSv1.2|director.example|not-requested|1|0|",
        "2|x.pcap|2026-11-20T10:00:01.000000000Z|2026-11-20T10:00:01.000000005Z|tcp|10.1.0.5|50000|"
        "10.2.0.11|443|reverse-proxy-int|director|tls|HTTPS|content|refused|violation||V-"
        "ACE2EFB73096||5|4|"
        "500|4000|0||||2|0|",
        "12|x.pcap|2026-11-20T10:01:11.000000000Z|2026-11-20T10:01:11.000000005Z|tcp|10.20.9.14|"
        "50000|10.2.0.11|5061|unknown-internal|director|none||none|blocked|violation||V-"
        "959ACD6FE579||3|0|"
        "180|0|0||||12|0|",
        "15|x.pcap|2026-11-20T10:01:12.000000000Z|2026-11-20T10:01:12.000000005Z|tcp|10.0.0.6|"
        "50000|"
        "10.2.0.11|443|internal-clients|director|none|HTTPS|port|handshake|undetermined|"
        "dir-int-443||no-payload|5|4|500|4000|0||||15|0|"}},
      {"SELECT * FROM v_finding ORDER BY finding",
       {"V-959ACD6FE579|undocumented|medium|unknown-internal|director||5061|blocked|1|"
        "2026-11-20T10:01:11.000000000Z|2026-11-20T10:01:11.000000005Z||||unknown-internal to "
        "director on tcp/5061: no documented flow.||||1203|5061|1",
        "V-A8D6E802F927|needed-not-seen|low|reverse-proxy-int|director|HTTPS|4443||0|||rp-int-4443|"
        "||"
        "reverse-proxy-int to director on tcp/4443 (HTTPS): rp-int-4443 is needed, and no flow "
        "used it although both sides were seen.||||2303|4443|1",
        "V-ACE2EFB73096|undocumented|high|reverse-proxy-int|director|HTTPS|443|data|2|"
        "2026-11-20T10:00:01.000000000Z|2026-11-20T10:01:05.000000005Z|rp-int-4443|port|proxy-port|"
        "reverse-proxy-int to director on tcp/443 (HTTPS): no documented flow; nearest is "
        "rp-int-4443, which fails on port (4443 expected, 443 seen). The proxy reaches the "
        "internal web site.|4443|443||102|443|1",
        "V-D9CF3B8461EF|not-mutual|high|edge-int|director|SIP/TLS|5061|data|1|"
        "2026-11-20T10:01:10.000000000Z|2026-11-20T10:01:10.000000005Z|edge-dir-5061|mutual||"
        "edge-int to director on tcp/5061 (SIP/TLS): edge-dir-5061 asks for mutual TLS, and the "
        "client showed no certificate (not-requested seen).||not-requested||102|5061|1"}},
      {"SELECT rule, from_role, transport, ports, needed, flows, first, status "
       "FROM v_rule_usage ORDER BY rule",
       {"any-dir-80|any|tcp|80|0|0||unused",
        "dir-int-443|internal-clients|tcp|443|1|1|"
        "2026-11-20T10:00:00.000000000Z|used",
        "dir-sql-1433|director|tcp|1433|1|0||not-observable",
        "edge-dir-5061|edge-int|tcp|5061|1|0||unused",
        "rp-int-4443|reverse-proxy-int|tcp|4443|1|0||unused"}},
      {"SELECT * FROM v_role_matrix ORDER BY from_role, port",
       {"edge-int|director|SIP/TLS|5061|0|1|0|0|0", "internal-clients|director|HTTPS|443|1|0|0|1|0",
        "reverse-proxy-int|director|HTTPS|443|0|2|0|0|1",
        "unknown-internal|director||5061|0|1|0|0|1"}},
      // any-dir-80 documents every role towards the director; the ignored flow does not count.
      {"SELECT * FROM v_negative ORDER BY 1, 2", {}},
      {"SELECT flow, client, server, server_port, version, sni, alpn_offered, cipher, cipher_id, "
       "resumed, mutual, mutual_reason, server_certificate, client_certificate, alerts "
       "FROM v_tls ORDER BY flow",
       {"1|10.0.0.5|10.2.0.11|443|TLSv1.2|director.example|[]|"
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256|0xc02f|0|not-requested||c0ffee||"
        "[\"client warning 0\"]"}},
      {"SELECT sha256, subject, san, not_before, not_after, key_bits, server_flows, client_flows, "
       "issuer_flows FROM v_certificate ORDER BY 1",
       {"c0ffee|CN=director.example|[\"director.example\",\"10.2.0.11\"]|"
        "1970-01-01T00:00:00.000000000Z|2026-11-20T10:00:00.000000000Z|2048|1|0|0"}},
      {"SELECT flow, version, requests, methods, hosts, statuses, credentials_in_clear "
       "FROM v_http ORDER BY flow",
       {"1|1.1|1|[\"GET\"]|[\"a\\\"b'c\\\\\\u0001, d\"]|[200]|0"}},
      {"SELECT flow, transport, requests, methods, statuses, lync_signs FROM v_sip ORDER BY flow",
       {"9|TLS|2|[\"INVITE\"]|[]|0"}},
      {"SELECT * FROM v_app_field ORDER BY flow", {"20|dns|name|a.example"}},
      {"SELECT address, offers, uses, flows FROM v_unknown_host ORDER BY address",
       {"10.20.9.14||dns udp/53, tcp/5061|2", "10.20.9.15|dns udp/53||1"}},
      {"SELECT * FROM v_traffic WHERE server_role = 'director' ORDER BY minute, client_role",
       {"2026-11-20T10:00:00.000000000Z|internal-clients|director|9|4500|1",
        "2026-11-20T10:00:00.000000000Z|reverse-proxy-int|director|9|4500|1",
        "2026-11-20T10:01:00.000000000Z|edge-int|director|9|4500|1",
        "2026-11-20T10:01:00.000000000Z|internal-clients|director|9|4500|1",
        "2026-11-20T10:01:00.000000000Z|reverse-proxy-int|director|9|4500|1",
        "2026-11-20T10:01:00.000000000Z|unknown-internal|director|3|180|1"}},
      {"SELECT client_role, directions, flows, gaps FROM v_coverage WHERE server_role = 'director' "
       "ORDER BY client_role",
       {"edge-int|both|1|0", "internal-clients|both|2|2", "reverse-proxy-int|both|2|0",
        "unknown-internal|to-server|1|0"}},
      {"SELECT rule, document, lines FROM rule_source ORDER BY 1", {"dir-int-443|S0|20,24"}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.sql);
    CHECK(lines(**store, c.sql) == c.want);
  }
}

TEST_CASE("store: an undocumented pair is negative evidence") {
  // The director opens connections to the edge, which no row documents in this direction.
  auto out = test::hand_flow(1, "10.2.0.11", test::director, "10.3.0.1", test::edge, 22, 0);
  out.verdict.kind = VerdictKind::violation;
  auto refused = out;
  refused.flow.id = 2;
  refused.flow.outcome = Outcome::refused;
  auto cut = out;
  cut.flow.id = 3;
  cut.flow.outcome = Outcome::midstream;
  const auto store = test::hand_audit({out, refused, cut});
  REQUIRE(store);
  CHECK(lines(**store, "SELECT * FROM v_negative ORDER BY 1") ==
        Lines{"director|edge-int|3|0|1|1"});
}

TEST_CASE("store: a finding counts a flow once, and no waived flow") {
  auto twice = test::undocumented_https(1, Outcome::one_sided, 0);
  twice.verdict.problems.push_back(twice.verdict.problems.front());
  auto midstream = test::undocumented_https(2, Outcome::midstream, 1);
  auto waived = test::undocumented_https(3, Outcome::data, 2);
  waived.verdict.kind = VerdictKind::waived;
  waived.verdict.exception = waived.verdict.problems.front().exception = "EX-1";
  const auto store = test::hand_audit({twice, midstream, waived});
  REQUIRE(store);
  CHECK(lines(**store,
              "SELECT finding, flows, outcome, severity FROM v_finding "
              "WHERE kind = 'undocumented' ORDER BY 1") ==
        Lines{"V-ACE2EFB73096|2|midstream|medium"});
  CHECK(lines(**store, "SELECT flow, finding FROM v_flow ORDER BY flow") ==
        Lines{"1|V-ACE2EFB73096", "2|V-ACE2EFB73096", "3|"});
}

TEST_CASE("store: neither order nor batches change the content") {
  std::vector<AuditedFlow> flows = test::hand_flows();
  for (std::uint64_t id = 30; id < 60; ++id) {
    flows.push_back(test::undocumented_https(
        id, id % 3 == 0 ? Outcome::handshake : Outcome::blocked, static_cast<std::int64_t>(id)));
    flows.back().verdict.nearest.front().observed = std::to_string(id);
  }
  const auto straight = test::hand_audit(flows);
  REQUIRE(straight);
  const Lines want = dump(**straight);
  REQUIRE(want.size() > 100);
  std::mt19937 random(7);  // NOLINT: any fixed seed
  for (const std::size_t batch : {1, 3, 8, 64}) {
    CAPTURE(batch);
    std::shuffle(flows.begin(), flows.end(), random);
    const auto shuffled = test::hand_audit(flows, batch);
    REQUIRE(shuffled);
    CHECK(dump(**shuffled) == want);
  }
}

TEST_CASE("store: every enumerator is known to the schema") {
  std::vector<AuditedFlow> flows;
  for (std::uint8_t i = 0; i < 13; ++i) {
    auto audited = test::hand_flow(i, "10.0.0.1", 1, "10.0.0.2", 2, 1, 0);
    ClosedFlow& flow = audited.flow;
    flow.transport = static_cast<Transport>(i % 3);
    flow.direction_basis = static_cast<DirectionBasis>(i % 4);
    flow.outcome = static_cast<Outcome>(i % 6);
    flow.tunnel = static_cast<Tunnel>(i % 12);
    flow.anomalies.fill(i);
    TlsFacts tls;
    tls.mutual = static_cast<MutualTls>(i % 6);
    tls.mutual_reason = static_cast<MutualReason>(i % 8);
    tls.mutual_sizes = static_cast<TlsFlight>(i % 22);
    tls.hidden_name = static_cast<HiddenName>(i % 3);
    flow.records = {tls};
    audited.verdict.kind = static_cast<VerdictKind>(i % 5);
    audited.verdict.reason = static_cast<Reason>(i);
    audited.verdict.basis = static_cast<Basis>(i % 4);
    Problem problem;
    problem.kind = static_cast<FindingKind>(i % finding_kind_count);
    problem.severity = static_cast<Severity>(i % 5);
    problem.field = static_cast<Field>(i % 10);
    audited.verdict.problems = {problem};
    audited.verdict.nearest = {
        {.rule = "r", .field = problem.field, .expected = "", .observed = ""}};
    flows.push_back(audited);
  }
  const auto store = test::hand_audit(flows);
  if (!store) FAIL(store.error().what);
  CHECK(lines(**store,
              "SELECT count(DISTINCT reason), count(DISTINCT tunnel) FROM flow ORDER BY 1") ==
        Lines{"12|11"});
}

TEST_CASE("store: media endpoints join the UDP flows that use them") {
  auto call = test::hand_flow(1, "10.0.0.5", 1, "10.0.0.9", 2, 5060, 0);
  SipFacts sip;
  for (const char* const endpoint :
       {"audio 10.0.0.5:50000", "video [2001:db8::1]:50000", "audio 10.9.9.9:50000"}) {
    sip.media.add(endpoint);
  }
  call.flow.records = {sip};
  // hand_flow's clients use port 50000.
  auto voice = test::hand_flow(2, "10.0.0.5", 1, "10.0.0.7", 2, 6000, 1);
  auto video = test::hand_flow(3, "2001:db8::1", 1, "2001:db8::2", 2, 6000, 1);
  auto tcp = test::hand_flow(4, "10.0.0.5", 1, "10.0.0.7", 2, 6000, 1);
  auto other = test::hand_flow(5, "10.0.0.6", 1, "10.0.0.7", 2, 6000, 1);
  for (AuditedFlow* flow : {&voice, &video, &other}) flow->flow.transport = Transport::udp;
  const auto store = test::hand_audit({call, voice, video, tcp, other});
  REQUIRE(store);
  CHECK(lines(**store, "SELECT flow, kind, endpoint, sip_flow FROM v_media ORDER BY flow") ==
        Lines{"2|audio|10.0.0.5:50000|1", "3|video|[2001:db8::1]:50000|1"});
}

TEST_CASE("store: the account and the other applications of a flow are stored and read back") {
  std::vector<AuditedFlow> flows;
  for (std::size_t i = 0; i < unread_count; ++i) {
    auto audited = test::hand_flow(i + 1, "10.0.0.1", 1, "10.0.0.2", 2, 1, 0);
    ClosedFlow& flow = audited.flow;
    flow.app = "http";
    flow.account[0].hole = static_cast<Unread>(i);
    flow.account[1].end = static_cast<Unread>(i);
    flow.account[0].hole_at = flow.account[1].end_at = i * 7;
    if (i > 0) flow.account[1].why = "http: why";
    if (i > 0) flow.other_apps = {"tls", "ssh"};
    if (i > 0) flow.malformed_why = "http: odd";
    flows.push_back(audited);
  }
  const auto store = test::hand_audit(flows);
  REQUIRE(store);
  CHECK(lines(**store, "SELECT * FROM v_account WHERE flow = 3 ORDER BY direction") ==
        Lines{"3|x.pcap|c2s|over-cap|14||||http|allowed|http: odd",
              "3|x.pcap|s2c|||over-cap|14|http: why|http|allowed|http: odd"});
  CHECK(lines(**store, "SELECT * FROM v_other_app WHERE flow = 3 ORDER BY position") ==
        Lines{"3|x.pcap|0|http|tls", "3|x.pcap|1|http|ssh"});
  CHECK(lines(**store, "SELECT * FROM v_unread WHERE cause = 'gap' ORDER BY 1") ==
        Lines{"gap|1|1"});
  CHECK(lines(**store, "SELECT count(*), count(DISTINCT cause) FROM v_unread ORDER BY 1") ==
        Lines{"10|10"});
  std::size_t next = 0;
  REQUIRE((*store)->each_flow("1", [&](ClosedFlow&& stored) {
    const ClosedFlow& want = flows[next++].flow;
    CHECK(stored.account[0].hole == want.account[0].hole);
    CHECK(stored.account[1].end == want.account[1].end);
    if (next > 1) CHECK(stored.account == want.account);
    CHECK(stored.other_apps == want.other_apps);
    CHECK(stored.malformed_why == want.malformed_why);
  }));
  CHECK(next == unread_count);
}

TEST_CASE("store: a list that was full is read back as one, so that it proves nothing") {
  auto audited = test::hand_flow(1, "10.0.0.1", 1, "10.0.0.2", 2, 1, 0);
  HttpFacts http;
  http.version = "1.1";
  http.hosts.add("a.example");
  http.hosts.more = 6;
  http.statuses.more = 2;
  audited.flow.app = "http";
  audited.flow.records = {http};
  const auto store = test::hand_audit({audited});
  REQUIRE(store);
  CHECK(lines(**store, "SELECT more FROM v_http ORDER BY 1") == Lines{"8"});
  std::size_t flows = 0;
  REQUIRE((*store)->each_flow("1", [&](ClosedFlow&& stored) {
    ++flows;
    REQUIRE(stored.records.size() == 1);
    CHECK(std::get<HttpFacts>(stored.records.front()) == http);
  }));
  CHECK(flows == 1);
}

TEST_CASE("store: lists of an altered database hold what they can") {
  const Scratch file;
  {
    auto audited = test::hand_flow(1, "10.0.0.1", 1, "10.0.0.2", 2, 1, 0);
    HttpFacts http;
    http.hosts.add("a.example");
    audited.flow.records = {http};
    REQUIRE(test::hand_audit({audited}, 2, file.path()));
    SQLite::Database database(file.path(), SQLite::OPEN_READWRITE);
    database.exec(
        R"(UPDATE http_kind SET hosts = '["b.example", 1, {}]', statuses = '["x", 200]')");
  }
  const auto store = Store::open(file.path());
  REQUIRE(store);
  REQUIRE((*store)->each_flow("1", [&](ClosedFlow&& stored) {
    const auto& http = std::get<HttpFacts>(stored.records.front());
    CHECK(http.hosts.values == std::vector<std::string>{"b.example"});
    CHECK(http.statuses.values == std::vector<std::uint32_t>{200});
  }));
}

TEST_CASE("store: hostile text and numbers are stored as they are") {
  auto audited = test::hand_flow(1, "2001:db8::1", 1, "2001:db8::2", 2, 443, 0);
  using namespace std::string_literals;
  const std::string hostile = "'; DROP TABLE flow; --\x1b[31m\"\0 end"s;
  audited.flow.malformed_why = hostile;
  audited.flow.first = {-1};
  audited.flow.bytes[0] = std::uint64_t{1} << 62;
  const auto store = test::hand_audit({audited});
  REQUIRE(store);
  CHECK(lines(**store, "SELECT malformed_why FROM flow ORDER BY 1") == Lines{hostile});
  CHECK(lines(**store, "SELECT first, client, bytes_c2s FROM v_flow ORDER BY 1") ==
        Lines{"1969-12-31T23:59:59.999999999Z|2001:db8::1|4611686018427387904"});
}

TEST_CASE("store: a write that fails leaves no part of it, and ends the writing") {
  auto store = Store::create(":memory:", false);
  REQUIRE(store);
  REQUIRE((*store)->write_policy(test::hand_policy()));
  const auto flow = test::allowed_https();
  const std::vector<AuditedFlow> twice = {flow, flow};  // the same id
  CHECK_FALSE((*store)->accept(twice));
  CHECK(lines(**store, "SELECT count(*) FROM flow ORDER BY 1") == Lines{"0"});
  CHECK(lines(**store, "SELECT count(*) FROM role_set ORDER BY 1") == Lines{"0"});
  CHECK_FALSE((*store)->accept(std::span(&flow, 1)));
  CHECK_FALSE((*store)->finish({}, {}));
  CHECK(lines(**store, "SELECT count(*) FROM flow ORDER BY 1") == Lines{"0"});
}

TEST_CASE("store: a batch of any size is written as a whole or not at all") {
  std::vector<AuditedFlow> flows(2'000, test::allowed_https());
  for (std::size_t i = 0; i < flows.size(); ++i) flows[i].flow.id = i + 1;
  auto store = Store::create(":memory:", false);
  REQUIRE((*store)->write_policy(test::hand_policy()));
  CHECK((*store)->accept(flows));
  CHECK(lines(**store, "SELECT count(*), sum(id) FROM flow ORDER BY 1") == Lines{"2000|2001000"});
  CHECK(lines(**store, "SELECT count(*), sum(flow) FROM tls ORDER BY 1") == Lines{"2000|2001000"});

  flows.push_back(flows.front());  // an id for the second time
  auto refusing = Store::create(":memory:", false);
  REQUIRE((*refusing)->write_policy(test::hand_policy()));
  CHECK_FALSE((*refusing)->accept(flows));
  CHECK(lines(**refusing, "SELECT count(*) FROM flow ORDER BY 1") == Lines{"0"});
}

TEST_CASE("store: what is written fits the constraints of the schema") {
  const auto store = test::hand_audit(test::hand_flows());
  CHECK(lines(**store, "PRAGMA integrity_check") == Lines{"ok"});
}

TEST_CASE("store: an existing file is kept unless it may be replaced") {
  const Scratch file;
  std::ofstream(file.path()) << "precious";
  const auto refused = Store::create(file.path(), false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what == file.path() + " exists already");
  CHECK(refused.error().hint.find("--force") != std::string::npos);
  CHECK(fs::file_size(file.path()) == 8);
  CHECK_FALSE(Store::create(file.path(), true));
  CHECK(fs::file_size(file.path()) == 8);
}

TEST_CASE("store: an audit is replaced when the new one is whole") {
  const Scratch file;
  {
    REQUIRE(test::hand_audit(test::hand_flows(), 2, file.path()));
  }
  const auto size = fs::file_size(file.path());
  {
    REQUIRE(Store::create(file.path(), true));
  }  // never finished
  CHECK(fs::file_size(file.path()) == size);
  {
    const auto made = Store::create(file.path(), true);
    REQUIRE(made);
    REQUIRE((*made)->write_policy(test::hand_policy()));
    REQUIRE((*made)->finish({}, {}));
  }
  const auto store = Store::open(file.path());
  REQUIRE(store);
  CHECK(lines(**store, "SELECT count(*) FROM flow") == Lines{"0"});
}

TEST_CASE("store: what was written can be opened, and only read") {
  const Scratch file;
  const auto memory = test::hand_audit(test::hand_flows());
  {
    REQUIRE(test::hand_audit(test::hand_flows(), 2, file.path()));
  }
  const auto store = Store::open(file.path());
  REQUIRE(store);
  CHECK(dump(**store) == dump(**memory));
  CHECK(lines(**store, "PRAGMA application_id") == Lines{std::to_string(0x50434155)});
  CHECK(lines(**store, "PRAGMA user_version") == Lines{"10"});
  CHECK_FALSE((*store)->write_policy(test::hand_policy()));
  CHECK_FALSE((*store)->query("DELETE FROM flow"));
}

TEST_CASE("store: what is not an audit is refused by name") {
  const Scratch file;
  const auto missing = Store::open(file.path());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().what == file.path() + ": no such file");

  for (const char* content : {"", "just text that is no database at all, and long enough"}) {
    CAPTURE(content);
    std::ofstream(file.path(), std::ios::trunc) << content;
    const auto opened = Store::open(file.path());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().what == file.path() + " is not a pcapaudit database");
  }
  fs::remove(file.path());
  {
    const auto made = Store::create(file.path(), false, StoreUse::live);
    REQUIRE(made);
    REQUIRE((*made)->query("PRAGMA user_version = 99"));
  }
  const auto newer = Store::open(file.path());
  REQUIRE_FALSE(newer);
  CHECK(newer.error().what ==
        file.path() + " has schema version 99, this program reads version 10");
  CHECK_FALSE(Store::create("/nonexistent/x.db", false));
}

TEST_CASE(
    "store: an audit of another schema version is refused with the command that makes it anew") {
  const Scratch file;
  {
    REQUIRE(test::hand_audit(test::hand_flows(), 2, file.path()));
  }
  {
    SQLite::Database database(file.path(), SQLite::OPEN_READWRITE);
    database.exec("PRAGMA user_version = 9");
    SQLite::Statement words(database, "UPDATE run SET arguments = ?");
    words.bind(1, R"(["audit", "it's.pcap", "-p", "site.toml"])");
    words.exec();
  }
  const auto older = Store::open(file.path());
  REQUIRE_FALSE(older);
  CHECK(older.error().what == file.path() + " has schema version 9, this program reads version 10");
  CHECK(
      older.error().hint ==
      R"(it was made by (as it says itself): pcapaudit audit 'it'\''s.pcap' -p site.toml -o NEW.db)");
}

TEST_CASE("store: what an audit of another schema version says of itself is no command of ours") {
  const Scratch file;
  {
    REQUIRE(test::hand_audit(test::hand_flows(), 2, file.path()));
  }
  const std::string arguments[] = {R"(["monitor", "-i", "eth0"])",
                                   R"(["audit", "-"])",
                                   R"(["audit", "a\nb"])",
                                   R"(["audit", "-o", "x.db"])",
                                   R"(["audit", "--output=x.db"])",
                                   R"(["audit", "-qo/x"])",
                                   R"(["audit", {"a": "rm"}])",
                                   R"([["audit"], "a.pcap"])",
                                   R"(["audit", "a\u202eb"])",
                                   R"(["audit", 1])",
                                   "no list",
                                   R"(["audit", ")" + std::string(400, 'x') + R"("])"};
  for (const std::string& words : arguments) {
    CAPTURE(words);
    {
      SQLite::Database database(file.path(), SQLite::OPEN_READWRITE);
      database.exec("PRAGMA user_version = 9; PRAGMA ignore_check_constraints = ON");
      SQLite::Statement set(database, "UPDATE run SET arguments = ?");
      set.bind(1, words);
      set.exec();
    }
    const auto older = Store::open(file.path());
    REQUIRE_FALSE(older);
    CHECK(older.error().hint == "audit the captures again with this program");
  }
}

TEST_CASE("store: a million causes have a million ids, and an id depends on its cause alone") {
  std::vector<std::string> ids;
  constexpr int causes = 1'000'000;
  ids.reserve(causes);
  for (int i = 0; i < causes; ++i) ids.push_back(finding_id("cause-" + std::to_string(i)));
  CHECK(ids[17] == finding_id("cause-17"));
  CHECK(ids[17].size() == 14);
  std::sort(ids.begin(), ids.end());
  CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
}

Finding at_port(std::int64_t port, const char* outcome) {
  Finding finding;
  finding.kind = FindingKind::undocumented;
  finding.client_names = "a";
  finding.server_names = "b";
  finding.server_port = port;
  finding.transports = {"tcp"};
  finding.outcome = outcome;
  finding.flows = 2;
  finding.first_ns = 1000 - port;
  finding.last_ns = 1000 + port;
  return finding;
}

FindingSet joined(const std::vector<Finding>& list) {
  std::map<std::string, Finding> findings;
  for (const Finding& it : list) findings.emplace(cause_of(it), it);
  return join_matters(std::move(findings));
}

TEST_CASE("store: many ports are one finding, and what came through is told apart") {
  std::vector<Finding> list;
  for (std::int64_t port = 1; port < static_cast<std::int64_t>(many_causes); ++port) {
    list.push_back(at_port(port, "refused"));
  }
  CHECK(joined(list).findings.size() == many_causes - 1);
  list.push_back(at_port(445, "data"));  // is no attempt, so the attempts are not many yet
  CHECK(joined(list).findings.size() == many_causes);
  list.push_back(at_port(20, "blocked"));
  const FindingSet set = joined(list);
  REQUIRE(set.findings.size() == 2);
  const Finding& scan = set.findings.at("undocumented|a|b||many");
  CHECK(ports_text(scan) == "1-20 (20 ports)");
  CHECK(scan.server_port == 0);
  CHECK(scan.flows == 40);
  CHECK(scan.outcome == "refused");
  CHECK(scan.first_ns == 980);
  CHECK(scan.last_ns == 1020);
  CHECK(set.findings.contains(cause_of(at_port(445, "data"))));
  CHECK(set.members.size() == list.size());
  for (const FindingMember& it : set.members) {
    CHECK((it.own_id == it.finding) == (it.server_port == 445));
  }
}

TEST_CASE("store: ports are shortened") {
  CHECK(to_text(PortRanges{}) == "");
  CHECK(to_text(PortRanges{{443, 443}, {80, 80}, {443, 443}}) == "80,443");
  CHECK(to_text(PortRanges{{80, 80}, {81, 81}}) == "80,81");
  CHECK(to_text(PortRanges{{50002, 50002}, {50000, 50001}, {7, 7}}) == "7,50000-50002");
  CHECK(to_text(PortRanges{{65534, 65535}, {65533, 65533}}) == "65533-65535");
}

}  // namespace
}  // namespace pcapaudit
