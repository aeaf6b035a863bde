// Two laws of the judgement, over random policies and flows.
#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "policy/load/loosening.hpp"
#include "support/judge.hpp"

namespace pcapaudit {
namespace {

constexpr std::size_t role_count = 3, pairs = 120'000;

class Chance {
 public:
  explicit Chance(std::uint32_t seed) : random_(seed) {}
  std::size_t below(std::size_t count) { return random_() % count; }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <class T, std::size_t count>
  const T& of(const T (&list)[count]) {
    return list[below(count)];
  }

 private:
  std::mt19937 random_;
};

RoleSet some_roles(Chance& chance) {
  if (chance.one_in(8)) return any_bit;
  if (chance.one_in(8)) return any_internal_bit;
  RoleSet roles = 0;
  while (roles == 0) {
    for (std::size_t i = 0; i < role_count; ++i) {
      if (chance.one_in(2)) roles |= role_bit(Policy::builtin_roles + i);
    }
  }
  return roles;
}

std::vector<std::string> some_names(Chance& chance) {
  std::vector<std::string> names;
  for (const char* name : {"a.example", "b.example"}) {
    if (chance.one_in(3)) names.emplace_back(name);
  }
  return names;
}

TlsProfile some_tls(Chance& chance) {
  constexpr std::uint16_t versions[] = {0, 0x0301, 0x0303, 0x0304};
  TlsProfile profile;
  profile.min_version = chance.of(versions);
  profile.mutual = chance.one_in(3) ? TlsProfile::Mutual::yes : TlsProfile::Mutual::unstated;
  profile.names = some_names(chance);
  profile.sni_must_match = chance.one_in(3);
  profile.sni_required = profile.sni_must_match && chance.one_in(2);
  if (chance.one_in(4)) profile.issuers = {"Public"};
  if (chance.one_in(6)) profile.key_exchanges = {"ecdhe"};
  return profile;
}

HttpProfile some_http(Chance& chance) {
  HttpProfile profile;
  profile.redirect_https = chance.one_in(4);
  profile.hosts = some_names(chance);
  if (chance.one_in(3)) profile.deny_paths = {chance.one_in(2) ? "/x" : "/x/y"};
  if (chance.one_in(4)) profile.paths = {chance.one_in(2) ? "/x" : "/"};
  if (chance.one_in(5)) profile.outside = Severity::low;
  profile.credentials_forbidden = chance.one_in(3);
  return profile;
}

DocumentedFlow some_row(Chance& chance, std::size_t number) {
  constexpr const char* apps[] = {"http", "https", "sip", "tls", "ssh", "dns"};
  constexpr std::uint16_t ports[] = {80, 443, 5061};
  DocumentedFlow row;
  // Names in any order.
  row.id = fmt::format("{}{}", static_cast<char>('a' + chance.below(26)), number);
  row.from = some_roles(chance);
  row.to = some_roles(chance);
  row.transports = {Transport::tcp};
  if (chance.one_in(6)) row.transports.push_back(Transport::udp);
  row.ports = {{chance.of(ports), 0}};
  row.ports.front().last =
      chance.one_in(6) ? std::uint16_t{6000} : std::uint16_t{row.ports.front().first};
  row.app = chance.of(apps);
  const bool wants_tls =
      row.app == "https" || row.app == "tls" || (row.app == "sip" && chance.one_in(2));
  if (wants_tls && chance.one_in(2)) row.tls = some_tls(chance);
  if ((row.app == "http" || row.app == "https") && chance.one_in(2)) row.http = some_http(chance);
  row.is_discouraged = chance.one_in(6);
  return row;
}

Policy some_policy(Chance& chance, std::size_t rows) {
  test::PolicyLines lines;
  for (std::size_t i = 0; i < role_count; ++i) {
    lines.role(fmt::format("r{}", i));
    lines.bind(fmt::format("r{} at=10.0.0.{}", i, i + 1));
  }
  lines.policy.internal_networks = {Subnet::parse("10.0.0.0/8").value()};
  for (std::size_t i = 0; i < finding_kind_count; ++i) {
    lines.policy.severities[static_cast<FindingKind>(i)] = Severity::high;
  }
  for (std::size_t i = 0; i < rows; ++i) lines.policy.flows.push_back(some_row(chance, i));
  return lines.policy;
}

void add_facts(ClosedFlow& flow, Chance& chance) {
  constexpr const char* paths[] = {"/", "/x", "/x/y", "/%78", "/z"};
  constexpr const char* hosts[] = {"a.example", "b.example", "c.example"};
  constexpr std::uint32_t statuses[] = {200, 302, 404};
  constexpr std::uint16_t versions[] = {0, 0x0301, 0x0303, 0x0304};
  if (flow.app == "http") {
    HttpFacts http;
    http.requests = http.responses = 1;
    http.paths.add(std::string(chance.of(paths)));
    http.hosts.add(std::string(chance.of(hosts)));
    http.statuses.add(chance.of(statuses));
    if (chance.one_in(3)) http.locations.add(std::string("https://a.example/"));
    http.credentials_in_clear = chance.one_in(4);
    if (chance.one_in(8)) http.paths.more = 1;
    flow.records = {http};
  }
  if (flow.app != "tls") return;
  TlsFacts tls;
  tls.version = chance.of(versions);
  tls.client_hello = tls.server_hello = !chance.one_in(8);
  tls.client_hello_whole = tls.server_hello_whole = tls.client_hello;
  tls.cipher = chance.one_in(2) ? 0xc02f : 0x009c;  // ECDHE and static RSA
  tls.sni = chance.one_in(3) ? "" : chance.of(hosts);
  tls.mutual = static_cast<MutualTls>(chance.below(6));
  tls.mutual_reason = MutualReason::tls13_encrypted;
  if (!chance.one_in(3)) tls.server_chain = test::chain_named({chance.of(hosts)});
  if (chance.one_in(4)) tls.alpn = chance.one_in(2) ? "h2" : "sip/2";
  flow.records = {tls};
}

ClosedFlow some_flow(Chance& chance) {
  constexpr const char* apps[] = {"http", "tls", "tls", "sip", "ssh", "dns", "unknown", "none"};
  constexpr std::uint16_t ports[] = {80, 443, 5061, 5500};
  const auto address = [&] {
    return chance.one_in(6) ? "192.0.2.1"
                            : fmt::format("10.0.0.{}", chance.below(role_count + 1) + 1);
  };
  ClosedFlow flow = test::flow_of(fmt::format("{} {} > {}:{} ssh", chance.one_in(6) ? "udp" : "tcp",
                                              address(), address(), chance.of(ports)));
  flow.app = chance.of(apps);
  if (flow.app == "none") flow.payload_bytes = {};
  if (chance.one_in(8)) flow.payload_bytes[1] = 0;
  if (chance.one_in(8)) flow.direction_basis = static_cast<DirectionBasis>(chance.below(4));
  for (ReadAccount& account : flow.account) {
    if (chance.one_in(8)) account.hole = static_cast<Unread>(chance.below(unread_count));
    if (chance.one_in(8)) account.end = static_cast<Unread>(chance.below(unread_count));
  }
  add_facts(flow, chance);
  return flow;
}

std::string shown(const Policy& policy) {
  std::string text;
  for (const DocumentedFlow& row : policy.flows) {
    text += fmt::format("{} {} > {} {} {} {}{}\n", row.id, policy.role_names(row.from),
                        policy.role_names(row.to), to_text(row.ports), row.app,
                        row.tls ? " tls" : "", row.http ? " http" : "");
  }
  return text;
}

}  // namespace

TEST_CASE("laws: another row never makes an allowed flow a violation") {
  constexpr std::size_t flows_of_policy = 40;
  Chance chance(7);
  std::size_t allowed = 0;
  for (std::size_t i = 0; i < pairs / flows_of_policy; ++i) {
    const Policy policy = some_policy(chance, 1 + chance.below(4));
    Policy more = policy;
    more.flows.push_back(some_row(chance, policy.flows.size()));
    const Judge before(policy), after(more);
    for (std::size_t k = 0; k < flows_of_policy; ++k) {
      const ClosedFlow flow = some_flow(chance);
      const VerdictKind kind = before.judge(flow).kind;
      const Verdict then = after.judge(flow);
      const auto rank = [](VerdictKind it) {
        return it == VerdictKind::allowed ? 2 : it == VerdictKind::undetermined ? 1 : 0;
      };
      allowed += kind == VerdictKind::allowed ? 1 : 0;
      if (rank(then.kind) >= rank(kind)) continue;
      CAPTURE(shown(more), flow.app, test::dump(before.judge(flow)), test::dump(then));
      FAIL("a row took something away");
    }
  }
  CHECK(allowed > pairs / 120);
}

TEST_CASE("laws: neither names nor the order of rows decide") {
  constexpr std::size_t flows_of_policy = 20;
  Chance chance(8);
  for (std::size_t i = 0; i < pairs / 4 / flows_of_policy; ++i) {
    const Policy policy = some_policy(chance, 2 + chance.below(4));
    Policy renamed = policy;
    std::reverse(renamed.flows.begin(), renamed.flows.end());
    for (std::size_t k = 0; k < renamed.flows.size(); ++k) {
      renamed.flows[k].id = fmt::format("{}", static_cast<char>('a' + k));
    }
    const Judge before(policy), after(renamed);
    for (std::size_t k = 0; k < flows_of_policy; ++k) {
      const ClosedFlow flow = some_flow(chance);
      const Verdict a = before.judge(flow), b = after.judge(flow);
      CAPTURE(shown(policy), test::dump(a), test::dump(b));
      REQUIRE(a.kind == b.kind);
      REQUIRE(a.reason == b.reason);
      REQUIRE(a.used.size() == b.used.size());
      const auto kinds = [](const Verdict& it) {
        std::vector<FindingKind> list;
        for (const Problem& problem : it.problems) list.push_back(problem.kind);
        return list;
      };
      REQUIRE(kinds(a) == kinds(b));
    }
  }
}

TEST_CASE("laws: an own row that is not said to loosen takes no demand away") {
  Chance chance(9);
  std::size_t failing = 0, loosening = 0;
  constexpr std::size_t flows_of_policy = 10;
  constexpr std::uint16_t ports[] = {80, 443, 5061, 5500};
  for (std::size_t i = 0; i < pairs / flows_of_policy; ++i) {
    Policy policy = some_policy(chance, 2);
    // Both rows speak of the same flows, so that most pairs have something to tell.
    const std::uint16_t port = chance.of(ports);
    for (DocumentedFlow& row : policy.flows) {
      if (!chance.one_in(4)) row.ports = {{port, port}};
      if (!chance.one_in(4)) row.from = row.to = any_bit;
    }
    Policy documented = policy;
    documented.flows.pop_back();
    const std::string demand = loosened_demand(policy.flows[1], policy.flows[0]);
    const Judge alone(documented), both(policy);
    for (std::size_t k = 0; k < flows_of_policy; ++k) {
      ClosedFlow flow = some_flow(chance);
      flow.server.port = port;
      const Verdict before = alone.judge(flow);
      // A demand of the row that the bytes fail, not another application on its port.
      if (before.kind != VerdictKind::violation || before.rule.empty()) continue;
      if (before.problems.front().kind == FindingKind::wrong_application) continue;
      ++failing;
      const Verdict then = both.judge(flow);
      if (then.kind != VerdictKind::allowed) continue;
      ++loosening;
      CAPTURE(shown(policy), flow.app, test::dump(before), test::dump(then));
      REQUIRE_FALSE(demand.empty());
    }
  }
  CHECK(failing > 1000);
  CHECK(loosening > 100);
}

}  // namespace pcapaudit
