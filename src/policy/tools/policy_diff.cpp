#include "policy/tools/policy_diff.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "policy/load/loosening.hpp"
#include "policy/tools/row_fields.hpp"

namespace pcapaudit {
namespace {

using Words = std::set<std::string>;

// A row whose roles and transports have names, as numbers differ from policy to policy.
struct NamedRow {
  const DocumentedFlow* row = nullptr;
  Words from, to, transports;
  std::vector<RowField> fields;
  std::string content;  // what flows are judged by, without the name of the row

  const std::string& field(std::string_view name) const {
    return std::find_if(fields.begin(), fields.end(),
                        [&](const RowField& it) { return it.name == name; })
        ->value;
  }
};

Words role_names(const Policy& policy, RoleSet set) {
  Words names;
  for (std::size_t i = 0; i < policy.roles.size(); ++i) {
    if ((set >> i & 1) != 0) names.insert(policy.roles[i].id);
  }
  return names;
}

constexpr std::string_view judged_fields[] = {
    "from", "to",       "transport", "ports",   "app",      "needed",     "tls",
    "http", "schedule", "address",   "related", "expected", "discouraged"};
constexpr std::string_view told_fields[] = {"title",    "basis",  "why",    "owner",
                                            "approved", "review", "profile"};

std::vector<NamedRow> named_rows(const Policy& policy) {
  std::vector<NamedRow> rows;
  for (const DocumentedFlow& flow : policy.flows) {
    NamedRow row{.row = &flow,
                 .from = role_names(policy, flow.from),
                 .to = role_names(policy, flow.to),
                 .transports = {},
                 .fields = fields_of(policy, flow),
                 .content = {}};
    for (const Transport transport : flow.transports) row.transports.emplace(to_text(transport));
    for (const std::string_view name : judged_fields) row.content += row.field(name) + '\n';
    rows.push_back(std::move(row));
  }
  return rows;
}

// How two sets differ: what the newer one has more and less.
struct Width {
  bool more = false, less = false;
};

Width width_of(const Words& older, const Words& newer) {
  return {.more = !std::includes(older.begin(), older.end(), newer.begin(), newer.end()),
          .less = !std::includes(newer.begin(), newer.end(), older.begin(), older.end())};
}

// `any` holds every other role.
Width width_of_ends(const Words& older, const Words& newer) {
  const bool was_any = older.contains("any"), is_any = newer.contains("any");
  if (was_any || is_any) return {.more = !was_any, .less = !is_any};
  return width_of(older, newer);
}

bool covers(const PortRanges& ranges, const PortRanges& others) {
  return std::all_of(others.begin(), others.end(), [&](const PortRange& other) {
    for (std::uint32_t port = other.first; port <= other.last; ++port) {
      if (!contains(ranges, static_cast<std::uint16_t>(port))) return false;
    }
    return true;
  });
}

Width width_of(const PortRanges& older, const PortRanges& newer) {
  return {.more = !covers(older, newer), .less = !covers(newer, older)};
}

bool overlap(const Words& a, const Words& b) {
  if (a.contains("any") || b.contains("any")) return true;
  return std::any_of(a.begin(), a.end(), [&](const std::string& it) { return b.contains(it); });
}
bool overlap(const PortRanges& a, const PortRanges& b) {
  return std::any_of(a.begin(), a.end(), [&](const PortRange& it) {
    return std::any_of(b.begin(), b.end(), [&](const PortRange& other) {
      return it.first <= other.last && other.first <= it.last;
    });
  });
}

// How much two rows look like one row of a document, before and after; 0: not at all.
int likeness(const NamedRow& a, const NamedRow& b) {
  if (!overlap(a.from, b.from) || !overlap(a.to, b.to)) return 0;
  const bool ports =
      overlap(a.row->ports, b.row->ports) || (a.row->ports.empty() && b.row->ports.empty());
  const bool app = a.row->app == b.row->app;
  if (!ports && !app) return 0;
  if (!overlap(a.transports, b.transports)) return 0;
  return (a.row->id == b.row->id ? 16 : 0) + (a.from == b.from ? 4 : 0) + (a.to == b.to ? 4 : 0) +
         (ports ? 2 : 0) + (app ? 2 : 0) + 1;
}

// "min_version" in what a row demands of TLS, of HTTP, or of itself.
std::string demand_value(const NamedRow& row, std::string_view demand) {
  if (demand == "TLS") return row.row->app;
  for (const std::string_view part : {"tls", "http"}) {
    for (const Demand& it : parse_demands(row.field(part))) {
      if (it.key == demand) return to_text({{.key = "", .values = it.values}}).substr(1);
    }
  }
  const bool has_field = std::any_of(row.fields.begin(), row.fields.end(),
                                     [&](const RowField& it) { return it.name == demand; });
  return has_field ? row.field(demand) : "";
}

class Comparison {
 public:
  Comparison(const Policy& older, const Policy& newer)
      : old_policy_(older), new_policy_(newer), old_(named_rows(older)), new_(named_rows(newer)) {}

  PolicyDiff compare() {
    diff_.old_rows = rows_digest(old_policy_);
    diff_.new_rows = rows_digest(new_policy_);
    match_equal(true);
    match_equal(false);
    match_alike();
    for (std::size_t i = 0; i < new_.size(); ++i) {
      if (partner_[i] == none)
        add(RowChangeKind::added, new_[i], nullptr, {});
      else
        compare_pair(old_[partner_[i]], new_[i]);
    }
    for (std::size_t i = 0; i < old_.size(); ++i) {
      if (!taken_[i]) add(RowChangeKind::gone, old_[i], nullptr, {});
    }
    std::stable_sort(diff_.rows.begin(), diff_.rows.end(),
                     [](const RowChange& a, const RowChange& b) { return a.kind < b.kind; });
    compare_addresses();
    compare_exceptions();
    return std::move(diff_);
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  // Rows that say the same; of several those of the same name first.
  void match_equal(bool by_name) {
    const auto key = [&](const NamedRow& row) {
      return row.content + (by_name ? row.row->id : std::string());
    };
    std::multimap<std::string, std::size_t> by_content;
    for (std::size_t i = 0; i < old_.size(); ++i) {
      if (!taken_[i]) by_content.emplace(key(old_[i]), i);
    }
    for (std::size_t i = 0; i < new_.size(); ++i) {
      if (partner_[i] != none) continue;
      const auto found = by_content.find(key(new_[i]));
      if (found == by_content.end()) continue;
      pair(found->second, i);
      by_content.erase(found);
    }
  }

  // Of two policies with thousands of other rows each, those of one name are compared alone.
  static constexpr std::size_t most_pairs = 4'000'000;

  void match_alike() {
    struct Pair {
      int likeness;
      std::size_t older, newer;
    };
    std::vector<Pair> pairs;
    const auto left_old = std::count(taken_.begin(), taken_.end(), false);
    const auto left_new = std::count(partner_.begin(), partner_.end(), none);
    const bool by_name = static_cast<std::size_t>(left_old * left_new) > most_pairs;
    for (std::size_t k = 0; k < new_.size(); ++k) {
      if (partner_[k] != none) continue;
      for (std::size_t i = 0; i < old_.size(); ++i) {
        if (taken_[i] || (by_name && old_[i].row->id != new_[k].row->id)) continue;
        const int like = likeness(old_[i], new_[k]);
        if (like > 0) pairs.push_back({.likeness = like, .older = i, .newer = k});
      }
    }
    std::stable_sort(pairs.begin(), pairs.end(),
                     [](const Pair& a, const Pair& b) { return a.likeness > b.likeness; });
    for (const Pair& it : pairs) {
      if (!taken_[it.older] && partner_[it.newer] == none) pair(it.older, it.newer);
    }
  }

  void pair(std::size_t older, std::size_t newer) {
    taken_[older] = true;
    partner_[newer] = older;
  }

  void add(RowChangeKind kind, const NamedRow& row, const NamedRow* older,
           std::vector<FieldChange> fields) {
    const std::string ports = row.field("ports");
    diff_.rows.push_back(
        {.kind = kind,
         .row = row.row->id,
         .was = older != nullptr && older->row->id != row.row->id ? older->row->id : "",
         .summary =
             fmt::format("{} -> {}  {}{}{}  {}", row.field("from"), row.field("to"),
                         row.field("transport"), ports.empty() ? "" : "/", ports, row.field("app")),
         .fields = std::move(fields),
         .place = row.row->place});
  }

  void compare_pair(const NamedRow& older, const NamedRow& newer) {
    std::vector<FieldChange> fields;
    const auto told = [&](std::string_view name, std::string before, std::string after) {
      if (before == after) return;
      fields.push_back(
          {.field = std::string(name), .before = std::move(before), .after = std::move(after)});
    };
    Width width;
    const auto ends = [&](std::string_view name, const Width& of_it) {
      width.more = width.more || of_it.more;
      width.less = width.less || of_it.less;
      told(name, older.field(name), newer.field(name));
    };
    const bool was_needed = older.row->is_needed, is_needed = newer.row->is_needed;
    auto less = lesser_demands(*newer.row, *older.row);
    auto more = lesser_demands(*older.row, *newer.row);
    if (was_needed && !is_needed) less.emplace_back("needed");
    if (!was_needed && is_needed) more.emplace_back("needed");
    for (const std::string_view demand : less)
      told(demand, demand_value(older, demand), demand_value(newer, demand));
    for (const std::string_view demand : more)
      if (std::find(less.begin(), less.end(), demand) == less.end())
        told(demand, demand_value(older, demand), demand_value(newer, demand));
    ends("from", width_of_ends(older.from, newer.from));
    ends("to", width_of_ends(older.to, newer.to));
    ends("transport", width_of(older.transports, newer.transports));
    ends("ports", width_of(older.row->ports, newer.row->ports));
    ends("related", {.more = newer.row->allows_related && !older.row->allows_related,
                     .less = older.row->allows_related && !newer.row->allows_related});
    const bool same_app = older.row->app == newer.row->app;
    if (!same_app) told("app", older.row->app, newer.row->app);
    const bool same = older.content == newer.content;
    RowChangeKind kind = RowChangeKind::noted;
    if (!less.empty())
      kind = RowChangeKind::loosened;
    else if (!same_app || (width.more && (width.less || !more.empty())))
      kind = RowChangeKind::changed;
    else if (width.more)
      kind = RowChangeKind::widened;
    else if (width.less)
      kind = RowChangeKind::narrowed;
    else if (!more.empty())
      kind = RowChangeKind::tightened;
    else if (!same)
      kind = RowChangeKind::changed;
    if (!same && fields.empty()) {
      for (const std::string_view name : judged_fields)
        told(name, older.field(name), newer.field(name));
    }
    for (const std::string_view name : told_fields)
      told(name, older.field(name), newer.field(name));
    if (same) ++diff_.same;
    if (!same || !fields.empty()) add(kind, newer, &older, std::move(fields));
  }

  static std::set<std::pair<std::string, std::string>> addresses_of(const Policy& policy) {
    std::set<std::pair<std::string, std::string>> all;
    const auto put = [&](const std::string& role, const std::vector<Subnet>& list,
                         std::string_view as) {
      for (const Subnet& it : list) all.emplace(role, to_text(it) + std::string(as));
    };
    for (const Binding& binding : policy.bindings) {
      const std::string& role = policy.roles[binding.role].id;
      put(role, binding.addresses, "");
      put(role, binding.vip, " (VIP)");
      put(role, binding.members, " (member)");
      put(role, binding.snat, " (balancer)");
      for (const NatAddress& it : binding.nat)
        all.emplace(role, fmt::format("{} (public{}{})", to_text(it.address),
                                      it.ports.empty() ? "" : ", port ", to_text(it.ports)));
    }
    put("client_networks", policy.client_networks, "");
    put("internal_networks", policy.internal_networks, "");
    return all;
  }

  void compare_addresses() {
    const auto older = addresses_of(old_policy_), newer = addresses_of(new_policy_);
    for (const auto& it : newer) {
      if (!older.contains(it))
        diff_.addresses.push_back({.name = it.first, .what = it.second, .is_new = true});
    }
    for (const auto& it : older) {
      if (!newer.contains(it))
        diff_.addresses.push_back({.name = it.first, .what = it.second, .is_new = false});
    }
  }

  static std::map<std::string, std::string> exceptions_of(const Policy& policy) {
    std::map<std::string, std::string> all;
    for (const Exception& it : policy.exceptions) {
      std::string waived;
      for (const FindingKind kind : it.waives)
        waived += (waived.empty() ? "" : ", ") + std::string(to_text(kind));
      const auto end = [&](const ExceptionEnd& side) {
        std::string text = policy.role_names(side.roles);
        for (const Subnet& subnet : side.addresses)
          text += (text.empty() ? "" : ", ") + to_text(subnet);
        return text.empty() ? std::string("any") : text;
      };
      all[it.id] = fmt::format("{} -> {} port {} {} {} waives {}, {} to {}, approver {}",
                               end(it.from), end(it.to), to_text(it.ports), it.flow, it.name,
                               waived, it.created, it.expires, it.approver);
    }
    return all;
  }

  void compare_exceptions() {
    const auto older = exceptions_of(old_policy_), newer = exceptions_of(new_policy_);
    for (const auto& [id, what] : newer) {
      const auto found = older.find(id);
      if (found == older.end() || found->second != what)
        diff_.exceptions.push_back({.name = id, .what = what, .is_new = true});
    }
    for (const auto& [id, what] : older) {
      const auto found = newer.find(id);
      if (found == newer.end() || found->second != what)
        diff_.exceptions.push_back({.name = id, .what = what, .is_new = false});
    }
  }

  const Policy& old_policy_;
  const Policy& new_policy_;
  std::vector<NamedRow> old_, new_;
  std::vector<bool> taken_ = std::vector<bool>(old_.size());
  std::vector<std::size_t> partner_ = std::vector<std::size_t>(new_.size(), none);
  PolicyDiff diff_;
};

std::string shown(const std::string& value) {
  return value.empty() ? "(nothing)" : value;
}

}  // namespace

std::string_view to_text(RowChangeKind kind) {
  constexpr std::string_view names[] = {"loosened", "added",     "widened", "changed",
                                        "narrowed", "tightened", "gone",    "noted"};
  return names[static_cast<std::size_t>(kind)];
}

bool PolicyDiff::lets_more_pass() const {
  const auto is_new = [](const ThingChange& it) { return it.is_new; };
  return std::any_of(rows.begin(), rows.end(),
                     [](const RowChange& it) { return pcapaudit::lets_more_pass(it.kind); }) ||
         std::any_of(addresses.begin(), addresses.end(), is_new) ||
         std::any_of(exceptions.begin(), exceptions.end(), is_new);
}

PolicyDiff compare_policies(const Policy& older, const Policy& newer) {
  return Comparison(older, newer).compare();
}

std::string to_text(const PolicyDiff& diff) {
  std::string text;
  const RowChange* before = nullptr;
  for (const RowChange& it : diff.rows) {
    if (before == nullptr || before->kind != it.kind) text += fmt::format("{}\n", to_text(it.kind));
    before = &it;
    text += fmt::format("  {}{}  {}  ({}:{})\n", it.row,
                        it.was.empty() ? "" : fmt::format(" (was {})", it.was), it.summary,
                        it.place.file, it.place.line);
    for (const FieldChange& field : it.fields) {
      text +=
          fmt::format("      {}: {} -> {}\n", field.field, shown(field.before), shown(field.after));
    }
  }
  const auto list = [&](std::string_view heading, const std::vector<ThingChange>& things) {
    if (!things.empty()) text += fmt::format("{}\n", heading);
    for (const ThingChange& it : things)
      text += fmt::format("  {} {}  {}\n", it.is_new ? "+" : "-", it.name, it.what);
  };
  list("addresses", diff.addresses);
  list("exceptions", diff.exceptions);
  return text + fmt::format("{} rows the same, {} differ{}\n", diff.same, diff.rows.size(),
                            diff.lets_more_pass() ? "; the newer policy lets more pass"
                            : diff.is_empty()     ? ""
                                                  : "; the newer policy lets no more pass");
}

}  // namespace pcapaudit
