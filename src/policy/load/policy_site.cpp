// What the administrator writes: addresses, networks, severities, schedules.
#include <algorithm>

#include <fmt/format.h>

#include "policy/load/policy_loader.hpp"

namespace pcapaudit {

void PolicyLoader::read_bindings(TomlReader& in) {
  const toml::table* binds = in.table_of(in.root(), "bind");
  if (binds == nullptr) return;
  for (const auto& [id, node] : *binds) {
    const toml::table* table = in.table_of(*binds, id.str());
    if (table == nullptr) continue;
    const auto role = policy_.find_role(id.str());
    if (role && policy_.roles[*role].builtin) {
      in.report(id.source(), fmt::format("role \"{}\" is built in", id.str()),
                *role == Policy::role_load_balancer
                    ? "it is the snat addresses of the other [bind] tables"
                    : "its addresses follow from client_networks and internal_networks of [site]");
      continue;
    }
    if (!role) {
      in.report(id.source(), fmt::format("unknown role \"{}\"", id.str()),
                did_you_mean(id.str(), role_ids(), "see pcapaudit policy show for the roles"));
      continue;
    }
    places_.insert_or_assign(fmt::format("bind.{}", id.str()), Place{&in, id.source()});
    read_binding(in, *table, id.source(), *role);
  }
}

void PolicyLoader::read_binding(TomlReader& in, const toml::table& table, toml::source_region place,
                                std::size_t role) {
  in.only(
      table, "[bind]",
      {"addresses", "vip", "members", "snat", "monitor", "nat", "seen_on", "absent", "required"});
  Binding binding;
  binding.role = role;
  binding.addresses = subnets(in, table, "addresses");
  binding.vip = subnets(in, table, "vip");
  binding.members = subnets(in, table, "members");
  binding.snat = subnets(in, table, "snat");
  binding.monitor = ports(in, table, "monitor", false);
  binding.nat = read_nat(in, table);
  binding.seen_on = read_vlans(in, table);
  policy_.roles[role].required |= in.flag_of(table, "required").value_or(false);
  const bool empty = binding.addresses.empty() && binding.vip.empty() && binding.members.empty() &&
                     binding.nat.empty();
  if (in.flag_of(table, "absent").value_or(false)) {
    policy_.roles[role].absent = true;
    if (!empty) in.report(place, "an absent role has no addresses");
    return;
  }
  if (empty) {
    in.report(place, fmt::format("role \"{}\" has no address", policy_.roles[role].id),
              "give addresses, vip or members, or say absent = true");
  }
  for (const auto* list : {&binding.addresses, &binding.vip, &binding.members}) {
    for (const Subnet& subnet : *list) {
      bound_.push_back({.text = to_text(subnet), .role = role, .file = &in, .place = place});
    }
  }
  policy_.bindings.push_back(std::move(binding));
}

// nat = [{ public = "198.51.100.40", ports = [80, 443] }]
std::vector<NatAddress> PolicyLoader::read_nat(TomlReader& in, const toml::table& table) {
  std::vector<NatAddress> list;
  for (const toml::table* one : in.tables_of(table, "nat")) {
    in.only(*one, "nat", {"public", "ports"});
    const auto subnet = Subnet::parse(in.text_of(*one, "public", true));
    if (!subnet) {
      in.report(one->source(), "nat needs public = an address such as \"198.51.100.40\"");
      continue;
    }
    list.push_back({.address = *subnet, .ports = ports(in, *one, "ports", false)});
  }
  return list;
}

// seen_on = ["vlan:33"]
std::vector<std::uint16_t> PolicyLoader::read_vlans(TomlReader& in, const toml::table& table) {
  std::vector<std::uint16_t> list;
  for (const TomlReader::Word& word : in.words_of(table, "seen_on")) {
    constexpr std::string_view prefix = "vlan:";
    constexpr int last_vlan = 4094;
    int vlan = 0;
    if (word.text.starts_with(prefix)) {
      const std::string digits = word.text.substr(prefix.size());
      const bool number = !digits.empty() && digits.size() <= 4 &&
                          digits.find_first_not_of("0123456789") == std::string::npos;
      vlan = number ? std::stoi(digits) : 0;
    }
    if (vlan < 1 || vlan > last_vlan) {
      in.report(word.place, fmt::format("\"{}\" is no place to be seen on", word.text),
                "write \"vlan:33\"");
      continue;
    }
    list.push_back(static_cast<std::uint16_t>(vlan));
  }
  return list;
}

void PolicyLoader::read_shares(TomlReader& in) {
  for (const toml::table* table : in.tables_of(in.root(), "shares")) {
    in.only(*table, "[[shares]]", {"address", "roles", "reason"});
    const auto address = IpAddress::parse(in.text_of(*table, "address", true));
    if (!address) in.report(table->source(), "[[shares]] needs an address such as 10.1.3.11");
    in.text_of(*table, "reason", true);
    const RoleSet roles = role_set(in, in.words_of(*table, "roles", true));
    if (!address) continue;
    shares_[to_text(*address)] |= roles;
    // Sharing binds: a role that the address was not listed under is its role all the same.
    for (std::size_t role = 0; role < policy_.roles.size(); ++role) {
      if ((roles >> role & 1) == 0 || policy_.roles[role].builtin) continue;
      Binding binding;
      binding.role = role;
      binding.addresses = {{.base = *address, .prefix = address->v4 ? 32U : 128U}};
      policy_.bindings.push_back(std::move(binding));
    }
  }
}

// A wrong inventory spoils every verdict, so two roles at one address must be meant.
void PolicyLoader::check_shared_addresses() {
  std::map<std::string, const BoundAddress*> first_of;
  for (const BoundAddress& bound : bound_) {
    const auto [known, is_new] = first_of.emplace(bound.text, &bound);
    const BoundAddress& first = *known->second;
    if (is_new || first.role == bound.role) continue;
    const RoleSet both = RoleSet{1} << first.role | RoleSet{1} << bound.role;
    const auto declared = shares_.find(bound.text);
    if (declared != shares_.end() && (declared->second & both) == both) continue;
    bound.file->report(bound.place,
                       fmt::format("L2: {} has the roles {} and {}", bound.text,
                                   policy_.roles[first.role].id, policy_.roles[bound.role].id),
                       "declare it with [[shares]] and a reason, or correct the addresses");
  }
}

void PolicyLoader::read_site(TomlReader& in) {
  const toml::table* site = in.table_of(in.root(), "site");
  if (site == nullptr) return;
  in.only(*site, "[site]",
          {"name", "owner", "timezone", "product", "internal_networks", "client_networks", "judge",
           "unknown_internal"});
  policy_.site_name = in.text_of(*site, "name");
  policy_.owner = in.text_of(*site, "owner");
  policy_.timezone = in.text_of(*site, "timezone");
  if (!policy_.timezone.empty() && !is_known_timezone(policy_.timezone)) {
    in.report(site->get("timezone")->source(),
              fmt::format("unknown time zone \"{}\"", policy_.timezone),
              "a name of the IANA database, such as \"Europe/Berlin\"");
  }
  policy_.product = in.choice_of(*site, "product", {"lync2013", "sfb2015", "sfb2019"});
  policy_.internal_networks = subnets(in, *site, "internal_networks");
  policy_.client_networks = subnets(in, *site, "client_networks");
  for (const std::string_view key : {"internal_networks", "client_networks"}) {
    for (const TomlReader::Word& word : in.words_of(*site, key)) {
      const auto subnet = Subnet::parse(word.text);
      if (!subnet || subnet->prefix != 0) continue;
      policy_.lints.push_back(
          {.code = "L12",
           .is_error = false,
           .remark = in.remark(word.place,
                               fmt::format("L12: {} of {} holds every address", word.text, key),
                               "name the site's own networks, or the Internet is inside")});
    }
  }
  policy_.judge_all = in.choice_of(*site, "judge", {"flows with a bound role", "all"}) == "all";
  policy_.ask_unknown = in.choice_of(*site, "unknown_internal", {"violation", "ask"}) == "ask";
}

void PolicyLoader::read_severities(TomlReader& in) {
  const toml::table* table = in.table_of(in.root(), "severity");
  if (table == nullptr) return;
  std::vector<std::string> kinds;
  for (const auto& [kind, severity] : policy_.severities) kinds.emplace_back(to_text(kind));
  for (const auto& [name, node] : *table) {
    const auto kind = parse_finding_kind(name.str());
    if (!kind) {
      in.report(name.source(), fmt::format("unknown kind of finding \"{}\"", name.str()),
                did_you_mean(name.str(), kinds, "see docs/verdicts.md for the kinds"));
    } else if (const auto severity = severity_of(in, *table, name.str())) {
      policy_.severities[*kind] = *severity;
    }
  }
}

// [schedule.NAME]: timezone, days, hours = "22:00-04:00".
void PolicyLoader::read_schedules(TomlReader& in) {
  const toml::table* schedules = in.table_of(in.root(), "schedule");
  if (schedules == nullptr) return;
  for (const auto& [id, node] : *schedules) {
    const toml::table* table = in.table_of(*schedules, id.str());
    if (table == nullptr) continue;
    in.only(*table, "[schedule]", {"timezone", "days", "hours"});
    Schedule schedule;
    schedule.id = id.str();
    schedule.timezone = in.text_of(*table, "timezone");
    if (schedule.timezone.empty()) schedule.timezone = policy_.timezone;
    if (schedule.timezone.empty()) {
      in.report(id.source(), fmt::format("schedule \"{}\" has no time zone", id.str()),
                "timezone = \"Europe/Berlin\", here or in [site]");
    } else if (!is_known_timezone(schedule.timezone)) {
      in.report(table->contains("timezone") ? table->get("timezone")->source() : id.source(),
                fmt::format("unknown time zone \"{}\"", schedule.timezone),
                "a name of the IANA database, such as \"Europe/Berlin\"");
    }
    const auto days = in.words_of(*table, "days");
    if (!days.empty()) schedule.days = 0;
    for (const TomlReader::Word& word : days) {
      const auto day = parse_weekday(word.text);
      if (!day) {
        in.is_among(word, {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, "days");
        continue;
      }
      schedule.days = static_cast<std::uint8_t>(schedule.days | 1U << *day);
    }
    if (const std::string hours = in.text_of(*table, "hours"); !hours.empty()) {
      const std::size_t dash = hours.find('-');
      const auto from = parse_clock(hours.substr(0, dash));
      const auto to = parse_clock(dash == std::string::npos ? "" : hours.substr(dash + 1));
      if (!from || !to || *from == *to || *from == 1440) {
        in.report(table->get("hours")->source(), fmt::format("\"{}\" are no hours", hours),
                  "write \"08:00-18:00\"; \"22:00-04:00\" ends on the next day");
      } else {
        schedule.from_minute = *from;
        schedule.to_minute = *to;
      }
    }
    schedules_[schedule.id] = std::move(schedule);
  }
}

std::optional<Schedule> PolicyLoader::schedule_named(TomlReader& in, const toml::table& table) {
  const std::string id = in.text_of(table, "schedule");
  if (id.empty()) return std::nullopt;
  const auto found = schedules_.find(id);
  if (found != schedules_.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [name, schedule] : schedules_) known.push_back(name);
  in.report(table.get("schedule")->source(), fmt::format("unknown schedule \"{}\"", id),
            did_you_mean(id, known, "define it with [schedule.NAME]"));
  return std::nullopt;
}

}  // namespace pcapaudit
