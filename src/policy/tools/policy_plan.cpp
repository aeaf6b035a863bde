// Where to capture so that the documented rows can be judged.
#include <algorithm>
#include <bit>
#include <set>

#include <fmt/format.h>

#include "policy/application_names.hpp"
#include "policy/load/policy_documents.hpp"

namespace pcapaudit {
namespace {

std::vector<Subnet> addresses_of(const Policy& policy, std::size_t role) {
  std::vector<Subnet> all;
  for (const Binding& binding : policy.bindings) {
    if (binding.role != role) continue;
    for (const auto* list : {&binding.addresses, &binding.vip, &binding.members}) {
      all.insert(all.end(), list->begin(), list->end());
    }
  }
  return all;
}

// "host 10.1.2.3 or net 10.1.2.0/24"
std::string capture_filter(const std::vector<Subnet>& subnets) {
  std::set<std::string> parts;
  for (const Subnet& subnet : subnets) {
    parts.insert((subnet.is_single_address() ? "host " : "net ") + to_text(subnet));
  }
  return fmt::format("{}", fmt::join(parts, " or "));
}

// Does this point see the row's flows of every pair of its roles? A row "from any" is seen at its
// server; one with several roles at an end needs all of them, or the other end.
bool sees(const DocumentedFlow& row, RoleSet points) {
  const bool all_servers = (row.to & ~points) == 0;
  const bool all_clients = (row.from & ~points) == 0;
  return all_servers || all_clients;
}

std::string demands(const DocumentedFlow& row) {
  if (row.tls && row.tls->mutual == TlsProfile::Mutual::yes) {
    return "both directions, from the start; TLS 1.3 hides client certificates";
  }
  if (row.app == "https" || row.tls) return "both directions, from the start";
  return "both directions";
}

}  // namespace

bool is_recognised(const std::string& app) {
  const auto transport = parse_transport(app);
  if (transport && *transport != Transport::tcp && *transport != Transport::udp) return true;
  const auto& names = application_names();
  return std::any_of(names.begin(), names.end(),
                     [&](const ApplicationName& it) { return it.name == app && it.is_recognised; });
}

namespace {

struct Places {
  std::vector<std::size_t> chosen;  // roles to mirror, the one that adds most rows first
  RoleSet points = 0;               // the same
};

std::size_t rows_seen_with(const Policy& policy, RoleSet set) {
  return static_cast<std::size_t>(
      std::count_if(policy.flows.begin(), policy.flows.end(),
                    [&](const DocumentedFlow& row) { return sees(row, set); }));
}

// The one or two roles of `bound` that add most rows to what `points` see; none adds any: 0.
RoleSet best_addition(const Policy& policy, RoleSet bound, RoleSet points) {
  RoleSet best = 0;
  std::size_t most = rows_seen_with(policy, points);
  for (std::size_t i = Policy::builtin_roles; i < policy.roles.size(); ++i) {
    if ((bound >> i & 1) == 0) continue;
    for (std::size_t k = i; k < policy.roles.size(); ++k) {
      if ((bound >> k & 1) == 0) continue;
      const RoleSet added = RoleSet{1} << i | RoleSet{1} << k;
      const std::size_t rows = rows_seen_with(policy, points | added);
      const bool fewer = rows == most && best != 0 && std::popcount(added) < std::popcount(best);
      if (rows > most || fewer) {
        most = rows;
        best = added;
      }
    }
  }
  return best;
}

Places places_of(const Policy& policy, RoleSet bound) {
  Places places;
  while (const RoleSet best = best_addition(policy, bound, places.points)) {
    for (std::size_t i = 0; i < policy.roles.size(); ++i) {
      if ((best >> i & 1) != 0 && (places.points >> i & 1) == 0) places.chosen.push_back(i);
    }
    places.points |= best;
  }
  return places;
}

std::string mirrors_text(const Policy& policy, const Places& places) {
  std::string text;
  for (const std::size_t role : places.chosen) {
    const Role& it = policy.roles[role];
    text += fmt::format("\n  mirror {}{}\n    filter: {}\n", it.id,
                        it.host.empty() ? "" : fmt::format(" (an interface of {})", it.host),
                        capture_filter(addresses_of(policy, role)));
    for (const DocumentedFlow& row : policy.flows) {
      const bool here = ((row.from | row.to) >> role & 1) != 0 && sees(row, places.points);
      if (!here) continue;
      text += fmt::format("    {:<16} {} → {}  {}: {}\n", row.id, policy.role_names(row.from),
                          policy.role_names(row.to), port_words(row), demands(row));
    }
  }
  return text;
}

// Rows that no place sees.
std::string unseen_text(const Policy& policy, RoleSet bound, RoleSet points) {
  // Built-in roles are bound by nobody: their addresses follow from the networks.
  constexpr RoleSet builtin = role_bit(Policy::builtin_roles) - 1;
  std::string blind, placeless;
  for (const DocumentedFlow& row : policy.flows) {
    if (sees(row, points)) continue;
    const bool lacks_address = ((row.from | row.to) & ~bound & ~builtin) != 0;
    const RoleSet told = lacks_address ? ~(bound | builtin) : ~RoleSet{0};
    (lacks_address ? blind : placeless) +=
        fmt::format("    {:<16} {} → {}\n", row.id, policy.role_names(row.from & told),
                    policy.role_names(row.to & told));
  }
  std::string text;
  if (!blind.empty()) text += "\n  not judgeable: no address is bound for these roles\n" + blind;
  if (!placeless.empty()) {
    text +=
        fmt::format("\n  of no one place: seen where these hosts' traffic passes{}\n{}",
                    policy.judge_all ? "" : ", judged where a bound role takes part", placeless);
  }
  return text;
}

}  // namespace

std::string plan_text(const Policy& policy) {
  RoleSet bound = 0;
  for (const Binding& binding : policy.bindings) bound |= RoleSet{1} << binding.role;
  const Places places = places_of(policy, bound);
  std::string text =
      fmt::format("{} of {} rows can be judged from {} places\n",
                  rows_seen_with(policy, places.points), policy.flows.size(), places.chosen.size());
  text += mirrors_text(policy, places);
  text += unseen_text(policy, bound, places.points);
  std::string silent;
  for (const DocumentedFlow& row : policy.flows) {
    if (is_recognised(row.app)) continue;
    silent += fmt::format("    {:<16} {}\n", row.id, row.app);
  }
  if (!silent.empty()) {
    text += "\n  not recognisable: no flow can meet these rows, wherever it is captured\n" + silent;
  }
  return text;
}

std::string applications_text() {
  std::string text, silent;
  for (const ApplicationName& it : application_names()) {
    (it.is_recognised ? text : silent) += fmt::format("{}\n", it.name);
  }
  return text + "\nnamed by documents, and recognised by nobody:\n" + silent;
}

}  // namespace pcapaudit
