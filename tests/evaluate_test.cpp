// The judgement: scope, rows, applications, directions and nearest rows, as tables.
#include <algorithm>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "support/judged_site.hpp"

namespace pcapaudit {
namespace {

using test::Case;
using test::check_verdicts;
using test::dump;
using test::evaluate;
using test::flow_of;
using test::site;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

TEST_CASE("evaluate: a flow with no bound end is out of scope unless all are judged") {
  const Case cases[] = {
      {"tcp 10.20.5.5 > 10.20.5.6:443 tls", "ignored"},
      {"tcp 10.20.5.5 > 8.8.8.8:22 ssh", "ignored"},
      {"tcp 10.1.2.11 > 8.8.8.8:22 ssh", "violation; high undocumented"},
      {"tcp 8.8.8.8 > 10.1.2.11:22 ssh", "violation; high undocumented"},
  };
  check_verdicts(site(), cases);
  Policy all = site();
  all.judge_all = true;
  CHECK(dump(evaluate(all, flow_of("tcp 10.20.5.5 > 8.8.8.8:22 ssh"))) ==
        "violation; high undocumented");
}

TEST_CASE("evaluate: roles of both ends stand in every verdict") {
  const Policy policy = site();
  const Verdict verdict = evaluate(policy, flow_of("tcp 10.20.5.5 > 10.1.3.11:22 ssh"));
  CHECK(policy.role_names(verdict.client_roles) == "internal-clients");
  CHECK(policy.role_names(verdict.server_roles) == "front-end+cms");
}

TEST_CASE("evaluate: some role of each end, transport and port select the row") {
  const Case cases[] = {
      {"tcp 10.20.5.5 > 10.1.2.10:443 tls", "allowed cli-443"},
      {"tcp 10.1.2.11 > 10.1.3.11:444 tls", "allowed dir-fe-444"},  // front-end+cms
      {"udp 172.25.33.40 > 172.25.33.53:53 dns dir=port", "allowed names"},
      {"tcp 172.25.33.40 > 172.25.33.53:53 dns", "allowed names"},
      {"tcp 8.8.8.8 > 172.25.33.10:50002 tls mutual=proven client-cert=ok", "allowed cls"},
      {"tcp 10.1.9.9 > 172.25.33.10:50001 tls mutual=proven client-cert=ok", "allowed cls"},
      {"tcp 10.1.9.9 > 172.25.33.10:50003 tls", "violation; high undocumented"},
      {"udp 10.20.5.5 > 10.1.2.10:443 quic dir=content", "violation; high undocumented"},
      {"tcp 10.1.9.9 > 10.1.2.10:443 tls", "violation; high undocumented"},
  };
  check_verdicts(site(), cases);
}

TEST_CASE("evaluate: ICMP is judged only where a row names it") {
  const Case cases[] = {
      {"icmp 172.25.33.10 > 172.25.33.53 icmp", "allowed ping"},
      {"icmp 172.25.33.10 > 172.25.33.53 icmp out=one-sided bytes=56,0", "allowed ping"},
      {"icmp 172.25.33.53 > 172.25.33.10 icmp", "ignored"},
      {"icmp 10.20.5.5 > 10.1.2.10 icmp", "ignored"},
  };
  check_verdicts(site(), cases);
}

TEST_CASE("evaluate: other IP protocols are flows of two hosts, and documented by their name") {
  const Case without[] = {
      {"esp 172.25.33.10 > 172.25.33.53 esp", "violation; high undocumented"},
      {"sctp 172.25.33.10 > 172.25.33.53:53 sctp", "violation; high undocumented"},
      {"253 172.25.33.10 > 172.25.33.53 253", "violation; high undocumented"},
      // What routers tell each other on a link; a neighbour that is spoken to alone is a host.
      {"ospf 172.25.33.10 > 224.0.0.5 ospf", "ignored"},
      {"vrrp 172.25.33.10 > 224.0.0.18 vrrp", "ignored"},
      {"igmp 172.25.33.10 > 239.1.2.3 igmp", "ignored"},
      {"ospf 172.25.33.10 > 172.25.33.53 ospf", "violation; high undocumented"},
      {"esp 172.25.33.10 > 239.1.2.3 esp", "violation; high undocumented"},
  };
  check_verdicts(site(), without);
  Policy policy = site();
  const auto ping = std::find_if(policy.flows.begin(), policy.flows.end(),
                                 [](const DocumentedFlow& it) { return it.id == "ping"; });
  REQUIRE(ping != policy.flows.end());
  DocumentedFlow row = *ping;
  row.id = "ipsec";
  row.transports = {Transport::esp, Transport::ah};
  row.app = "esp";
  policy.flows.push_back(row);
  row.id = "diameter";
  row.transports = {Transport::sctp};
  row.ports = {{3868, 3868}};
  row.app = "sctp";
  policy.flows.push_back(row);
  row.id = "signalling";
  row.ports = {{5060, 5060}};
  row.app = "sip";
  policy.flows.push_back(row);
  const Case with[] = {
      {"esp 172.25.33.10 > 172.25.33.53 esp", "allowed ipsec"},
      {"ah 172.25.33.10 > 172.25.33.53 ah", "allowed ipsec"},
      // Nobody opens a tunnel: it may be the other end that is heard first.
      {"esp 172.25.33.53 > 172.25.33.10 esp dir=first-packet", "allowed ipsec"},
      {"esp 172.25.33.53 > 172.25.33.10 esp out=one-sided bytes=56,0", "allowed ipsec"},
      {"gre 172.25.33.10 > 172.25.33.53 gre", "violation; high undocumented"},
      {"sctp 172.25.33.10 > 172.25.33.53:3868 sctp", "allowed diameter"},
      {"sctp 172.25.33.10 > 172.25.33.53:3869 sctp", "violation; high undocumented"},
      {"sctp 172.25.33.53 > 172.25.33.10:3868 sctp",
       "violation; high reversed-direction direction: edge to dns / dns to edge"},
      // Nobody looks into SCTP: its application cannot be told.
      {"sctp 172.25.33.10 > 172.25.33.53:5060 sctp",
       "undetermined signalling (unknown-application)"},
  };
  check_verdicts(policy, with);
}

TEST_CASE("evaluate: application, recognised or not") {
  const Case cases[] = {
      // https
      {"tcp 10.20.5.5 > 10.1.2.10:443 tls alpn=h2", "allowed cli-443"},
      {"tcp 10.20.5.5 > 10.1.2.10:443 tls alpn=http/1.1", "allowed cli-443"},
      {"tcp 10.20.5.5 > 10.1.2.10:443 tls inner=http", "allowed cli-443"},
      {"tcp 10.20.5.5 > 10.1.2.10:443 tls alpn=sip",
       "violation cli-443; high wrong-application application: HTTPS / SIP inside TLS"},
      {"tcp 10.20.5.5 > 10.1.2.10:443 tls alpn=xmpp-client",
       "violation cli-443; high wrong-application application: HTTPS / xmpp-client inside TLS"},
      {"tcp 10.20.5.5 > 10.1.2.10:443 tls alpn=h2 inner=sip",
       "violation cli-443; high wrong-application application: HTTPS / SIP inside TLS"},
      {"tcp 10.20.5.5 > 10.1.2.10:443 http",
       "violation cli-443; high wrong-application application: HTTPS / plain HTTP"},
      {"tcp 10.20.5.5 > 10.1.2.10:443 ssh",
       "violation cli-443; high wrong-application application: HTTPS / ssh"},
      // sip with and without TLS
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=proven client-cert=ok", "allowed edge-5061"},
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=proven client-cert=ok inner=sip",
       "allowed edge-5061"},
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=proven client-cert=ok alpn=sip/2",
       "allowed edge-5061"},
      {"tcp 172.25.33.10 > 10.1.2.11:5061 sip",
       "violation edge-5061; high wrong-application application: SIP inside TLS / plain SIP"},
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls alpn=http/1.1 mutual=proven",
       "violation edge-5061; high wrong-application application: SIP inside TLS / "
       "HTTP inside TLS"},
      {"tcp 172.25.33.10 > 10.1.2.11:5060 sip", "allowed edge-5060"},
      {"udp 172.25.33.10 > 10.1.2.11:5060 sip dir=content", "allowed edge-5060"},
      {"tcp 172.25.33.10 > 10.1.2.11:5060 tls",
       "violation edge-5060; high wrong-application application: plain SIP / TLS"},
      // tls and others
      {"tcp 8.8.8.8 > 172.25.33.10:50001 http",
       "violation cls; high wrong-application application: TLS / plain HTTP"},
      {"tcp 172.25.33.40 > 10.1.2.10:8080 tls",
       "violation rp-8080; low wrong-application application: HTTP / TLS, mistake wrong-web"},
      {"tcp 172.25.33.10 > 172.25.33.53:53 ssh",
       "violation names; high wrong-application application: dns / ssh"},
      {"tcp 172.25.33.10 > 10.1.2.11:636 tls", "allowed bare"},
      {"tcp 172.25.33.10 > 10.1.2.11:636 ldap starttls", "allowed bare"},
      {"tcp 172.25.33.10 > 10.1.2.11:636 ldap", "undetermined bare (tls-handshake-not-seen)"},
      // the two sides speak differently
      {"tcp 172.25.33.40 > 10.1.3.10:8080 http server=ssh",
       "violation rp-8080; high wrong-application application: HTTP / client http, server ssh"},
  };
  check_verdicts(site(), cases);
}

TEST_CASE("evaluate: a row for plain HTTP stays one beside a TLS profile") {
  test::PolicyLines lines;
  lines.policy = site();
  lines.policy.flows.clear();
  lines.row("web proxy > director tcp 8080 http tls=bare");
  lines.policy.mistakes.clear();
  CHECK(dump(evaluate(lines.policy, flow_of("tcp 172.25.33.40 > 10.1.2.10:8080 tls"))) ==
        "violation web; high wrong-application application: HTTP / TLS");
}

TEST_CASE("evaluate: what no bytes prove is undetermined, never a pass") {
  const Case cases[] = {
      {"tcp 10.20.5.5 > 10.1.2.10:443 none out=handshake", "undetermined cli-443 (no-payload)"},
      {"tcp 10.20.5.5 > 10.1.2.10:443 none out=refused", "undetermined cli-443 (no-payload)"},
      // `blocked` may turn into `one-sided` at the end of the run: the verdict is the same.
      {"tcp 10.20.5.5 > 10.1.2.10:443 none out=blocked", "undetermined cli-443 (no-payload)"},
      {"tcp 10.20.5.5 > 10.1.2.10:443 none out=one-sided", "undetermined cli-443 (no-payload)"},
      {"tcp 10.20.5.5 > 10.1.2.10:443 tls out=one-sided bytes=9000,0",
       "undetermined cli-443 (one-sided)"},
      {"tcp 10.20.5.5 > 10.1.2.10:443 tls out=handshake bytes=500,0 v=0",
       "undetermined cli-443 (one-sided)"},
      {"tcp 172.25.33.10 > 172.25.33.53:53 dns bytes=0,80 out=midstream dir=content",
       "undetermined names (one-sided)"},
      {"tcp 10.20.5.5 > 10.1.2.10:443 tls out=midstream dir=content", "allowed cli-443"},
      // an attempt on a pair that is not documented is a violation whatever came of it
      {"tcp 10.20.5.5 > 10.1.2.10:22 none out=blocked", "violation; high undocumented"},
      {"tcp 10.20.5.5 > 10.1.2.10:22 none out=refused", "violation; high undocumented"},
      {"tcp 10.20.5.5 > 10.1.2.10:22 unknown", "violation; high undocumented"},
  };
  check_verdicts(site(), cases);
}

TEST_CASE("evaluate: unknown bytes fail only a row whose protocol shows itself") {
  const std::string wrong =
      "violation cli-443; high wrong-application application: HTTPS / unknown application";
  const std::string open = "undetermined cli-443 (unknown-application)";
  const std::pair<const char*, std::string> cases[] = {
      {"", wrong},
      {" bytes=16,16", wrong},
      {" bytes=15,100", open},
      {" bytes=100,15", open},
      {" bytes=100,0 out=handshake", open},
      {" out=midstream", open},
      {" dir=content", open},
      {" gap", open},
      {" truncated", open},
      {" cap", open},
  };
  for (const auto& [facts, want] : cases) {
    CAPTURE(facts);
    const auto flow = flow_of("tcp 10.20.5.5 > 10.1.2.10:443 unknown" + std::string(facts));
    CHECK(dump(evaluate(site(), flow)) == want);
  }
  const Case others[] = {
      {"tcp 172.25.33.10 > 172.25.33.53:53 unknown", "undetermined names (unknown-application)"},
      {"udp 172.25.33.10 > 10.1.2.10:5060 unknown dir=port",
       "undetermined edge-5060 (unknown-application)"},
      {"tcp 172.25.33.40 > 10.1.3.10:8080 unknown",
       "violation rp-8080; high wrong-application application: HTTP / unknown application"},
      {"tcp 172.25.33.10 > 172.25.33.10:50001 unknown",
       "violation cls; high wrong-application application: TLS / unknown application"},
      {"tcp 172.25.33.10 > 10.1.2.11:5060 unknown",
       "violation edge-5060; high wrong-application application: plain SIP / "
       "unknown application"},
  };
  check_verdicts(site(), others);
}

TEST_CASE("evaluate: without a row, the reversed row or a mistake explains the violation") {
  const std::string reversed =
      "violation; high reversed-direction direction: director to front-end / ";
  const std::pair<const char*, std::string> cases[] = {
      {"tcp 10.1.3.12 > 10.1.2.11:444 tls", reversed + "front-end to director"},
      {"tcp 10.1.3.11 > 10.1.2.11:444 tls", reversed + "front-end+cms to director"},
      {"tcp 10.1.3.12 > 10.1.2.11:444 ssh", reversed + "front-end to director"},
      {"tcp 10.1.3.12 > 10.1.2.11:444 none out=refused", reversed + "front-end to director"},
      // the Edge may be reached by anybody on 50001, but nobody is turned round by it
      {"tcp 172.25.33.10 > 10.1.2.11:50001 tls", "violation; high undocumented"},
      {"tcp 172.25.33.40 > 10.1.2.10:443 tls",
       "violation; critical undocumented, mistake mapping-missing"},
      {"tcp 172.25.33.40 > 10.1.3.11:80 http",
       "violation; critical undocumented, mistake mapping-missing"},
  };
  for (const auto& [flow, want] : cases) {
    CAPTURE(flow);
    CHECK(dump(evaluate(site(), flow_of(flow))) == want);
  }
}

TEST_CASE("evaluate: a mistake neither allows nor hides a row") {
  Policy policy = site();
  test::PolicyLines lines;
  lines.policy = policy;
  lines.mistake("all any > any 443 info tls");
  CHECK(dump(evaluate(lines.policy, flow_of("tcp 10.20.5.5 > 10.1.2.10:443 tls"))) ==
        "allowed cli-443");
  CHECK(dump(evaluate(lines.policy, flow_of("tcp 8.8.8.8 > 10.1.2.10:443 tls"))) ==
        "violation; info undocumented, mistake all");
}

TEST_CASE("evaluate: a guessed direction is no violation when a row fits the other way round") {
  const Case cases[] = {
      {"tcp 10.1.3.12 > 10.1.2.11:444 tls out=midstream dir=port",
       "violation; high reversed-direction direction: director to front-end / "
       "front-end to director"},
      {"tcp 10.1.3.12 > 10.1.2.11:51000 tls out=midstream dir=first-packet from=444",
       "undetermined dir-fe-444 (direction-unknown)"},
      {"tcp 10.1.3.12 > 10.1.2.11:51000 unknown out=midstream dir=first-packet from=444",
       "undetermined dir-fe-444 (direction-unknown)"},
      // the taken client is the documented server
      {"tcp 10.1.3.12 > 10.1.2.11:51000 tls out=midstream dir=content from=444",
       "violation; high undocumented"},
      {"udp 172.25.33.53 > 172.25.33.10:51000 dns dir=first-packet from=53",
       "undetermined names (direction-unknown)"},
      {"tcp 172.25.33.10 > 8.8.8.8:51000 unknown out=midstream dir=first-packet from=50001",
       "undetermined cls (direction-unknown)"},
      {"udp 172.25.33.53 > 172.25.33.10:51000 dns dir=content from=53",
       "violation; high undocumented"},
      // a guess that agrees with a row is good enough
      {"tcp 10.1.2.11 > 10.1.3.12:444 tls out=midstream dir=port", "allowed dir-fe-444"},
      {"tcp 10.1.3.12 > 10.1.2.11:22 ssh out=midstream dir=port", "violation; high undocumented"},
  };
  check_verdicts(site(), cases);
}

TEST_CASE("evaluate: the mock handshake of a media relay is not any TLS") {
  test::PolicyLines lines;
  lines.role("proxy");
  lines.role("relay");
  lines.bind("proxy at=10.0.0.1");
  lines.bind("relay at=10.0.0.2");
  lines.row("media proxy > relay tcp 443 ms-turn");
  struct RelayCase {
    const char* flow;
    const char* want;
  };
  const RelayCase cases[] = {
      {"ms-turn", "allowed media"},
      {"tls v=0301 cert=hidden", "allowed media"},
      {"tls v=0301 cert=hidden s2c-hole=gap", "undetermined media (certificate-unread)"},
      {"tls v=0301", "violation media"},
      {"tls v=0301 cert=hidden sni=www.example", "violation media"},
      {"tls v=0304 cert=hidden", "violation media"},
      {"tls v=0301 cert=hidden alpn=h2", "violation media"},
      {"tls v=0301 cert=hidden inner=http", "violation media"},
      {"http", "violation media"},
  };
  for (const RelayCase& it : cases) {
    INFO(it.flow);
    const auto verdict = test::evaluate(
        lines.policy, test::flow_of(std::string("tcp 10.0.0.1 > 10.0.0.2:443 ") + it.flow));
    CHECK(test::dump(verdict).starts_with(it.want));
  }
}

TEST_CASE("evaluate: of several rows the narrowest that fits supplies the requirements") {
  struct NarrowCase {
    std::vector<const char*> rows;
    const char* flow;
    const char* want;
    const char* used;
  };
  const NarrowCase cases[] = {
      // named roles before any
      {{"wide any > director tcp 443 https tls=bare",
        "narrow proxy > director tcp 443 https "
        "tls=mtls"},
       "tls mutual=proven client-cert=ok",
       "allowed narrow",
       "narrow wide"},
      {{"wide any > director tcp 443 https tls=bare",
        "narrow proxy > director tcp 443 https "
        "tls=mtls"},
       "tls",
       "allowed wide",
       "wide"},
      // few roles before many
      {{"many proxy,edge > director tcp 443 https", "few proxy > director tcp 443 https"},
       "tls",
       "allowed few",
       "few many"},
      // few ports before many, after the roles
      {{"ports proxy > director tcp 443,444 https", "port proxy > director tcp 443 https"},
       "tls",
       "allowed port",
       "port ports"},
      // the name decides between equals
      {{"one proxy > director tcp 443 https", "two proxy > director tcp 443 https"},
       "tls",
       "allowed one",
       "one two"},
      // an application that fits comes before all that
      {{"web proxy > director tcp 443 https", "shell any > director tcp 22,443 ssh"},
       "ssh",
       "allowed shell",
       "shell"},
      {{"web proxy > director tcp 443 https", "own any > director tcp 443 own"},
       "unknown",
       "undetermined own (unknown-application)",
       "own"},
      {{"web proxy > director tcp 443 https", "shell any > director tcp 22,443 ssh"},
       "none out=handshake",
       "undetermined web (no-payload)",
       "web shell"},
  };
  for (const NarrowCase& c : cases) {
    CAPTURE(c.rows[0], c.rows[1], c.flow);
    test::PolicyLines lines;
    lines.policy = site();
    lines.policy.flows.clear();
    for (const char* row : c.rows) lines.row(row);
    const auto flow = flow_of("tcp 172.25.33.40 > 10.1.2.10:443 " + std::string(c.flow));
    const Verdict verdict = evaluate(lines.policy, flow);
    CHECK(dump(verdict) == c.want);
    CHECK(joined(verdict.used) == c.used);
  }
}

TEST_CASE("evaluate: nearest rows name the first field that fails") {
  const Case cases[] = {
      {"tcp 172.25.33.40 > 10.1.2.10:443 tls",
       "rp-4443 port: 4443 / 443; cli-443 from: internal-clients / proxy; "
       "rp-8080 port: 8080 / 443"},
      {"udp 172.25.33.40 > 10.1.2.10:8080 http dir=content",
       "rp-8080 transport: tcp / udp; rp-4443 transport: tcp / udp; "
       "cli-443 from: internal-clients / proxy"},
      // rows from `any` come last
      {"tcp 172.25.33.40 > 172.25.33.10:4443 tls",
       "rp-4443 to: director or front-end / edge; rp-8080 to: director or front-end / edge; "
       "names to: dns / edge"},
      // SIP in clear is nearest to SIP inside TLS
      {"tcp 172.25.33.10 > 10.1.2.11:637 sip",
       "edge-5060 port: 5060 / 637; edge-5061 port: 5061 / 637; bare port: 636 / 637"},
      {"tcp 10.1.3.12 > 10.1.2.11:444 tls",
       "dir-fe-444 direction: director to front-end / front-end to director; "
       "cli-443 from: internal-clients / front-end; "
       "bare from: edge / front-end"},
      // both ends are wrong everywhere: then these, too
      {"tcp 10.20.5.5 > 10.1.3.11:444 tls",
       "dir-fe-444 from: director / internal-clients; cli-443 to: director / front-end+cms; "
       "rp-4443 from: proxy / internal-clients"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.flow);
    CHECK(test::dump_nearest(evaluate(site(), flow_of(c.flow))) == c.want);
  }
  const auto wrong = evaluate(site(), flow_of("tcp 10.20.5.5 > 10.1.2.10:443 ssh"));
  REQUIRE(!wrong.nearest.empty());
  CHECK(wrong.nearest[0].rule == "cli-443");
  CHECK(wrong.nearest[0].field == Field::application);
  CHECK(evaluate(site(), flow_of("tcp 10.20.5.5 > 10.1.2.10:443 tls")).nearest.empty());
}

TEST_CASE("evaluate: a reversed row is named once") {
  test::PolicyLines lines;
  lines.policy = site();
  lines.policy.flows.clear();
  lines.row("one director > front-end tcp 444 https");
  CHECK(test::dump_nearest(evaluate(lines.policy, flow_of("tcp 10.1.3.12 > 10.1.2.11:444 tls"))) ==
        "one direction: director to front-end / front-end to director");
}

TEST_CASE("evaluate: a row that names the client is nearer than one for everybody") {
  test::PolicyLines lines;
  lines.policy = site();
  lines.policy.flows.clear();
  lines.row("everybody any > edge tcp 443 https");
  lines.row("mapped proxy > director tcp 4443 https");
  CHECK(
      test::dump_nearest(evaluate(lines.policy, flow_of("tcp 172.25.33.40 > 10.1.2.10:443 tls"))) ==
      "mapped port: 4443 / 443; everybody to: edge / director");
}

TEST_CASE("evaluate: strangers are nearest only when there is nothing else") {
  test::PolicyLines lines;
  lines.policy = site();
  lines.policy.flows.clear();
  lines.row("far edge > dns udp 53 dns");
  const auto flow = flow_of("tcp 10.20.5.5 > 10.1.2.10:443 tls");
  CHECK(test::dump_nearest(evaluate(lines.policy, flow)) == "far from: edge / internal-clients");
  lines.row("near edge > director udp 53 dns");
  CHECK(test::dump_nearest(evaluate(lines.policy, flow)) == "near from: edge / internal-clients");
}

TEST_CASE("evaluate: among many rows the nearest are those on the closest ports") {
  test::PolicyLines lines;
  lines.policy = site();
  lines.policy.flows.clear();
  for (int port = 1000; port <= 5000; port += 10) {
    lines.row(fmt::format("c{} internal-clients > director tcp {} https", port, port));
    lines.row(fmt::format("d{} internal-clients > director tcp {} sip", port, port));
    lines.row(fmt::format("e{} edge > dns tcp {} https", port, port));
  }
  lines.row("listed internal-clients > director tcp 2100,2998 https");
  const auto nearest = [&](const std::string& flow) {
    return test::dump_nearest(evaluate(lines.policy, flow_of(flow)));
  };
  // Rows for another application are farther, whatever their port.
  CHECK(nearest("tcp 10.20.5.5 > 10.1.2.10:3003 tls") ==
        "c3000 port: 3000 / 3003; listed port: 2100 or 2998 / 3003; c3010 port: 3010 / 3003");
  CHECK(nearest("tcp 10.20.5.5 > 10.1.2.10:900 tls") ==
        "c1000 port: 1000 / 900; c1010 port: 1010 / 900; c1020 port: 1020 / 900");
  CHECK(nearest("tcp 10.20.5.5 > 10.1.2.10:65535 tls") ==
        "c5000 port: 5000 / 65535; c4990 port: 4990 / 65535; c4980 port: 4980 / 65535");
}

}  // namespace pcapaudit
