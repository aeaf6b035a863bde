// A small site for tables of judgements: a proxy, two pools, an Edge, and what they may do.
#pragma once

#include <catch2/catch.hpp>

#include "support/judge.hpp"

namespace pcapaudit::test {

// A proxy, a Director pool, a Front End pool (one member is also the cms) and an Edge.
inline Policy site() {
  PolicyLines lines;
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
  lines.mistake("wrong-web proxy > director 8080 low tls");
  Policy& policy = lines.policy;
  policy.internal_networks = {Subnet::parse("10.0.0.0/8").value()};
  policy.client_networks = {Subnet::parse("10.20.0.0/16").value()};
  for (std::size_t i = 0; i < finding_kind_count; ++i) {
    policy.severities[static_cast<FindingKind>(i)] = Severity::high;
  }
  policy.severities[FindingKind::expired_certificate] = Severity::medium;
  policy.severities[FindingKind::vip_bypass] = Severity::medium;
  policy.severities[FindingKind::discouraged] = Severity::low;
  policy.severities[FindingKind::weak_cipher] = Severity::medium;
  policy.severities[FindingKind::weak_key_exchange] = Severity::low;
  policy.severities[FindingKind::flawed_chain] = Severity::low;
  policy.severities[FindingKind::forged_proof] = Severity::critical;
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

}  // namespace pcapaudit::test
