// The wider packs: each row has its source, nothing is named twice, and hand-typed judgements.
#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "support/judge.hpp"

namespace pcapaudit {
namespace {

std::vector<std::pair<std::string, std::string>> all_packs() {
  std::vector<std::pair<std::string, std::string>> files;
  for (const BuiltInPack& pack : built_in_packs()) {
    files.emplace_back(std::string(pack.id), std::string(pack.text));
  }
  return files;
}

TEST_CASE("packs: all load together, every row has a source, every doubt is explained") {
  const auto policy = load_policy_texts(all_packs());
  if (!policy) FAIL(policy.error().where << ": " << policy.error().what);
  // Rows of the tables: 14 + 28 + 182 + 8 + 77 + 55 + 50.
  CHECK(policy->flows.size() == 414);
  CHECK(policy->roles.size() <= 40);
  std::set<std::string> named;
  for (const DocumentedFlow& row : policy->flows) {
    CAPTURE(row.id);
    CHECK(!row.sources.empty());
    CHECK((row.basis == "row" || row.basis == "prose" || row.basis == "cross-document"));
    for (const std::string& doubt : row.doubts) {
      CHECK(policy->doubts.contains(doubt));
      named.insert(doubt);
    }
  }
  CHECK(named.size() > 30);
}

TEST_CASE("packs: strict leaves out what rests on other documents") {
  const auto all = load_policy({"lync2013-internal"});
  const auto strict = load_policy({"lync2013-internal"}, true);
  REQUIRE((all && strict));
  CHECK(all->flows.size() - strict->flows.size() == 3);  // the logging rows
}

constexpr const char* site = R"(
format = 1
[site]
internal_networks = ["10.0.0.0/8", "172.16.0.0/12"]
client_networks   = ["10.20.0.0/16"]
[bind.reverse-proxy-int]
addresses = ["172.16.0.40"]
[bind.director]
vip     = ["10.1.2.10"]
members = ["10.1.2.11"]
[bind.front-end]
addresses = ["10.1.3.11"]
[bind.edge-int]
addresses = ["172.16.0.10"]
[bind.access-edge]
addresses = ["198.51.100.1"]
[bind.web-conferencing-edge]
addresses = ["198.51.100.2"]
[bind.av-edge]
addresses = ["198.51.100.3"]
[bind.sql]
addresses = ["10.1.5.5"]
[bind.mediation]
addresses = ["10.1.6.6"]
)";

TEST_CASE("packs: judgements of the wider documentation") {
  struct PackCase {
    const char* pack;
    const char* flow;
    const char* want;
  };
  const PackCase cases[] = {
      // Typed from the port tables; the Edge with NAT unless the pack says otherwise.
      {"lync2013-edge", "tcp 203.0.113.9 > 198.51.100.1:443 tls", "allowed"},
      {"lync2013-edge", "tcp 203.0.113.9 > 198.51.100.1:443 http", "violation"},
      {"lync2013-edge", "tcp 203.0.113.9 > 198.51.100.1:5061 tls mutual=proven client-cert=ok",
       "allowed"},
      {"lync2013-edge", "tcp 203.0.113.9 > 198.51.100.1:5061 tls mutual=declined", "violation"},
      {"lync2013-edge", "tcp 203.0.113.9 > 198.51.100.1:5060 sip", "violation"},
      {"lync2013-edge", "tcp 198.51.100.1 > 203.0.113.9:80 http", "allowed"},
      {"lync2013-edge", "udp 198.51.100.1 > 203.0.113.9:53 dns", "allowed"},
      {"lync2013-edge", "tcp 203.0.113.9 > 198.51.100.2:443 tls", "allowed"},
      {"lync2013-edge", "tcp 203.0.113.9 > 198.51.100.2:80 http", "violation"},
      {"lync2013-edge", "udp 203.0.113.9 > 198.51.100.3:3478 stun", "allowed"},
      {"lync2013-edge", "udp 203.0.113.9 > 198.51.100.3:3478 rtp", "allowed"},
      {"lync2013-edge", "tcp 203.0.113.9 > 198.51.100.3:443 ms-turn", "allowed"},
      {"lync2013-edge", "tcp 203.0.113.9 > 198.51.100.3:443 tls", "allowed"},
      {"lync2013-edge", "tcp 203.0.113.9 > 198.51.100.3:443 ssh", "violation"},
      {"lync2013-edge", "udp 198.51.100.3 > 203.0.113.9:50000 rtp", "allowed"},
      {"lync2013-edge", "udp 198.51.100.3 > 203.0.113.9:59999 rtp", "allowed"},
      {"lync2013-edge", "udp 198.51.100.3 > 203.0.113.9:60000 rtp", "violation"},
      {"lync2013-edge", "tcp 10.1.3.11 > 172.16.0.10:8057 tls mutual=proven client-cert=ok",
       "allowed"},
      {"lync2013-edge", "tcp 10.1.3.11 > 172.16.0.10:5062 tls mutual=proven client-cert=ok",
       "allowed"},
      {"lync2013-edge", "tcp 10.1.3.11 > 172.16.0.10:4443 tls", "allowed"},
      {"lync2013-edge", "tcp 10.1.3.11 > 172.16.0.10:3389 rdp", "violation"},
      {"lync2013-edge", "tcp 172.16.0.10 > 10.1.3.11:5061 tls mutual=proven client-cert=ok",
       "allowed"},
      {"lync2013-edge", "tcp 172.16.0.10 > 10.1.3.11:444 tls", "violation"},
      {"lync2013-director-scaled", "tcp 172.16.0.40 > 10.1.2.10:4443 tls", "allowed"},
      {"lync2013-director-scaled", "tcp 172.16.0.40 > 10.1.2.10:443 tls", "violation"},
      {"lync2013-director-scaled", "tcp 10.20.5.5 > 10.1.2.10:443 tls", "allowed"},
      {"lync2013-director-scaled", "tcp 10.1.2.11 > 10.1.3.11:444 tls", "allowed"},
      {"lync2013-director-scaled",
       "tcp 10.9.9.9 > 10.1.2.11:50001 tls mutual=proven client-cert=ok", "allowed"},
      {"lync2013-internal", "tcp 10.1.3.11 > 10.1.5.5:1433 tds", "allowed"},
      {"lync2013-internal", "tcp 10.20.5.5 > 10.1.5.5:1433 tds", "violation"},
      {"lync2013-internal", "tcp 10.20.5.5 > 10.1.3.11:5061 tls", "allowed"},
      {"lync2013-internal", "tcp 10.20.5.5 > 10.1.3.11:135 msrpc", "allowed"},
      {"lync2013-internal", "tcp 10.20.5.5 > 10.1.3.11:135 http", "violation"},
      {"lync2013-internal", "tcp 10.1.3.11 > 10.1.6.6:5067 tls", "allowed"},
      {"lync2013-internal", "tcp 10.1.3.11 > 10.1.6.6:5069 tls", "violation"},
      {"lync2013-clients", "tcp 10.20.5.5 > 10.1.3.11:5061 tls", "allowed"},
      {"lync2013-clients", "tcp 10.20.5.5 > 10.1.3.11:5060 sip", "violation"},
      {"sfb2015-edge", "tcp 203.0.113.9 > 198.51.100.1:5269 xmpp", "allowed"},
      {"sfb2019-edge", "tcp 203.0.113.9 > 198.51.100.1:5269 xmpp", "violation"},
      {"sfb2019-edge", "tcp 203.0.113.9 > 198.51.100.1:443 tls", "allowed"},
      // Inbound media ports are documented for Lync, and not for Skype for Business any more.
      {"lync2013-edge", "udp 203.0.113.9 > 198.51.100.3:50001 rtp", "allowed"},
      {"sfb2015-edge", "udp 203.0.113.9 > 198.51.100.3:50001 rtp", "violation"},
  };
  std::map<std::string, Policy> policies;
  for (const PackCase& c : cases) {
    if (policies.contains(c.pack)) continue;
    // Roles that only other packs have are none of this site's business.
    std::string own(site);
    const auto pack = load_policy({c.pack});
    REQUIRE(pack);
    std::string bound = "format = 1\n";
    std::istringstream lines(own.substr(own.find("[site]")));
    bool keep = true;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("[bind.")) {
        keep = pack->find_role(line.substr(6, line.size() - 7)).has_value();
      }
      if (keep) bound += line + "\n";
    }
    auto files = all_packs();
    std::erase_if(files, [&](const auto& file) { return file.first != c.pack; });
    files.emplace_back("site.toml", bound);
    auto policy = load_policy_texts(files);
    if (!policy) FAIL(policy.error().where << ": " << policy.error().what);
    policies.emplace(c.pack, *std::move(policy));
  }
  for (const PackCase& c : cases) {
    CAPTURE(c.pack, c.flow);
    const Verdict verdict = test::evaluate(policies.at(c.pack), test::flow_of(c.flow));
    CHECK(to_text(verdict.kind) == c.want);
  }
}

}  // namespace
}  // namespace pcapaudit
