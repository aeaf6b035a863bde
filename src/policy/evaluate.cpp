// Judges one flow against the documented rows, step by step as docs/verdicts.md tells it.
#include <algorithm>
#include <bit>
#include <tuple>

#include "policy/application_fit.hpp"
#include "policy/nearest.hpp"
#include "policy/row_match.hpp"
#include "policy/tls_fit.hpp"

namespace pcapaudit {
namespace {

struct Candidate {
  const DocumentedFlow* row = nullptr;
  ApplicationFit application;
};

// Before all, the application that fits; then few addresses, few roles, few ports.
auto rank_of(const Candidate& candidate) {
  const DocumentedFlow& row = *candidate.row;
  return std::tuple(candidate.application.kind, ((row.from | row.to) & any_bit) != 0,
                    std::popcount(row.from) + std::popcount(row.to), row.ports.size());
}

class Judgement {
 public:
  Judgement(const Policy& policy, const ClosedFlow& flow) : policy_(policy), flow_(flow) {
    ends_ = {.client = policy.roles_of(flow.client.address),
             .server = policy.roles_of(flow.server.address)};
    verdict_.client_roles = ends_.client;
    verdict_.server_roles = ends_.server;
  }

  Verdict take() {
    if (!in_scope()) {
      name_service("");
    } else if (const auto candidates = matching_rows(); !candidates.empty()) {
      judge_rows(candidates);
    } else {
      judge_without_row();
    }
    std::stable_sort(verdict_.problems.begin(), verdict_.problems.end(),
                     [](const Problem& a, const Problem& b) {
                       if (a.severity != b.severity) return a.severity > b.severity;
                       return a.kind < b.kind;
                     });
    return std::move(verdict_);
  }

 private:
  bool in_scope() const {
    return policy_.judge_all || policy_.is_bound(flow_.client.address) ||
           policy_.is_bound(flow_.server.address);
  }

  // Best first.
  std::vector<Candidate> matching_rows() const {
    std::vector<Candidate> candidates;
    for (const DocumentedFlow& row : policy_.flows) {
      if (!matches(row, flow_, ends_, flow_.server.port)) continue;
      candidates.push_back({.row = &row, .application = fit_application(row, flow_)});
    }
    std::stable_sort(
        candidates.begin(), candidates.end(),
        [](const Candidate& a, const Candidate& b) { return rank_of(a) < rank_of(b); });
    return candidates;
  }

  void judge_rows(const std::vector<Candidate>& candidates) {
    const DocumentedFlow& row = *candidates.front().row;
    const ApplicationFit application = candidates.front().application;
    verdict_.rule = row.id;
    for (const Candidate& it : candidates) {
      if (it.application.kind == application.kind) verdict_.used.push_back(it.row->id);
    }
    switch (application.kind) {
      case ApplicationFit::Kind::wrong:
        name_service("");
        judge_wrong_application(row);
        break;
      case ApplicationFit::Kind::undetermined:
        name_service(row.app);
        leave_open(application.reason);
        break;
      case ApplicationFit::Kind::fits:
        name_service(row.app);
        judge_requirements(row);
        break;
    }
  }

  void judge_wrong_application(const DocumentedFlow& row) {
    verdict_.kind = VerdictKind::violation;
    Problem problem = problem_of(FindingKind::wrong_application);
    problem.rule = row.id;
    problem.field = Field::application;
    problem.expected = expected_application(row);
    problem.observed = observed_application(row, flow_);
    explain(problem);
    verdict_.problems.push_back(std::move(problem));
    verdict_.nearest = nearest_rows(policy_, flow_, ends_);
  }

  // The row's application is what the bytes say; does the flow meet the rest of the row?
  void judge_requirements(const DocumentedFlow& row) {
    const TlsFit tls = row.tls ? fit_tls(*row.tls, flow_) : TlsFit{};
    for (const Problem& found : tls.problems) {
      Problem problem = found;
      problem.severity = severity_of(found.kind);
      problem.rule = row.id;
      verdict_.problems.push_back(std::move(problem));
    }
    if (!tls.problems.empty()) {
      verdict_.kind = VerdictKind::violation;
    } else if (is_one_sided()) {
      leave_open(Reason::one_sided);
    } else if (tls.open != Reason::none) {
      leave_open(tls.open);
    } else {
      verdict_.kind = VerdictKind::allowed;
      if (tls.certificate_hidden) verdict_.reason = Reason::certificate_hidden;
    }
    remark_discouraged(row);
    remark_vip_bypass(row);
  }

  // An application takes two to speak; ICMP messages stand for themselves.
  bool is_one_sided() const {
    if (flow_.transport == Transport::icmp) return false;
    const bool only_one_spoke = (flow_.payload_bytes[0] == 0) != (flow_.payload_bytes[1] == 0);
    return flow_.outcome == Outcome::one_sided || only_one_spoke;
  }

  void remark_discouraged(const DocumentedFlow& row) {
    if (!row.is_discouraged) return;
    Problem problem = problem_of(FindingKind::discouraged);
    problem.rule = row.id;
    verdict_.problems.push_back(std::move(problem));
  }

  void remark_vip_bypass(const DocumentedFlow& row) {
    if (!row.wants_vip) return;
    const IpAddress& address = flow_.server.address;
    const auto holds = [&](const std::vector<Subnet>& subnets) {
      return std::any_of(subnets.begin(), subnets.end(),
                         [&](const Subnet& subnet) { return subnet.contains(address); });
    };
    const Binding* bypassed = nullptr;
    for (const Binding& binding : policy_.bindings) {
      const RoleSet role = RoleSet{1} << binding.role;
      if (!fits_roles(row.to, role) || (ends_.server & role) == 0) continue;
      if (holds(binding.vip)) return;
      if (bypassed == nullptr && !binding.vip.empty() && holds(binding.members)) {
        bypassed = &binding;
      }
    }
    if (bypassed == nullptr) return;
    Problem problem = problem_of(FindingKind::vip_bypass);
    problem.rule = row.id;
    problem.field = Field::to;
    for (const Subnet& vip : bypassed->vip) {
      if (!problem.expected.empty()) problem.expected += " or ";
      problem.expected += to_text(vip);
    }
    problem.observed = to_text(address);
    verdict_.problems.push_back(std::move(problem));
  }

  void judge_without_row() {
    name_service("");
    // The documents speak of TCP and UDP; ICMP that no row names is not theirs to judge.
    if (flow_.transport == Transport::icmp) return;
    const DocumentedFlow* reversed = reversed_row();
    if (is_direction_guessed()) {
      const DocumentedFlow* swapped = reversed != nullptr ? reversed : swapped_row();
      if (swapped != nullptr) {
        verdict_.rule = swapped->id;
        verdict_.nearest = {reversed_miss(policy_, *swapped, ends_)};
        leave_open(Reason::direction_unknown);
        return;
      }
    }
    verdict_.kind = VerdictKind::violation;
    verdict_.nearest = nearest_rows(policy_, flow_, ends_);
    Problem problem = problem_of(FindingKind::undocumented);
    if (reversed != nullptr) {
      problem = problem_of(FindingKind::reversed_direction);
      const NearMiss miss = reversed_miss(policy_, *reversed, ends_);
      problem.field = miss.field;
      problem.expected = miss.expected;
      problem.observed = miss.observed;
      put_first(miss);
    }
    explain(problem);
    verdict_.problems.push_back(std::move(problem));
  }

  void put_first(const NearMiss& miss) {
    auto& nearest = verdict_.nearest;
    std::erase_if(nearest, [&](const NearMiss& it) { return it.rule == miss.rule; });
    nearest.insert(nearest.begin(), miss);
    if (nearest.size() > max_nearest) nearest.pop_back();
  }

  bool is_direction_guessed() const {
    return flow_.direction_basis == DirectionBasis::port ||
           flow_.direction_basis == DirectionBasis::first_packet;
  }

  const DocumentedFlow* reversed_row() const {
    return find_row([&](const DocumentedFlow& row) { return matches_reversed(row, flow_, ends_); });
  }

  // The row that fits if the one taken for the client is the server.
  const DocumentedFlow* swapped_row() const {
    const Ends swapped{.client = ends_.server, .server = ends_.client};
    return find_row(
        [&](const DocumentedFlow& row) { return matches(row, flow_, swapped, flow_.client.port); });
  }

  template <class Condition>
  const DocumentedFlow* find_row(Condition holds) const {
    const auto found = std::find_if(policy_.flows.begin(), policy_.flows.end(), holds);
    return found == policy_.flows.end() ? nullptr : &*found;
  }

  Severity severity_of(FindingKind kind) const {
    const auto found = policy_.severities.find(kind);
    return found == policy_.severities.end() ? Severity::high : found->second;
  }

  Problem problem_of(FindingKind kind) const {
    Problem problem;
    problem.kind = kind;
    problem.severity = severity_of(kind);
    return problem;
  }

  // The first [[mistake]] that speaks of these ends and this port names the cause.
  void explain(Problem& problem) const {
    const auto speaks_of_it = [&](const Mistake& it) {
      return fits_roles(it.from, ends_.client) && fits_roles(it.to, ends_.server) &&
             std::find(it.ports.begin(), it.ports.end(), flow_.server.port) != it.ports.end();
    };
    const auto found = std::find_if(policy_.mistakes.begin(), policy_.mistakes.end(), speaks_of_it);
    if (found == policy_.mistakes.end()) return;
    problem.mistake = found->id;
    problem.severity = found->severity;
  }

  void leave_open(Reason reason) {
    verdict_.kind = VerdictKind::undetermined;
    verdict_.reason = reason;
  }

  void name_service(std::string_view documented_app) {
    ServiceName name = service_of(flow_, documented_app);
    verdict_.service = std::move(name.service);
    verdict_.basis = name.basis;
  }

  const Policy& policy_;
  const ClosedFlow& flow_;
  Ends ends_;
  Verdict verdict_;
};

}  // namespace

Verdict evaluate(const Policy& policy, const ClosedFlow& flow) {
  return Judgement(policy, flow).take();
}

}  // namespace pcapaudit
