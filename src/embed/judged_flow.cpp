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

std::string problem_text(const AuditedFlow& audited, const Policy& policy) {
  if (audited.verdict.problems.empty()) return {};
  return finding_text(finding_of(audited, audited.verdict.problems.front(), policy), policy);
}

std::string reason_text(const AuditedFlow& audited, const Policy& policy) {
  const Verdict& verdict = audited.verdict;
  switch (verdict.kind) {
    case VerdictKind::allowed:
      return fmt::format("documented by {}.", verdict.rule);
    case VerdictKind::violation:
      return problem_text(audited, policy);
    case VerdictKind::waived:
      return fmt::format("{} Covered by exception {}.", problem_text(audited, policy),
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
                    .reason = reason_text(audited, policy),
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
