// A database that lost its flows still tells what they were in sum.
#include <filesystem>

#include <catch2/catch.hpp>

#include "support/hand_audit.hpp"
#include "support/temp_dir.hpp"

using namespace pcapaudit;

namespace {

std::vector<std::vector<std::string>> rows(const std::string& path, const std::string& sql) {
  const auto store = Store::open(path);
  REQUIRE(store);
  const auto table = (*store)->query(sql);
  REQUIRE(table);
  return table->rows;
}

}  // namespace

TEST_CASE("strip: findings and sums stay, flows go") {
  const test::TempDir scratch;
  const std::string path = (scratch.path / "a.db").string();
  REQUIRE(test::hand_audit(test::hand_flows(), 100, path));
  const std::string kept[] = {
      "SELECT * FROM v_run ORDER BY first",
      "SELECT * FROM v_finding ORDER BY finding",
      "SELECT * FROM v_rule_usage ORDER BY rule",
      "SELECT * FROM v_role_matrix ORDER BY from_role, to_role, service, port",
      "SELECT * FROM v_negative ORDER BY from_role, to_role",
      "SELECT * FROM v_certificate ORDER BY sha256",
      "SELECT * FROM v_coverage ORDER BY client_role, server_role",
      "SELECT * FROM v_unknown_host ORDER BY address",
      "SELECT * FROM v_traffic ORDER BY minute, client_role, server_role",
      "SELECT * FROM v_capture ORDER BY name",
      "SELECT * FROM v_exception ORDER BY exception",
  };
  std::vector<std::vector<std::vector<std::string>>> before;
  for (const std::string& sql : kept) before.push_back(rows(path, sql));
  CHECK_FALSE(*Store::is_stripped(path));
  REQUIRE(rows(path, "SELECT violation FROM v_run ORDER BY 1")[0][0] == "4");

  REQUIRE(Store::strip(path));
  CHECK(*Store::is_stripped(path));
  for (std::size_t i = 0; i < std::size(kept); ++i) {
    CAPTURE(kept[i]);
    CHECK(rows(path, kept[i]) == before[i]);
  }
  for (const char* view : {"v_flow", "v_tls", "v_http", "v_sip", "v_leg", "v_app_field"}) {
    CAPTURE(view);
    CHECK(rows(path, std::string("SELECT count(*) FROM ") + view + " ORDER BY 1")[0][0] == "0");
  }
  CHECK(rows(path, "SELECT count(*) FROM problem ORDER BY 1")[0][0] == "0");
}

TEST_CASE("strip: again changes nothing; what is no database of ours stays as it is") {
  const test::TempDir scratch;
  const std::string path = (scratch.path / "a.db").string();
  REQUIRE(test::hand_audit(test::hand_flows(), 100, path));
  REQUIRE(Store::strip(path));
  CHECK(Store::strip(path));
  CHECK(rows(path, "SELECT violation FROM v_run ORDER BY 1")[0][0] == "4");
  CHECK_FALSE(Store::strip((scratch.path / "none.db").string()));
  CHECK_FALSE(Store::is_stripped((scratch.path / "none.db").string()));
}

// What a live audit does between batches: readers see it, and the end replaces it.
TEST_CASE("live store: committed flows and summaries are visible to another reader") {
  const test::TempDir scratch;
  const std::string path = (scratch.path / "live.db").string();
  const auto store = Store::create(path, false, StoreUse::live);
  REQUIRE(store);
  REQUIRE((*store)->write_policy(test::hand_policy()));
  const auto flows = test::hand_flows();
  REQUIRE((*store)->accept(std::span(flows).first(3)));
  CHECK_FALSE(Store::open(path));  // nothing was committed: no audit yet
  const RunFacts so_far{.tool_version = "0.1.0", .arguments = {}, .partial = true};
  REQUIRE((*store)->checkpoint(so_far, test::hand_captures()));
  CHECK(rows(path, "SELECT count(*) FROM v_flow ORDER BY 1")[0][0] == "3");
  REQUIRE((*store)->summarize(so_far, test::hand_captures(), Timestamp{1}));
  CHECK(rows(path, "SELECT partial, closed, findings_until, flows FROM v_run ORDER BY 1")[0] ==
        std::vector<std::string>{"1", "0", "1970-01-01T00:00:00.000000001Z", "3"});
  const auto findings = rows(path, "SELECT finding FROM v_finding ORDER BY 1").size();
  REQUIRE((*store)->accept(std::span(flows).subspan(3)));
  const RunFacts run{.tool_version = "0.1.0", .arguments = {"x.pcap"}, .partial = false};
  REQUIRE((*store)->finish(run, test::hand_captures()));

  const std::string batch = (scratch.path / "batch.db").string();
  REQUIRE(test::hand_audit(flows, 100, batch));
  for (const std::string sql :
       {"SELECT * FROM v_run ORDER BY 1", "SELECT * FROM v_flow ORDER BY flow",
        "SELECT * FROM v_finding ORDER BY finding", "SELECT * FROM v_traffic ORDER BY 1, 2, 3",
        "SELECT * FROM v_capture ORDER BY 1"}) {
    CAPTURE(sql);
    CHECK(rows(path, sql) == rows(batch, sql));
  }
  CHECK(rows(path, "SELECT finding FROM v_finding ORDER BY 1").size() > findings);
}
