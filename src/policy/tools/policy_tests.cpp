// Assertions about a policy: [[test]] tables, each one imagined flow and the verdict it must get.
#include <fmt/format.h>

#include "base/files/read_file.hpp"
#include "policy/judge/question.hpp"
#include "policy/load/toml_reader.hpp"

namespace pcapaudit {
namespace {

std::vector<std::string> reason_names() {
  std::vector<std::string> names;
  for (unsigned i = 1; !to_text(static_cast<Reason>(i)).empty(); ++i) {
    names.emplace_back(to_text(static_cast<Reason>(i)));
  }
  return names;
}

std::vector<std::string> rule_names(const Policy& policy) {
  std::vector<std::string> names;
  for (const DocumentedFlow& flow : policy.flows) names.push_back(flow.id);
  return names;
}

void check_words(TomlReader& in, const toml::table& table, const Policy& policy) {
  in.choice_of(table, "verdict", {"allowed", "violation", "waived", "undetermined", "ignored"});
  for (const TomlReader::Word& word : in.words_of(table, "rule")) {
    in.is_among(word, rule_names(policy), "rule");
  }
  for (const TomlReader::Word& word : in.words_of(table, "reason")) {
    in.is_among(word, reason_names(), "reason");
  }
  std::vector<std::string> kinds;
  for (const auto& [kind, severity] : policy.severities) kinds.emplace_back(to_text(kind));
  for (const TomlReader::Word& word : in.words_of(table, "kind")) {
    if (!parse_finding_kind(word.text)) in.is_among(word, kinds, "kind");
  }
}

PolicyAssertion read_assertion(TomlReader& in, const toml::table& table, const Policy& policy) {
  in.only(table, "[[test]]",
          {"name", "from", "to", "port", "transport", "app", "at", "mutual", "tls", "host", "path",
           "vlan", "verdict", "rule", "kind", "reason"});
  PolicyAssertion test;
  test.place = {.file = in.file(), .line = table.source().begin.line};
  test.name = in.text_of(table, "name");
  Question& question = test.question;
  question.source = in.text_of(table, "from", true);
  question.destination = in.text_of(table, "to", true);
  std::string transport = in.text_of(table, "transport");
  if (transport.empty()) transport = "tcp";
  const auto port = in.number_of(table, "port");
  question.target = port ? fmt::format("{}/{}", transport, *port) : transport;
  question.app = in.text_of(table, "app");
  question.at = in.text_of(table, "at");
  if (std::string mutual = in.text_of(table, "mutual"); !mutual.empty()) question.mutual = mutual;
  if (std::string tls = in.text_of(table, "tls"); !tls.empty()) question.tls_version = tls;
  question.host = in.text_of(table, "host");
  question.path = in.text_of(table, "path");
  question.vlan = static_cast<std::uint16_t>(in.number_of(table, "vlan").value_or(0));
  test.verdict = in.text_of(table, "verdict", true);
  test.rule = in.text_of(table, "rule");
  test.kind = in.text_of(table, "kind");
  test.reason = in.text_of(table, "reason");
  check_words(in, table, policy);
  return test;
}

std::string kinds_of(const Verdict& verdict) {
  std::string text;
  for (const Problem& problem : verdict.problems) {
    text += (text.empty() ? "" : "+") + std::string(to_text(problem.kind));
  }
  return text.empty() ? "none" : text;
}

bool has_kind(const Verdict& verdict, const std::string& name) {
  const auto kind = parse_finding_kind(name);
  for (const Problem& problem : verdict.problems) {
    if (kind && problem.kind == *kind) return true;
  }
  return false;
}

std::string failure_of(const PolicyAssertion& test, const Verdict& got) {
  if (to_text(got.kind) != test.verdict) {
    return fmt::format("verdict {} expected, {} given (rule {}, findings {})", test.verdict,
                       to_text(got.kind), got.rule.empty() ? "none" : got.rule, kinds_of(got));
  }
  if (!test.rule.empty() && got.rule != test.rule) {
    return fmt::format("rule {} expected, {} given", test.rule,
                       got.rule.empty() ? "none" : got.rule);
  }
  if (!test.kind.empty() && !has_kind(got, test.kind)) {
    return fmt::format("finding {} expected, {} given", test.kind, kinds_of(got));
  }
  if (!test.reason.empty() && to_text(got.reason) != test.reason) {
    return fmt::format("reason {} expected, {} given", test.reason,
                       got.reason == Reason::none ? "none" : to_text(got.reason));
  }
  return {};
}

}  // namespace

Result<std::vector<AssertionResult>> test_policy(const Policy& policy,
                                                 const std::vector<std::string>& files) {
  const Judge judge(policy);
  std::vector<AssertionResult> results;
  for (const std::string& name : files) {
    constexpr std::size_t largest = std::size_t{32} << 20;
    auto text = read_file(name, largest);
    if (!text) return std::unexpected(text.error());
    TomlReader in(name, *std::move(text));
    if (!in.error()) in.only(in.root(), "a test file", {"test"});
    const auto tables = in.tables_of(in.root(), "test");
    if (tables.empty())
      in.report(in.root().source(), "no [[test]] in it", "see docs/policy-file.md");
    for (const toml::table* table : tables) {
      AssertionResult result{.assertion = read_assertion(in, *table, policy), .failure = {}};
      if (in.error()) break;
      // Without a time, the middle of the epoch's first day: no certificate is looked at, and a
      // schedule or an exception asks for its own time.
      const auto asked = asked_flow(result.assertion.question, judge, Timestamp{});
      if (!asked) {
        in.report(table->source(), asked.error().what, asked.error().hint);
        break;
      }
      result.failure = failure_of(result.assertion, judge.judge(asked->flow));
      results.push_back(std::move(result));
    }
    if (in.error()) return std::unexpected(*in.error());
  }
  return results;
}

}  // namespace pcapaudit
