// The wider packs: each row has its source, nothing is named twice, the page of docs lists every
// row, and judgements typed by hand from the port tables.
#include <algorithm>
#include <bit>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "support/judge.hpp"

namespace pcapaudit {
namespace {

struct Bound {
  const char* role;
  const char* addresses;
};
constexpr Bound bindings[] = {
    {"reverse-proxy-ext", R"(addresses = ["198.51.100.40"])"},
    {"reverse-proxy-int", R"(addresses = ["172.16.0.40"])"},
    {"director", "vip = [\"10.1.2.10\"]\nmembers = [\"10.1.2.11\", \"10.1.2.12\"]"},
    {"front-end", "vip = [\"10.1.3.10\"]\nmembers = [\"10.1.3.11\", \"10.1.3.12\"]"},
    {"edge-int", "vip = [\"172.16.0.9\"]\nmembers = [\"172.16.0.10\", \"172.16.0.11\"]"},
    {"access-edge", "vip = [\"198.51.100.1\"]\nmembers = [\"198.51.100.11\"]"},
    {"web-conferencing-edge", "vip = [\"198.51.100.2\"]\nmembers = [\"198.51.100.12\"]"},
    {"av-edge", "vip = [\"198.51.100.3\"]\nmembers = [\"198.51.100.13\"]"},
    {"office-web-apps", R"(addresses = ["10.1.4.5"])"},
    {"sql", R"(addresses = ["10.1.5.5"])"},
    {"mediation", R"(addresses = ["10.1.6.6"])"},
    {"pstn-gateway", R"(addresses = ["10.1.7.7"])"},
    {"persistent-chat", R"(addresses = ["10.1.8.8"])"},
    {"sba", R"(addresses = ["10.1.9.9"])"},
    {"cms", R"(addresses = ["10.1.3.20"])"},
    {"logging-controller", R"(addresses = ["10.1.10.10"])"},
    {"public-im-partners", R"(addresses = ["203.0.113.70"])"},
    {"federated-partners", R"(addresses = ["203.0.113.80"])"},
    {"trusted-service", R"(addresses = ["10.1.11.11"])"},
    {"file-share", R"(addresses = ["10.1.12.12"])"},
    {"sql-witness", R"(addresses = ["10.1.5.6"])"},
    {"exchange-um", R"(addresses = ["10.1.13.13"])"},
};

// One pack at a site that has every role of it; `profile` may be empty.
Policy pack_at_site(const std::string& id, const std::string& profile,
                    const std::string& settings = "") {
  const auto alone = load_policy({id});
  if (!alone) FAIL(alone.error().where << ": " << alone.error().what);
  std::string site = "format = 1\n";
  if (!profile.empty()) site += fmt::format("profiles = [\"{}\"]\n", profile);
  site +=
      "[site]\ninternal_networks = [\"10.0.0.0/8\", \"172.16.0.0/12\"]\n"
      "client_networks = [\"10.20.0.0/16\"]\n";
  site += settings;
  for (const Bound& it : bindings) {
    if (alone->find_role(it.role)) site += fmt::format("[bind.{}]\n{}\n", it.role, it.addresses);
  }
  std::vector<std::pair<std::string, std::string>> files;
  for (const BuiltInPack& pack : built_in_packs()) {
    if (pack.id == id) files.emplace_back(std::string(pack.id), std::string(pack.text));
  }
  files.emplace_back("site.toml", site);
  auto policy = load_policy_texts(files);
  if (!policy) FAIL(policy.error().where << ": " << policy.error().what);
  return *std::move(policy);
}

}  // namespace

TEST_CASE("packs: every role can be bound, every row has a source, every doubt belongs to a row") {
  struct Count {
    const char* pack;
    std::size_t rows;
  };
  // Rows of the documentation's tables; internal servers: 53 + 20 + 6 + 2 + 2 + 3, 18 more for what
  // a page leaves open (10 + 5 + 2 ports with or without TLS, replication in two directions), 4
  // where clients use TLS and servers mutual TLS, and 8 of pages on single subjects.
  constexpr Count counts[] = {
      {"lync2013-seeds", 14},
      {"lync2013-director-scaled", 14 + 14},
      {"lync2013-clients", 12 + 1 + 1},
      {"lync2013-edge", 37 + 37 + 38 + 37 + 33},
      {"lync2013-internal", 86 + 18 + 4 + 8},
      {"sfb2015-edge", 14 + 11 + 30},
      {"sfb2019-edge", 13 + 10 + 27},
  };
  CHECK(std::size(counts) == built_in_packs().size());
  for (const Count& c : counts) {
    CAPTURE(c.pack);
    const Policy policy = pack_at_site(c.pack, "");
    CHECK(policy.flows.size() == c.rows);
    std::set<std::string> named;
    for (const DocumentedFlow& row : policy.flows) {
      CAPTURE(row.id);
      CHECK(!row.sources.empty());
      CHECK(!row.profiles.empty());
      CHECK((row.basis == "row" || row.basis == "prose" || row.basis == "cross-document"));
      named.insert(row.doubts.begin(), row.doubts.end());
    }
    for (const std::string& doubt : named) {
      CAPTURE(doubt);
      CHECK(policy.doubts.contains(doubt));
    }
    if (std::string_view(c.pack) == "lync2013-seeds")
      continue;  // lists the documents' misprints too
    for (const auto& [doubt, text] : policy.doubts) {
      CAPTURE(doubt, text);
      CHECK(named.contains(doubt));
    }
  }
}

TEST_CASE("packs: all load together, and no name is given twice") {
  std::vector<std::pair<std::string, std::string>> files;
  std::multiset<std::string> names;
  for (const BuiltInPack& pack : built_in_packs()) {
    files.emplace_back("built-in:" + std::string(pack.id), std::string(pack.text));
    const auto policy = load_policy({std::string(pack.id)});
    REQUIRE(policy);
    for (const DocumentedFlow& it : policy->flows) names.insert("row " + it.id);
    for (const Mistake& it : policy->mistakes) names.insert("mistake " + it.id);
    for (const DocumentSource& it : policy->documents) names.insert("document " + it.id);
    for (const auto& [id, text] : policy->doubts) names.insert("doubt " + id);
  }
  for (const std::string& name : names) {
    CAPTURE(name);
    CHECK(names.count(name) == 1);
  }
  const auto together = load_policy_texts(files);
  if (!together) FAIL(together.error().where << ": " << together.error().what);
  CHECK(together->flows.size() == 14 + 28 + 14 + 182 + 116 + 55 + 50);
  // The packs name 22 roles of their own, beside those that are always there.
  CHECK(together->roles.size() == 22 + Policy::builtin_roles);
}

TEST_CASE("packs: strict leaves out what rests on other documents") {
  const auto all = load_policy({"lync2013-internal"});
  const auto strict = load_policy({"lync2013-internal"}, true);
  REQUIRE((all && strict));
  CHECK(all->flows.size() - strict->flows.size() == 3);  // the logging rows
}

namespace {

// The cells of a line of a Markdown table, without the blanks around them.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  for (const std::string& part : test::split(line, '|')) {
    const std::size_t first = part.find_first_not_of(" `");
    if (first == std::string::npos) continue;
    cells.push_back(part.substr(first, part.find_last_not_of(" `") - first + 1));
  }
  return cells;
}

RoleSet roles_of_cell(const Policy& policy, const std::string& cell) {
  RoleSet set = 0;
  for (std::string name : test::split(cell, ',')) {
    name.erase(0, name.find_first_not_of(' '));
    set |= RoleSet{1} << policy.find_role(name).value_or(63);
  }
  return set;
}

// "tcp,udp 50000-59999"
std::string ports_text(const DocumentedFlow& row) {
  std::string text;
  for (const Transport transport : row.transports) {
    text += (text.empty() ? "" : ",") + std::string(to_text(transport));
  }
  return text + " " + to_text(row.ports);
}

}  // namespace

TEST_CASE("packs: docs/packs.md lists every row as it is") {
  std::ifstream page(PCAPAUDIT_SAMPLES "/../docs/packs.md");
  REQUIRE(page);
  std::map<std::string, std::vector<std::string>> listed;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    auto cells = cells_of(line);
    if (cells.size() < 7) continue;  // the table of packs
    const std::string id = cells[0];
    CHECK(listed.emplace(id, std::move(cells)).second);
  }
  std::size_t rows = 0;
  for (const BuiltInPack& pack : built_in_packs()) {
    const auto policy = load_policy({std::string(pack.id)});
    REQUIRE(policy);
    for (const DocumentedFlow& row : policy->flows) {
      CAPTURE(row.id);
      ++rows;
      REQUIRE(listed.contains(row.id));
      const auto& cells = listed[row.id];
      CHECK(roles_of_cell(*policy, cells[1]) == row.from);
      CHECK(roles_of_cell(*policy, cells[2]) == row.to);
      CHECK(cells[3] == ports_text(row));
      for (const std::string& doubt : row.doubts) {
        CHECK(cells.back().find(doubt) != std::string::npos);
      }
    }
  }
  CHECK(listed.size() == rows);
}

namespace {

struct PackCase {
  const char* pack;
  const char* profile;
  const char* flow;
  const char* want;
};

// Kind and row, the kinds of problems, and the mistake that explains them.
std::string gist(const Verdict& verdict) {
  std::string text(to_text(verdict.kind));
  if (!verdict.rule.empty()) text += " " + verdict.rule;
  for (const Problem& it : verdict.problems) {
    text += fmt::format("; {}", to_text(it.kind));
    if (!it.mistake.empty()) text += ", " + it.mistake;
  }
  return text;
}

template <std::size_t count>
void check_gists(const PackCase (&cases)[count]) {
  std::map<std::pair<std::string, std::string>, Policy> policies;
  for (const PackCase& c : cases) {
    CAPTURE(c.pack, c.flow);
    const std::pair<std::string, std::string> key(c.pack, c.profile);
    if (!policies.contains(key)) policies.emplace(key, pack_at_site(c.pack, c.profile));
    CHECK(gist(test::evaluate(policies.at(key), test::flow_of(c.flow))) == c.want);
  }
}

}  // namespace

namespace {

// An address that has the role in pack_at_site().
std::string address_of(const Policy& policy, std::size_t role) {
  const std::string& id = policy.roles[role].id;
  if (id == "any" || id == "internet") return "203.0.113.9";
  if (id == "any-internal" || id == "unknown-internal") return "10.9.9.9";
  if (id == "internal-clients") return "10.20.5.5";
  const auto found = std::find_if(std::begin(bindings), std::end(bindings),
                                  [&](const Bound& it) { return id == it.role; });
  REQUIRE(found != std::end(bindings));
  const std::string text = found->addresses;
  const std::size_t begin = text.find('"') + 1;
  return text.substr(begin, text.find('"', begin) - begin);
}

std::size_t first_role(RoleSet set) {
  return static_cast<std::size_t>(std::countr_zero(set));
}

// A flow that meets the row, from this address.
std::string flow_text(const Policy& policy, const DocumentedFlow& row, const std::string& client) {
  const bool carries_tls = row.tls || row.app == "https";
  std::string text = fmt::format("{} {} > {}:{} {}", to_text(row.transports.front()), client,
                                 address_of(policy, first_role(row.to)), row.ports.front().first,
                                 carries_tls ? "tls" : row.app);
  if (row.tls && row.tls->mutual == TlsProfile::Mutual::yes) {
    text += " mutual=proven client-cert=ok";
  }
  return text;
}

}  // namespace

TEST_CASE("packs: a flow that meets a row is allowed; from the Internet only where a row says so") {
  for (const BuiltInPack& pack : built_in_packs()) {
    const auto alone = load_policy({std::string(pack.id)});
    REQUIRE(alone);
    std::set<std::string> profiles;
    for (const DocumentedFlow& row : alone->flows) {
      profiles.insert(row.profiles.begin(), row.profiles.end());
    }
    for (const std::string& profile : profiles) {
      const Policy policy = pack_at_site(std::string(pack.id), profile, "judge = \"all\"\n");
      for (const DocumentedFlow& row : policy.flows) {
        CAPTURE(pack.id, profile, row.id);
        const std::string met = flow_text(policy, row, address_of(policy, first_role(row.from)));
        CAPTURE(met);
        CHECK(test::evaluate(policy, test::flow_of(met.c_str())).kind == VerdictKind::allowed);
        constexpr RoleSet outside = RoleSet{1} << Policy::role_any | RoleSet{1}
                                                                         << Policy::role_internet;
        const bool is_open =
            std::any_of(policy.flows.begin(), policy.flows.end(), [&](const DocumentedFlow& other) {
              return (other.from & outside) != 0 && (other.to & row.to) != 0;
            });
        if (is_open) continue;
        const std::string missed = flow_text(policy, row, "203.0.113.9");
        CAPTURE(missed);
        CHECK(test::evaluate(policy, test::flow_of(missed.c_str())).kind == VerdictKind::violation);
      }
    }
  }
}

TEST_CASE("packs: judgements of the Edge pages") {
  constexpr const char* edge = "lync2013-edge";
  const PackCase cases[] = {
      // One Edge with private addresses: the external interface.
      {edge, "edge-nat", "tcp 203.0.113.9 > 198.51.100.1:5269 xmpp", "allowed b1-01"},
      {edge, "edge-nat", "tcp 198.51.100.1 > 203.0.113.9:80 http", "allowed b1-02"},
      {edge, "edge-nat", "tcp 198.51.100.1 > 203.0.113.9:53 dns", "allowed b1-03"},
      {edge, "edge-nat", "udp 198.51.100.1 > 203.0.113.9:53 dns", "allowed b1-04"},
      {edge, "edge-nat", "tcp 203.0.113.9 > 198.51.100.1:443 tls", "allowed b1-05"},
      {edge, "edge-nat", "tcp 203.0.113.9 > 198.51.100.1:443 http",
       "violation b1-05; wrong-application"},
      {edge, "edge-nat", "tcp 203.0.113.9 > 198.51.100.1:5061 tls mutual=proven client-cert=ok",
       "allowed b1-06"},
      {edge, "edge-nat", "tcp 203.0.113.9 > 198.51.100.1:5061 tls mutual=declined",
       "violation b1-06; not-mutual"},
      {edge, "edge-nat", "tcp 198.51.100.1 > 203.0.113.9:5061 tls mutual=proven client-cert=ok",
       "allowed b1-07"},
      {edge, "edge-nat", "tcp 203.0.113.70 > 198.51.100.1:5061 tls mutual=proven client-cert=ok",
       "allowed b1-29"},
      {edge, "edge-nat", "tcp 198.51.100.1 > 203.0.113.70:5061 tls mutual=proven client-cert=ok",
       "allowed b1-30"},
      {edge, "edge-nat", "tcp 198.51.100.1 > 203.0.113.9:5269 xmpp", "allowed b1-36"},
      {edge, "edge-nat", "tcp 203.0.113.9 > 198.51.100.2:443 tls", "allowed b1-08"},
      {edge, "edge-nat", "tcp 203.0.113.9 > 198.51.100.2:80 http",
       "violation; undocumented, edge-web-ports"},
      {edge, "edge-nat", "tcp 203.0.113.9 > 198.51.100.1:5060 sip",
       "violation; undocumented, edge-plain-sip"},
      {edge, "edge-nat", "tcp 203.0.113.9 > 198.51.100.1:5062 tls",
       "violation; undocumented, edge-inner-port-outside"},
      {edge, "edge-nat", "tcp 198.51.100.1 > 203.0.113.9:443 tls", "violation; undocumented"},
      // Media: 50000-59999 outwards by TCP for everybody, the rest for one kind of partner.
      {edge, "edge-nat", "tcp 198.51.100.3 > 203.0.113.9:50000 rtp", "allowed b1-09"},
      {edge, "edge-nat", "udp 198.51.100.3 > 203.0.113.9:59999 rtp", "allowed b1-10; discouraged"},
      {edge, "edge-nat", "udp 198.51.100.3 > 203.0.113.9:60000 rtp", "violation; undocumented"},
      {edge, "edge-nat", "udp 198.51.100.3 > 203.0.113.9:49999 rtp", "violation; undocumented"},
      {edge, "edge-nat", "udp 203.0.113.9 > 198.51.100.3:50001 rtp", "allowed b1-12; discouraged"},
      {edge, "edge-nat", "udp 198.51.100.3 > 203.0.113.9:3478 stun", "allowed b1-13"},
      {edge, "edge-nat", "udp 203.0.113.9 > 198.51.100.3:3478 stun", "allowed b1-14"},
      {edge, "edge-nat", "tcp 203.0.113.9 > 198.51.100.3:443 ms-turn", "allowed b1-15"},
      {edge, "edge-nat", "tcp 198.51.100.3 > 203.0.113.9:443 ms-turn", "allowed b1-16"},
      {edge, "edge-nat", "tcp 203.0.113.9 > 198.51.100.3:443 ssh",
       "violation b1-15; wrong-application"},
      {edge, "edge-nat", "udp 203.0.113.9 > 198.51.100.3:53 dns", "violation; undocumented"},
      // The internal interface.
      {edge, "edge-nat", "tcp 10.1.3.11 > 172.16.0.10:23456 tls mutual=proven client-cert=ok",
       "allowed b1-17"},
      {edge, "edge-nat", "tcp 10.1.3.11 > 172.16.0.10:5061 tls mutual=proven client-cert=ok",
       "allowed b1-18"},
      {edge, "edge-nat", "tcp 172.16.0.10 > 10.1.3.11:5061 tls mutual=proven client-cert=ok",
       "allowed b1-19"},
      {edge, "edge-nat", "tcp 10.1.3.11 > 172.16.0.10:8057 tls mutual=proven client-cert=ok",
       "allowed b1-20"},
      {edge, "edge-nat", "tcp 10.1.3.11 > 172.16.0.10:5062 tls mutual=not-requested",
       "violation b1-21; not-mutual"},
      {edge, "edge-nat", "udp 10.20.5.5 > 172.16.0.10:3478 stun", "allowed b1-22"},
      {edge, "edge-nat", "tcp 10.20.5.5 > 172.16.0.10:443 tls cert=hidden v=0301", "allowed b1-23"},
      {edge, "edge-nat", "tcp 10.20.5.5 > 172.16.0.10:443 tls",
       "violation b1-23; wrong-application"},
      {edge, "edge-nat", "tcp 10.1.3.11 > 172.16.0.10:4443 tls", "allowed b1-24"},
      {edge, "edge-nat", "tcp 10.1.3.11 > 172.16.0.10:50003 tls mutual=proven client-cert=ok",
       "allowed b1-27"},
      {edge, "edge-nat", "tcp 10.1.3.11 > 172.16.0.10:50004 tls", "violation; undocumented"},
      {edge, "edge-nat", "tcp 10.1.3.11 > 172.16.0.10:5060 sip",
       "violation; undocumented, edge-plain-sip"},
      {edge, "edge-nat", "tcp 172.16.0.10 > 10.1.3.11:444 tls", "violation; undocumented"},
      // Printed as any: any host of the site.
      {edge, "edge-nat", "tcp 203.0.113.9 > 172.16.0.10:5061 tls mutual=proven client-cert=ok",
       "violation; undocumented, edge-inside-from-internet"},
      {edge, "edge-nat", "tcp 203.0.113.9 > 172.16.0.10:443 tls",
       "violation; undocumented, edge-inside-from-internet"},
      {edge, "edge-nat", "tcp 203.0.113.9 > 172.16.0.10:50001 tls mutual=proven client-cert=ok",
       "violation; undocumented, edge-inside-from-internet"},
      {edge, "edge-nat", "tcp 172.16.0.10 > 203.0.113.9:5061 tls mutual=proven client-cert=ok",
       "violation; undocumented"},
      {edge, "edge-hardware",
       "tcp 198.51.100.1 > 203.0.113.70:5061 tls mutual=proven client-cert=ok", "allowed b5-24"},
      {edge, "edge-nat", "tcp 203.0.113.9 > 172.16.0.10:3389 rdp",
       "violation; undocumented, edge-inside-from-internet"},
      // What the other topologies have that this one has not.
      {edge, "edge-public", "tcp 198.51.100.1 > 203.0.113.9:50000 rtp", "allowed b2-09"},
      {edge, "edge-nat", "tcp 198.51.100.1 > 203.0.113.9:50000 rtp", "violation; undocumented"},
      {edge, "edge-dns-nat", "tcp 198.51.100.1 > 203.0.113.9:5269 xmpp", "allowed b3-02"},
      {edge, "edge-dns-public", "tcp 198.51.100.1 > 203.0.113.9:5269 xmpp", "allowed b4-36"},
      {edge, "edge-hardware", "tcp 203.0.113.9 > 198.51.100.1:443 tls", "allowed b5-22"},
      {edge, "edge-hardware", "tcp 203.0.113.9 > 198.51.100.11:443 tls",
       "allowed b5-22; vip-bypass"},
      {edge, "edge-hardware", "udp 203.0.113.9 > 198.51.100.13:3478 stun", "allowed b5-09"},
      // The relay's mock handshake is its own; TLS that shows a certificate is another application.
      {edge, "edge-hardware", "tcp 172.16.0.9 > 203.0.113.9:443 tls cert=hidden v=0301",
       "allowed b5-33"},
      {edge, "edge-hardware", "tcp 172.16.0.9 > 203.0.113.9:443 tls",
       "violation b5-33; wrong-application"},
      {edge, "edge-hardware",
       "tcp 198.51.100.1 > 203.0.113.80:5061 tls mutual=proven client-cert=ok", "allowed b5-24"},
      {edge, "edge-nat", "tcp 172.16.0.9 > 203.0.113.9:443 tls", "violation; undocumented"},
  };
  check_gists(cases);
}

TEST_CASE("packs: judgements of the pages on Skype for Business Edge") {
  const PackCase cases[] = {
      {"sfb2015-edge", "edge", "tcp 203.0.113.9 > 198.51.100.1:5269 xmpp", "allowed s15-c1-01"},
      {"sfb2019-edge", "edge", "tcp 203.0.113.9 > 198.51.100.1:5269 xmpp",
       "violation; undocumented, s19-xmpp"},
      {"sfb2019-edge", "edge", "tcp 203.0.113.9 > 198.51.100.1:443 tls", "allowed s19-c1-05"},
      {"sfb2015-edge", "edge", "udp 203.0.113.9 > 198.51.100.3:50001 rtp",
       "violation; undocumented, s15-media-inwards"},
      {"sfb2015-edge", "edge", "udp 198.51.100.3 > 203.0.113.9:50001 rtp", "allowed s15-c1-10"},
      // "Any:" before a list is any of these: Front Ends, Directors, branch appliances.
      {"sfb2015-edge", "edge", "tcp 10.1.3.11 > 172.16.0.10:8057 tls mutual=proven client-cert=ok",
       "allowed s15-c2-04"},
      {"sfb2015-edge", "edge", "tcp 10.1.2.11 > 172.16.0.10:8057 tls", "violation; undocumented"},
      {"sfb2019-edge", "edge", "tcp 10.1.2.11 > 172.16.0.10:5061 tls mutual=proven client-cert=ok",
       "allowed s19-c2-02"},
      {"sfb2019-edge", "edge", "tcp 203.0.113.9 > 172.16.0.10:5061 tls",
       "violation; undocumented, s19-inside-from-internet"},
      {"sfb2019-edge", "edge", "tcp 172.16.0.10 > 203.0.113.9:5061 tls", "violation; undocumented"},
      {"sfb2019-edge", "edge", "tcp 10.1.3.11 > 172.16.0.10:4443 tls", "violation; undocumented"},
      // The relay's mock handshake is its own; TLS that shows a certificate is another application.
      {"sfb2019-edge", "edge", "tcp 10.9.9.9 > 172.16.0.10:443 tls cert=hidden v=0301",
       "allowed s19-c2-07"},
      {"sfb2019-edge", "edge", "tcp 10.9.9.9 > 172.16.0.10:443 tls",
       "violation s19-c2-07; wrong-application"},
      {"sfb2015-edge", "edge-hardware", "tcp 10.1.3.20 > 172.16.0.10:4443 tls",
       "allowed s15-c3-11"},
      {"sfb2015-edge", "edge-hardware", "tcp 10.1.2.11 > 172.16.0.10:8057 tls",
       "violation; undocumented"},
      {"sfb2015-edge", "edge-hardware",
       "tcp 10.1.9.9 > 172.16.0.9:5062 tls mutual=proven client-cert=ok", "allowed s15-c3-28"},
      {"sfb2015-edge", "edge-hardware",
       "tcp 172.16.0.9 > 10.1.3.11:5061 tls mutual=proven client-cert=ok", "allowed s15-c3-27"},
      {"sfb2019-edge", "edge-hardware", "tcp 172.16.0.9 > 203.0.113.9:443 tls",
       "violation; undocumented"},
  };
  check_gists(cases);
}

TEST_CASE("packs: judgements of the pages on Directors, internal servers and clients") {
  constexpr const char* directors = "lync2013-director-scaled";
  constexpr const char* servers = "lync2013-internal";
  constexpr const char* clients = "lync2013-clients";
  const PackCase cases[] = {
      {directors, "director-hardware", "tcp 172.16.0.40 > 10.1.2.10:8080 http", "allowed a4-01"},
      {directors, "director-hardware", "tcp 172.16.0.40 > 10.1.2.10:4443 tls", "allowed a4-02"},
      {directors, "director-hardware", "tcp 172.16.0.40 > 10.1.2.11:4443 tls",
       "allowed a4-02; vip-bypass"},
      {directors, "director-hardware", "tcp 172.16.0.40 > 10.1.2.10:443 tls",
       "violation; undocumented, ds-mapping-missing"},
      {directors, "director-hardware", "tcp 203.0.113.9 > 10.1.2.10:4443 tls",
       "violation; undocumented, ds-proxy-bypassed"},
      {directors, "director-hardware", "tcp 10.20.5.5 > 10.1.2.10:443 tls", "allowed a4-05"},
      {directors, "director-hardware", "tcp 10.20.5.5 > 10.1.2.10:4443 tls",
       "violation; undocumented, ds-external-site-from-inside"},
      {directors, "director-hardware", "tcp 10.1.2.11 > 10.1.3.11:444 tls", "allowed a4-03"},
      {directors, "director-hardware", "tcp 10.1.3.11 > 10.1.2.11:444 tls",
       "violation; reversed-direction"},
      // Where SIP is balanced by DNS, the Edge speaks to the members themselves.
      {directors, "director-hardware",
       "tcp 172.16.0.10 > 10.1.2.11:5061 tls mutual=proven client-cert=ok",
       "allowed a4-06; vip-bypass"},
      {directors, "director-dns",
       "tcp 172.16.0.10 > 10.1.2.11:5061 tls mutual=proven client-cert=ok", "allowed a5-06"},
      {directors, "director-dns", "tcp 10.9.9.9 > 10.1.2.11:50001 tls mutual=proven client-cert=ok",
       "allowed a5-07"},
      {directors, "director-dns", "tcp 10.9.9.9 > 172.16.0.10:50001 tls",
       "violation; undocumented"},
      {servers, "internal", "tcp 10.20.5.5 > 10.1.3.11:5061 tls", "allowed d1-03"},
      {servers, "internal", "tcp 10.20.5.5 > 10.1.3.11:135 msrpc", "allowed d1-05"},
      {servers, "internal", "tcp 10.20.5.5 > 10.1.3.11:135 http",
       "violation d1-05; wrong-application"},
      {servers, "internal", "tcp 10.1.3.12 > 10.1.3.11:5062 sip", "allowed d1-06"},
      {servers, "internal", "tcp 10.1.3.12 > 10.1.3.11:5062 tls", "allowed d1-06-tls"},
      {servers, "internal", "tcp 10.1.3.12 > 10.1.3.11:5062 tls inner=http",
       "violation d1-06-tls; wrong-application"},
      {servers, "internal", "tcp 10.20.5.5 > 10.1.3.11:8404 tls", "violation d1-34; not-mutual"},
      {servers, "internal", "tcp 10.1.7.7 > 10.1.6.6:5067 tls", "allowed d1-47"},
      {servers, "internal", "tcp 10.1.3.11 > 10.1.6.6:5067 tls", "violation; undocumented"},
      {servers, "internal", "tcp 10.1.7.7 > 10.1.6.6:5068 sip", "allowed d1-48"},
      {servers, "internal", "tcp 10.1.7.7 > 10.1.6.6:5060 sip",
       "violation; undocumented, internal-plain-gateway"},
      // A gateway listens on 5066 and 5067, a branch appliance on 5081 and 5082.
      {servers, "internal", "tcp 10.1.6.6 > 10.1.9.9:5081 sip", "allowed d1-25"},
      {servers, "internal", "tcp 10.1.6.6 > 10.1.9.9:5082 tls", "allowed d1-26"},
      {servers, "internal", "tcp 10.1.6.6 > 10.1.7.7:5081 sip", "violation; undocumented"},
      {servers, "internal", "tcp 10.1.6.6 > 10.1.7.7:5066 sip", "allowed d10-01"},
      {servers, "internal", "tcp 10.1.6.6 > 10.1.7.7:5067 tls", "allowed d10-02"},
      {servers, "internal", "tcp 10.1.6.6 > 10.1.7.7:5067 sip",
       "violation d10-02; wrong-application"},
      // The Internet is no host of the site, whatever port an internal table prints.
      {servers, "internal", "tcp 203.0.113.9 > 10.1.3.11:443 tls",
       "violation; undocumented, internal-from-internet"},
      {servers, "internal", "tcp 203.0.113.9 > 10.1.3.11:135 msrpc",
       "violation; undocumented, internal-from-internet"},
      {servers, "internal", "tcp 203.0.113.9 > 10.1.3.11:4443 tls",
       "violation; undocumented, internal-from-internet"},
      {servers, "internal", "tcp 203.0.113.9 > 10.1.3.11:5061 tls mutual=proven client-cert=ok",
       "violation; undocumented, internal-from-internet"},
      {servers, "internal", "tcp 203.0.113.9 > 10.1.3.11:8404 tls mutual=proven client-cert=ok",
       "violation; undocumented, internal-from-internet"},
      {servers, "internal", "tcp 203.0.113.9 > 10.1.2.11:443 tls",
       "violation; undocumented, internal-from-internet"},
      {servers, "internal-dns", "tcp 203.0.113.9 > 10.1.3.10:443 tls",
       "violation; undocumented, internal-from-internet"},
      // A peer that the note names is the only one.
      {servers, "internal", "tcp 172.16.0.40 > 10.1.3.11:443 tls", "violation; undocumented"},
      {servers, "internal", "tcp 172.16.0.40 > 10.1.3.11:4443 tls", "allowed d1-14"},
      {servers, "internal", "tcp 10.1.3.12 > 10.1.3.11:4443 tls", "allowed d1-14"},
      {servers, "internal", "tcp 10.20.5.5 > 10.1.3.11:4443 tls", "violation; undocumented"},
      {servers, "internal", "tcp 172.16.0.40 > 10.1.3.11:8080 http", "allowed d1-13"},
      {servers, "internal", "tcp 10.20.5.5 > 10.1.3.11:8080 http", "violation; undocumented"},
      {servers, "internal-hardware", "tcp 10.20.5.5 > 10.1.3.10:8080 http", "allowed d2-05"},
      {servers, "internal-hardware", "tcp 172.16.0.40 > 10.1.3.10:4443 tls", "allowed d2-07"},
      {servers, "internal-hardware", "tcp 10.20.5.5 > 10.1.3.10:4443 tls",
       "violation; undocumented"},
      {servers, "internal", "tcp 10.1.11.11 > 10.1.3.11:5060 sip", "allowed d1-02"},
      {servers, "internal", "tcp 10.20.5.5 > 10.1.3.11:5060 sip", "violation; undocumented"},
      {servers, "internal", "tcp 10.1.7.7 > 10.1.3.11:5060 sip",
       "violation; undocumented, internal-plain-gateway"},
      {servers, "internal", "tcp 10.1.2.11 > 10.1.2.12:443 tls", "allowed d1-44"},
      {servers, "internal", "tcp 10.20.5.5 > 10.1.3.11:8057 tls", "allowed d1-07"},
      {servers, "internal", "tcp 10.1.6.6 > 10.1.3.11:8057 tls", "violation; undocumented"},
      // Servers speak mutual TLS with each other, clients need not.
      {servers, "internal", "tcp 10.1.6.6 > 10.1.3.11:5061 tls mutual=not-requested",
       "violation d1-03-servers; not-mutual"},
      {servers, "internal", "tcp 10.1.6.6 > 10.1.3.11:5061 tls mutual=proven client-cert=ok",
       "allowed d1-03-servers"},
      {servers, "internal", "tcp 10.1.8.8 > 10.1.2.11:5061 tls mutual=declined",
       "violation d1-45-servers; not-mutual"},
      {servers, "internal", "tcp 10.20.5.5 > 10.1.2.11:5061 tls", "allowed d1-45"},
      {servers, "internal", "tcp 10.1.3.11 > 10.1.6.6:5070 sip",
       "violation d1-46; wrong-application"},
      {servers, "internal", "tcp 10.1.3.11 > 10.1.6.6:5070 tls mutual=not-requested",
       "violation d1-46; not-mutual"},
      {servers, "internal", "tcp 10.1.3.11 > 10.1.12.12:445 smb", "allowed d1-53"},
      {servers, "internal", "tcp 10.1.6.6 > 10.1.12.12:445 smb", "violation; undocumented"},
      {servers, "sql", "tcp 10.1.8.8 > 10.1.5.5:1433 tds", "allowed d12-01"},
      {servers, "sql", "tcp 10.1.6.6 > 10.1.5.5:1433 tds", "violation; undocumented"},
      {servers, "sql", "tcp 10.20.5.5 > 10.1.5.5:1433 tds",
       "violation; undocumented, internal-client-to-sql"},
      {servers, "sql", "tcp 10.1.5.5 > 10.1.5.6:7022 unknown", "undetermined d11-02"},
      {servers, "exchange-um", "tcp 10.1.3.11 > 10.1.13.13:5062 sip", "allowed d13-01"},
      {servers, "exchange-um", "tcp 10.1.3.11 > 10.1.13.13:5063 sip",
       "violation d13-02; wrong-application"},
      {servers, "exchange-um", "tcp 10.1.3.11 > 10.1.13.13:5063 tls mutual=not-requested",
       "violation d13-02; not-mutual"},
      {servers, "internal", "tcp 10.1.3.20 > 10.1.2.11:445 smb", "allowed d1-37"},
      {servers, "internal", "tcp 10.20.5.5 > 10.1.3.20:445 smb", "violation; undocumented"},
      {servers, "internal", "udp 10.20.5.5 > 10.1.3.11:65535 rtp", "allowed d1-10"},
      {servers, "internal", "udp 10.20.5.5 > 10.1.6.6:57500 rtp", "allowed d1-39"},
      {servers, "internal", "udp 10.20.5.5 > 10.1.6.6:57501 rtp", "violation; undocumented"},
      {servers, "internal", "tcp 10.20.5.5 > 10.1.4.5:443 tls", "violation; undocumented"},
      {servers, "internal", "tcp 10.1.3.11 > 10.1.4.5:443 tls", "allowed d1-40"},
      {servers, "internal", "tcp 10.1.3.11 > 10.1.3.12:448 unknown", "undetermined d1-36"},
      {servers, "internal", "tcp 203.0.113.9 > 10.1.2.11:8080 http",
       "violation; undocumented, internal-from-internet"},
      {servers, "internal-hardware", "tcp 10.20.5.5 > 10.1.3.10:8080 http", "allowed d2-05"},
      {servers, "internal-hardware", "tcp 10.20.5.5 > 10.1.2.10:80 http",
       "violation; undocumented"},
      {servers, "internal-dns", "tcp 10.20.5.5 > 10.1.3.10:443 tls", "allowed d3-02"},
      {servers, "internal-dns", "tcp 10.20.5.5 > 10.1.3.10:5061 tls", "violation; undocumented"},
      {servers, "sql", "tcp 10.1.3.11 > 10.1.5.5:1433 tds", "allowed d5-01"},
      {servers, "sql", "tcp 10.20.5.5 > 10.1.5.5:1433 tds",
       "violation; undocumented, internal-client-to-sql"},
      {servers, "logging", "tcp 10.1.10.10 > 10.1.6.6:50002 tls mutual=proven client-cert=ok",
       "allowed d7-02"},
      {servers, "mobility", "tcp 10.1.3.11 > 10.1.9.9:5088 tls", "allowed d6-02-tls"},
      {clients, "clients", "tcp 10.20.5.5 > 10.1.3.11:5061 tls", "allowed d4-06"},
      {clients, "clients", "tcp 10.20.5.5 > 10.1.3.11:5060 sip",
       "violation; undocumented, clients-plain-sip"},
      {clients, "clients", "udp 10.20.5.5 > 10.1.3.11:67 dhcp", "allowed d4-01"},
      {clients, "clients", "udp 203.0.113.9 > 198.51.100.3:3478 stun", "allowed d4-05"},
      {clients, "clients", "tcp 203.0.113.9 > 198.51.100.1:5061 tls mutual=not-requested",
       "violation d4-06-printed; not-mutual"},
      {clients, "clients", "udp 10.1.3.11 > 10.20.5.5:5004 rtp", "allowed d4-08"},
      {clients, "clients", "udp 203.0.113.9 > 10.20.5.5:5004 rtp", "ignored"},
  };
  check_gists(cases);
}

}  // namespace pcapaudit
