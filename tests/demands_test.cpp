// What a row demands, held against what was read: evidence, paths, and judgements that once were
// wrong.
#include <catch2/catch.hpp>

#include "policy/load/loosening.hpp"
#include "policy/load/request_path.hpp"
#include "support/judge.hpp"

namespace pcapaudit {
namespace {

using test::dump;
using test::evaluate;
using test::flow_of;

struct Case {
  const char* flow;
  const char* want;
};

// One client, one server, and a row for each kind of demand.
Policy site() {
  test::PolicyLines lines;
  for (const char* id : {"cli", "srv"}) lines.role(id);
  lines.bind("cli at=10.1.0.1");
  lines.bind("srv at=10.1.0.2");
  lines.row("plain cli > srv tcp 80 http");
  lines.row("paths cli > srv tcp 81 http");
  lines.row("hosts cli > srv tcp 82 http");
  lines.row("redirect cli > srv tcp 83 http");
  lines.row("secret cli > srv tcp 84 http");
  lines.row("web cli > srv tcp 443 https tls=web");
  lines.row("names cli > srv tcp 444 https tls=web");
  lines.row("bare cli > srv tcp 445 tls");
  lines.row("shell cli > srv tcp 22 ssh");
  lines.row("any-but cli > srv tcp,icmp 25 smtp");
  Policy& policy = lines.policy;
  const auto http = [&](std::string_view id) -> HttpProfile& {
    for (DocumentedFlow& row : policy.flows) {
      if (row.id == id) return row.http.emplace();
    }
    throw std::invalid_argument(std::string(id));
  };
  http("paths").deny_paths = {"/cscp"};
  http("hosts").hosts = {"a.example"};
  http("redirect").redirect_https = true;
  http("redirect").redirect_https = true;
  http("secret").credentials_forbidden = true;
  for (DocumentedFlow& row : policy.flows) {
    if (row.id == "names") row.tls->names = {"server"};
    if (row.id == "names") row.tls->sni_required = row.tls->sni_must_match = true;
  }
  for (std::size_t i = 0; i < finding_kind_count; ++i) {
    policy.severities[static_cast<FindingKind>(i)] = Severity::high;
  }
  policy.internal_networks = {Subnet::parse("10.0.0.0/8").value()};
  return policy;
}

void check(std::initializer_list<Case> cases) {
  static const Policy policy = site();
  for (const Case& c : cases) {
    CAPTURE(c.flow);
    CHECK(dump(evaluate(policy, flow_of(c.flow))) == c.want);
  }
}

HttpFacts& http_of(ClosedFlow& flow) {
  return std::get<HttpFacts>(flow.records.back());
}

}  // namespace

TEST_CASE("demands: what is lost of a decrypted stream leaves all of it open") {
  for (const char* side : {"c2s", "s2c"}) {
    const std::string line =
        fmt::format("tcp 10.1.0.1 > 10.1.0.2:81 http path=/a {}-hole=inside", side);
    CAPTURE(line);
    CHECK(dump(evaluate(site(), flow_of(line))) == "undetermined paths (application-unread)");
  }
}

TEST_CASE("demands: each rests on evidence of its own") {
  const std::string unread = "undetermined paths (requests-unread)";
  for (const char* hole :
       {"malformed", "over-cap", "snap-length", "gap", "tail-lost", "unfinished", "joined"}) {
    CAPTURE(hole);
    const std::string to_server = fmt::format(" c2s-hole={}", hole);
    const std::string to_client = fmt::format(" s2c-hole={}", hole);
    const auto gist = [](const std::string& line) { return dump(evaluate(site(), flow_of(line))); };
    // requests
    CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:81 http path=/a" + to_server) == unread);
    CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:81 http path=/a" + to_client) == "allowed paths");
    CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:82 http host=a.example" + to_server) ==
          "undetermined hosts (requests-unread)");
    CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:84 http path=/a" + to_server) ==
          "undetermined secret (requests-unread)");
    // answers
    CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:83 http status=404" + to_client) ==
          "undetermined redirect (responses-unread)");
    CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:83 http status=404" + to_server) == "allowed redirect");
    // a hole is fine where nothing is asked of every message
    CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:80 http path=/a" + to_server + to_client) ==
          "allowed plain");
    // what is seen to fail fails, whatever is missing
    CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:81 http path=/cscp" + to_server + to_client)
              .starts_with("violation paths; high http-path"));
  }
}

TEST_CASE("demands: an application that was given up is not recognised to the end") {
  for (const char* end : {"malformed", "over-cap", "unknown-start", "gap"}) {
    for (const char* side : {"c2s", "s2c"}) {
      CAPTURE(end, side);
      const std::string account = fmt::format(" {}-end={}", side, end);
      const auto gist = [&](const std::string& line) {
        return dump(evaluate(site(), flow_of(line + account)));
      };
      CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:80 http path=/a") ==
            "undetermined plain (application-unread)");
      CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:443 tls") == "undetermined web (application-unread)");
      CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:22 ssh") == "undetermined shell (application-unread)");
      CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:22 http").starts_with("violation shell"));
      CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:443 tls v=0301").starts_with("violation web; high old"));
    }
  }
  check(
      {{"tcp 10.1.0.1 > 10.1.0.2:22 ssh c2s-end=tail-lost", "allowed shell"},
       {"tcp 10.1.0.1 > 10.1.0.2:22 ssh s2c-end=snap-length", "allowed shell"},
       {"tcp 10.1.0.1 > 10.1.0.2:22 ssh s2c-end=unfinished", "allowed shell"},
       {"tcp 10.1.0.1 > 10.1.0.2:22 ssh c2s-hole=malformed", "allowed shell"},
       {"tcp 10.1.0.1 > 10.1.0.2:22 ssh c2s-hole=unknown-start",
        "undetermined shell (application-unread)"},
       // What was decrypted and not read: of no matter to who asks for TLS alone.
       {"tcp 10.1.0.1 > 10.1.0.2:443 tls c2s-hole=inside", "undetermined web (application-unread)"},
       {"tcp 10.1.0.1 > 10.1.0.2:443 tls s2c-end=inside", "undetermined web (application-unread)"},
       {"tcp 10.1.0.1 > 10.1.0.2:445 tls c2s-hole=inside s2c-end=inside", "allowed bare"},
       {"tcp 10.1.0.1 > 10.1.0.2:445 tls s2c-end=malformed",
        "undetermined bare (application-unread)"},
       {"tcp 10.1.0.1 > 10.1.0.2:80 http c2s-end=foreign",
        "violation plain; high wrong-application application: HTTP / http, then another"}});
}

TEST_CASE("demands: a list that is full says nothing of what did not fit") {
  const Policy policy = site();
  const auto with = [&](const char* line, auto change) {
    ClosedFlow flow = flow_of(line);
    change(http_of(flow));
    return dump(evaluate(policy, flow));
  };
  const char* paths = "tcp 10.1.0.1 > 10.1.0.2:81 http path=/a";
  CHECK(with(paths, [](HttpFacts& http) { http.paths.more = 1; }) ==
        "undetermined paths (requests-unread)");
  CHECK(with(paths, [](HttpFacts& http) { http.hosts.more = 1; }) == "allowed paths");
  CHECK(with(paths, [](HttpFacts& http) { http.paths.add("/" + std::string(1023, 'a')); }) ==
        "undetermined paths (requests-unread)");
  CHECK(with("tcp 10.1.0.1 > 10.1.0.2:82 http host=a.example", [](HttpFacts& http) {
          http.hosts.more = 1;
        }) == "undetermined hosts (requests-unread)");
  CHECK(with("tcp 10.1.0.1 > 10.1.0.2:83 http status=404", [](HttpFacts& http) {
          http.locations.more = 1;
        }) == "undetermined redirect (responses-unread)");
}

TEST_CASE("demands: a certificate that was lost is not one that TLS hides") {
  const std::string line = "tcp 10.1.0.1 > 10.1.0.2:444 tls sni=server cert=hidden";
  const auto gist = [&](const std::string& more) {
    return dump(evaluate(site(), flow_of(line + more)));
  };
  CHECK(gist(" s2c-hole=gap") == "undetermined names (certificate-unread)");
  CHECK(gist(" s2c-end=snap-length") == "undetermined names (certificate-unread)");
  CHECK(gist(" v=0304 s2c-hole=gap") == "allowed names (certificate-hidden)");
  CHECK(gist(" s2c-hole=joined") == "undetermined names (certificate-unread)");
  // Its date is nobody's demand in particular.
  const std::string web = "tcp 10.1.0.1 > 10.1.0.2:443 tls cert=hidden";
  CHECK(dump(evaluate(site(), flow_of(web + " s2c-hole=gap"))) ==
        "undetermined web (certificate-unread)");
  CHECK(dump(evaluate(site(), flow_of(web + " v=0304"))) == "allowed web (certificate-hidden)");
  CHECK(dump(evaluate(site(), flow_of(web + " s2c-hole=joined"))) ==
        "undetermined web (certificate-unread)");
  CHECK(dump(evaluate(site(), flow_of("tcp 10.1.0.1 > 10.1.0.2:444 tls san=server")))
            .starts_with("violation names; high wrong-sni name: server / none"));
}

TEST_CASE("demands: paths are compared as servers see them") {
  struct PathCase {
    const char* path;
    bool denied;
  };
  const PathCase cases[] = {
      {"/cscp", true},
      {"/CSCP/x", true},
      {"/%63scp", true},
      {"//cscp", true},
      {"/x/../cscp", true},
      {"/./cscp", true},
      {"/cscp;a=1", true},
      {"/cscp/", true},
      {"/x/%2e%2e/cscp", true},
      {"/%43%53CP", true},
      {"/x/..;/cscp", true},
      {"/x%2f..%2fcscp", true},
      {"\\cscp", true},
      {"/cscp.", true},
      {"/cscp%20", true},
      {"/%u0063scp", true},
      {"/%U0043scp", true},
      {"/x/..%20/cscp", true},
      {"/x/..%09/cscp", true},
      {"/x/..%00/cscp", true},
      {"/x/%u002e%u002e/cscp", true},
      {"/%u00g3scp", false},
      {"/%u006", false},
      {" /cscp", true},
      {"http://a/cscp", true},
      {"http://a/x/../cscp", true},
      {"/x//../cscp", true},
      {"/../../cscp", true},
      {"/;p/cscp", true},
      {"/%2563scp", false},
      {"/cscpx", false},
      {"/x/cscp", false},
      {"/cscp/../x", false},
      {"/", false},
      {"", false},
      {"/%6", false},
      {"/%zzcscp", false},
      {"http://cscp", false},
  };
  for (const PathCase& c : cases) {
    CAPTURE(c.path);
    // "/cscp/../x" leaves the folder only where every server removes dots; all of them do.
    CHECK(RequestPath(c.path).is_denied_by({"/cscp"}) == c.denied);
  }
  CHECK(RequestPath("/anything").is_denied_by({"/"}));
  CHECK(RequestPath("/a b").is_denied_by({"/a%20b/"}));
  CHECK_FALSE(RequestPath("/anything").is_listed_by({"/"}));
  CHECK(RequestPath("/").is_listed_by({"/"}));
  CHECK(RequestPath("/ok/%61").is_listed_by({"/ok"}));
  // Listed only when no server sees something else.
  CHECK_FALSE(RequestPath("/ok%2f..%2fsecret").is_listed_by({"/ok"}));
  CHECK_FALSE(RequestPath("/ok/..;/secret").is_listed_by({"/ok"}));
  CHECK_FALSE(RequestPath("/ok/..%20/secret").is_listed_by({"/ok"}));
  CHECK_FALSE(RequestPath("/ok/%u002e%u002e/secret").is_listed_by({"/ok"}));
}

TEST_CASE("demands: every request names a host to be held against") {
  const Policy policy = site();
  const auto gist = [&](const std::string& more) {
    return dump(evaluate(policy, flow_of("tcp 10.1.0.1 > 10.1.0.2:82 http " + more)));
  };
  const std::string none = "violation hosts; high http-host host: a.example / none";
  CHECK(gist("method=GET path=/a") == none);
  CHECK(gist("host=a.example host=") == none);
  CHECK(gist("method=GET path=/a c2s-hole=gap") == "undetermined hosts (requests-unread)");
  CHECK(gist("host=a.example") == "allowed hosts");
}

TEST_CASE("demands: a redirect that stays in clear is none") {
  const std::string stays = "violation redirect; high no-redirect answer: redirect to https / ";
  const Policy policy = site();
  const auto gist = [&](const std::string& more) {
    return dump(evaluate(policy, flow_of("tcp 10.1.0.1 > 10.1.0.2:83 http " + more)));
  };
  CHECK(gist("status=302 location=https://a/") == "allowed redirect");
  CHECK(gist("status=302 location=HTTPS://a/") == "allowed redirect");
  for (const char* location : {"/login", "//a/login", "http://a/", "login", "?x"}) {
    CHECK(gist("status=302 location=" + std::string(location)) == stays + location);
  }
  CHECK(gist("status=302 location=") == stays + "a redirection without a target");
  CHECK(gist("status=300") == stays + "300");
  CHECK(gist("status=304") == "allowed redirect");
  CHECK(gist("status=404") == "allowed redirect");
  // Only the server's side was seen; there is no exception that the requests could tell.
  CHECK(gist("status=200 requests=0 bytes=0,100 out=one-sided") == stays + "200");
}

TEST_CASE("demands: ICMP is judged by roles alone") {
  check({{"icmp 10.1.0.1 > 10.1.0.2 icmp", "allowed any-but"},
         {"icmp 10.1.0.2 > 10.1.0.1 icmp", "ignored"}});
}

TEST_CASE("demands: a mistake explains what it describes, and lowers nothing else") {
  test::PolicyLines lines;
  lines.policy = site();
  lines.mistake("copy cli > srv 4443 low https");
  lines.mistake("loud cli > srv 4444 low");
  lines.mistake("grave cli > srv 4445 critical");
  const auto gist = [&](const char* flow) { return dump(evaluate(lines.policy, flow_of(flow))); };
  CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:4443 tls") == "violation; low undocumented, mistake copy");
  CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:4443 none out=refused") ==
        "violation; low undocumented, mistake copy");
  CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:4443 ssh") == "violation; high undocumented");
  CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:4443 unknown") == "violation; high undocumented");
  CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:4444 ssh") == "violation; high undocumented, mistake loud");
  CHECK(gist("tcp 10.1.0.1 > 10.1.0.2:4445 ssh") ==
        "violation; critical undocumented, mistake grave");
}

TEST_CASE("demands: a row is loosened by what a flow may fail and still meet") {
  test::PolicyLines lines;
  for (const char* id : {"a", "b", "c"}) lines.role(id);
  const auto row = [&](const std::string& line) {
    lines.policy.flows.clear();
    lines.row(line);
    return lines.policy.flows.front();
  };
  const DocumentedFlow documented = row("m a > b tcp 5061 sip tls=mtls");
  const std::pair<const char*, const char*> cases[] = {
      {"x a > b tcp 5061 sip tls=mtls", ""},
      {"x a > b tcp 5061 sip tls=bare", "min_version"},
      {"x a > b tcp 5061 tls tls=mtls", "app"},
      {"x a > b tcp 5061 sip", "TLS"},
      {"x any > b tcp 5061 sip", "TLS"},
      {"x any-internal > b tcp 5061 sip", "TLS"},
      {"x a > any tcp 5060,5061 sip", "TLS"},
      {"x c > b tcp 5061 sip", ""},
      {"x a > c tcp 5061 sip", ""},
      {"x a > b udp 5061 sip", ""},
      {"x a > b tcp 5062 sip", ""},
      {"x a > b tcp 5061 ssh", ""},
      {"x internet > b tcp 5061 sip", ""},
      {"x a > b tcp 5061 https tls=web", "mutual"},
  };
  for (const auto& [own, want] : cases) {
    CAPTURE(own);
    CHECK(loosened_demand(row(own), documented) == want);
  }
  DocumentedFlow accepting = documented, asking = documented;
  accepting.tls->accepts_indicated = true;
  asking.tls->asks_of_absent = true;
  CHECK(loosened_demand(accepting, documented) == "accept");
  CHECK(loosened_demand(asking, documented) == "absent");
  CHECK(loosened_demand(documented, accepting) == "");
  CHECK(loosened_demand(accepting, accepting) == "");
  // What would only be remarked is taken away all the same.
  DocumentedFlow remarked = documented;
  remarked.wants_vip = true;
  CHECK(loosened_demand(documented, remarked) == "address");
  remarked.wants_vip = false;
  remarked.is_discouraged = true;
  CHECK(loosened_demand(documented, remarked) == "discouraged");
  remarked.is_discouraged = false;
  remarked.tls->min_days_left = 30;
  CHECK(loosened_demand(documented, remarked) == "min_days_left");
  // What has no opener meets a row both ways round.
  DocumentedFlow tunnel = row("m a > b esp 1 esp"), timed = row("x b > a esp 1 esp");
  tunnel.ports.clear();
  timed.ports.clear();
  tunnel.schedule = Schedule{};
  CHECK(loosened_demand(timed, tunnel) == "schedule");
}

}  // namespace pcapaudit
