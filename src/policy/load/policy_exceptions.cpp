// What a site changes of the documentation: overrides that narrow, exceptions that somebody signs.
#include <algorithm>

#include <fmt/format.h>

#include "policy/load/policy_loader.hpp"

namespace pcapaudit {
namespace {

bool is_within(const PortRanges& inner, const PortRanges& outer) {
  return std::all_of(inner.begin(), inner.end(), [&](const PortRange& range) {
    for (std::uint32_t port = range.first; port <= range.last; ++port) {
      if (!contains(outer, static_cast<std::uint16_t>(port))) return false;
    }
    return true;
  });
}

bool is_within(RoleSet inner, RoleSet outer) {
  if ((outer & any_bit) != 0) return true;
  const bool takes_internal = (outer & any_internal_bit) != 0;
  return (inner & ~outer & (takes_internal ? outside_roles : ~RoleSet{0})) == 0;
}

}  // namespace

// Kept until all rows are there.
void PolicyLoader::read_overrides(TomlReader& in) {
  const toml::table* overrides = in.table_of(in.root(), "override");
  if (overrides == nullptr) return;
  for (const auto& [id, node] : *overrides) {
    const toml::table* table = in.table_of(*overrides, id.str());
    if (table == nullptr) continue;
    in.only(*table, "[override]", {"from", "to", "port", "need", "severity", "disabled", "why"});
    overrides_.push_back(
        {.row = std::string(id.str()), .table = table, .place = id.source(), .file = &in});
  }
}

// An override may narrow a documented row or change how grave its findings are, never widen it.
void PolicyLoader::apply_overrides() {
  for (const Override& it : overrides_) {
    TomlReader& in = *it.file;
    const toml::table& table = *it.table;
    const auto row = std::find_if(policy_.flows.begin(), policy_.flows.end(),
                                  [&](const DocumentedFlow& flow) { return flow.id == it.row; });
    if (row == policy_.flows.end()) {
      in.report(it.place, fmt::format("L4: override of an unknown flow \"{}\"", it.row),
                did_you_mean(it.row, {flow_ids_.begin(), flow_ids_.end()}));
      continue;
    }
    const auto widens = [&](std::string_view key) {
      in.report(table.get(key)->source(),
                fmt::format("L4: \"{}\" of override \"{}\" is wider than the documented row", key,
                            it.row),
                "an override can only narrow; write an own [[flow]] with basis = \"site\"");
    };
    if (table.contains("from")) {
      const RoleSet from = role_set(in, in.words_of(table, "from"));
      if (!is_within(from, row->from)) widens("from");
      row->from = from;
    }
    if (table.contains("to")) {
      const RoleSet to = role_set(in, in.words_of(table, "to"));
      if (!is_within(to, row->to)) widens("to");
      row->to = to;
    }
    if (table.contains("port")) {
      PortRanges narrowed = ports(in, table, "port", true);
      if (!is_within(narrowed, row->ports)) widens("port");
      row->ports = std::move(narrowed);
    }
    if (const std::string need = in.text_of(table, "need"); !need.empty()) {
      row->need = need;
      const auto pending = std::find_if(pending_.begin(), pending_.end(), [&](const auto& one) {
        return &policy_.flows[one.index] == &*row;
      });
      if (pending != pending_.end()) row->is_needed = expression(*pending, need).value_or(false);
    }
    if (table.contains("severity")) row->severity = severity_of(in, table, "severity");
    row->is_disabled = in.flag_of(table, "disabled").value_or(false);
    row->overridden = in.text_of(table, "why");
    // What only makes findings as grave as can be takes nothing away and explains itself.
    const bool only_raises = table.size() == 1 && row->severity == Severity::critical;
    if (row->overridden.empty() && only_raises) row->overridden = "severity = \"critical\"";
    if (row->overridden.empty()) {
      in.report(it.place, fmt::format("L4: override of \"{}\" does not say why", it.row),
                "why = \"...\": it stands beside the row in reports");
    }
  }
}

void PolicyLoader::read_exceptions(TomlReader& in) {
  for (const toml::table* table : in.tables_of(in.root(), "exception")) read_exception(in, *table);
}

void PolicyLoader::read_exception(TomlReader& in, const toml::table& table) {
  in.only(table, "[[exception]]",
          {"id", "reason", "owner", "approver", "ticket", "created", "expires", "match", "waives",
           "schedule", "limit"});
  Exception exception;
  exception.place = {.file = in.file(), .line = table.source().begin.line};
  exception.id = in.text_of(table, "id", true);
  const auto mandatory = [&](std::string_view key) {
    std::string text = in.text_of(table, key);
    if (text.empty()) {
      in.report(table.source(), fmt::format("L3: exception \"{}\" has no {}", exception.id, key),
                "reason, owner, approver, ticket, created and expires are mandatory");
    }
    return text;
  };
  exception.reason = mandatory("reason");
  exception.owner = mandatory("owner");
  exception.approver = mandatory("approver");
  exception.ticket = mandatory("ticket");
  read_exception_dates(in, table, exception);
  exception.schedule = schedule_named(in, table);
  for (const TomlReader::Word& word : in.words_of(table, "waives", true)) {
    if (const auto kind = parse_finding_kind(word.text)) {
      exception.waives.push_back(*kind);
      continue;
    }
    std::vector<std::string> kinds;
    for (const auto& [kind, severity] : policy_.severities) kinds.emplace_back(to_text(kind));
    in.report(word.place, fmt::format("unknown kind of finding \"{}\"", word.text),
              did_you_mean(word.text, kinds, "see docs/verdicts.md for the kinds"));
  }
  read_exception_match(in, table, exception);
  if (const toml::table* limit = in.table_of(table, "limit")) {
    in.only(*limit, "limit", {"flows_per_day"});
    const std::int64_t flows = in.number_of(*limit, "flows_per_day").value_or(0);
    if (flows < 1) in.report(limit->source(), "flows_per_day is a number above 0");
    exception.flows_per_day = static_cast<std::uint64_t>(std::max<std::int64_t>(flows, 0));
  }
  const bool twice = std::any_of(policy_.exceptions.begin(), policy_.exceptions.end(),
                                 [&](const Exception& it) { return it.id == exception.id; });
  if (twice) {
    in.report(table.source(), fmt::format("exception \"{}\" is defined twice", exception.id));
  }
  policy_.exceptions.push_back(std::move(exception));
}

void PolicyLoader::read_exception_dates(TomlReader& in, const toml::table& table,
                                        Exception& exception) {
  constexpr std::int64_t day_ns = std::int64_t{86'400} * ns_per_second;
  constexpr std::int64_t max_days = 366;
  exception.created = in.date_of(table, "created");
  exception.expires = in.date_of(table, "expires");
  for (const auto& [key, text] :
       {std::pair{"created", &exception.created}, std::pair{"expires", &exception.expires}}) {
    if (!text->empty() && start_of_day(*text, policy_.timezone)) continue;
    in.report(table.contains(key) ? table.get(key)->source() : table.source(),
              fmt::format("L3: exception \"{}\" has no {} date", exception.id, key),
              fmt::format("{} = 2026-12-31", key));
    return;
  }
  exception.valid_from = *start_of_day(exception.created, policy_.timezone);
  // To the end of its last day; a day with a change of the clock has 23 or 25 hours.
  const Timestamp last = *start_of_day(exception.expires, policy_.timezone);
  const Timestamp noon_after{last.ns + day_ns + day_ns / 2};
  const Timestamp next =
      start_of_day(local_date(noon_after, policy_.timezone), policy_.timezone).value_or(noon_after);
  exception.valid_to = {next.ns - 1};
  const toml::source_region place = table.get("expires")->source();
  if (exception.expires < exception.created) {
    in.report(place,
              fmt::format("L3: exception \"{}\" expires before it was created", exception.id),
              "correct one of the dates");
  } else if ((last.ns - exception.valid_from.ns + day_ns / 2) / day_ns > max_days) {
    in.report(place,
              fmt::format("L3: exception \"{}\" lasts longer than {} days", exception.id, max_days),
              "let it end earlier, and renew it then");
  }
}

// A flow that no row allows names no row, so no exception for a row can cover it.
void PolicyLoader::lint_exception_flow(TomlReader& in, const toml::table& match,
                                       const Exception& exception) {
  if (exception.flow.empty()) return;
  for (const FindingKind kind : exception.waives) {
    const bool is_of_no_row = kind == FindingKind::undocumented ||
                              kind == FindingKind::link_chatter ||
                              kind == FindingKind::reversed_direction;
    if (!is_of_no_row) continue;
    policy_.lints.push_back(
        {.code = "L3",
         .is_error = false,
         .remark = in.remark(match.get("flow")->source(),
                             fmt::format("L3: exception {} never covers {}: such flows meet no row",
                                         exception.id, to_text(kind)),
                             "name from, to and port instead of flow")});
  }
}

// match = { from, to, port, app, flow, name }
void PolicyLoader::read_exception_match(TomlReader& in, const toml::table& table,
                                        Exception& exception) {
  const toml::table* match = in.table_of(table, "match");
  if (match == nullptr) {
    in.report(table.source(), fmt::format("exception \"{}\" has no match", exception.id),
              "match = { from = \"10.1.9.20\", to = \"director\", port = 4443 }");
    return;
  }
  in.only(*match, "match", {"from", "to", "port", "app", "flow", "name"});
  exception.from = read_exception_end(in, *match, "from");
  exception.to = read_exception_end(in, *match, "to");
  exception.ports = ports(in, *match, "port", false);
  exception.apps = applications(in, *match);
  exception.name = in.text_of(*match, "name");
  exception.flow = in.text_of(*match, "flow");
  if (!exception.flow.empty() && !flow_ids_.contains(exception.flow)) {
    in.report(match->get("flow")->source(), fmt::format("unknown flow \"{}\"", exception.flow),
              did_you_mean(exception.flow, {flow_ids_.begin(), flow_ids_.end()}));
  }
  lint_exception_flow(in, *match, exception);
  constexpr unsigned widest_v4 = 16, widest_v6 = 32;
  for (const ExceptionEnd* end : {&exception.from, &exception.to}) {
    for (const Subnet& subnet : end->addresses) {
      if (subnet.prefix >= (subnet.base.v4 ? widest_v4 : widest_v6)) continue;
      policy_.lints.push_back({.code = "L3",
                               .is_error = false,
                               .remark = in.remark(match->source(),
                                                   fmt::format("L3: exception {} covers {}",
                                                               exception.id, to_text(subnet)),
                                                   "name the hosts that need it")});
    }
  }
  const auto covers_all = [](const ExceptionEnd& end) {
    return end.is_open() || (end.roles & any_bit) != 0;
  };
  if (covers_all(exception.from) && covers_all(exception.to) && exception.flow.empty()) {
    policy_.lints.push_back(
        {.code = "L3",
         .is_error = false,
         .remark = in.remark(match->source(),
                             fmt::format("L3: exception {} covers every host", exception.id),
                             "name the hosts that need it")});
  }
}

// Addresses, networks and roles in one list.
ExceptionEnd PolicyLoader::read_exception_end(TomlReader& in, const toml::table& table,
                                              std::string_view key) {
  ExceptionEnd end;
  for (const TomlReader::Word& word : in.words_of(table, key)) {
    if (const auto subnet = Subnet::parse(word.text)) {
      end.addresses.push_back(*subnet);
    } else {
      end.roles |= role_set(in, {word});
    }
  }
  return end;
}

}  // namespace pcapaudit
