// Judges one flow against the documented rows, step by step as docs/verdicts.md tells it.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <tuple>

#include "policy/application_fit.hpp"
#include "policy/exceptions.hpp"
#include "policy/http_fit.hpp"
#include "policy/judgement.hpp"
#include "policy/nearest.hpp"
#include "policy/row_match.hpp"
#include "policy/tls_fit.hpp"

namespace pcapaudit {
namespace {

struct Candidate {
  const DocumentedFlow* row = nullptr;
  ApplicationFit application;
  bool in_time = true;
};

// Before all, the application that fits, at a time that fits; then few addresses, few roles, few
// ports; then the row's name, so that the order of rows in a file does not matter.
auto rank_of(const Candidate& candidate) {
  const DocumentedFlow& row = *candidate.row;
  return std::tuple(
      candidate.application.kind, !candidate.in_time, ((row.from | row.to) & any_bit) != 0,
      std::popcount(row.from) + std::popcount(row.to), count_ports(row), std::string_view(row.id));
}

SeenEnd seen_client(const ClosedFlow& flow) {
  return {.address = flow.client.address, .port = 0, .vlans = flow.vlans};
}
SeenEnd seen_server(const ClosedFlow& flow) {
  return {.address = flow.server.address, .port = flow.server.port, .vlans = flow.vlans};
}

bool holds(const std::vector<Subnet>& subnets, const IpAddress& address) {
  return std::any_of(subnets.begin(), subnets.end(),
                     [&](const Subnet& subnet) { return subnet.contains(address); });
}

// Is the client the balancer of this pool, and the server a member?
bool is_balanced(const Binding& pool, const ClosedFlow& flow) {
  return holds(pool.snat, flow.client.address) && holds(pool.members, flow.server.address);
}

RoleSet implied_roles(const Policy& policy, const ClosedFlow& flow, RoleSet client) {
  RoleSet implied = 0;
  if ((client >> Policy::role_load_balancer & 1) == 0) return implied;
  for (const Binding& pool : policy.bindings) {
    if (is_balanced(pool, flow)) implied |= RoleSet{1} << pool.role;
  }
  return implied;
}

bool is_health_check(const Policy& policy, const ClosedFlow& flow) {
  return std::any_of(policy.bindings.begin(), policy.bindings.end(), [&](const Binding& pool) {
    return contains(pool.monitor, flow.server.port) && is_balanced(pool, flow);
  });
}

bool may_bypass(const Policy& policy, const ClosedFlow& flow) {
  return std::any_of(policy.bindings.begin(), policy.bindings.end(), [&](const Binding& pool) {
    return !pool.vip.empty() && holds(pool.members, flow.server.address);
  });
}

}  // namespace

class Judgement {
 public:
  Judgement(const Judge& judge, const ClosedFlow& flow, const Standing& standing)
      : judge_(judge),
        policy_(judge.policy()),
        flow_(flow),
        standing_(standing),
        ends_(standing.ends) {
    verdict_.client_roles = ends_.client;
    verdict_.server_roles = ends_.server;
  }

  Judged take() {
    if (!standing_.is_judged) {
      name_service("");
    } else if (const auto candidates = matching_rows(); !candidates.empty()) {
      judge_rows(candidates);
    } else {
      judge_without_row();
    }
    apply_exceptions();
    look_for_roles();
    std::stable_sort(verdict_.problems.begin(), verdict_.problems.end(),
                     [](const Problem& a, const Problem& b) {
                       if (a.severity != b.severity) return a.severity > b.severity;
                       return a.kind < b.kind;
                     });
    return {.verdict = std::move(verdict_), .is_particular = is_particular_};
  }

 private:
  // Best first.
  std::vector<Candidate> matching_rows() {
    std::vector<Candidate> candidates;
    judge_.each_row_on(flow_.transport, flow_.server.port, [&](const DocumentedFlow& row) {
      if (!matches(row, flow_, ends_, flow_.server.port)) return;
      if (row.schedule) is_particular_ = true;
      candidates.push_back({.row = &row,
                            .application = fit_application(row, flow_),
                            .in_time = !row.schedule || is_within(*row.schedule, flow_.first)});
    });
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
    if (row.severity) problem.severity = *row.severity;
    explain(problem);
    verdict_.problems.push_back(std::move(problem));
    verdict_.nearest = judge_.nearest_->find(flow_, ends_);
  }

  // The row's application is what the bytes say; does the flow meet the rest of the row?
  void judge_requirements(const DocumentedFlow& row) {
    if (row.tls || row.http || (wants_tls(row) && flow_.tls() != nullptr)) is_particular_ = true;
    const TlsFit tls = fit_tls(row, flow_);
    const HttpFit http = row.http ? fit_http(*row.http, flow_) : HttpFit{};
    for (const Problem& found : tls.problems) add_problem(row, found);
    for (const Problem& found : http.problems) add_problem(row, found);
    check_schedule(row);
    const bool fails = std::any_of(verdict_.problems.begin(), verdict_.problems.end(),
                                   [](const Problem& it) { return is_violation(it.kind); });
    if (fails) {
      verdict_.kind = VerdictKind::violation;
    } else if (is_one_sided()) {
      leave_open(Reason::one_sided);
    } else if (tls.open != Reason::none || http.open != Reason::none) {
      leave_open(tls.open != Reason::none ? tls.open : http.open);
    } else {
      verdict_.kind = VerdictKind::allowed;
      if (tls.certificate_hidden) verdict_.reason = Reason::certificate_hidden;
    }
    remark_discouraged(row);
    remark_vip_bypass(row);
  }

  void add_problem(const DocumentedFlow& row, Problem problem) {
    if (problem.kind != FindingKind::outside_purpose) {
      problem.severity = row.severity.value_or(severity_of(problem.kind));
    }
    problem.rule = row.id;
    verdict_.problems.push_back(std::move(problem));
  }

  void check_schedule(const DocumentedFlow& row) {
    if (!row.schedule) return;
    is_particular_ = true;
    if (is_within(*row.schedule, flow_.first)) return;
    Problem problem;
    problem.kind = FindingKind::outside_schedule;
    problem.field = Field::schedule;
    problem.expected = row.schedule->id;
    problem.observed = to_text(flow_.first);
    add_problem(row, std::move(problem));
  }

  // An application takes two to speak; ICMP messages stand for themselves.
  bool is_one_sided() const {
    if (flow_.transport == Transport::icmp) return false;
    const SeenBytes seen = seen_bytes(flow_);
    const bool only_one_spoke = seen.of_client != seen.of_server;
    return flow_.outcome == Outcome::one_sided || only_one_spoke;
  }

  void remark_discouraged(const DocumentedFlow& row) {
    if (!row.is_discouraged) return;
    add_problem(row, problem_of(FindingKind::discouraged));
  }

  void remark_vip_bypass(const DocumentedFlow& row) {
    if (!row.wants_vip || ends_.implied != 0 || !standing_.may_bypass) return;
    is_particular_ = true;
    const IpAddress& address = flow_.server.address;
    const Binding* bypassed = nullptr;
    for (const Binding& binding : policy_.bindings) {
      const RoleSet role = RoleSet{1} << binding.role;
      if (!fits_roles(row.to, role) || (ends_.server & role) == 0) continue;
      if (holds(binding.vip, address)) return;
      if (bypassed == nullptr && !binding.vip.empty() && holds(binding.members, address)) {
        bypassed = &binding;
      }
    }
    if (bypassed == nullptr) return;
    Problem problem = problem_of(FindingKind::vip_bypass);
    problem.field = Field::to;
    for (const Subnet& vip : bypassed->vip) {
      if (!problem.expected.empty()) problem.expected += " or ";
      problem.expected += to_text(vip);
    }
    problem.observed = to_text(address);
    add_problem(row, std::move(problem));
  }

  void judge_without_row() {
    name_service("");
    // The documents speak of TCP and UDP; ICMP that no row names is not theirs to judge.
    if (flow_.transport == Transport::icmp) return;
    const DocumentedFlow* reversed = reversed_row();
    if (is_direction_guessed(flow_)) {
      const DocumentedFlow* swapped = reversed != nullptr ? reversed : swapped_row();
      if (swapped != nullptr) {
        verdict_.rule = swapped->id;
        verdict_.nearest = {reversed_miss(policy_, *swapped, ends_)};
        leave_open(Reason::direction_unknown);
        return;
      }
    }
    verdict_.nearest = judge_.nearest_->find(flow_, ends_);
    if (policy_.ask_unknown &&
        ((ends_.client | ends_.server) >> Policy::role_unknown_internal & 1) != 0) {
      leave_open(Reason::unknown_host);
      return;
    }
    verdict_.kind = VerdictKind::violation;
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

  const DocumentedFlow* reversed_row() const {
    return find_row(flow_.server.port,
                    [&](const DocumentedFlow& row) { return matches_reversed(row, flow_, ends_); });
  }

  // The row that fits if the one taken for the client is the server.
  const DocumentedFlow* swapped_row() const {
    const Ends swapped{.client = ends_.server, .server = ends_.client, .implied = 0};
    return find_row(flow_.client.port, [&](const DocumentedFlow& row) {
      return matches(row, flow_, swapped, flow_.client.port);
    });
  }

  // The one with the first name, so that the order in the file does not matter.
  template <class Condition>
  const DocumentedFlow* find_row(std::uint16_t port, Condition fits) const {
    const DocumentedFlow* found = nullptr;
    judge_.each_row_on(flow_.transport, port, [&](const DocumentedFlow& row) {
      if (fits(row) && (found == nullptr || row.id < found->id)) found = &row;
    });
    return found;
  }

  // A problem that somebody has taken responsibility for stays on record, with its exception.
  void apply_exceptions() {
    if (policy_.exceptions.empty() || verdict_.kind == VerdictKind::ignored) return;
    std::vector<Problem> late;
    if (!verdict_.problems.empty()) is_particular_ = true;
    for (Problem& problem : verdict_.problems) {
      const Covering cover = covering(policy_, flow_, ends_, verdict_, problem.kind);
      if (cover.in_force != nullptr) {
        problem.exception = cover.in_force->id;
      } else if (cover.not_in_force != nullptr) {
        Problem remark = problem_of(FindingKind::exception_expired);
        remark.rule = problem.rule;
        remark.expected = fmt::format("{} from {} to {}", cover.not_in_force->id,
                                      cover.not_in_force->created, cover.not_in_force->expires);
        remark.observed = to_text(flow_.first);
        late.push_back(std::move(remark));
      }
    }
    verdict_.problems.insert(verdict_.problems.end(), late.begin(), late.end());
    if (verdict_.kind != VerdictKind::violation) return;
    for (const Problem& problem : verdict_.problems) {
      if (!is_violation(problem.kind)) continue;
      if (problem.exception.empty()) {
        verdict_.exception.clear();
        return;
      }
      if (verdict_.exception.empty()) verdict_.exception = problem.exception;
    }
    verdict_.kind = VerdictKind::waived;
  }

  void look_for_roles() {
    const bool is_open =
        verdict_.kind == VerdictKind::violation || verdict_.kind == VerdictKind::undetermined;
    const bool answered = flow_.outcome == Outcome::data || flow_.outcome == Outcome::handshake ||
                          flow_.outcome == Outcome::midstream;
    verdict_.is_unexplained = is_open && answered && verdict_.rule.empty();
    if (!verdict_.is_unexplained) return;
    constexpr RoleSet builtin = (RoleSet{1} << Policy::builtin_roles) - 1;
    judge_.each_row_on(flow_.transport, flow_.server.port, [&](const DocumentedFlow& row) {
      if (fit_application(row, flow_).kind != ApplicationFit::Kind::fits) return;
      const bool implied = (row.to & ends_.implied) != 0;
      if (implied || fits_roles(row.from, ends_.client)) verdict_.server_explained_as |= row.to;
      if (implied || fits_roles(row.to, ends_.server)) verdict_.client_explained_as |= row.from;
    });
    verdict_.server_explained_as &= ~(builtin | ends_.server);
    verdict_.client_explained_as &= ~(builtin | ends_.client);
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
             contains(it.ports, flow_.server.port);
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

  const Judge& judge_;
  const Policy& policy_;
  const ClosedFlow& flow_;
  Standing standing_;
  Ends ends_;
  bool is_particular_ = false;
  Verdict verdict_;
};

Standing standing_of(const Judge& judge, const ClosedFlow& flow) {
  const Policy& policy = judge.policy();
  const RoleMap::Roles client = judge.roles().find(seen_client(flow));
  const RoleMap::Roles server = judge.roles().find(seen_server(flow));
  const bool in_scope = policy.judge_all || client.is_bound || server.is_bound;
  return {.ends = {.client = client.roles,
                   .server = server.roles,
                   .implied = implied_roles(policy, flow, client.roles)},
          .is_judged = in_scope && !is_health_check(policy, flow),
          .may_bypass = may_bypass(policy, flow)};
}

Judged judge_standing(const Judge& judge, const ClosedFlow& flow, const Standing& standing) {
  return Judgement(judge, flow, standing).take();
}

Verdict Judge::judge(const ClosedFlow& flow) const {
  return judge_standing(*this, flow, standing_of(*this, flow)).verdict;
}

std::vector<RowTrial> Judge::trace(const ClosedFlow& flow) const {
  std::vector<RowTrial> trials;
  const Ends ends = standing_of(*this, flow).ends;
  for (const DocumentedFlow& row : policy_.flows) {
    trials.push_back({.row = &row, .miss = miss_of_row(policy_, row, flow, ends)});
  }
  return trials;
}

}  // namespace pcapaudit
