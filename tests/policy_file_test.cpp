// Policy files: what loads, what it means, and how every mistake is named.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "policy/judge/question.hpp"
#include "policy/load/expression.hpp"
#include "policy/load/policy_documents.hpp"
#include "policy/role_map.hpp"
#include "policy/tools/policy_show.hpp"
#include "support/temp_dir.hpp"

namespace pcapaudit {
namespace {

// A policy file that goes away with the test.
class File {
 public:
  explicit File(const std::string& text) : path_(folder_.write("policy.toml", text)) {}
  const std::string& path() const { return path_; }

 private:
  test::TempDir folder_;
  std::string path_;
};

// Seven lines, then whatever a case adds from line 8 on.
const std::string head =
    "format = 1\n"
    "use = [\"lync2013-seeds\"]\n"
    "[site]\n"
    "name = \"Example\"\n"
    "internal_networks = [\"10.0.0.0/8\"]\n"
    "client_networks = [\"10.20.0.0/16\"]\n"
    "# ---\n";

Result<Policy> load(const std::string& text) {
  const File file(text);
  return load_policy({file.path()});
}

// An exception from line 8 on; its end stands in line 14.
std::string exception(const std::string& expires) {
  return "[[exception]]\nid = \"EX-1\"\nreason = \"r\"\nowner = \"o\"\napprover = \"a\"\n"
         "created = 2026-10-01\n" +
         expires +
         "\nticket = \"T\"\nwaives = \"undocumented\"\nmatch = { from = \"10.1.9.20\", to = "
         "\"director\" }\n";
}

// An own row that takes the TLS of "rp-int-4443" away.
const std::string weak =
    "[[flow]]\nid = \"x\"\nfrom = \"reverse-proxy-int\"\nto = \"director\"\nport = 4443\n"
    "app = \"http\"\n";

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

TEST_CASE("policy: the built-in pack holds the documented rows") {
  const auto policy = load_policy({"lync2013-seeds"});
  REQUIRE(policy);
  // Typed from the flow table of the documentation (reverse proxy and single Director pages).
  const char* const want[] = {"rp-ext-80 any>reverse-proxy-ext 80 http row",
                              "rp-ext-443 any>reverse-proxy-ext 443 https row",
                              "rp-int-8080 reverse-proxy-int>director+front-end 8080 http row",
                              "rp-int-4443 reverse-proxy-int>director+front-end 4443 https row",
                              "rp-owa-443 reverse-proxy-int>office-web-apps 443 https row",
                              "cli-owa-443 internal-clients>office-web-apps 443 https prose",
                              "dir-fe-444 director>front-end 444 https row",
                              "cli-dir-80 internal-clients>director 80 http row",
                              "cli-dir-443 internal-clients>director 443 https row",
                              "edge-dir-5061 edge-int>director 5061 sip row",
                              "edge-fe-5061 edge-int>front-end 5061 sip prose",
                              "dir-edge-5061 director>edge-int 5061 sip prose",
                              "fe-edge-5061 front-end>edge-int 5061 sip prose",
                              "cls-edge any-internal>edge-int 50001,50002,50003 tls row"};
  REQUIRE(policy->flows.size() == std::size(want));
  std::size_t documented = 0;
  for (std::size_t i = 0; i < std::size(want); ++i) {
    const DocumentedFlow& flow = policy->flows[i];
    std::vector<std::string> ports;
    for (const PortRange& port : flow.ports) ports.push_back(std::to_string(port.first));
    CHECK(flow.id + " " + policy->role_names(flow.from) + ">" + policy->role_names(flow.to) + " " +
              join(ports) + " " + flow.app + " " + flow.basis ==
          want[i]);
    CHECK(!flow.sources.empty());
    documented += flow.ports.size();
  }
  CHECK(documented == 16);
  CHECK(policy->mappings.size() == 3);
  CHECK(policy->documents.size() == 5);
  // Every doubt that a row names is explained.
  for (const DocumentedFlow& flow : policy->flows) {
    for (const std::string& doubt : flow.doubts) CHECK(policy->doubts.contains(doubt));
  }
}

TEST_CASE("policy: mutual TLS is asked for on 5061 and 50001 to 50003 only") {
  const auto policy = load_policy({"lync2013-seeds"});
  REQUIRE(policy);
  for (const DocumentedFlow& flow : policy->flows) {
    const bool mutual = flow.tls && flow.tls->mutual == TlsProfile::Mutual::yes;
    CHECK(mutual == (flow.ports.front().first == 5061 || flow.ports.front().first == 50001));
  }
}

TEST_CASE("policy: every mistake names its place, cause and cure") {
  struct Case {
    std::string text;
    std::string place;  // line:column
    std::string what, hint;
  };
  const Case cases[] = {
      {"[bind.directr]\naddresses = [\"10.1.2.3\"]\n", "8:7", "unknown role \"directr\"",
       "did you mean \"director\"?"},
      {"[bind.director]\naddreses = [\"10.1.2.3\"]\n", "9:1", "unknown key \"addreses\" in [bind]",
       "did you mean \"addresses\"?"},
      {"[bind.director]\naddresses = [\"10.1.2.300\"]\n", "9:14",
       "\"10.1.2.300\" is no address or network", "write 10.1.2.3"},
      {"[bind.director]\naddresses = [\"10.1.2.3/24\"]\n", "9:14",
       "\"10.1.2.3/24\" is no address or network", "without host bits"},
      {"[bind.director]\n", "8:7", "role \"director\" has no address", "give"},
      {"[bind.director]\naddresses = []\n", "9:13", "an empty list", "leave the key out"},
      {"[schedule.x]\ndays = []\ntimezone = \"Europe/Berlin\"\n", "9:8", "an empty list", "leave"},
      {"[http.x]\ndeny_paths = []\n", "9:14", "an empty list", "leave"},
      {"[tls.x]\nnames = []\n", "9:9", "an empty list", "leave"},
      {"[[flow]]\nid = \"x\"\nfrom = []\nto = \"director\"\nport = 1\napp = \"http\"\n", "10:8",
       "an empty list", "leave"},
      {"[[flow]]\nid = \"x\"\nfrom = \"any\"\nto = \"director\"\nport = []\napp = \"http\"\n",
       "12:8", "an empty list", "leave"},
      {"[[flow]]\nid = \"x\"\nfrom = \"any\"\nto = \"director\"\nport = 1\napp = \"http\"\n"
       "transport = []\n",
       "14:13", "an empty list", "leave"},
      {std::string(40, ' ') + "a" + std::string(100'000 * 2, '.') + "\n", "8:73",
       "a key of more than 32 parts", ""},
      {"[bind.director]\naddresses = 7\n", "9:13", "\"addresses\" must be", ""},
      {"[bind.director]\naddresses = [\"10.1.2.3\"]\nnat = [{ public = \"x\" }]\n", "10:8",
       "nat needs public", ""},
      {"[bind.director]\naddresses = [\"10.1.2.3\"]\nseen_on = [\"vlan:5000\"]\n", "10:12",
       "\"vlan:5000\" is no place to be seen on", "vlan:33"},
      {"[bind.director]\naddresses = [\"10.1.2.3\"]\nabsent = true\n", "8:7",
       "an absent role has no addresses", ""},
      {"[flags]\nautodiscover = true\n", "9:1", "unknown flag \"autodiscover\"", ""},
      {"[flags]\nautodiscover_htp = true\n", "9:1", "unknown flag \"autodiscover_htp\"",
       "did you mean \"autodiscover_http\"?"},
      {"[port]\next_http_s = 4444\n", "9:1", "unknown port variable \"ext_http_s\"",
       "did you mean \"ext_https\"?"},
      {"[port]\next_https = 0\n", "9:13", "a port is a number between 1 and 65535", ""},
      {"[severity]\nundocumentd = \"high\"\n", "9:1", "unknown kind of finding",
       "did you mean \"undocumented\"?"},
      {"[severity]\nundocumented = \"grave\"\n", "9:16", "undocumented = \"grave\" is unknown",
       "low"},
      {"[[exception]]\nid = \"EX-1\"\n", "8:1", "L3: exception \"EX-1\" has no reason",
       "mandatory"},
      {exception("expires = 2026-10-32"), "14:21", "", "TOML"},
      {exception("expires = \"soon\""), "14:11", "\"expires\" must be a date", ""},
      {exception("expires = 2026-09-30"), "14:11",
       "L3: exception \"EX-1\" expires before it was created", ""},
      {exception("expires = 2027-10-04"), "14:11",
       "L3: exception \"EX-1\" lasts longer than 366 days", "renew"},
      {exception("expires = 2026-12-31") + "limit = { flows_per_day = 0 }\n", "18:9",
       "flows_per_day is a number above 0", ""},
      {exception("expires = 2026-12-31") + "schedule = \"night\"\n", "18:12",
       "unknown schedule \"night\"", ""},
      {"[schedule.x]\nhours = \"08:00-09:00\"\n", "8:11", "schedule \"x\" has no time zone",
       "Europe/Berlin"},
      {"[schedule.x]\ntimezone = \"Europe/Berlyn\"\n", "9:12",
       "unknown time zone \"Europe/Berlyn\"", "IANA"},
      {"[schedule.x]\ntimezone = \"UTC\"\ndays = [\"someday\"]\n", "10:9",
       "days = \"someday\" is unknown", "mon"},
      {"[schedule.x]\ntimezone = \"UTC\"\nhours = \"8-17\"\n", "10:9", "\"8-17\" are no hours",
       "08:00-18:00"},
      {"[override.cls-edg]\nwhy = \"x\"\n", "8:11", "L4: override of an unknown flow \"cls-edg\"",
       "did you mean \"cls-edge\"?"},
      {"[override.rp-int-4443]\nfrom = [\"edge-int\"]\nwhy = \"x\"\n", "9:8",
       "L4: \"from\" of override \"rp-int-4443\" is wider", "own [[flow]]"},
      {"[override.cls-edge]\nport = [50001, 50004]\nwhy = \"x\"\n", "9:8",
       "L4: \"port\" of override \"cls-edge\" is wider", ""},
      {"[override.cls-edge]\nseverity = \"grave\"\n", "9:12", "severity = \"grave\" is unknown",
       "critical"},
      {"[exceptions]\n", "8:2", "unknown key \"exceptions\"", ""},
      {"[[flow]]\nid = \"x\"\nfrom = \"director\"\nto = \"front-end\"\nport = 70000\napp = "
       "\"http\"\n",
       "12:8", "a port is a number between 1 and 65535", ""},
      {"[[flow]]\nid = \"x\"\nfrom = \"director\"\nto = \"front-end\"\nport = \"@nope\"\napp = "
       "\"http\"\n",
       "12:8", "unknown port \"@nope\"", "[port]"},
      {"[[flow]]\nid = \"x\"\nfrom = \"director\"\nto = \"front-end\"\nport = 1\napp = "
       "\"http\"\ntls = \"sip-mtl\"\n",
       "14:7", "unknown tls profile \"sip-mtl\"", "did you mean \"sip-mtls\"?"},
      {"[[flow]]\nid = \"rp-ext-80\"\nfrom = \"director\"\nto = \"front-end\"\nport = 1\napp = "
       "\"http\"\n",
       "8:1", "flow \"rp-ext-80\" is defined twice", ""},
      {"[[flow]]\nid = \"x\"\nfrom = \"director\"\nto = \"front-end\"\nport = 1\napp = "
       "\"http\"\nneed = \"has(nobody)\"\n",
       "8:1", "unknown role \"nobody\"", ""},
      {"[[flow]]\nid = \"x\"\nfrom = \"director\"\nto = \"front-end\"\nport = 1\napp = "
       "\"htps\"\n",
       "13:7", "app = \"htps\" is unknown", "did you mean \"https\"?"},
      {"[[flow]]\nid = \"x\"\nfrom = \"director\"\nto = \"front-end\"\nport = 1\napp = "
       "\"http\"\ntransport = \"tpc\"\n",
       "14:13", "transport = \"tpc\" is unknown", "did you mean \"tcp\"?"},
      {"[[flow]]\nid = \"x\"\nfrom = \"director\"\nto = \"front-end\"\nport = 1\napp = "
       "\"http\"\nexpect = \"dayly\"\n",
       "14:10", "expect = \"dayly\" is unknown", "did you mean \"daily\"?"},
      {"[[flow]]\nid = \"x\"\nfrom = \"reverse-proxy-int\"\nto = \"director\"\nport = 4443\n"
       "app = \"tls\"\n",
       "8:1", "L11: flow \"x\" takes away what \"rp-int-4443\" demands", "loosens = "},
      {"[[flow]]\nid = \"x\"\nfrom = \"reverse-proxy-int\"\nto = \"director\"\nport = 4443\n"
       "app = \"tls\"\nloosens = \"rp-int-4443\"\n",
       "14:11", "without why and owner", "who answers"},
      {"[[flow]]\nid = \"x\"\nfrom = \"reverse-proxy-int\"\nto = \"director\"\nport = 4444\n"
       "app = \"tls\"\nloosens = \"rp-int-4443\"\nwhy = \"y\"\nowner = \"z\"\n",
       "8:1", "L11: flow \"x\" does not loosen \"rp-int-4443\"", "leave"},
      {weak + "[override.rp-int-4443]\ndisabled = true\nwhy = \"w\"\n", "8:1",
       "L11: flow \"x\" takes away what \"rp-int-4443\" demands: TLS", "loosens = "},
      {weak + "[override.rp-int-4443]\nto = \"front-end\"\nwhy = \"w\"\n", "8:1",
       "L11: flow \"x\" takes away what \"rp-int-4443\" demands: TLS", "loosens = "},
      {"[[flow]]\nid = \"x\"\nfrom = \"office-web-apps\"\nto = \"director\"\nport = 4443\n"
       "app = \"http\"\n[bind.office-web-apps]\naddresses = \"10.1.2.3\"\n"
       "[bind.reverse-proxy-int]\naddresses = \"10.1.2.3\"\n[[shares]]\naddress = "
       "\"10.1.2.3\"\nroles = [\"office-web-apps\", \"reverse-proxy-int\"]\nreason = \"r\"\n",
       "8:1", "L11: flow \"x\" takes away what \"rp-int-4443\" demands: TLS", "loosens = "},
      // What the balancer passes on is its clients'.
      {"[[flow]]\nid = \"x\"\nfrom = \"load-balancer\"\nto = \"director\"\nport = 4443\n"
       "app = \"http\"\n[bind.director]\nvip = \"10.1.2.10\"\nmembers = [\"10.1.2.11\"]\n"
       "snat = [\"10.1.2.9\"]\nmonitor = [4443]\n",
       "8:1", "L11: flow \"x\" takes away what \"rp-int-4443\" demands: TLS", "loosens = "},
      {"[[flow]]\nid = \"x\"\nfrom = \"internal-clients\"\nto = \"director\"\nport = 80\n"
       "app = \"http\"\nbasis = \"rowe\"\n",
       "14:9", "basis = \"rowe\" is unknown", "did you mean \"row\"?"},
      {"[override.cls-edge]\nport = 50001\n", "8:11",
       "L4: override of \"cls-edge\" does not say why", "why = "},
      {"[override.cls-edge]\nseverity = \"medium\"\n", "8:11",
       "L4: override of \"cls-edge\" does not say why", "why = "},
      {"[override.cls-edge]\nseverity = \"critical\"\ndisabled = true\n", "8:11",
       "L4: override of \"cls-edge\" does not say why", "why = "},
      {"x = = 1\n", "8:5", "", "TOML"},
      {"[tls.t]\nciphers = [\"aead\", \"TLS_AES_128_GCM_SHA265\"]\n", "9:20",
       "ciphers = \"TLS_AES_128_GCM_SHA265\" is unknown",
       "did you mean \"TLS_AES_128_GCM_SHA256\"?"},
      {"[tls.t]\nciphers = \"AES_265_GCM\"\n", "9:11", "ciphers = \"AES_265_GCM\" is unknown",
       "did you mean \"AES_256_GCM\"?"},
      {"[tls.t]\nkey_exchange = [\"ecdhee\"]\n", "9:17", "key_exchange = \"ecdhee\" is unknown",
       "did you mean \"ecdhe\"?"},
      {"[tls.t]\nkey_exchange = [\"x25519\"]\n", "9:17", "key_exchange = \"x25519\" is unknown",
       "it is \"rsa\" or \"dh\" or"},
      {"[tls.t]\nmutual = \"yes\"\naccept = \"maybe\"\n", "10:10", "accept = \"maybe\" is unknown",
       "indicated"},
      {"[tls.t]\naccept = \"indicated\"\n", "9:10",
       "accept speaks of mutual TLS, which is not demanded",
       "add mutual = \"yes\", or leave it out"},
      {"[tls.t]\nmutual = \"no\"\nabsent = \"ask\"\n", "10:10",
       "absent speaks of mutual TLS, which is not demanded",
       "add mutual = \"yes\", or leave it out"},
      {"[tls.t]\nmin_dh_bits = 99999\n", "9:15", "min_dh_bits is 0 to 16384", ""},
      {"[tls.t]\nmin_version = \"1.4\"\n", "9:15", "min_version = \"1.4\" is unknown",
       "did you mean \"1.3\"?"},
      {"[bind.internal-clients]\naddresses = [\"10.1.2.3\"]\n", "8:7",
       "role \"internal-clients\" is built in", "client_networks"},
      {"[tls.t]\nsni = \"require\"\n", "9:7", "sni = \"require\" is unknown", "required"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto policy = load(head + c.text);
    REQUIRE_FALSE(policy);
    const Error& error = policy.error();
    CAPTURE(error.what, error.where, error.hint);
    CHECK(error.where.ends_with(":" + c.place));
    CHECK(error.what.find(c.what) != std::string::npos);
    CHECK(error.hint.find(c.hint) != std::string::npos);
    // The caret stands below the column.
    const std::size_t column = std::stoul(c.place.substr(c.place.find(':') + 1));
    const std::size_t line_end = error.excerpt.find('\n');
    REQUIRE(line_end != std::string::npos);
    CHECK(error.excerpt.size() - line_end - 1 == std::string("      | ").size() + column);
  }
}

// A pack of one row.
std::string pack_of(const std::string& id, const std::string& flow) {
  return "format = 1\n[pack]\nid = \"" + id + "\"\ntitle = \"t\"\nrevision = \"1\"\n" +
         "[role.a]\n[role.b]\n" + "[[flow]]\nid = \"" + id +
         "-row\"\nfrom = \"a\"\nto = \"b\"\nport = 443\n" + flow;
}

TEST_CASE("policy: no pack of one's own loosens another pack without a word") {
  const File strict(pack_of("documents", "app = \"https\"\nbasis = \"row\"\n"));
  const std::string weak_row = "app = \"http\"\nwhy = \"w\"\nowner = \"o\"\n";
  const File mute(pack_of("own", weak_row));
  const File said(pack_of("own", weak_row + "loosens = \"documents-row\"\n"));
  const auto silent = load_policy({strict.path(), mute.path()});
  REQUIRE_FALSE(silent);
  CHECK(silent.error().what.find("L11: flow \"own-row\" takes away what \"documents-row\"") == 0);
  const auto open = load_policy({strict.path(), said.path()});
  REQUIRE(open);
  CHECK(open->flows[0].overridden == "loosened by own-row (o): TLS: w");
  // Nor one that has the name of a built-in pack.
  const File masked(
      "format = 1\n[pack]\nid = \"lync2013-edge\"\ntitle = \"t\"\nrevision = \"1\"\n"
      "[[flow]]\nid = \"masked-row\"\nfrom = \"reverse-proxy-int\"\nto = "
      "\"director\"\nport = 4443\n" +
      weak_row);
  const auto hidden = load_policy({"lync2013-seeds", masked.path()});
  REQUIRE_FALSE(hidden);
  CHECK(hidden.error().what.find("takes away what \"rp-int-4443\" demands: TLS") !=
        std::string::npos);
  // The two built-in packs of the Edge say different things of the same ends.
  CHECK(load_policy({"lync2013-seeds", "lync2013-edge", "lync2013-internal"}));
}

TEST_CASE("policy: rows of a profile that is not chosen are not loosened") {
  const std::string row =
      "[[flow]]\nid = \"x\"\nfrom = \"director\"\nto = \"front-end\"\nport = 444\n"
      "app = \"http\"\n";
  CHECK_FALSE(load(head + row));
  CHECK(load("profiles = [\"reverse-proxy\"]\n" + head + row));
}

TEST_CASE("policy: a disabled row is shown with its reason") {
  const auto policy =
      load(head + "[override.rp-int-4443]\ndisabled = true\nwhy = \"no such web\"\n");
  REQUIRE(policy);
  REQUIRE(policy->disabled.size() == 1);
  const std::string text = show_policy(*policy);
  const std::size_t place = text.find("Disabled by the site");
  REQUIRE(place != std::string::npos);
  CHECK(text.find("rp-int-4443", place) != std::string::npos);
  CHECK(text.find("no such web", place) != std::string::npos);
}

TEST_CASE("policy: strict rows rest on a table row or a sentence") {
  const std::string row =
      "[[flow]]\nid = \"x\"\nfrom = \"director\"\nto = \"front-end\"\nport = 5000\n"
      "app = \"http\"\n";
  const auto count = [&](const std::string& basis) {
    const File file(head + row + basis);
    const auto policy = load_policy({file.path()}, true);
    REQUIRE(policy);
    return std::count_if(policy->flows.begin(), policy->flows.end(),
                         [](const DocumentedFlow& flow) { return flow.id == "x"; });
  };
  CHECK(count("") == 0);
  CHECK(count("basis = \"site\"\n") == 0);
  CHECK(count("basis = \"prose\"\n") == 1);
}

TEST_CASE("policy: words of tests and questions are closed") {
  const auto policy = load_policy({"lync2013-seeds"});
  REQUIRE(policy);
  const auto error = [&](const std::string& text) {
    const File file(text);
    const auto results = test_policy(*policy, {file.path()});
    return results ? std::string("none") : results.error().what + ": " + results.error().hint;
  };
  const std::string test = "[[test]]\nfrom = \"10.1.1.1\"\nto = \"10.1.1.2\"\nport = 443\n";
  CHECK(error(test + "verdict = \"ignored\"\n") == "none");
  CHECK(error(test + "verdict = \"ignored\"\napp = \"none\"\nrule = \"rp-ext-80\"\n") == "none");
  CHECK(error(test + "verdict = \"alowed\"\n").find("did you mean \"allowed\"?") !=
        std::string::npos);
  CHECK(error(test + "verdict = \"allowed\"\nrule = \"rp-ext-81\"\n").find("rule = ") == 0);
  CHECK(error(test + "verdict = \"allowed\"\nreason = \"gapp\"\n").find("reason = ") == 0);
  CHECK(error(test + "verdict = \"allowed\"\nkind = \"undocumentd\"\n").find("kind = ") == 0);
  CHECK(error(test + "verdict = \"allowed\"\napp = \"htps\"\n") ==
        "app \"htps\" is unknown: did you mean \"https\"?");
  CHECK(error("# nothing\n").find("no [[test]]") == 0);
}

TEST_CASE("policy: a plan says nothing untrue of transports and of built-in roles") {
  const auto policy = load(head +
                           "[[flow]]\nid = \"vpn\"\nfrom = \"director\"\nto = \"front-end\"\n"
                           "transport = \"esp\"\n[[flow]]\nid = \"peers\"\nfrom = "
                           "\"internal-clients\"\nto = \"internal-clients\"\ntransport = \"udp\"\n"
                           "port = 5000\napp = \"rtp\"\n");
  REQUIRE(policy);
  const std::string text = plan_text(*policy);
  const std::size_t blind = text.find("not judgeable"), placeless = text.find("of no one place");
  REQUIRE(blind < placeless);
  CHECK(text.find("vpn", blind) < placeless);
  CHECK(text.find("peers", placeless) != std::string::npos);
  CHECK(text.find("not recognisable") == std::string::npos);
}

TEST_CASE("policy: SIP goes both ways between servers only; networks that hold all are remarked") {
  const auto codes = [](const std::string& text, const std::string& code) {
    const auto policy = load(text);
    REQUIRE(policy);
    return std::count_if(policy->lints.begin(), policy->lints.end(),
                         [&](const Lint& lint) { return lint.code == code; });
  };
  const std::string tail = "\"\nto = \"office-web-apps\"\nport = 5061\napp = \"";
  const std::string row = head + "[[flow]]\nid = \"x\"\nfrom = \"";
  CHECK(codes(row + "director" + tail + "sip\"\n", "L7") == codes(head, "L7") + 1);
  CHECK(codes(row + "director" + tail + "http\"\n", "L7") == codes(head, "L7"));
  CHECK(codes(row + "internal-clients" + tail + "sip\"\n", "L7") == codes(head, "L7"));
  CHECK(codes(head, "L12") == 0);
  CHECK(codes("format = 1\nuse = [\"lync2013-seeds\"]\n[site]\ninternal_networks = "
              "[\"0.0.0.0/0\"]\n",
              "L12") == 1);
}

TEST_CASE("policy: a wrong format number and a site without rows do not load") {
  CHECK(load("format = 2\n").error().what.find("format = 1") != std::string::npos);
  const auto empty = load("format = 1\n[site]\nname = \"x\"\n");
  REQUIRE_FALSE(empty);
  CHECK(empty.error().what.find("no documented flows") != std::string::npos);
  CHECK(load_policy({"no-such-pack"}).error().hint.find("lync2013-seeds") != std::string::npos);
}

std::string role_of(const Policy& policy, const char* address) {
  return policy.role_names(RoleMap(policy).find({.address = *IpAddress::parse(address)}).roles);
}

TEST_CASE("policy: two roles at one address must be declared") {
  const std::string binds =
      "[bind.director]\naddresses = [\"10.1.2.3\"]\n[bind.front-end]\naddresses = [\"10.1.2.3\"]\n";
  const auto undeclared = load(head + binds);
  REQUIRE_FALSE(undeclared);
  CHECK(undeclared.error().what.starts_with("L2: 10.1.2.3 has the roles"));
  const auto declared =
      load(head + binds +
           "[[shares]]\naddress = \"10.1.2.3\"\nroles = [\"director\", \"front-end\"]\n"
           "reason = \"one machine\"\n");
  REQUIRE(declared);
  CHECK(role_of(*declared, "10.1.2.3") == "director+front-end");
}

TEST_CASE("policy: roles of addresses") {
  const auto policy =
      load(head +
           "[bind.director]\nvip = [\"10.1.2.10\"]\nmembers = [\"10.1.2.11\"]\n"
           "[bind.front-end]\naddresses = [\"10.1.2.0/24\"]\n"
           "[bind.office-web-apps]\naddresses = [\"10.20.5.5\", \"2001:db8::/64\"]\n");
  REQUIRE(policy);
  struct Case {
    const char* address;
    const char* want;
  };
  const Case cases[] = {
      {"10.1.2.10", "director"},
      {"10.1.2.11", "director"},
      {"10.1.2.12", "front-end"},
      {"10.20.5.5", "office-web-apps"},
      {"10.20.5.6", "internal-clients"},
      {"10.9.9.9", "unknown-internal"},
      {"203.0.113.9", "internet"},
      {"2001:db8::1", "office-web-apps"},
      {"2001:db8:1::1", "internet"},
      {"127.0.0.1", "loopback"},
      {"::1", "loopback"},
      {"169.254.1.2", "link-local"},
      {"fe80::1", "link-local"},
      {"0.0.0.0", "link-local"},
      {"::", "link-local"},
      {"224.0.0.251", "multicast"},
      {"239.255.255.250", "multicast"},
      {"ff02::fb", "multicast"},
      {"255.255.255.255", "broadcast"},
      {"10.9.9.255", "unknown-internal"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.address);
    CHECK(role_of(*policy, c.address) == c.want);
  }
  const RoleMap map(*policy);
  CHECK(map.is_bound({.address = *IpAddress::parse("10.1.2.12")}));
  CHECK_FALSE(map.is_bound({.address = *IpAddress::parse("10.20.5.6")}));
}

TEST_CASE("policy: profiles choose rows, flags and ports change them") {
  const auto policy = load("profiles = [\"reverse-proxy\"]\n" + head +
                           "[flags]\nautodiscover_http = true\n[port]\next_https = 4444\n");
  REQUIRE(policy);
  std::string ids;
  for (const DocumentedFlow& flow : policy->flows) ids += flow.id + " ";
  CHECK(ids == "rp-ext-80 rp-ext-443 rp-int-8080 rp-int-4443 rp-owa-443 cli-owa-443 ");
  CHECK(policy->flows[2].is_needed);
  CHECK_FALSE(policy->flows[2].is_discouraged);
  CHECK(policy->flows[3].ports == PortRanges{{4444, 4444}});
}

TEST_CASE("policy: the digest follows every byte of every file") {
  const auto one = load(head);
  const auto same = load(head);
  const auto other = load(head + "# a comment\n");
  REQUIRE((one && same && other));
  CHECK(one->digest == same->digest);
  CHECK(one->digest != other->digest);
}

TEST_CASE("policy: what rows demand is shown") {
  const auto policy = load_policy({"lync2013-seeds"});
  REQUIRE(policy);
  const std::string shown = show_policy(*policy);
  CHECK(shown.find("Mappings across the proxy") != std::string::npos);
  CHECK(shown.find("map-443-4443") != std::string::npos);
  CHECK(shown.find("issuer public, 30 days left") != std::string::npos);
}

TEST_CASE("policy: checks remark on what weakens verdicts") {
  const auto policy =
      load(head + "[bind.director]\nvip = [\"10.1.2.3\"]\nmembers = [\"10.1.2.3\"]\n");
  REQUIRE(policy);
  std::string codes;
  for (const Lint& lint : policy->lints) {
    if (codes.find(lint.code) == std::string::npos) codes += lint.code + " ";
  }
  CHECK(codes == "L1 L13 L5 L6 L9 ");
}

TEST_CASE("policy: names that a site does not give are told, and dots in texts are no keys") {
  const std::string dots(100, '.');
  const auto remarks = [&](const std::string& text) {
    const auto policy = load(head + text);
    REQUIRE(policy);
    std::vector<std::string> told;
    for (const Lint& lint : policy->lints) {
      if (lint.code == "L13")
        told.push_back(lint.remark.what.substr(5, lint.remark.what.find(" is") - 5));
    }
    return told;
  };
  const auto none = remarks("");
  CHECK(std::count(none.begin(), none.end(), "[names] meet") == 1);
  const auto given =
      remarks("[names]\nmeet = [\"meet.example\"]  # " + dots + "\n'a" + dots + "' = [\"x\"]\n");
  CHECK(std::count(given.begin(), given.end(), "[names] meet") == 0);
  CHECK(given.size() == none.size() - 1);
  const auto empty = remarks("[names]\nmeet = []\n");
  CHECK(empty == none);
}

TEST_CASE("expression: and binds tighter than or, not tighter than both") {
  const ExpressionNames names{.flag = [](std::string_view id) -> std::optional<bool> {
                                if (id == "yes") return true;
                                if (id == "no") return false;
                                return std::nullopt;
                              },
                              .has_role = [](std::string_view id) -> std::optional<bool> {
                                if (id == "edge-int") return true;
                                return std::nullopt;
                              }};
  struct Case {
    const char* text;
    bool want;
    const char* error;
  };
  const Case cases[] = {
      {"always", true, ""},
      {"never", false, ""},
      {"yes or no and no", true, ""},
      {"(yes or no) and no", false, ""},
      {"not no and yes", true, ""},
      {"not (no or yes)", false, ""},
      {"not not yes", true, ""},
      {"has(edge-int) and yes", true, ""},
      {"has(nobody)", false, "unknown role \"nobody\""},
      {"perhaps", false, "unknown flag \"perhaps\""},
      {"yes yes", true, "unexpected \"yes\""},
      {"(yes", true, "\")\" expected"},
      {"", false, "flag expected"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const ExpressionValue got = evaluate_expression(c.text, names);
    CHECK(got.error == c.error);
    CHECK(got.value == c.want);
  }
  CHECK(evaluate_expression(std::string(1000, '('), names).error == "nested too deeply");
}

}  // namespace
TEST_CASE("policy file: transports by name and number") {
  const std::string row = "[[flow]]\nid = \"x\"\nfrom = \"director\"\nto = \"any\"\n";
  const auto read = [&](const std::string& rest) {
    auto policy = load(head + row + rest);
    REQUIRE(policy);
    return policy->flows.back();
  };
  const DocumentedFlow esp = read("transport = \"esp\"\n");
  CHECK(esp.transports == std::vector{Transport::esp});
  CHECK(esp.app == "esp");
  CHECK(esp.ports.empty());
  CHECK(read("transport = 50\n").transports == std::vector{Transport::esp});
  CHECK(read("transport = [50, \"ah\", \"50\"]\n").transports ==
        std::vector{Transport::esp, Transport::ah});
  CHECK(read("transport = 253\n").app == "253");
  CHECK(read("transport = \"sctp\"\nport = 3868\n").app == "sctp");
  for (const std::string& bad :
       {std::string("transport = \"sctp\"\n"), std::string("transport = \"espp\"\n"),
        std::string("transport = 256\n"), std::string("transport = true\n"),
        std::string("transport = [\"udp\", \"esp\"]\nport = 4500\n")}) {
    CAPTURE(bad);
    CHECK_FALSE(load(head + row + bad));
  }
}

}  // namespace pcapaudit
