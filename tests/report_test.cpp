// The audit as text and JSON: one golden report typed by hand, and what must not slip through.
#include "report/report.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "report/text/layout.hpp"
#include "support/hand_audit.hpp"

namespace pcapaudit {
namespace {

constexpr std::string_view golden =
    R"(lync2013 3   Example   2026-11-20 10:00:00 → 2026-11-20 10:01:13 UTC   1 capture
flows 7   allowed 1 (14.3 %)   violation 4 (57.1 %)   waived 0 (0.0 %)   undetermined 1 (14.3 %)   ignored 1 (14.3 %)

4 findings, 1 of them on attempts that were blocked or refused: nothing came through

  HIGH      V-ACE2EFB73096  reverse-proxy-int → director  tcp/443 HTTPS  data both ways  2 flows
            reverse-proxy-int to director on tcp/443 (HTTPS): no documented flow; nearest is
            rp-int-4443, which fails on port (4443 expected, 443 seen). The proxy reaches the
            internal web site.

  HIGH      V-D9CF3B8461EF  edge-int → director  tcp/5061 SIP/TLS  data both ways  1 flow
            edge-int to director on tcp/5061 (SIP/TLS): edge-dir-5061 asks for mutual TLS, and the
            client showed no certificate (not-requested seen).

  MEDIUM    V-959ACD6FE579  unknown-internal → director  tcp/5061  no answer  1 flow
            unknown-internal to director on tcp/5061: no documented flow.

  LOW       V-A8D6E802F927  reverse-proxy-int → director  tcp/4443 HTTPS  never seen
            reverse-proxy-int to director on tcp/4443 (HTTPS): rp-int-4443 is needed, and no flow
            used it although both sides were seen.

rules       1 used · 3 unused (both roles seen) · 0 met by undetermined flows only · 0 window too short · 1 not observable here
            unused: any-dir-80, edge-dir-5061, rp-int-4443
            not observable: dir-sql-1433
undetermined 1 flow: no-payload 1
capture     1 990 packets   lost 10 (0.5 %)   truncated 0   stream gaps 2
visibility  one-sided flows 0   certificates hidden in 0 flows
no flow     packets: not-ip 10

2 unknown hosts
  10.20.9.14  2 flows  uses dns udp/53, tcp/5061
  10.20.9.15  1 flow  offers dns udp/53

next        pcapaudit report q4.db --json audit.json
            sqlite3 -box q4.db 'SELECT * FROM v_role_matrix'
)";

TEST_CASE("report: the text of a hand-made audit") {
  const auto store = test::hand_audit(test::hand_flows());
  REQUIRE(store);
  const auto text = render_text(**store, {.database_name = "q4.db", .color = false});
  REQUIRE(text);
  CHECK(*text == golden);
}

TEST_CASE("report: colour only when asked, and only escapes of our own") {
  const auto store = test::hand_audit(test::hand_flows());
  REQUIRE(store);
  const auto text = render_text(**store, {.database_name = "", .color = true});
  REQUIRE(text);
  CHECK(text->find("\x1b[1;31mHIGH    \x1b[0m") != std::string::npos);
  CHECK(text->find("next  ") == std::string::npos);
}

TEST_CASE("report: terminal controls in names do not reach the terminal") {
  auto flow = test::undocumented_https(1, Outcome::data, 0);
  flow.verdict.nearest.front().observed = "\x1b[2J";
  const auto store = test::hand_audit({flow});
  REQUIRE(store);
  const auto text = render_text(**store, {.database_name = "a b\x1b.db", .color = false});
  REQUIRE(text);
  CHECK(text->find('\x1b') == std::string::npos);
}

TEST_CASE("report: no flows and a damaged input are said") {
  auto store = Store::create(":memory:", false);
  REQUIRE(store);
  REQUIRE((*store)->write_policy(test::hand_policy()));
  auto captures = test::hand_captures();
  captures[0].facts.damage =
      Error{.what = "cut in packet 7", .where = {}, .excerpt = {}, .hint = {}};
  REQUIRE((*store)->finish({.tool_version = "0", .arguments = {}, .partial = true}, captures));
  const auto text = render_text(**store, {});
  REQUIRE(text);
  CHECK(
      text->starts_with("lync2013 3   Example   no flows   1 capture\n"
                        "flows 0   allowed 0   violation 0   waived 0   undetermined 0\n"
                        "PARTIAL"));
  CHECK(text->find("\nno findings\n") != std::string::npos);
  CHECK(text->find("DAMAGED     x.pcap: cut in packet 7\n") != std::string::npos);
  CHECK(text->find("0 used · 0 unused (both roles seen) · 0 met by undetermined flows "
                   "only · 0 window too short · 5 not observable") != std::string::npos);
}

TEST_CASE("report: JSON has types") {
  const auto store = test::hand_audit(test::hand_flows());
  REQUIRE(store);
  const auto text = render_json(**store);
  REQUIRE(text);
  const auto json = nlohmann::json::parse(*text);

  CHECK(json["run"]["tool_version"] == "0.1.0");
  CHECK(json["run"]["arguments"] == nlohmann::json::array({"x.pcap"}));
  CHECK(json["run"]["partial"] == false);
  CHECK(json["captures"][0]["packets"] == 1990);
  CHECK(json["captures"][0]["link_type"] == "1");
  CHECK(json["captures"][0]["damage"].is_null());
  CHECK(json["totals"] == nlohmann::json::parse(R"({
    "captures": 1, "packets": 1990, "flows": 7, "allowed": 1, "violation": 4, "waived": 0,
    "undetermined": 1, "ignored": 1, "findings": 4})"));
  REQUIRE(json["findings"].size() == 4);
  CHECK(json["findings"][0]["finding"] == "V-ACE2EFB73096");
  CHECK(json["findings"][0]["server_port"] == 443);
  CHECK(json["findings"][2]["service"].is_null());
  REQUIRE(json["rules"].size() == 5);
  CHECK(json["rules"][1]["ports"] == "443");
  CHECK(json["rules"][1]["needed"] == true);
  CHECK(json["rules"][2]["first"].is_null());
  CHECK(json["roles"].size() == 4);
  CHECK(json["roles"][0]["violation"] == 1);
  CHECK(json["tls"][0]["flow"] == 1);
  CHECK(json["tls"][0]["resumed"] == false);
  CHECK(json["certificates"][0]["san"] == nlohmann::json::array({"director.example", "10.2.0.11"}));
  CHECK(json["unknown_hosts"][0]["offers"].is_null());
}

TEST_CASE("report: JSON survives names that are not UTF-8") {
  auto flow = test::allowed_https();
  std::get<TlsFacts>(flow.flow.records[0]).sni = "\xff\"\n";
  const auto store = test::hand_audit({flow});
  REQUIRE(store);
  const auto text = render_json(**store);
  REQUIRE(text);
  CHECK(nlohmann::json::parse(*text)["tls"][0]["sni"] == "\xef\xbf\xbd\"\n");
}

TEST_CASE("report: numbers, words and lines") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1 000");
  CHECK(grouped(1234567) == "1 234 567");
  CHECK(share(1, 0) == "1");
  CHECK(share(1, 3) == "1 (33.3 %)");
  CHECK(shell_word("q4.db") == "q4.db");
  CHECK(shell_word("it's a.db") == "'it'\\''s a.db'");
  CHECK(wrapped("a b", 2) == "  a b\n");
  CHECK(wrapped(std::string(98, 'x') + " y", 2) == "  " + std::string(98, 'x') + "\n  y\n");
  CHECK(wrapped(std::string(96, 'x') + " y", 2) == "  " + std::string(96, 'x') + " y\n");
  CHECK(wrapped("", 2).empty());
}

}  // namespace
}  // namespace pcapaudit
