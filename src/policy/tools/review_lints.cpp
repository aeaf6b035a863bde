// Rows that say nothing new, or too much, or that nobody answers for; dates that pass.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "policy/load/loosening.hpp"
#include "policy/load/policy_documents.hpp"
#include "policy/load/policy_loader.hpp"
#include "policy/tools/policy_lines.hpp"
#include "policy/tools/policy_review.hpp"

namespace pcapaudit {
namespace {

constexpr std::int64_t day_ns = std::int64_t{86'400} * 1'000'000'000;
constexpr std::int64_t soon_days = 30;  // before an exception ends

// Every address that one end may be, the other may be as well.
bool is_within(RoleSet inner, RoleSet outer) {
  if ((outer & any_bit) != 0) return true;
  if ((inner & any_bit) != 0) return false;
  const bool takes_internal = (outer & any_internal_bit) != 0;
  return (inner & ~outer & (takes_internal ? outside_roles : ~RoleSet{0})) == 0;
}

// Sorted and disjoint.
PortRanges joined(PortRanges ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const PortRange& a, const PortRange& b) { return a.first < b.first; });
  PortRanges all;
  for (const PortRange& it : ranges) {
    if (!all.empty() && it.first <= std::uint32_t{all.back().last} + 1) {
      all.back().last = std::max(all.back().last, it.last);
    } else {
      all.push_back(it);
    }
  }
  return all;
}

bool is_within(const PortRanges& inner, const PortRanges& outer) {
  return std::all_of(inner.begin(), inner.end(), [&](const PortRange& it) {
    return std::any_of(outer.begin(), outer.end(), [&](const PortRange& other) {
      return other.first <= it.first && it.last <= other.last;
    });
  });
}

struct Scope {
  const DocumentedFlow* row = nullptr;
  PortRanges ports;
  bool is_built_in = false;
};

bool covers(const Scope& outer, const Scope& inner) {
  const DocumentedFlow &a = *outer.row, &b = *inner.row;
  return a.app == b.app && is_within(b.from, a.from) && is_within(b.to, a.to) &&
         is_within(inner.ports, outer.ports) &&
         std::all_of(b.transports.begin(), b.transports.end(),
                     [&](Transport it) {
                       return std::find(a.transports.begin(), a.transports.end(), it) !=
                              a.transports.end();
                     }) &&
         (a.allows_related || !b.allows_related) && lesser_demands(b, a).empty();
}

class Review {
 public:
  Review(const Policy& policy, Timestamp now) : policy_(policy), lines_(policy), now_(now) {
    for (const DocumentedFlow& row : policy.flows) {
      scopes_.push_back({.row = &row,
                         .ports = joined(row.ports),
                         .is_built_in = row.place.file.starts_with(built_in_prefix)});
    }
  }

  std::vector<Lint> lints() {
    find_shadowed();
    for (const Scope& scope : scopes_) {
      look_at_scope(*scope.row);
      if (!scope.is_built_in) look_at_answers(*scope.row);
    }
    for (const Exception& it : policy_.exceptions) look_at(it);
    find_twins();
    return std::move(lints_);
  }

 private:
  void add(const char* code, const SourcePlace& place, const std::string& what, std::string hint) {
    lints_.push_back(
        {.code = code,
         .is_error = false,
         .remark = lines_.remark(place, fmt::format("{}: {}", code, what), std::move(hint))});
  }

  // L15. Built-in packs are documentation, and documents repeat each other.
  void find_shadowed() {
    for (std::size_t i = 0; i < scopes_.size(); ++i) {
      for (std::size_t k = 0; k < scopes_.size(); ++k) {
        if (i == k || (scopes_[i].is_built_in && scopes_[k].is_built_in)) continue;
        if (!covers(scopes_[k], scopes_[i])) continue;
        const bool is_equal = covers(scopes_[i], scopes_[k]);
        if (is_equal && k > i) continue;  // told at the later one
        const std::string &inner = scopes_[i].row->id, &outer = scopes_[k].row->id;
        const SourcePlace& place = scopes_[i].row->place;
        if (is_equal)
          add("L15", place, fmt::format("{} says what {} says", inner, outer),
              "delete one of them");
        else
          add("L15", place,
              fmt::format("{} allows nothing that {} does not allow, which is wider", inner, outer),
              fmt::format("delete it, or narrow {}", outer));
        break;
      }
    }
  }

  // L16, L17
  void look_at_scope(const DocumentedFlow& row) {
    if ((row.from & any_bit) != 0 && (row.to & any_bit) != 0)
      add("L16", row.place,
          fmt::format("{} is from any to any: every host may open it to every other", row.id),
          "name the roles that need it");
    if (!is_recognised(row.app))
      add("L17", row.place,
          fmt::format("{}: no dissector recognises \"{}\", so no flow meets the row", row.id,
                      row.app),
          "policy apps names those that are; what cannot be recognised needs an exception");
  }

  // L18, L19: of rows that no document answers for.
  void look_at_answers(const DocumentedFlow& row) {
    std::vector<std::string_view> missing;
    if (row.owner.empty()) missing.emplace_back("owner");
    if (row.why.empty()) missing.emplace_back("why");
    if (row.review.empty()) missing.emplace_back("review");
    if (row.sources.empty() && !missing.empty())
      add("L18", row.place, fmt::format("{} has no {}", row.id, fmt::join(missing, ", no ")),
          "say who answers for it, why it is needed, and when somebody looks at it again");
    if (row.review.empty()) return;
    const auto due = start_of_day(row.review, policy_.timezone.empty() ? "UTC" : policy_.timezone);
    if (!due)
      add("L19", row.place, fmt::format("{}: review \"{}\" is no date", row.id, row.review),
          "write 2026-12-31");
    else if (*due < now_)
      add("L19", row.place, fmt::format("{} was to be reviewed on {}", row.id, row.review),
          "review it, and give the next date");
  }

  // L20
  void look_at(const Exception& it) {
    const std::int64_t left = (it.valid_to.ns - now_.ns) / day_ns;
    if (it.valid_to < now_)
      add("L20", it.place, fmt::format("exception {} ended on {}", it.id, it.expires),
          "delete it, or have it approved again");
    else if (left < soon_days)
      add("L20", it.place,
          fmt::format("exception {} ends in {} days, on {}", it.id, left, it.expires),
          "remove its cause, or have it approved again");
  }

  // L21: one address of which two roles speak in different ways, and roles of one title.
  void find_twins() {
    std::map<std::string, const Role*> titles;
    for (const Role& role : policy_.roles) {
      if (role.builtin || role.title.empty()) continue;
      const auto [other, is_new] = titles.emplace(role.title, &role);
      if (!is_new) say_twins("role", role, *other->second, fmt::format("\"{}\"", role.title));
    }
    std::map<std::string, std::size_t> owners;
    for (const Binding& binding : policy_.bindings) {
      for (const auto* list : {&binding.addresses, &binding.vip, &binding.members}) {
        for (const Subnet& it : *list) owners.emplace(to_text(it), binding.role);
      }
    }
    for (const Binding& binding : policy_.bindings) {
      std::vector<Subnet> others = binding.snat;
      for (const NatAddress& it : binding.nat) others.push_back(it.address);
      for (const Subnet& it : others) {
        const auto owner = owners.find(to_text(it));
        if (owner == owners.end() || owner->second == binding.role) continue;
        say_twins("bind", policy_.roles[binding.role], policy_.roles[owner->second], to_text(it));
      }
    }
  }
  void say_twins(const std::string& kind, const Role& role, const Role& other,
                 const std::string& of) {
    const SourcePlace place = lines_.place_of(fmt::format("[{}.{}]", kind, role.id));
    if (place.file.empty() || place.file.starts_with(built_in_prefix)) return;
    add("L21", place, fmt::format("{} and {} are two names of {}", role.id, other.id, of),
        "make them one role, or give each an address and a title of its own");
  }

  const Policy& policy_;
  PolicyLines lines_;
  Timestamp now_;
  std::vector<Scope> scopes_;
  std::vector<Lint> lints_;
};

}  // namespace

std::vector<Lint> review_lints(const Policy& policy, Timestamp now) {
  return Review(policy, now).lints();
}

}  // namespace pcapaudit
