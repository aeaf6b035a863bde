// Findings that only a whole run shows: legs of the proxy, hosts, exceptions.
#include <filesystem>

#include <catch2/catch.hpp>

#include "store/store.hpp"
#include "support/judge.hpp"

namespace pcapaudit {
namespace {

Policy site() {
  const auto path = std::filesystem::path(PCAPAUDIT_TESTS) / "data" / "judgement-site.toml";
  const auto policy = load_policy({path.string()});
  if (!policy) FAIL(policy.error().where << ": " << policy.error().what);
  return *policy;
}

// Flows as lines, one a second unless they say when; the audit's findings and legs.
struct Audit {
  std::unique_ptr<Store> store;

  explicit Audit(const std::vector<std::string>& lines, const Policy& policy = site()) {
    store = std::move(Store::create(":memory:", false).value());
    REQUIRE(store->write_policy(policy));
    const Judge judge(policy);
    std::vector<AuditedFlow> flows;
    for (const std::string& line : lines) {
      AuditedFlow audited{.flow = test::flow_of(line), .verdict = {}};
      audited.flow.id = flows.size() + 1;
      audited.flow.packets = audited.flow.bytes = {5, 5};
      if (line.find(" at=") == std::string::npos) {
        audited.flow.first.ns += static_cast<std::int64_t>(flows.size()) * ns_per_second;
      }
      audited.flow.last = {audited.flow.first.ns + ns_per_second / 2};
      audited.verdict = judge.judge(audited.flow);
      flows.push_back(std::move(audited));
    }
    REQUIRE(store->accept(flows));
    REQUIRE(store->finish({}, {}));
  }

  std::vector<std::string> rows(const std::string& sql) const {
    std::vector<std::string> lines;
    const auto table = store->query(sql);
    REQUIRE(table);
    for (const auto& row : table->rows) lines.push_back(fmt::format("{}", fmt::join(row, " ")));
    return lines;
  }
  std::vector<std::string> about(const std::string& kind) const {
    return rows("SELECT subject, flows, expected, observed FROM v_finding WHERE kind = '" + kind +
                "' ORDER BY subject");
  }
};

using Rows = std::vector<std::string>;
const std::string outside = "tcp 203.0.113.9 > 10.45.16.40:443 tls san=meet.contoso.example";
const std::string inside = "tcp 172.25.33.40 > 10.1.2.10:4443 tls";

TEST_CASE("run: inner flows are paired with the outer ones that were open") {
  const Audit good({outside, inside});
  CHECK(good.rows("SELECT mapping, status, inner_flow, outer_flow FROM v_leg ORDER BY 1") ==
        Rows{"map-443-4443 ok 2 1"});
  CHECK(good.about("inner-without-outer").empty());

  // An inner flow an hour later has nobody outside who asked for it.
  const Audit alone({outside, inside + " at=2026-11-20T11:00:00Z"});
  CHECK(alone.about("inner-without-outer") ==
        Rows{"map-443-4443 1 an open request by rp-ext-443 none"});
  CHECK(alone.rows("SELECT status, outer_flow FROM v_leg ORDER BY 1") == Rows{"no-outer "});

  // Without any outer flow the outer side was not captured, and nothing is said.
  CHECK(Audit({inside}).about("inner-without-outer").empty());
}

TEST_CASE("run: a request that goes on to the wrong port is shown with its pair") {
  const Audit audit({outside, "tcp 172.25.33.40 > 10.1.2.10:443 tls"});
  CHECK(audit.about("wrong-inner-leg") == Rows{"map-443-4443 1 4443 443"});
  CHECK(audit.rows("SELECT status, inner_flow, outer_flow, inner_port, outer_port FROM v_leg "
                   "WHERE mapping = 'map-443-4443' ORDER BY 1") == Rows{"wrong-port 2 1 443 443"});
}

TEST_CASE("run: the host name decides between outer flows that were open at once") {
  const Audit audit({outside + " sni=dialin.contoso.example san=dialin.contoso.example",
                     outside + " sni=meet.contoso.example at=2026-11-20T10:00:00Z",
                     inside + " sni=dialin.contoso.example at=2026-11-20T10:00:00Z"});
  CHECK(audit.rows("SELECT outer_flow FROM v_leg ORDER BY 1") == Rows{"1"});
}

TEST_CASE("run: a host that behaves like another role, and one that has none") {
  // Three flows of a Director that only an Edge server would make.
  const std::string sip = " tls mutual=proven client-cert=ok";
  const Audit edge({"tcp 10.1.4.5 > 10.1.2.11:5061" + sip, "tcp 10.1.4.5 > 10.1.2.12:5061" + sip,
                    "tcp 10.1.4.5 > 10.1.3.12:5061" + sip});
  CHECK(edge.about("role-contradiction") == Rows{"10.1.4.5 3 edge-int 3 of 3 flows"});
  CHECK(Audit({"tcp 10.1.4.5 > 10.1.2.11:5061" + sip}).about("role-contradiction").empty());

  const Audit unknown({"tcp 10.50.1.1 > 10.1.2.11:5061" + sip, "tcp 10.50.1.2 > 10.1.2.11:22 ssh"});
  CHECK(unknown.about("unknown-host") ==
        Rows{"10.50.1.1 1 edge-int 1 of 1 flows", "10.50.1.2 1  "});
  CHECK(unknown.rows("SELECT address, resembles FROM v_unknown_host ORDER BY 1") ==
        Rows{"10.50.1.1 edge-int", "10.50.1.2 "});
}

TEST_CASE("run: exceptions that covered nothing, something, too much, or came too late") {
  Policy policy = site();
  REQUIRE(policy.exceptions[0].id == "EX-1");
  policy.exceptions[0].flows_per_day = 1;
  const std::string probe = "tcp 10.1.9.20 > 10.1.2.10:4443 tls at=";
  const Audit audit({probe + "2026-11-21T21:30:00Z", probe + "2026-11-21T22:30:00Z",
                     probe + "2026-11-22T23:30:00Z"},
                    policy);
  // Berlin's days: two flows on the 21st, one on the 23rd.
  CHECK(audit.about("exception-over-limit") ==
        Rows{"EX-1 2 at most 1 flows a day 2 on 2026-11-21"});
  CHECK(audit.about("exception-unused") == Rows{"EX-2 0  "});
  CHECK(audit.rows("SELECT exception, flows, status FROM v_exception ORDER BY 1") ==
        Rows{"EX-1 3 used", "EX-2 0 unused"});
  CHECK(audit.rows("SELECT verdict, exception FROM v_flow ORDER BY flow LIMIT 1") ==
        Rows{"waived EX-1"});
  CHECK(audit.about("undocumented").empty());

  const Audit late({"tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=declined"});
  CHECK(late.rows("SELECT kind, flows FROM v_finding WHERE kind IN ('not-mutual', "
                  "'exception-expired') ORDER BY 1") ==
        Rows{"exception-expired 1", "not-mutual 1"});
}

TEST_CASE("run: stored flows are judged as they were") {
  const Policy policy = site();
  const Judge judge(policy);
  const std::vector<std::string> lines = {
      outside + " sni=meet.contoso.example",
      inside + " v=0301",
      "tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=resumed",
      "tcp 172.25.33.10 > 10.1.2.11:5061 tls client-cert=expired mutual=proven",
      "tcp 203.0.113.9 > 10.45.16.40:80 http host=lyncdiscover.contoso.example path=/ status=200 "
      "auth=Basic",
      "udp 10.20.5.5 > 10.1.2.10:53 dns",
      "tcp 10.20.5.5 > 10.1.2.10:443 http server=ssh",
      "tcp 172.25.33.40 > 10.1.2.10:4443 tls vlan=34",
      "icmp 10.20.5.5 > 10.1.2.10 icmp",
      "tcp 10.20.5.5 > 10.1.2.10:443 none bytes=0,0 out=blocked"};
  const Audit audit(lines);
  std::size_t flows = 0;
  REQUIRE(audit.store->each_flow("1", [&](ClosedFlow&& stored) {
    CAPTURE(lines[flows]);
    ClosedFlow made = test::flow_of(lines[flows]);
    made.first = stored.first;
    const Verdict want = judge.judge(made);
    CHECK((judge.judge(stored) == want));
    ++flows;
  }));
  CHECK(flows == lines.size());
  const auto loaded = audit.store->policy();
  REQUIRE(loaded);
  CHECK(loaded->digest == policy.digest);
}

}  // namespace
}  // namespace pcapaudit
