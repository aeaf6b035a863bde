// The judgement: sentence by sentence of the policy's semantics, as tables of flows and verdicts.
#include <catch2/catch.hpp>

#include "support/judge.hpp"

namespace pcapaudit {
namespace {

using test::dump;
using test::flow_of;

// A proxy, a Director pool, a Front End pool (one member is also the cms) and an Edge.
Policy site() {
  test::PolicyLines lines;
  for (const char* id : {"proxy", "director", "front-end", "edge", "cms", "dns"}) lines.role(id);
  lines.bind("proxy at=172.25.33.40");
  lines.bind("director vip=10.1.2.10 members=10.1.2.11,10.1.2.12");
  lines.bind("front-end vip=10.1.3.10 members=10.1.3.11,10.1.3.12");
  lines.bind("cms at=10.1.3.11");
  lines.bind("edge at=172.25.33.10");
  lines.bind("dns at=172.25.33.53");
  lines.row("rp-8080 proxy > front-end,director tcp 8080 http vip discouraged");
  lines.row("rp-4443 proxy > front-end,director tcp 4443 https tls=web vip");
  lines.row("cli-443 internal-clients > director tcp 443 https tls=web vip");
  lines.row("dir-fe-444 director > front-end tcp 444 https tls=web");
  lines.row("edge-5061 edge > director tcp 5061 sip tls=mtls");
  lines.row("edge-5060 edge > director tcp,udp 5060 sip");
  lines.row("cls any > edge tcp 50001,50002 tls tls=mtls");
  lines.row("bare edge > director tcp 636 ldap tls=bare");
  lines.row("names proxy,edge > dns udp,tcp 53 dns");
  lines.row("ping edge > dns icmp - icmp");
  lines.mistake("mapping-missing proxy > director,front-end 80,443,5060 critical");
  lines.mistake("too-late proxy > director,front-end 443 low");
  lines.mistake("wrong-web proxy > director 8080 low");
  Policy& policy = lines.policy;
  policy.internal_networks = {Subnet::parse("10.0.0.0/8").value()};
  policy.client_networks = {Subnet::parse("10.20.0.0/16").value()};
  for (std::size_t i = 0; i < finding_kind_count; ++i) {
    policy.severities[static_cast<FindingKind>(i)] = Severity::high;
  }
  policy.severities[FindingKind::expired_certificate] = Severity::medium;
  policy.severities[FindingKind::vip_bypass] = Severity::medium;
  policy.severities[FindingKind::discouraged] = Severity::low;
  return policy;
}

struct Case {
  const char* flow;
  const char* want;
};

template <std::size_t count>
void check_verdicts(const Policy& policy, const Case (&cases)[count]) {
  for (const Case& c : cases) {
    CAPTURE(c.flow);
    CHECK(dump(evaluate(policy, flow_of(c.flow))) == c.want);
  }
}

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

TEST_CASE("evaluate: TLS version") {
  const std::string old = "violation cli-443; high old-tls tls-version: >= TLSv1.2 / ";
  const std::pair<const char*, std::string> cases[] = {
      {"0304", "allowed cli-443"},
      {"0303", "allowed cli-443"},
      {"7f1c", "allowed cli-443"},
      {"fb17", "allowed cli-443"},
      {"0302", old + "TLSv1.1"},
      {"0301", old + "TLSv1.0"},
      {"0300", old + "SSLv3"},
      {"0002", old + "SSLv2"},
      {"0", "undetermined cli-443 (tls-handshake-not-seen)"},
      {"0305", "undetermined cli-443 (tls-handshake-not-seen)"},
      {"fefd", "undetermined cli-443 (tls-handshake-not-seen)"},
  };
  for (const auto& [version, want] : cases) {
    CAPTURE(version);
    const auto flow = flow_of("tcp 10.20.5.5 > 10.1.2.10:443 tls v=" + std::string(version));
    CHECK(dump(evaluate(site(), flow)) == want);
  }
  // Nothing is asked, so nothing is missing.
  CHECK(dump(evaluate(site(), flow_of("tcp 172.25.33.10 > 10.1.2.11:636 tls v=0"))) ==
        "allowed bare");
  // What was seen of a one-sided handshake stands.
  CHECK(dump(evaluate(site(), flow_of("tcp 10.20.5.5 > 10.1.2.10:443 tls v=0301 bytes=0,900 "
                                      "out=one-sided"))) == old + "TLSv1.0");
}

TEST_CASE("evaluate: mutual TLS has four answers") {
  const std::string refused = "violation edge-5061; high not-mutual mutual: client certificate / ";
  const std::pair<const char*, std::string> cases[] = {
      {"mutual=proven client-cert=ok", "allowed edge-5061"},
      {"mutual=declined", refused + "declined"},
      {"mutual=not-requested", refused + "not-requested"},
      {"mutual=tls13-encrypted", "undetermined edge-5061 (tls13-encrypted)"},
      {"mutual=resumed", "undetermined edge-5061 (resumed)"},
      {"mutual=midstream", "undetermined edge-5061 (midstream)"},
      {"mutual=gap", "undetermined edge-5061 (gap)"},
      {"mutual=truncated", "undetermined edge-5061 (truncated)"},
      {"mutual=truncated v=0", "undetermined edge-5061 (truncated)"},
      {"mutual=hidden", "undetermined edge-5061 (tls-handshake-not-seen)"},
      {"mutual=proven client-cert=ok v=0", "undetermined edge-5061 (tls-handshake-not-seen)"},
  };
  for (const auto& [facts, want] : cases) {
    CAPTURE(facts);
    // The verdict's client certificate problem has no certificate to judge: it stands alone.
    const auto flow = flow_of("tcp 172.25.33.10 > 10.1.2.11:5061 tls " + std::string(facts));
    CHECK(dump(evaluate(site(), flow)) == want);
  }
  // 444 is HTTPS: a client certificate is neither demanded nor forbidden.
  const Case free[] = {
      {"tcp 10.1.2.11 > 10.1.3.12:444 tls mutual=not-requested", "allowed dir-fe-444"},
      {"tcp 10.1.2.11 > 10.1.3.12:444 tls mutual=declined", "allowed dir-fe-444"},
      {"tcp 10.1.2.11 > 10.1.3.12:444 tls mutual=proven client-cert=expired", "allowed dir-fe-444"},
      {"tcp 10.1.2.11 > 10.1.3.12:444 tls mutual=resumed cert=hidden",
       "allowed dir-fe-444 (certificate-hidden)"},
  };
  check_verdicts(site(), free);
}

TEST_CASE("evaluate: certificates are judged at the time of the flow") {
  const std::string failed =
      "violation cli-443; medium expired-certificate certificate: server certificate valid when "
      "used / ";
  const std::pair<const char*, std::string> cases[] = {
      {"cert=ok", "allowed cli-443"},
      {"cert=last-instant", "allowed cli-443"},
      {"cert=expired", failed + "CN=server valid until 2026-11-19T10:00:00Z"},
      {"cert=early", failed + "CN=server valid from 2026-11-20T22:00:00Z"},
      {"cert=hidden", "allowed cli-443 (certificate-hidden)"},
      {"cert=unreadable", "allowed cli-443 (certificate-hidden)"},
      {"cert=hidden v=0304 mutual=tls13-encrypted", "allowed cli-443 (certificate-hidden)"},
      {"client-cert=expired mutual=proven", "allowed cli-443"},  // the row demands none
  };
  for (const auto& [facts, want] : cases) {
    CAPTURE(facts);
    const auto flow = flow_of("tcp 10.20.5.5 > 10.1.2.10:443 tls " + std::string(facts));
    CHECK(dump(evaluate(site(), flow)) == want);
  }
  const Case mutual[] = {
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=proven client-cert=expired",
       "violation edge-5061; medium expired-certificate certificate: client certificate valid "
       "when used / CN=client valid until 2026-11-19T10:00:00Z"},
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=tls13-encrypted cert=hidden",
       "undetermined edge-5061 (tls13-encrypted)"},
      {"tcp 172.25.33.10 > 10.1.2.11:636 tls cert=expired",
       "violation bare; medium expired-certificate certificate: server certificate valid when "
       "used / CN=server valid until 2026-11-19T10:00:00Z"},
  };
  check_verdicts(site(), mutual);
}

TEST_CASE("evaluate: discouraged rows and bypassed VIPs are allowed and reported") {
  const Case cases[] = {
      {"tcp 172.25.33.40 > 10.1.3.10:8080 http", "allowed rp-8080; low discouraged"},
      {"tcp 172.25.33.40 > 10.1.3.11:8080 http",
       "allowed rp-8080; medium vip-bypass to: 10.1.3.10 / 10.1.3.11; low discouraged"},
      {"tcp 172.25.33.40 > 10.1.2.10:4443 tls", "allowed rp-4443"},
      {"tcp 172.25.33.40 > 10.1.2.12:4443 tls",
       "allowed rp-4443; medium vip-bypass to: 10.1.2.10 / 10.1.2.12"},
      // rows that do not ask for the VIP accept a member
      {"tcp 10.1.2.11 > 10.1.3.12:444 tls", "allowed dir-fe-444"},
      {"tcp 172.25.33.40 > 10.1.2.12:4443 none out=handshake", "undetermined rp-4443 (no-payload)"},
  };
  check_verdicts(site(), cases);
}

TEST_CASE("evaluate: several problems stand gravest first, then by kind") {
  const Case cases[] = {
      {"tcp 172.25.33.40 > 10.1.2.12:4443 tls v=0301 cert=expired",
       "violation rp-4443; high old-tls tls-version: >= TLSv1.2 / TLSv1.0; medium "
       "expired-certificate certificate: server certificate valid when used / CN=server valid "
       "until 2026-11-19T10:00:00Z; medium vip-bypass to: 10.1.2.10 / 10.1.2.12"},
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls v=0300 mutual=declined",
       "violation edge-5061; high not-mutual mutual: client certificate / declined; high old-tls "
       "tls-version: >= TLSv1.0 / SSLv3"},
  };
  check_verdicts(site(), cases);
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
  lines.mistake("all any > any 443 info");
  CHECK(dump(evaluate(lines.policy, flow_of("tcp 10.20.5.5 > 10.1.2.10:443 tls"))) ==
        "allowed cli-443");
  CHECK(dump(evaluate(lines.policy, flow_of("tcp 8.8.8.8 > 10.1.2.10:443 tls"))) ==
        "violation; info undocumented, mistake all");
}

TEST_CASE("evaluate: a guessed direction is no violation when a row fits the other way round") {
  const Case cases[] = {
      {"tcp 10.1.3.12 > 10.1.2.11:444 tls out=midstream dir=port",
       "undetermined dir-fe-444 (direction-unknown)"},
      {"tcp 10.1.3.12 > 10.1.2.11:51000 tls out=midstream dir=first-packet from=444",
       "violation; high undocumented"},
      {"tcp 10.1.3.12 > 10.1.2.11:51000 unknown out=midstream dir=first-packet from=444",
       "violation; high undocumented"},
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
       "violation narrow; high not-mutual mutual: client certificate / not-requested",
       "narrow wide"},
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
      // the policy's order decides between equals
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
       "rp-8080 transport: tcp / udp; edge-5060 from: edge / proxy; "
       "rp-4443 transport: tcp / udp"},
      {"tcp 172.25.33.40 > 172.25.33.10:4443 tls",
       "rp-4443 to: director or front-end / edge; cls port: 50001 or 50002 / 4443; "
       "rp-8080 to: director or front-end / edge"},
      {"tcp 10.1.3.12 > 10.1.2.11:444 tls",
       "dir-fe-444 direction: director to front-end / front-end to director; "
       "cli-443 from: internal-clients / front-end; "
       "edge-5061 from: edge / front-end"},
      // both ends are wrong everywhere: then these, too
      {"tcp 10.20.5.5 > 10.1.3.11:444 tls",
       "dir-fe-444 from: director / internal-clients; rp-4443 from: proxy / internal-clients; "
       "cli-443 to: director / front-end+cms"},
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

TEST_CASE("service_of: bytes, then the documented application, then the port") {
  struct ServiceCase {
    const char* flow;
    const char* documented;
    const char* want;
  };
  const ServiceCase cases[] = {
      {"tcp 1.1.1.1 > 2.2.2.2:80 http", "", "HTTP content"},
      {"tcp 1.1.1.1 > 2.2.2.2:443 http", "https", "HTTP content"},
      {"tcp 1.1.1.1 > 2.2.2.2:5060 sip", "sip", "SIP content"},
      {"tcp 1.1.1.1 > 2.2.2.2:22 ssh", "", "SSH content"},
      {"icmp 1.1.1.1 > 2.2.2.2 icmp", "", "ICMP content"},
      {"tcp 1.1.1.1 > 2.2.2.2:80 http server=ssh", "", "HTTP partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls alpn=h2", "", "HTTPS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:5061 tls alpn=http/1.1 mutual=proven", "sip", "HTTPS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls inner=http", "", "HTTPS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls inner=sip", "", "SIP/TLS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls inner=sip mutual=proven", "", "SIP/MTLS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls inner=ldap", "", "LDAP/TLS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls", "https", "HTTPS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls mutual=proven", "sip", "SIP/MTLS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls mutual=declined", "sip", "SIP/TLS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls mutual=tls13-encrypted", "sip", "SIP/TLS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:443 tls mutual=proven", "tls", "MTLS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:443 tls", "tls", "TLS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:443 tls", "", "HTTPS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:444 tls", "", "HTTPS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:4443 tls", "", "HTTPS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:8443 tls", "", "HTTPS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:5061 tls", "", "SIP/TLS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:5061 tls mutual=proven", "", "SIP/MTLS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls mutual=proven", "", "MTLS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls", "", "TLS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:443 none", "https", " port"},
      {"tcp 1.1.1.1 > 2.2.2.2:443 none", "", " none"},
      {"tcp 1.1.1.1 > 2.2.2.2:443 unknown", "https", " none"},
  };
  for (const ServiceCase& c : cases) {
    CAPTURE(c.flow, c.documented);
    const ServiceName name = service_of(flow_of(c.flow), c.documented);
    CHECK(test::dump_service(name.service, name.basis) == c.want);
  }
}

TEST_CASE("evaluate: the verdict carries the service of its row") {
  const Case cases[] = {
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=proven client-cert=ok", "SIP/MTLS partial"},
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=resumed", "SIP/TLS partial"},
      {"tcp 8.8.8.8 > 172.25.33.10:50001 tls mutual=proven client-cert=ok", "MTLS content"},
      {"tcp 172.25.33.40 > 10.1.2.10:443 tls", "HTTPS partial"},  // no row: by port
      {"tcp 172.25.33.10 > 172.25.33.53:53 tls", "TLS content"},  // not the row's DNS
      {"tcp 10.20.5.5 > 10.1.2.10:443 none out=handshake", " port"},
      {"tcp 10.20.5.5 > 10.20.5.6:80 http", "HTTP content"},  // ignored, and still named
  };
  for (const Case& c : cases) {
    CAPTURE(c.flow);
    const Verdict verdict = evaluate(site(), flow_of(c.flow));
    CHECK(test::dump_service(verdict.service, verdict.basis) == c.want);
  }
}

TEST_CASE("verdict: names") {
  CHECK(to_text(VerdictKind::allowed) == "allowed");
  CHECK(to_text(VerdictKind::ignored) == "ignored");
  CHECK(to_text(Reason::none).empty());
  CHECK(to_text(Reason::no_payload) == "no-payload");
  CHECK(to_text(Reason::mutual_tls13_encrypted) == to_text(MutualReason::tls13_encrypted));
  CHECK(to_text(Reason::mutual_truncated) == to_text(MutualReason::truncated));
  CHECK(to_text(Reason::certificate_hidden) == "certificate-hidden");
  CHECK(to_text(Reason::tls_not_seen) == "tls-handshake-not-seen");
  CHECK(to_text(Field::none).empty());
  CHECK(to_text(Field::from) == "from");
  CHECK(to_text(Field::tls_version) == "tls-version");
  CHECK(to_text(Field::certificate) == "certificate");
}

}  // namespace pcapaudit
