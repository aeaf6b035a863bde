// Two policies, typed by hand, and what changed from the one to the other.
#include "policy/tools/policy_diff.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "policy/tools/row_fields.hpp"

using namespace pcapaudit;

namespace {

constexpr const char* head =
    "format = 1\n[pack]\nid = \"p\"\nrevision = \"1\"\n"
    "[role.web]\ntitle = \"Web\"\n[role.db]\ntitle = \"Database\"\n[role.app]\ntitle = \"App\"\n"
    "[tls.strong]\nmutual = \"yes\"\nmin_version = \"1.2\"\n"
    "[tls.weak]\nmutual = \"no\"\nmin_version = \"1.0\"\n";

std::string flow(const std::string& id, const std::string& from, const std::string& to,
                 const std::string& port, const std::string& more = "app = \"https\"") {
  return fmt::format("[[flow]]\nid = \"{}\"\nfrom = \"{}\"\nto = \"{}\"\nport = {}\n{}\n", id, from,
                     to, port, more);
}

Policy policy(const std::string& flows) {
  auto loaded = load_policy_texts({{"p.toml", head + flows}});
  if (!loaded) FAIL(loaded.error().what);
  return *std::move(loaded);
}

// "loosened web-443, added x": kinds and rows.
std::string changes(const std::string& older, const std::string& newer) {
  std::string text;
  for (const RowChange& it : compare_policies(policy(older), policy(newer)).rows)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", to_text(it.kind), it.row);
  return text;
}

constexpr const char* strong = "app = \"https\"\ntls = \"strong\"";
constexpr const char* weak = "app = \"https\"\ntls = \"weak\"";

}  // namespace

TEST_CASE("a row that changed is told by what it lets pass") {
  const std::string base = flow("r", "web", "db", "[443]", strong);
  struct Case {
    std::string newer, want;
  };
  const Case cases[] = {
      {base, ""},
      {flow("r", "web", "db", "[443]", weak), "loosened r"},
      {flow("r", "web", "db", "[443]"), "loosened r"},
      {flow("r", "web", "db", "[443]", "app = \"http\""), "loosened r"},
      {flow("r", "web", "db", "[443, 444]", strong), "widened r"},
      {flow("r", "any", "db", "[443]", strong), "widened r"},
      {flow("r", "app", "db", "[443]", strong), "added r, gone r"},
      {flow("r", "web", "db", "[444]", strong), "changed r"},
      {flow("other", "web", "db", "[443]", strong), ""},
      {flow("r", "web", "db", "[443]", strong + std::string("\nwhy = \"it is so\"")), "noted r"},
      {base + flow("s", "web", "app", "[80]", "app = \"http\""), "added s"},
  };
  for (const Case& it : cases) {
    CAPTURE(it.newer);
    CHECK(changes(base, it.newer) == it.want);
  }
}

TEST_CASE("the way back is the other kind, and lets no more pass") {
  const std::string wide = flow("r", "any", "db", "[443, 444]", weak);
  const std::string narrow = flow("r", "web", "db", "[443]", weak);
  const std::string strict = flow("r", "any", "db", "[443, 444]", strong);
  CHECK(changes(wide, narrow) == "narrowed r");
  CHECK(changes(wide, strict) == "tightened r");
  CHECK(changes(wide + flow("s", "web", "app", "[80]"), wide) == "gone s");
  CHECK_FALSE(compare_policies(policy(wide), policy(narrow)).lets_more_pass());
  CHECK_FALSE(compare_policies(policy(wide), policy(strict)).lets_more_pass());
  CHECK(compare_policies(policy(strict), policy(wide)).lets_more_pass());
  CHECK(compare_policies(policy(narrow), policy(wide)).lets_more_pass());
}

TEST_CASE("loosened rows come first, with each demand that is gone") {
  const PolicyDiff diff =
      compare_policies(policy(flow("a", "web", "db", "[443]", strong)),
                       policy(flow("z", "web", "app", "[80]", "app = \"http\"") +
                              flow("a", "web", "db", "[443]", weak)));
  REQUIRE(diff.rows.size() == 2);
  CHECK(diff.rows[0].kind == RowChangeKind::loosened);
  const std::vector<FieldChange> want = {{"min_version", "1.2", "1.0"}, {"mutual", "yes", "no"}};
  CHECK(diff.rows[0].fields == want);
  CHECK(diff.rows[1].kind == RowChangeKind::added);
  const auto json = nlohmann::json::parse(to_json(diff));
  CHECK(json["lets_more_pass"] == true);
  CHECK(json["rows"][0]["fields"][0]["before"] == "1.2");
}

TEST_CASE("the digest of rows is the same whatever they stand in, and another when one is") {
  const std::string a = flow("a", "web", "db", "[443]", strong);
  const std::string b = flow("b", "web", "app", "[80]", "app = \"http\"");
  CHECK(rows_digest(policy(a + b)) == rows_digest(policy(b + a)));
  CHECK(rows_digest(policy(a + b)) == rows_digest(policy(b + a + "# said\n")));
  CHECK(rows_digest(policy(a)) != rows_digest(policy(flow("a", "web", "db", "[443]", weak))));
  CHECK(rows_digest(policy(a)) != rows_digest(policy(flow("a", "web", "db", "[444]", strong))));
}

TEST_CASE("demands are text and back") {
  const Demands all = {{.key = "names", .values = {"a,b", "c;d=e\\"}},
                       {.key = "sni", .values = {"must match names"}}};
  CHECK(to_text(all) == "names=a\\,b,c\\;d\\=e\\\\; sni=must match names");
  CHECK(parse_demands(to_text(all)) == all);
  CHECK(parse_demands("").empty());
}

TEST_CASE("built-in packs: nothing differs from itself") {
  for (const BuiltInPack& pack : built_in_packs()) {
    CAPTURE(pack.id);
    const auto loaded = load_policy({std::string(pack.id)});
    REQUIRE(loaded.has_value());
    const PolicyDiff diff = compare_policies(*loaded, *loaded);
    CHECK(diff.is_empty());
    CHECK(diff.same == loaded->flows.size());
  }
}

TEST_CASE("what a site does not judge is told as what passes") {
  const std::string pack = head + flow("r", "web", "db", "[443]", strong);
  const auto site = [&](const std::string& settings, const std::string& bind) {
    return "format = 1\n[site]\ninternal_networks = [\"10.0.0.0/8\"]\n" + settings +
           "[bind.web]\naddresses = [\"10.1.0.1\"]\n" + bind;
  };
  const auto policy = [&](const std::string& text) {
    auto loaded = load_policy_texts({{"p.toml", pack}, {"site.toml", text}});
    if (!loaded) FAIL(loaded.error().what);
    return *std::move(loaded);
  };
  const std::string all = "judge = \"all\"\n";
  struct Case {
    std::string older, newer, name;
  };
  const Case cases[] = {
      {site(all, ""), site("", ""), "judge"},
      {site(all, ""), site(all + "unknown_internal = \"ask\"\n", ""), "unknown_internal"},
      {site(all, ""), site(all, "monitor = [8080]\n"), "web"},
      {site(all, ""), site(all, "seen_on = [\"vlan:5\"]\n"), "web"},
  };
  for (const Case& it : cases) {
    CAPTURE(it.newer);
    const PolicyDiff diff = compare_policies(policy(it.older), policy(it.newer));
    REQUIRE(diff.addresses.size() == 1);
    CHECK(diff.addresses[0].name == it.name);
    CHECK(diff.lets_more_pass());
    CHECK(compare_policies(policy(it.newer), policy(it.newer)).is_empty());
  }
}
