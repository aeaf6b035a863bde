// Sums and wording of findings.

#include "store/findings/finding.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace pcapaudit {
namespace {

// From harmless to serious: data that flowed both ways is worse than a blocked attempt.
constexpr std::array<std::string_view, 6> outcomes_by_weight = {
    "blocked", "refused", "one-sided", "midstream", "handshake", "data"};

std::size_t weight(std::string_view outcome) {
  const auto* const end = outcomes_by_weight.end();
  const auto* const found = std::find(outcomes_by_weight.begin(), end, outcome);
  return found == end ? 0 : static_cast<std::size_t>(found - outcomes_by_weight.begin()) + 1;
}

// " (4443 expected, 443 seen)", as far as it is known.
std::string difference(const Finding& finding) {
  if (finding.expected.empty() && finding.observed.empty()) return {};
  if (finding.observed.empty()) return fmt::format(" ({} expected)", finding.expected);
  if (finding.expected.empty()) return fmt::format(" ({} seen)", finding.observed);
  return fmt::format(" ({} expected, {} seen)", finding.expected, finding.observed);
}

std::string undocumented_text(const Finding& finding) {
  if (finding.nearest_rule.empty()) return "no documented flow";
  if (finding.failing_field.empty()) {
    return fmt::format("no documented flow; nearest is {}", finding.nearest_rule);
  }
  return fmt::format("no documented flow; nearest is {}, which fails on {}{}", finding.nearest_rule,
                     finding.failing_field, difference(finding));
}

// What is wrong, without the flow itself; empty when the kind speaks of a host or an exception.
std::string complaint(const Finding& finding) {
  if (finding.kind == FindingKind::undocumented) return undocumented_text(finding);
  const std::string rule =
      finding.nearest_rule.empty() ? "the documented flow" : finding.nearest_rule;
  return fmt::format(fmt::runtime(facts_of(finding.kind).complaint), fmt::arg("rule", rule),
                     fmt::arg("why", difference(finding)), fmt::arg("subject", finding.subject));
}

// Sentences about a host or an exception; empty for all others.
std::string subject_text(const Finding& finding) {
  const std::string& subject = finding.subject;
  const bool resembles = !finding.expected.empty();
  if (finding.hosts > 0) {
    return fmt::format("{} hosts have no role and talk to hosts that have one: v_unknown_host.",
                       finding.hosts);
  }
  switch (finding.kind) {
    case FindingKind::role_contradiction:
      return fmt::format("{} is bound as {} and behaves like {}: that role would explain {}.",
                         subject, finding.client_names, finding.expected, finding.observed);
    case FindingKind::unknown_host:
      return fmt::format(
          "{} has no role and talks to hosts that have one{}.", subject,
          resembles ? fmt::format("; it resembles {} ({})", finding.expected, finding.observed)
                    : "");
    case FindingKind::exception_unused:
      return fmt::format("exception {} covered nothing here.", subject);
    case FindingKind::exception_over_limit:
      return fmt::format("exception {} covered more than its limit{}.", subject,
                         difference(finding));
    default:
      return {};
  }
}

std::string_view name_or_nobody(const std::string& names) {
  return names.empty() ? std::string_view("an address without a role") : names;
}

}  // namespace

Finding finding_of(const AuditedFlow& audited, const Problem& problem, const Policy& policy) {
  const Verdict& verdict = audited.verdict;
  Finding finding;
  finding.kind = problem.kind;
  finding.service = verdict.service;
  finding.client_roles = verdict.client_roles;
  finding.server_roles = verdict.server_roles;
  finding.client_names = policy.role_names(verdict.client_roles);
  finding.server_names = policy.role_names(verdict.server_roles);
  finding.server_port = audited.flow.server.port;
  finding.severity = problem.severity;
  finding.transports = {std::string(to_text(audited.flow.transport))};
  finding.outcome = to_text(audited.flow.outcome);
  finding.flows = 1;
  finding.mistake = problem.mistake;
  const auto field_name = [](Field field) {
    return field == Field::none ? std::string() : std::string(to_text(field));
  };
  finding.failing_field = field_name(problem.field);
  if (!problem.rule.empty() || verdict.nearest.empty()) {
    finding.nearest_rule = problem.rule;
    if (!problem.rule.empty()) {
      finding.expected = problem.expected;
      finding.observed = problem.observed;
    }
    return finding;
  }
  const NearMiss& nearest = verdict.nearest.front();
  finding.nearest_rule = nearest.rule;
  if (nearest.field != Field::none) finding.failing_field = field_name(nearest.field);
  finding.expected = nearest.expected;
  finding.observed = nearest.observed;
  return finding;
}

void merge(Finding& sum, const Finding& one) {
  sum.flows += one.flows;
  sum.severity = std::max(sum.severity, one.severity);
  sum.transports.insert(one.transports.begin(), one.transports.end());
  if (weight(one.outcome) > weight(sum.outcome)) sum.outcome = one.outcome;
  if (one.first_ns) sum.first_ns = std::min(sum.first_ns.value_or(*one.first_ns), *one.first_ns);
  if (one.last_ns) sum.last_ns = std::max(sum.last_ns.value_or(*one.last_ns), *one.last_ns);
  if (sum.mistake.empty()) sum.mistake = one.mistake;
}

std::string finding_text(const Finding& finding, const Policy& policy) {
  if (std::string about = subject_text(finding); !about.empty()) return about;
  std::string text = fmt::format("{} to {} on {}", name_or_nobody(finding.client_names),
                                 name_or_nobody(finding.server_names), port_name(finding));
  if (!finding.service.empty()) text += fmt::format(" ({})", finding.service);
  text += fmt::format(": {}.", complaint(finding));
  const auto mistake = std::find_if(policy.mistakes.begin(), policy.mistakes.end(),
                                    [&](const Mistake& it) { return it.id == finding.mistake; });
  if (mistake != policy.mistakes.end()) text += " " + mistake->say;
  return text;
}

}  // namespace pcapaudit
