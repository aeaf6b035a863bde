// From a judged flow to its findings, as store/findings.cpp groups them.

#include "monitor/live/live_policy.hpp"

#include "store/findings/finding.hpp"

namespace pcapaudit {
namespace {

Alert alert_of(const AuditedFlow& audited, const Finding& finding, const Policy& policy) {
  Alert alert;
  alert.kind = to_text(finding.kind);
  alert.severity = finding.severity;
  alert.client_role = finding.client_names;
  alert.server_role = finding.server_names;
  alert.service = finding.service;
  alert.outcome = finding.outcome;
  alert.rule = finding.nearest_rule;
  alert.text = finding_text(finding, policy);
  alert.transport = audited.flow.transport;
  alert.client = audited.flow.client;
  alert.server = audited.flow.server;
  alert.flow = audited.flow.id;
  alert.first = audited.flow.first;
  alert.last = audited.flow.last;
  alert.policy_digest = policy.digest;
  return alert;
}

}  // namespace

std::vector<Alert> FindingBook::alerts_of(const AuditedFlow& audited, const LivePolicy& live) {
  std::vector<Alert> alerts;
  if (audited.verdict.kind == VerdictKind::ignored) return alerts;
  std::set<FindingKind> kinds;  // two problems of one kind are one
  for (const Problem& problem : audited.verdict.problems) {
    if (!problem.exception.empty() || !kinds.insert(problem.kind).second) continue;
    const Finding finding = finding_of(audited, problem, live.policy);
    Alert& alert = alerts.emplace_back(alert_of(audited, finding, live.policy));
    const std::string cause = cause_of(finding), matter = matter_of(finding);
    const bool one_of_many = !matter.empty() && is_one_of_many(matter, cause);
    alert.finding = finding_id(one_of_many ? matter : cause);
    if (one_of_many) alert.text += " The same was seen at many ports.";
  }
  return alerts;
}

bool FindingBook::is_one_of_many(const std::string& matter, const std::string& cause) {
  std::set<std::string>& causes = matters_[matter];
  if (causes.size() < many_causes) causes.insert(cause);
  return causes.size() >= many_causes;
}

}  // namespace pcapaudit
