// Judges one flow against the documented rows, step by step as docs/verdicts.md tells it.
#include <algorithm>

#include <fmt/format.h>

#include "policy/fit/health_check.hpp"
#include "policy/fit/link_chatter.hpp"
#include "policy/judge/evidence.hpp"
#include "policy/judge/exceptions.hpp"
#include "policy/judge/nearest.hpp"
#include "policy/judge/row_outcome.hpp"

namespace pcapaudit {
namespace {

SeenEnd seen_client(const ClosedFlow& flow) {
  return {.address = flow.client.address, .port = 0, .vlans = flow.vlans};
}
SeenEnd seen_server(const ClosedFlow& flow) {
  return {.address = flow.server.address, .port = flow.server.port, .vlans = flow.vlans};
}

// Routing and group protocols on one link (OSPF, EIGRP, VRRP, PIM, IGMP): they are sent to groups
// that no router forwards (RFC 5771 4, RFC 4291 2.7), but for IGMP's reports, which go to the group
// that they speak of (RFC 2236 3).
bool is_link_control(const ClosedFlow& flow) {
  if (has_ports(flow.transport)) return false;
  static const Subnet link_v4 = *Subnet::parse("224.0.0.0/24"),
                      link_v6 = *Subnet::parse("ff02::/16"), groups = *Subnet::parse("224.0.0.0/4");
  const IpAddress& to = flow.server.address;
  if (link_v4.contains(to) || link_v6.contains(to)) return true;
  return flow.transport == Transport::igmp && groups.contains(to);
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
    } else if (auto outcomes = outcomes_of_rows(); !outcomes.empty()) {
      judge_rows(std::move(outcomes));
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
  // The one that the verdict speaks of first.
  std::vector<RowOutcome> outcomes_of_rows() {
    std::vector<RowOutcome> outcomes;
    judge_.each_row_on(flow_.transport, flow_.server.port, [&](const DocumentedFlow& row) {
      if (!matches(row, flow_, ends_, flow_.server.port)) return;
      outcomes.push_back(fare_with(row, policy_, flow_, standing_));
      is_particular_ = is_particular_ || outcomes.back().is_particular;
    });
    if (outcomes.size() > 1) std::sort(outcomes.begin(), outcomes.end(), is_reported_before);
    return outcomes;
  }

  // One row that is met is enough; while one may be met, nothing is wrong for certain.
  void judge_rows(std::vector<RowOutcome> outcomes) {
    RowOutcome& best = outcomes.front();
    verdict_.rule = best.row->id;
    const bool is_wrong = best.application.kind == ApplicationFit::Kind::wrong;
    name_service(is_wrong ? "" : best.row->app);
    if (best.kind != RowOutcome::Kind::failing) {
      for (const RowOutcome& it : outcomes) {
        if (it.kind == best.kind) verdict_.used.push_back(it.row->id);
      }
    }
    verdict_.problems = std::move(best.problems);
    switch (best.kind) {
      case RowOutcome::Kind::met:
        verdict_.kind = VerdictKind::allowed;
        verdict_.reason = best.reason;
        doubt_direction();
        break;
      case RowOutcome::Kind::open:
        leave_open(best.reason);
        break;
      case RowOutcome::Kind::failing:
        verdict_.kind = VerdictKind::violation;
        if (!is_wrong) break;
        explain(verdict_.problems.front());
        verdict_.nearest = judge_.nearest_->find(flow_, ends_);
        break;
    }
  }

  // The ends may be the other way round, and no row speaks of that.
  void doubt_direction() {
    const Reason doubt = missing(Evidence::opener, flow_);
    if (doubt != Reason::none && swapped_row() == nullptr) leave_open(doubt);
  }

  void judge_without_row() {
    name_service("");
    // ICMP that no row names is not the documents' to judge, nor is what routers tell each other.
    if (flow_.transport == Transport::icmp || standing_.is_link_control) return;
    if (is_direction_guessed(flow_)) {
      if (const DocumentedFlow* swapped = swapped_row()) {
        verdict_.rule = swapped->id;
        verdict_.nearest = {reversed_miss(policy_, *swapped, ends_)};
        leave_open(Reason::direction_unknown);
        return;
      }
    }
    verdict_.nearest = judge_.nearest_->find(flow_, ends_);
    const DocumentedFlow* reversed = reversed_row();
    const bool asks = policy_.ask_unknown && ((ends_.client | ends_.server) &
                                              role_bit(Policy::role_unknown_internal)) != 0;
    if (reversed == nullptr && asks) {
      leave_open(Reason::unknown_host);
      return;
    }
    verdict_.kind = VerdictKind::violation;
    Problem problem = problem_of(
        policy_, standing_.is_chatter ? FindingKind::link_chatter : FindingKind::undocumented);
    if (reversed != nullptr) {
      problem = problem_of(policy_, FindingKind::reversed_direction);
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
        Problem remark = problem_of(policy_, FindingKind::exception_expired);
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
    constexpr RoleSet builtin = role_bit(Policy::builtin_roles) - 1;
    judge_.each_row_on(flow_.transport, flow_.server.port, [&](const DocumentedFlow& row) {
      if (fit_application(row, flow_).kind != ApplicationFit::Kind::fits) return;
      const bool implied = (row.to & ends_.implied) != 0;
      if (implied || fits_roles(row.from, ends_.client)) verdict_.server_explained_as |= row.to;
      if (implied || fits_roles(row.to, ends_.server)) verdict_.client_explained_as |= row.from;
    });
    verdict_.server_explained_as &= ~(builtin | ends_.server);
    verdict_.client_explained_as &= ~(builtin | ends_.client);
  }

  // The first [[mistake]] that speaks of these ends, this port and what the bytes are names the
  // cause. It makes a violation less grave only where it is sure to describe it.
  void explain(Problem& problem) const {
    const auto is_described = [&](const Mistake& it) {
      return std::any_of(it.apps.begin(), it.apps.end(),
                         [&](const std::string& app) { return carries(flow_, app); });
    };
    const bool is_silent = flow_.app == "none";
    const auto speaks_of_it = [&](const Mistake& it) {
      return fits_roles(it.from, ends_.client) && fits_roles(it.to, ends_.server) &&
             contains(it.ports, flow_.server.port) &&
             (it.apps.empty() || is_silent || is_described(it));
    };
    const auto found = std::find_if(policy_.mistakes.begin(), policy_.mistakes.end(), speaks_of_it);
    if (found == policy_.mistakes.end()) return;
    problem.mistake = found->id;
    const bool is_sure = is_silent || is_described(*found);
    problem.severity = is_sure ? found->severity : std::max(problem.severity, found->severity);
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
          .is_judged = in_scope && !is_health_check(judge, flow),
          .may_bypass = may_bypass(policy, flow),
          .is_chatter = is_link_chatter(flow, {.client = client.roles, .server = server.roles}),
          .is_link_control = is_link_control(flow)};
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
