// Words for one flow: the sentence of its gravest problem is the one that its finding would have.

#include "embed/judged_flow.hpp"

#include <fmt/format.h>

#include "report/model/model_words.hpp"
#include "store/findings/finding.hpp"

namespace pcapaudit {
namespace {

std::string_view row_of(const Verdict& verdict) {
  if (!verdict.rule.empty()) return verdict.rule;
  if (!verdict.problems.empty() && !verdict.problems.front().rule.empty()) {
    return verdict.problems.front().rule;
  }
  return verdict.nearest.empty() ? std::string_view{} : verdict.nearest.front().rule;
}

std::string problem_text(const ClosedFlow& flow, const Verdict& verdict, const Policy& policy) {
  if (verdict.problems.empty()) return {};
  const Problem& problem = verdict.problems.front();
  Finding finding;
  finding.kind = problem.kind;
  finding.service = verdict.service;
  finding.client_roles = verdict.client_roles;
  finding.server_roles = verdict.server_roles;
  finding.client_names = policy.role_names(verdict.client_roles);
  finding.server_names = policy.role_names(verdict.server_roles);
  finding.server_port = flow.server.port;
  finding.transports = {std::string(to_text(flow.transport))};
  finding.mistake = problem.mistake;
  // The nearest row stands in when the problem names none.
  finding.nearest_rule = problem.rule;
  finding.failing_field = to_text(problem.field);
  finding.expected = problem.expected;
  finding.observed = problem.observed;
  if (problem.rule.empty() && !verdict.nearest.empty()) {
    const NearMiss& nearest = verdict.nearest.front();
    finding.nearest_rule = nearest.rule;
    finding.failing_field = to_text(nearest.field);
    finding.expected = nearest.expected;
    finding.observed = nearest.observed;
  }
  return finding_text(finding, policy);
}

std::string reason_text(const ClosedFlow& flow, const Verdict& verdict, const Policy& policy) {
  switch (verdict.kind) {
    case VerdictKind::allowed:
      return fmt::format("documented by {}.", verdict.rule);
    case VerdictKind::violation:
      return problem_text(flow, verdict, policy);
    case VerdictKind::waived:
      return fmt::format("{} Covered by exception {}.", problem_text(flow, verdict, policy),
                         verdict.exception);
    case VerdictKind::undetermined:
      return fmt::format("not judged: {}.", meaning_of_reason(to_text(verdict.reason)));
    case VerdictKind::ignored:
      break;
  }
  return "neither end is in the scope of the policy.";
}

FlowEnd end_of(const Endpoint& end, RoleSet roles, const Policy& policy) {
  return {.address = end.address, .port = end.port, .roles = policy.role_names(roles)};
}

}  // namespace

JudgedFlow judged_flow(const AuditedFlow& audited, const Policy& policy) {
  const ClosedFlow& flow = audited.flow;
  const Verdict& verdict = audited.verdict;
  JudgedFlow judged{.id = flow.id,
                    .verdict = verdict.kind,
                    .client = end_of(flow.client, verdict.client_roles, policy),
                    .server = end_of(flow.server, verdict.server_roles, policy),
                    .transport = to_text(flow.transport),
                    .app = flow.app,
                    .service = verdict.service,
                    .row = row_of(verdict),
                    .kind = {},
                    .severity = {},
                    .reason = reason_text(flow, verdict, policy),
                    .records = flow.records,
                    .first = flow.first,
                    .last = flow.last,
                    .packets = flow.packets[0] + flow.packets[1],
                    .bytes = flow.bytes[0] + flow.bytes[1]};
  if (!verdict.problems.empty()) {
    judged.kind = to_text(verdict.problems.front().kind);
    judged.severity = to_text(verdict.problems.front().severity);
  }
  return judged;
}

}  // namespace pcapaudit
