// Application, requirements, schedule and remarks of one row; see the header.

#include "policy/judge/row_outcome.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

#include "policy/fit/http_fit.hpp"
#include "policy/fit/tls_fit.hpp"
#include "policy/judge/evidence.hpp"

namespace pcapaudit {
namespace {

bool holds(const std::vector<Subnet>& subnets, const IpAddress& address) {
  return std::any_of(subnets.begin(), subnets.end(),
                     [&](const Subnet& subnet) { return subnet.contains(address); });
}

// An application takes two to speak; what has no ports stands for itself, packet by packet.
bool is_one_sided(const ClosedFlow& flow) {
  if (!has_ports(flow.transport)) return false;
  const SeenBytes seen = seen_bytes(flow);
  const bool only_one_spoke = seen.of_client != seen.of_server;
  return flow.outcome == Outcome::one_sided || only_one_spoke;
}

class Faring {
 public:
  Faring(const DocumentedFlow& row, const Policy& policy, const ClosedFlow& flow,
         const Standing& standing)
      : row_(row), policy_(policy), flow_(flow), standing_(standing) {
    outcome_.row = &row;
  }

  RowOutcome take() {
    outcome_.application = fit_application(row_, flow_);
    check_schedule();
    if (outcome_.application.kind == ApplicationFit::Kind::wrong) {
      outcome_.kind = RowOutcome::Kind::failing;
      outcome_.problems = {wrong_application()};
      return std::move(outcome_);
    }
    check_requirements();
    return std::move(outcome_);
  }

 private:
  Problem wrong_application() const {
    Problem problem = problem_of(policy_, FindingKind::wrong_application);
    problem.rule = row_.id;
    problem.field = Field::application;
    problem.expected = expected_application(row_);
    problem.observed = observed_application(row_, flow_);
    if (row_.severity) problem.severity = *row_.severity;
    return problem;
  }

  void check_schedule() {
    if (!row_.schedule) return;
    outcome_.is_particular = true;
    outcome_.in_time = !is_known(flow_.first) || is_within(*row_.schedule, flow_.first);
  }

  // Each that is seen to fail is a problem, however little of the rest was seen.
  void check_requirements() {
    const bool has_tls = row_.tls || (wants_tls(row_) && flow_.tls() != nullptr);
    if (has_tls || row_.http) outcome_.is_particular = true;
    const TlsFit tls = fit_tls(row_, flow_);
    const HttpFit http = row_.http ? fit_http(*row_.http, flow_) : HttpFit{};
    for (const Problem& found : tls.problems) add(found);
    for (const Problem& found : http.problems) add(found);
    if (!outcome_.in_time) add_outside_schedule();
    const bool fails = std::any_of(outcome_.problems.begin(), outcome_.problems.end(),
                                   [](const Problem& it) { return is_violation(it.kind); });
    if (fails) {
      outcome_.kind = RowOutcome::Kind::failing;
    } else {
      const Reason open = what_is_missing(tls.open, http.open);
      outcome_.kind = open == Reason::none ? RowOutcome::Kind::met : RowOutcome::Kind::open;
      outcome_.reason = open;
      if (open == Reason::none && tls.certificate_hidden) {
        outcome_.reason = Reason::certificate_hidden;
      }
      if (open == Reason::none && tls.is_indicated) outcome_.reason = Reason::mutual_indicated;
    }
    if (outcome_.application.kind != ApplicationFit::Kind::fits) return;
    if (row_.is_discouraged) add(problem_of(policy_, FindingKind::discouraged));
    remark_vip_bypass();
  }

  Reason what_is_missing(Reason of_tls, Reason of_http) const {
    if (outcome_.application.kind == ApplicationFit::Kind::undetermined) {
      return outcome_.application.reason;
    }
    if (is_one_sided(flow_)) return Reason::one_sided;
    if (of_tls != Reason::none) return of_tls;
    if (of_http != Reason::none) return of_http;
    return row_.schedule && !is_known(flow_.first) ? Reason::time_unknown : Reason::none;
  }

  void add_outside_schedule() {
    Problem problem;
    problem.kind = FindingKind::outside_schedule;
    problem.field = Field::schedule;
    problem.expected = row_.schedule->id;
    problem.observed = to_text(flow_.first);
    add(std::move(problem));
  }

  void add(Problem problem) {
    if (problem.kind != FindingKind::outside_purpose) {
      problem.severity = row_.severity.value_or(problem_of(policy_, problem.kind).severity);
    }
    problem.rule = row_.id;
    outcome_.problems.push_back(std::move(problem));
  }

  void remark_vip_bypass() {
    const Ends& ends = standing_.ends;
    if (!row_.wants_vip || ends.implied != 0 || !standing_.may_bypass) return;
    outcome_.is_particular = true;
    const IpAddress& address = flow_.server.address;
    const Binding* bypassed = nullptr;
    for (const Binding& binding : policy_.bindings) {
      const RoleSet role = role_bit(binding.role);
      if (!fits_roles(row_.to, role) || (ends.server & role) == 0) continue;
      if (holds(binding.vip, address)) return;
      if (bypassed == nullptr && !binding.vip.empty() && holds(binding.members, address)) {
        bypassed = &binding;
      }
    }
    if (bypassed == nullptr) return;
    Problem problem = problem_of(policy_, FindingKind::vip_bypass);
    problem.field = Field::to;
    for (const Subnet& vip : bypassed->vip) {
      if (!problem.expected.empty()) problem.expected += " or ";
      problem.expected += to_text(vip);
    }
    problem.observed = to_text(address);
    add(std::move(problem));
  }

  const DocumentedFlow& row_;
  const Policy& policy_;
  const ClosedFlow& flow_;
  const Standing& standing_;
  RowOutcome outcome_;
};

// 2 for `any`, 1 for `any-internal`, at each end: such rows were meant for nobody in particular.
int vagueness(const DocumentedFlow& row) {
  const auto of = [](RoleSet roles) {
    return (roles & any_bit) != 0 ? 2 : (roles & any_internal_bit) != 0 ? 1 : 0;
  };
  return of(row.from) + of(row.to);
}

// What is wrong, gravest first.
std::vector<std::tuple<Severity, FindingKind, std::string, std::string>> complaints(
    const RowOutcome& outcome) {
  std::vector<std::tuple<Severity, FindingKind, std::string, std::string>> list;
  for (const Problem& it : outcome.problems) {
    list.emplace_back(it.severity, it.kind, it.expected, it.observed);
  }
  std::sort(list.begin(), list.end(), std::greater<>());
  return list;
}

}  // namespace

RowOutcome fare_with(const DocumentedFlow& row, const Policy& policy, const ClosedFlow& flow,
                     const Standing& standing) {
  return Faring(row, policy, flow, standing).take();
}

bool is_reported_before(const RowOutcome& a, const RowOutcome& b) {
  const auto fit = [](const RowOutcome& it) {
    return std::tuple(it.kind, it.application.kind, !it.in_time, vagueness(*it.row),
                      std::popcount(it.row->from) + std::popcount(it.row->to),
                      count_ports(*it.row));
  };
  if (fit(a) != fit(b)) return fit(a) < fit(b);
  const auto outcome = [](const RowOutcome& it) {
    return std::tuple(complaints(it), it.reason, std::string_view(it.row->id));
  };
  return outcome(a) < outcome(b);
}

Problem problem_of(const Policy& policy, FindingKind kind) {
  const auto found = policy.severities.find(kind);
  Problem problem;
  problem.kind = kind;
  problem.severity = found == policy.severities.end() ? Severity::high : found->second;
  return problem;
}

}  // namespace pcapaudit
