// Roles against roles: what is documented, what was seen, what deviates, what nobody could see.
#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "policy/policy.hpp"
#include "report/model/model_reader.hpp"

namespace pcapaudit {
namespace {

struct Role {
  std::string id, title;
  bool seen = false;
  std::uint64_t flows = 0;
  bool named = false;  // by a row or a flow
};

using Key = std::pair<std::size_t, std::size_t>;  // role numbers
using Cells = std::map<Key, MatrixCell>;

template <class Use>
void each_role(RoleSet set, const Use& use) {
  for (; set != 0; set &= set - 1) use(static_cast<std::size_t>(std::countr_zero(set)));
}

template <class Use>
void each_pair(RoleSet from, RoleSet to, const Use& use) {
  each_role(from, [&](std::size_t a) { each_role(to, [&](std::size_t b) { use(Key{a, b}); }); });
}

void add_name(Listed<std::string>& list, const std::string& name, std::size_t limit) {
  ++list.total;
  if (list.rows.size() < limit) list.rows.push_back(name);
}

class MatrixMaker {
 public:
  explicit MatrixMaker(ModelReader& reader) : reader_(reader) { roles_.resize(max_roles); }

  ReportMatrix make() {
    read_roles();
    read_flows();
    read_rows();
    read_findings();
    for (auto& [key, cell] : cells_) set_state(key, cell);
    std::erase_if(cells_, [](const auto& it) { return !stands(it.second); });
    return shown();
  }

 private:
  void read_roles() {
    for (ModelRow& it : reader_.rows("SELECT number, id, title, seen FROM role ORDER BY number")) {
      Role& role = roles_.at(it.number());
      role.id = it.text();
      role.title = it.text();
      role.seen = it.flag();
    }
  }

  void read_flows() {
    for (ModelRow& it : reader_.rows(
             "SELECT client_roles, server_roles, sum(flows), "
             "sum(flows) FILTER (WHERE verdict = 'allowed'), "
             "sum(flows) FILTER (WHERE verdict = 'violation'), "
             "sum(flows) FILTER (WHERE verdict = 'waived'), "
             "sum(flows) FILTER (WHERE verdict = 'undetermined'), "
             "sum(flows) FILTER (WHERE verdict = 'ignored'), "
             "sum(flows) FILTER (WHERE verdict = 'violation' AND outcome IN ('blocked', "
             "'refused')), "
             "sum(gaps), sum(flows) FILTER (WHERE outcome = 'one-sided'), "
             "sum(flows) FILTER (WHERE reason IN ('certificate-hidden', 'tls13-encrypted', "
             "'tls13-indicated', 'tls13-indicated-absent')), "
             "sum(packets_c2s) > 0 AND sum(packets_s2c) > 0 "
             "FROM flow_group GROUP BY client_roles, server_roles ORDER BY client_roles, "
             "server_roles")) {
      const RoleSet from = it.roles(), to = it.roles();
      MatrixCell one;
      for (std::uint64_t* count : {&one.flows.flows, &one.flows.allowed, &one.flows.violation,
                                   &one.flows.waived, &one.flows.undetermined, &one.flows.ignored,
                                   &one.blocked, &one.gaps, &one.one_sided, &one.hidden}) {
        *count = it.number();
      }
      one.sight = it.flag() ? MatrixCell::Sight::both : MatrixCell::Sight::one_way;
      each_pair(from, to, [&](Key key) { add(cells_[key], one); });
      each_role(from | to, [&](std::size_t role) {
        roles_[role].flows += one.flows.flows - one.flows.ignored;
      });
    }
  }

  static void add(MatrixCell& sum, const MatrixCell& one) {
    sum.flows.flows += one.flows.flows;
    sum.flows.allowed += one.flows.allowed;
    sum.flows.violation += one.flows.violation;
    sum.flows.waived += one.flows.waived;
    sum.flows.undetermined += one.flows.undetermined;
    sum.flows.ignored += one.flows.ignored;
    sum.blocked += one.blocked;
    sum.gaps += one.gaps;
    sum.one_sided += one.one_sided;
    sum.hidden += one.hidden;
    sum.sight = std::max(sum.sight, one.sight);
  }

  // A row from or to `any` stands in a cell of its own; its flows are told there, too.
  void read_rows() {
    for (ModelRow& it : reader_.rows(
             "SELECT rule.id, from_roles, to_roles, coalesce(used.flows, 0) FROM rule "
             "LEFT JOIN (SELECT flow_rule.rule, count(*) AS flows FROM flow_rule "
             "JOIN flow ON flow.id = flow_rule.flow WHERE flow.verdict IN ('allowed', 'waived') "
             "GROUP BY flow_rule.rule) AS used ON used.rule = rule.id ORDER BY rule.position")) {
      const std::string id = it.text();
      const RoleSet from = it.roles(), to = it.roles();
      const std::uint64_t used = it.number();
      each_role(from | to, [&](std::size_t role) { roles_[role].named = true; });
      each_pair(from, to, [&](Key key) {
        MatrixCell& cell = cells_[key];
        cell.documented = true;
        add_name(cell.rules, id, reader_.limits.names);
        constexpr RoleSet words = any_bit | any_internal_bit;
        if (((role_bit(key.first) | role_bit(key.second)) & words) != 0) {
          cell.flows.flows += used;
          cell.flows.allowed += used;
          if (used > 0) cell.sight = MatrixCell::Sight::both;
        }
      });
    }
  }

  void read_findings() {
    for (ModelRow& it :
         reader_.rows("SELECT id, client_roles, server_roles FROM finding "
                      "WHERE client_roles <> 0 AND server_roles <> 0 AND subject IS NULL "
                      "AND flows > 0 ORDER BY rank, flows DESC, id")) {
      const std::string id = it.text();
      const RoleSet from = it.roles(), to = it.roles();
      each_pair(from, to,
                [&](Key key) { add_name(cells_[key].findings, id, reader_.limits.names); });
    }
  }

  void set_state(Key key, MatrixCell& cell) const {
    using State = MatrixCell::State;
    const VerdictCounts& flows = cell.flows;
    cell.documented = cell.documented || flows.allowed > 0;  // by a row from or to `any`
    const bool observable = roles_[key.first].seen && roles_[key.second].seen;
    if (flows.violation > cell.blocked) {
      cell.state = State::violation;
    } else if (cell.blocked > 0) {
      cell.state = State::blocked;
    } else if (flows.undetermined > 0) {
      cell.state = State::undetermined;
    } else if (flows.waived > 0) {
      cell.state = State::waived;
    } else if (flows.allowed > 0) {
      cell.state = State::seen;
    } else {
      cell.state = observable ? State::unseen : State::not_observable;
    }
  }

  static bool stands(const MatrixCell& cell) {
    return cell.documented || cell.flows.flows > cell.flows.ignored;
  }

  // The roles that matter most when there are more than fit; shown in their own order.
  std::vector<std::size_t> chosen(std::uint64_t& total) const {
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < roles_.size(); ++i) {
      if (roles_[i].named || roles_[i].flows > 0) numbers.push_back(i);
    }
    total = numbers.size();
    std::stable_sort(numbers.begin(), numbers.end(), [&](std::size_t a, std::size_t b) {
      return roles_[a].flows > roles_[b].flows;
    });
    if (numbers.size() > reader_.limits.roles) numbers.resize(reader_.limits.roles);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }

  ReportMatrix shown() {
    ReportMatrix matrix;
    const std::vector<std::size_t> numbers = chosen(matrix.roles.total);
    std::map<std::size_t, std::size_t> place;
    for (const std::size_t number : numbers) {
      place[number] = matrix.roles.rows.size();
      const Role& role = roles_[number];
      matrix.roles.rows.push_back(
          {.id = role.id, .title = role.title, .seen = role.seen, .flows = role.flows});
    }
    for (auto& [key, cell] : cells_) {
      if (!place.contains(key.first) || !place.contains(key.second)) continue;
      cell.from = place[key.first];
      cell.to = place[key.second];
      matrix.cells.push_back(std::move(cell));
    }
    for (std::size_t i = 0; i < matrix.cells.size(); ++i) matrix.told.rows.push_back(i);
    std::stable_sort(matrix.told.rows.begin(), matrix.told.rows.end(),
                     [&](std::size_t a, std::size_t b) {
                       return matrix.cells[a].state > matrix.cells[b].state;
                     });
    matrix.told.total = cells_.size();
    if (matrix.told.rows.size() > reader_.limits.pairs) {
      matrix.told.rows.resize(reader_.limits.pairs);
    }
    return matrix;
  }

  ModelReader& reader_;
  std::vector<Role> roles_;
  Cells cells_;
};

}  // namespace

void read_matrix(ModelReader& reader, ReportModel& model) {
  model.matrix = MatrixMaker(reader).make();
}

}  // namespace pcapaudit
