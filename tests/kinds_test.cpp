// Words that stand in the schema and in the documentation, held against the one table of each.
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "policy/finding_kind.hpp"
#include "policy/judge/verdict.hpp"

using namespace pcapaudit;

namespace {

using Words = std::set<std::string>;

std::string file_text(const std::string& path) {
  std::ifstream in(PCAPAUDIT_TESTS "/../" + path);
  std::ostringstream text;
  text << in.rdbuf();
  REQUIRE_FALSE(text.str().empty());
  return text.str();
}

Words quoted(const std::string& text, char quote) {
  const std::regex word(fmt::format("{0}([^{0}]+){0}", quote));
  Words words;
  for (std::sregex_iterator it(text.begin(), text.end(), word), end; it != end; ++it) {
    words.insert((*it)[1]);
  }
  return words;
}

// Of "CHECK (column IN ('a', ...))" in a table of a schema file.
Words allowed_in(const std::string& file, const std::string& table, const std::string& column) {
  const std::string schema = file_text("schema/" + file);
  const std::size_t begin = schema.find("CREATE TABLE " + table + " (");
  REQUIRE(begin != std::string::npos);
  const std::size_t check = schema.find("CHECK (" + column + " IN (", begin);
  REQUIRE(check != std::string::npos);
  return quoted(schema.substr(check, schema.find("))", check) - check), '\'');
}

template <class Enum>
Words words_of(std::size_t count) {
  Words words;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view word = to_text(static_cast<Enum>(i));
    if (!word.empty()) words.emplace(word);
  }
  return words;
}

std::vector<FindingKindFacts> all_kinds() {
  std::vector<FindingKindFacts> kinds;
  for (std::size_t i = 0; i < finding_kind_count; ++i) {
    kinds.push_back(facts_of(static_cast<FindingKind>(i)));
  }
  return kinds;
}

}  // namespace

TEST_CASE("kinds: each has its words, and nobody else's") {
  Words names;
  for (const FindingKindFacts& it : all_kinds()) {
    CAPTURE(it.name);
    CHECK(parse_finding_kind(it.name) == it.kind);
    CHECK(names.emplace(it.name).second);
    if (!it.alias.empty()) {
      CHECK(parse_finding_kind(it.alias) == it.kind);
      CHECK(names.emplace(it.alias).second);
    }
    CHECK_FALSE(it.title.empty());
    CHECK((it.remedy.ends_with('.') || it.remedy.ends_with('?')));
    const bool is_of_flow = !is_of_run(it.kind);
    if (is_of_flow && it.kind != FindingKind::undocumented) CHECK_FALSE(it.complaint.empty());
  }
  CHECK_FALSE(parse_finding_kind(""));
  CHECK_FALSE(parse_finding_kind("no-such-kind"));
}

TEST_CASE("kinds: the schema knows the same ones") {
  Words all, of_flows;
  for (const FindingKindFacts& it : all_kinds()) {
    all.emplace(it.name);
    if (!is_of_run(it.kind)) of_flows.emplace(it.name);
  }
  CHECK(allowed_in("004_policy.sql", "finding", "kind") == all);
  CHECK(allowed_in("002_flow.sql", "ground_problem", "kind") == of_flows);
}

TEST_CASE("words of verdicts, reasons and fields: the schema knows the same ones") {
  CHECK(allowed_in("002_flow.sql", "ground_problem", "severity") == words_of<Severity>(5));
  CHECK(allowed_in("004_policy.sql", "finding", "severity") == words_of<Severity>(5));
  CHECK(allowed_in("002_flow.sql", "ground_problem", "field") == words_of<Field>(field_count));
  CHECK(allowed_in("002_flow.sql", "ground_near_miss", "field") == words_of<Field>(field_count));
  CHECK(allowed_in("002_flow.sql", "flow_kind", "verdict") == words_of<VerdictKind>(5));
  Words reasons;
  for (int i = 0; !to_text(static_cast<Reason>(i)).empty() || i == 0; ++i) {
    if (i > 0) reasons.emplace(to_text(static_cast<Reason>(i)));
  }
  CHECK(allowed_in("002_flow.sql", "flow_kind", "reason") == reasons);
}

TEST_CASE("kinds: docs/verdicts.md names each, with its severity") {
  const std::string text = file_text("docs/verdicts.md");
  const std::size_t begin = text.find("## Kinds of findings");
  REQUIRE(begin != std::string::npos);
  const std::size_t defaults = text.find("Defaults:", begin);
  REQUIRE(defaults != std::string::npos);
  const Words listed = quoted(text.substr(begin, defaults - begin), '`');
  std::map<std::string, std::string> severities;
  std::string severity;
  const std::string sentence =
      text.substr(defaults, text.find("for all others", defaults) - defaults);
  const std::regex word("`([^`]+)`");
  for (std::sregex_iterator it(sentence.begin(), sentence.end(), word), end; it != end; ++it) {
    const std::string found = (*it)[1];
    if (parse_severity(found)) {
      severity = found;
    } else {
      severities[found] = severity;
    }
  }
  REQUIRE(severity == "medium");
  for (const FindingKindFacts& it : all_kinds()) {
    CAPTURE(it.name);
    const std::string name(it.name);
    CHECK(listed.contains(name));
    const auto found = severities.find(name);
    CHECK((found == severities.end() ? severity : found->second) == to_text(it.severity));
  }
}
