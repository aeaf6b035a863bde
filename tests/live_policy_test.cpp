// Findings as a live audit names them, against those that the database makes of the same flows.

#include "monitor/live/live_policy.hpp"

#include <set>

#include <catch2/catch.hpp>

#include "support/hand_audit.hpp"

using namespace pcapaudit;

TEST_CASE("live findings: ids, kinds and sentences are those of the database") {
  const LivePolicy live(test::hand_policy());
  const auto store = test::hand_audit(test::hand_flows());
  REQUIRE(store);
  const auto table = (*store)->query(
      "SELECT finding, kind, text FROM v_finding WHERE flows > 0 AND subject IS NULL "
      "ORDER BY finding");
  REQUIRE(table);
  std::set<std::vector<std::string>> stored(table->rows.begin(), table->rows.end());
  REQUIRE(stored.size() > 2);

  FindingBook book;
  std::set<std::vector<std::string>> told;
  for (const AuditedFlow& audited : test::hand_flows()) {
    for (const Alert& alert : book.alerts_of(audited, live)) {
      told.insert({alert.finding, alert.kind, alert.text});
    }
  }
  CHECK(told == stored);
}

TEST_CASE("live findings: what an exception covers, and an ignored flow, is none") {
  const LivePolicy live(test::hand_policy());
  FindingBook book;
  AuditedFlow audited = test::not_mutual_sip();
  REQUIRE(book.alerts_of(audited, live).size() == 1);
  audited.verdict.problems[0].exception = "W-1";
  CHECK(book.alerts_of(audited, live).empty());
  AuditedFlow ignored = test::not_mutual_sip();
  ignored.verdict.kind = VerdictKind::ignored;
  CHECK(book.alerts_of(ignored, live).empty());
}

TEST_CASE("live findings: a scan of ports becomes one finding, as the database will have it") {
  const LivePolicy live(test::hand_policy());
  FindingBook book;
  std::set<std::string> ids;
  AuditedFlow audited = test::undocumented_https(1, Outcome::refused, 0);
  for (std::uint16_t port = 1; port <= 2000; ++port) {
    audited.flow.server.port = port;
    ids.insert(book.alerts_of(audited, live).at(0).finding);
  }
  CHECK(ids.size() == 20);
  audited.flow.server.port = 7;
  CHECK(ids.contains(book.alerts_of(audited, live).at(0).finding));
}
