// Scores rows by the fields that fit; see the header.

#include "policy/judge/nearest.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "policy/fit/application_fit.hpp"

namespace pcapaudit {
namespace {

// Fields in the order in which a failing one is named.
constexpr std::array<Field, 5> fields = {Field::from, Field::to, Field::transport, Field::port,
                                         Field::application};

struct Score {
  const DocumentedFlow* row = nullptr;
  Ends ends;                // as the row was held against them
  std::size_t fitting = 0;  // sum of the weights of the fields that fit
  Field first_failing = Field::none;
  std::uint32_t port_distance = 0;
  bool is_vague = false;  // from or to `any`
};

// A field that is not known to fail fits: bytes that nobody saw speak against no row.
bool field_fits(Field field, const DocumentedFlow& row, const ClosedFlow& flow, Ends ends) {
  switch (field) {
    case Field::from:
      return fits_roles(row.from, ends.client);
    case Field::to:
      return fits_roles(row.to, ends.server);
    case Field::transport:
      return fits_transport(row, flow);
    case Field::port:
      return fits_port(row, flow, flow.server.port);
    default:
      return fit_application(row, flow).kind != ApplicationFit::Kind::wrong;
  }
}

// Roles say most about what a row is for, then the application, which says more than a port: a port
// may lie in anybody's range. `any` says least.
constexpr std::size_t same_protocol = 3;  // in clear and inside TLS

std::size_t weight_of(Field field, const DocumentedFlow& row) {
  constexpr std::size_t named_role = 5, application = 4, one_port = 2, wide_range = 1,
                        transport = 2, any_role = 1, wide = 64;
  constexpr RoleSet words = any_bit | any_internal_bit;
  switch (field) {
    case Field::from:
      return (row.from & words) != 0 ? any_role : named_role;
    case Field::to:
      return (row.to & words) != 0 ? any_role : named_role;
    case Field::port:
      return count_ports(row) > wide ? wide_range : one_port;
    case Field::transport:
      return transport;
    default:
      return application;
  }
}

std::uint32_t port_distance(const DocumentedFlow& row, std::uint16_t port) {
  std::uint32_t least = UINT16_MAX;
  for (const PortRange& range : row.ports) {
    const std::uint32_t below = range.first > port ? std::uint32_t{range.first} - port : 0;
    const std::uint32_t above = port > range.last ? std::uint32_t{port} - range.last : 0;
    least = std::min(least, std::max(below, above));
  }
  return least;
}

Score score_in_order(const DocumentedFlow& row, const ClosedFlow& flow, Ends ends) {
  Score score{.row = &row, .ends = ends};
  for (const Field field : fields) {
    if (field_fits(field, row, flow, ends)) {
      score.fitting += weight_of(field, row);
      continue;
    }
    if (score.first_failing == Field::none) score.first_failing = field;
    if (field == Field::application && is_same_protocol(row, flow)) score.fitting += same_protocol;
  }
  score.is_vague = ((row.from | row.to) & any_bit) != 0;
  score.port_distance = port_distance(row, flow.server.port);
  return score;
}

// What has no opener is held against the row both ways round.
Score score_of(const DocumentedFlow& row, const ClosedFlow& flow, Ends ends) {
  const Score score = score_in_order(row, flow, ends);
  if (!is_without_opener(flow.transport)) return score;
  const Ends swapped{.client = ends.server, .server = ends.client, .implied = 0};
  const Score other = score_in_order(row, flow, swapped);
  return other.fitting > score.fitting ? other : score;
}

// "front-end or director"
std::string alternatives(const Policy& policy, RoleSet set) {
  std::string text;
  for (std::size_t i = 0; i < policy.roles.size() && i < max_roles; ++i) {
    if ((set >> i & 1) == 0) continue;
    if (!text.empty()) text += " or ";
    text += policy.roles[i].id;
  }
  return text;
}

std::string transports_text(const DocumentedFlow& row) {
  std::string text;
  for (const Transport transport : row.transports) {
    if (!text.empty()) text += " or ";
    text += to_text(transport);
  }
  return text;
}

NearMiss miss_of(const Policy& policy, const Score& score, const ClosedFlow& flow) {
  const DocumentedFlow& row = *score.row;
  NearMiss miss{.rule = row.id, .field = score.first_failing, .expected = {}, .observed = {}};
  switch (miss.field) {
    case Field::from:
      miss.expected = alternatives(policy, row.from);
      miss.observed = policy.role_names(score.ends.client);
      break;
    case Field::to:
      miss.expected = alternatives(policy, row.to);
      miss.observed = policy.role_names(score.ends.server);
      break;
    case Field::transport:
      miss.expected = transports_text(row);
      miss.observed = to_text(flow.transport);
      break;
    case Field::port:
      miss.expected = to_text(row.ports, " or ");
      miss.observed = fmt::format("{}", flow.server.port);
      break;
    case Field::application:
      miss.expected = expected_application(row);
      miss.observed = observed_application(row, flow);
      break;
    default:
      break;
  }
  return miss;
}

// What a score depends on beside the port.
struct ClassKey {
  RoleSet from = 0, to = 0;
  std::vector<Transport> transports;
  std::string app;
  bool has_tls = false;
  auto operator<=>(const ClassKey&) const = default;
};

ClassKey key_of(const DocumentedFlow& row) {
  ClassKey key{.from = row.from,
               .to = row.to,
               .transports = row.transports,
               .app = row.app,
               .has_tls = row.tls.has_value()};
  std::sort(key.transports.begin(), key.transports.end());
  return key;
}

}  // namespace

NearestRows::NearestRows(const Policy& policy) : policy_(policy) {
  std::map<ClassKey, std::size_t> with_roles, without_roles;
  for (const DocumentedFlow& row : policy.flows) {
    ClassKey key = key_of(row);
    const auto [it, is_new] = with_roles.try_emplace(key, classes_.size());
    if (is_new) {
      const auto index = static_cast<std::uint32_t>(classes_.size());
      classes_.emplace_back();
      for (std::size_t role = 0; role < max_roles; ++role) {
        if ((row.from >> role & 1) != 0) from_[role].push_back(index);
        if ((row.to >> role & 1) != 0) to_[role].push_back(index);
      }
    }
    classes_[it->second].add(row);
    key.from = key.to = 0;
    const auto [bare, is_first] = without_roles.try_emplace(key, without_roles_.size());
    if (is_first) without_roles_.emplace_back();
    without_roles_[bare->second].add(row);
  }
}

void NearestRows::RowClass::add(const DocumentedFlow& row) {
  if (row.ports.size() != 1 || row.ports.front().first != row.ports.front().last) {
    other.push_back(&row);
    return;
  }
  auto& rows = by_port[row.ports.front().first];
  rows.insert(std::upper_bound(rows.begin(), rows.end(), &row,
                               [](const auto* a, const auto* b) { return a->id < b->id; }),
              &row);
}

// The rows of this class that can be among the nearest.
void NearestRows::RowClass::collect(std::uint16_t port,
                                    std::vector<const DocumentedFlow*>& rows) const {
  rows.insert(rows.end(), other.begin(), other.end());
  const auto take = [&rows](const auto& list, std::size_t& wanted) {
    const std::size_t taken = std::min(wanted, list.size());
    rows.insert(rows.end(), list.begin(), list.begin() + static_cast<std::ptrdiff_t>(taken));
    wanted -= taken;
  };
  const auto here = by_port.lower_bound(port);
  std::size_t wanted = max_nearest;
  for (auto it = here; it != by_port.end() && wanted > 0; ++it) take(it->second, wanted);
  wanted = max_nearest;
  for (auto it = here; it != by_port.begin() && wanted > 0;) take((--it)->second, wanted);
}

std::vector<NearMiss> NearestRows::find(const ClosedFlow& flow, Ends ends) const {
  std::vector<std::uint32_t> related;
  for (std::size_t role = 0; role < max_roles; ++role) {
    const auto add = [&](const auto& list) {
      related.insert(related.end(), list.begin(), list.end());
    };
    if ((row_words(ends.client) >> role & 1) != 0) add(from_[role]);
    if ((row_words(ends.server) >> role & 1) != 0) add(to_[role]);
  }
  std::sort(related.begin(), related.end());
  related.erase(std::unique(related.begin(), related.end()), related.end());
  std::vector<const DocumentedFlow*> rows;
  for (const std::uint32_t index : related) classes_[index].collect(flow.server.port, rows);
  if (related.empty()) {
    for (const RowClass& it : without_roles_) it.collect(flow.server.port, rows);
  }
  std::vector<Score> scores;
  scores.reserve(rows.size());
  for (const DocumentedFlow* row : rows) scores.push_back(score_of(*row, flow, ends));
  // Names are unique, so the order is total; only the first few are wanted.
  const auto few = static_cast<std::ptrdiff_t>(std::min(max_nearest, scores.size()));
  std::partial_sort(scores.begin(), scores.begin() + few, scores.end(),
                    [](const Score& a, const Score& b) {
                      if (a.is_vague != b.is_vague) return b.is_vague;
                      if (a.fitting != b.fitting) return a.fitting > b.fitting;
                      if (a.port_distance != b.port_distance)
                        return a.port_distance < b.port_distance;
                      return a.row->id < b.row->id;
                    });
  std::vector<NearMiss> nearest;
  for (auto score = scores.begin(); score != scores.begin() + few; ++score) {
    nearest.push_back(miss_of(policy_, *score, flow));
  }
  return nearest;
}

NearMiss miss_of_row(const Policy& policy, const DocumentedFlow& row, const ClosedFlow& flow,
                     Ends ends) {
  return miss_of(policy, score_of(row, flow, ends), flow);
}

NearMiss reversed_miss(const Policy& policy, const DocumentedFlow& row, Ends ends) {
  return {.rule = row.id,
          .field = Field::direction,
          .expected =
              fmt::format("{} to {}", alternatives(policy, row.from), alternatives(policy, row.to)),
          .observed = fmt::format("{} to {}", policy.role_names(ends.client),
                                  policy.role_names(ends.server))};
}

}  // namespace pcapaudit
