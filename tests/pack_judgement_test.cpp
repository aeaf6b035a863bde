// The built-in pack with a whole site: how documented and undocumented flows are judged.
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "support/judge.hpp"
#include "support/temp_dir.hpp"

namespace pcapaudit {
namespace {

constexpr const char* site_text = R"(
format   = 1
use      = ["lync2013-seeds"]
profiles = ["reverse-proxy", "director"]

[site]
name              = "Example"
internal_networks = ["10.0.0.0/8"]
client_networks   = ["10.20.0.0/16"]

[flags]
autodiscover_http = false
http_redirect     = true
central_logging   = true

[bind.reverse-proxy-ext]
addresses = ["10.45.16.40", "198.51.100.40"]
[bind.reverse-proxy-int]
addresses = ["172.25.33.40"]
[bind.director]
vip     = ["10.1.2.10"]
members = ["10.1.2.11", "10.1.2.12"]
[bind.front-end]
vip     = ["10.1.3.10"]
members = ["10.1.3.11", "10.1.3.12"]
[bind.edge-int]
addresses = ["172.25.33.10", "172.25.33.11"]
[bind.office-web-apps]
addresses = ["10.1.4.5"]
[bind.cms]
addresses = ["10.1.3.11"]
[bind.dns-perimeter]
addresses = ["172.25.33.53"]

[role.cms]
title = "Holder of the Central Management store"
[role.dns-perimeter]
title = "Perimeter DNS"

[[shares]]
address = "10.1.3.11"
roles   = ["front-end", "cms"]
reason  = "Front End 1 holds the Central Management store"

[[flow]]
id        = "site-dns"
from      = ["reverse-proxy-int", "edge-int"]
to        = "dns-perimeter"
transport = ["udp", "tcp"]
port      = 53
app       = "dns"
need      = "never"
basis     = "site"
why       = "Name resolution in the perimeter"
owner     = "network@example.org"
approved  = 2026-02-03
review    = 2026-08-03
)";

Policy whole_site() {
  const test::TempDir folder;
  auto policy = load_policy({folder.write("site.toml", site_text)});
  if (!policy) FAIL(policy.error().where << ": " << policy.error().what);
  return *policy;
}

// Kind, rule, and the kind, severity and mistake of each problem.
std::string gist(const Verdict& verdict) {
  std::string text(to_text(verdict.kind));
  if (!verdict.rule.empty()) text += " " + verdict.rule;
  for (const Problem& it : verdict.problems) {
    text += fmt::format("; {} {}", to_text(it.severity), to_text(it.kind));
    if (!it.mistake.empty()) text += ", " + it.mistake;
  }
  return text;
}

struct PackCase {
  const char* roles;
  const char* flow;
  const char* want;
};

}  // namespace

TEST_CASE("pack: the example's flows and how they are judged") {
  const PackCase cases[] = {
      {"internet to reverse-proxy-ext", "tcp 203.0.113.9 > 198.51.100.40:443 tls",
       "allowed rp-ext-443"},
      {"internet to reverse-proxy-ext", "tcp 203.0.113.9 > 10.45.16.40:80 http",
       "allowed rp-ext-80"},
      {"reverse-proxy-int to director", "tcp 172.25.33.40 > 10.1.2.10:4443 tls",
       "allowed rp-int-4443"},
      {"reverse-proxy-int to director", "tcp 172.25.33.40 > 10.1.2.11:4443 tls",
       "allowed rp-int-4443; medium vip-bypass"},
      {"reverse-proxy-int to front-end", "tcp 172.25.33.40 > 10.1.3.10:8080 http",
       "allowed rp-int-8080; low discouraged"},
      {"reverse-proxy-int to front-end", "tcp 172.25.33.40 > 10.1.3.10:443 tls",
       "violation; high undocumented, mapping-missing"},
      {"reverse-proxy-int to office-web-apps", "tcp 172.25.33.40 > 10.1.4.5:443 tls",
       "allowed rp-owa-443"},
      {"reverse-proxy-int to office-web-apps", "tcp 172.25.33.40 > 10.1.4.5:4443 tls",
       "violation; medium undocumented, owa-mapped"},
      {"internal-clients to office-web-apps", "tcp 10.20.5.5 > 10.1.4.5:443 tls",
       "allowed cli-owa-443"},
      {"internal-clients to director", "tcp 10.20.5.5 > 10.1.2.10:443 tls", "allowed cli-dir-443"},
      {"internal-clients to director", "tcp 10.20.5.5 > 10.1.2.10:4443 tls",
       "violation; medium undocumented, external-site-from-inside"},
      {"director to front-end+cms", "tcp 10.1.2.11 > 10.1.3.11:444 tls", "allowed dir-fe-444"},
      {"front-end+cms to director", "tcp 10.1.3.11 > 10.1.2.11:444 tls",
       "violation; high reversed-direction"},
      {"edge-int to director", "tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=proven client-cert=ok",
       "allowed edge-dir-5061"},
      {"front-end to edge-int",
       "tcp 10.1.3.12 > 172.25.33.11:5061 tls mutual=proven client-cert=ok",
       "allowed fe-edge-5061"},
      {"front-end+cms to edge-int", "tcp 10.1.3.11 > 172.25.33.10:4443 tls",
       "violation; low undocumented, two-kinds-of-4443"},
      {"front-end+cms to edge-int",
       "tcp 10.1.3.11 > 172.25.33.10:50002 tls mutual=proven client-cert=ok", "allowed cls-edge"},
      {"unknown-internal to director", "tcp 10.50.1.1 > 10.1.2.11:50002 tls",
       "violation; high undocumented"},
      {"internet to front-end", "tcp 203.0.113.9 > 10.1.3.10:4443 tls",
       "violation; critical undocumented, proxy-bypassed"},
      {"reverse-proxy-int to edge-int", "tcp 172.25.33.40 > 172.25.33.10:4443 tls",
       "violation; high undocumented"},
      {"reverse-proxy-int to dns-perimeter", "udp 172.25.33.40 > 172.25.33.53:53 dns dir=content",
       "allowed site-dns"},
      // Beside the example: the logging rows are the documents' "any", and ask for mutual TLS.
      {"unknown-internal to edge-int", "tcp 10.50.1.1 > 172.25.33.10:50002 tls",
       "violation cls-edge; high not-mutual"},
      {"edge-int to director", "tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=tls13-encrypted",
       "undetermined edge-dir-5061"},
      {"edge-int to director", "tcp 172.25.33.10 > 10.1.2.11:5061 sip",
       "violation edge-dir-5061; high wrong-application"},
      {"internet to reverse-proxy-ext", "tcp 203.0.113.9 > 198.51.100.40:443 tls v=0302",
       "violation rp-ext-443; high old-tls"},
      {"director to front-end+cms", "tcp 10.1.2.11 > 10.1.3.11:444 tls v=0301",
       "allowed dir-fe-444; low weak-tls"},
  };
  const Policy policy = whole_site();
  for (const PackCase& c : cases) {
    CAPTURE(c.flow);
    const Verdict verdict = test::evaluate(policy, test::flow_of(c.flow));
    CHECK(gist(verdict) == c.want);
    CHECK(policy.role_names(verdict.client_roles) + " to " +
              policy.role_names(verdict.server_roles) ==
          c.roles);
  }
}

}  // namespace pcapaudit
