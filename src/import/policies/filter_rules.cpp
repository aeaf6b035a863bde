#include "import/policies/filter_rules.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace pcapaudit {
namespace {

constexpr const char* left_out = "the row is left out";

class FilterReader {
 public:
  FilterReader(const Filter& filter, ForeignPolicy& out) : filter_(filter), out_(out) {
    for (const FilterRule& rule : filter.rules) {
      if (rule.verdict == "jump") jumps_.emplace(rule.target, &rule);
    }
  }

  void read() {
    for (const auto& [name, chain] : filter_.chains) {
      if (!chain.hook.empty() && chain.policy == "accept") {
        out_.remark(
            chain.line,
            fmt::format("chain {} accepts what no rule denies, and that is not written", name),
            "the policy allows its rows and nothing else");
      }
    }
    for (const FilterRule& rule : filter_.rules) read_rule(rule);
    drop_ways_back();
    join_rows(out_.rows());
    if (rows_without_app_ > 0) {
      out_.remark(
          1,
          fmt::format("a ruleset names no application; app = \"unknown\" is written in {} rows",
                      rows_without_app_),
          no_app_hint);
    }
  }

 private:
  bool refuse(const FilterRule& rule, const std::string& why, const char* hint = left_out) {
    out_.remark(rule.line, why, hint);
    return false;
  }

  // What leads to a chain: its own hook, or that of a chain that jumps to it whatever comes; else
  // why its rules say nothing.
  struct Way {
    std::string hook, refused;
  };
  const Way& way_to(const std::string& chain) {
    const auto [it, is_new] = ways_.try_emplace(
        chain, Way{.hook = {}, .refused = fmt::format("no packet comes to chain {}", chain)});
    if (!is_new) return it->second;  // also of a chain that leads to itself
    Way way = it->second;
    const auto found = filter_.chains.find(chain);
    if (found != filter_.chains.end() && !found->second.hook.empty()) {
      way = {.hook = found->second.hook, .refused = {}};
    } else {
      const auto [first, last] = jumps_.equal_range(chain);
      for (auto jump = first; jump != last; ++jump) {
        if (!jump->second->matches.empty()) {
          way = {.hook = {}, .refused = fmt::format("only some packets come to chain {}", chain)};
          break;
        }
        const Way above = way_to(jump->second->chain);
        const bool is_other = !way.hook.empty() && above.hook != way.hook;
        way = above;
        if (!above.refused.empty()) break;
        if (is_other) {
          way = {.hook = {},
                 .refused = fmt::format("chain {} is reached from several hooks", chain)};
          break;
        }
      }
    }
    return ways_[chain] = way;
  }

  void read_rule(const FilterRule& rule) {
    if (rule.verdict == "drop" || rule.verdict == "reject") {
      refuse(rule,
             "the rule denies, and a policy lists what is allowed: what it takes from the rows "
             "behind it stays in them");
      return;
    }
    if (rule.verdict == "jump") return;
    if (rule.verdict != "accept") {
      if (!rule.verdict.empty())
        refuse(rule, fmt::format("\"{}\" is not understood", rule.verdict));
      return;
    }
    const Way way = way_to(rule.chain);
    if (!way.refused.empty()) {
      refuse(rule, way.refused);
      return;
    }
    const std::string* hook = &way.hook;
    ImportedRow row;
    row.line = rule.line;
    std::vector<std::string> from, to;
    for (const FilterMatch& match : rule.matches) {
      if (!read_match(rule, match, row, from, to)) return;
    }
    if (from.empty()) from.push_back(*hook == "output" ? this_host(rule) : "any");
    if (to.empty()) to.push_back(*hook == "input" ? this_host(rule) : "any");
    finish(rule, std::move(row), from, to);
  }

  std::string this_host(const FilterRule& rule) {
    if (!told_host_) {
      out_.remark(rule.line,
                  "rules of the host itself name one end alone; the other is the role this-host",
                  "rename it to the role of the host that the rules are from");
    }
    told_host_ = true;
    return out_.role("this host");
  }

  void finish(const FilterRule& rule, ImportedRow row, const std::vector<std::string>& from,
              const std::vector<std::string>& to) {
    if (row.transports.empty()) {
      if (!row.ports.empty()) {
        refuse(rule, "a port without a protocol");
        return;
      }
      allow_all_ports(row, out_);
    }
    const bool all_ports = std::all_of(row.transports.begin(), row.transports.end(), has_ports);
    if (all_ports && row.ports.empty()) row.ports = {every_port};
    if (!all_ports && !row.ports.empty()) {
      refuse(rule, "a port of a protocol that has none");
      return;
    }
    const bool needs_app =
        std::any_of(row.transports.begin(), row.transports.end(),
                    [](Transport it) { return it == Transport::tcp || it == Transport::udp; });
    row.app = needs_app ? "unknown" : "";
    if (needs_app) ++rows_without_app_;
    (filter_.is_own ? row.id : row.why) = rule.comment;
    for (const std::string& source : from) {
      for (const std::string& target : to) {
        row.from = {source};
        row.to = {target};
        out_.add(row);
      }
    }
    // Lists of one rule belong together, as its exports' rows do.
    if (!filter_.is_own) {
      ImportedRow& last = out_.rows().back();
      ImportedRow joined = last;
      joined.from = from;
      joined.to = to;
      out_.rows().resize(out_.rows().size() - from.size() * to.size());
      out_.add(std::move(joined));
    }
  }

  bool read_match(const FilterRule& rule, const FilterMatch& match, ImportedRow& row,
                  std::vector<std::string>& from, std::vector<std::string>& to) {
    const std::string values = fmt::format("{}", fmt::join(match.values, ", "));
    const bool is_end =
        match.field == FilterField::source || match.field == FilterField::destination;
    const bool is_outside = is_end && values.ends_with("-not-internet") && filter_.is_own;
    if (match.negated && !is_outside)
      return refuse(rule, fmt::format("everything but {} cannot be said", values));
    switch (match.field) {
      case FilterField::source:
        return read_end(rule, match, from);
      case FilterField::destination:
        return read_end(rule, match, to);
      case FilterField::source_port:
        return refuse(rule, fmt::format("the source port {} cannot be said", values));
      case FilterField::port:
        row.ports = ports_in(values);
        return !row.ports.empty() ||
               refuse(rule, fmt::format("port \"{}\" is not understood", values));
      case FilterField::transport:
        return read_transports(rule, match, row);
      case FilterField::state:
        return read_state(rule, match);
      case FilterField::interface:
        return refuse(rule, values == "lo"
                                ? "packets of the host to itself need no row"
                                : fmt::format("the interface {} cannot be said", values));
      case FilterField::other:
        break;
    }
    return refuse(rule, fmt::format("\"{}\" cannot be said", values));
  }

  bool read_state(const FilterRule& rule, const FilterMatch& match) {
    if (std::find(match.values.begin(), match.values.end(), "new") != match.values.end())
      return true;
    return refuse(rule, "answers of flows that are allowed need no row");
  }

  bool read_transports(const FilterRule& rule, const FilterMatch& match, ImportedRow& row) {
    row.transports.clear();
    for (const std::string& word : match.values) {
      const bool is_icmp = word == "icmpv6" || word == "ipv6-icmp";
      const auto transport = parse_transport(is_icmp ? "icmp" : word);
      if (!transport) return refuse(rule, fmt::format("protocol \"{}\" is not understood", word));
      row.transports.push_back(*transport);
    }
    return true;
  }

  bool read_end(const FilterRule& rule, const FilterMatch& match, std::vector<std::string>& end) {
    if (!end.empty()) return refuse(rule, "two conditions on one end cannot be said");
    for (const std::string& value : match.values) {
      std::optional<std::string> role;
      if (value.starts_with('@'))
        role = role_of_set(value.substr(1));
      else
        role = out_.role_of_address(value);
      if (!role) return refuse(rule, fmt::format("\"{}\" is no address or network", value));
      end.push_back(*std::move(role));
    }
    return true;
  }

  std::string role_of_set(const std::string& name) {
    const auto known = filter_.sets.find(name);
    const std::vector<std::string> none;
    const auto& addresses = known == filter_.sets.end() ? none : known->second;
    if (!filter_.is_own || name.size() < 4) return out_.role(name, addresses);
    if (name.ends_with("-not-internet")) return "internet";
    const std::string id = out_.own_role(name.substr(3));  // "v4-", "v6-"
    if (out_.roles().contains(id)) {
      for (const std::string& address : addresses) out_.bind(id, address);
    }
    return id;
  }

  // What has no opener stands in exports both ways round.
  void drop_ways_back() {
    if (!filter_.is_own) return;
    std::set<std::string> seen;
    std::erase_if(out_.rows(), [&](const ImportedRow& row) {
      if (!std::all_of(row.transports.begin(), row.transports.end(), is_without_opener))
        return false;
      const auto key = [&](const std::string& a, const std::string& b) {
        return fmt::format("{}\n{}\n{}\n{}", row.id, a, b,
                           static_cast<int>(row.transports.front()));
      };
      const std::string &from = row.from.front(), &to = row.to.front();
      if (from != to && seen.contains(key(to, from))) return true;
      seen.insert(key(from, to));
      return false;
    });
  }

  const Filter& filter_;
  ForeignPolicy& out_;
  std::multimap<std::string, const FilterRule*> jumps_;  // by target
  std::map<std::string, Way> ways_;                      // by chain
  std::size_t rows_without_app_ = 0;
  bool told_host_ = false;
};

}  // namespace

void filter_to_rows(const Filter& filter, ForeignPolicy& out) {
  FilterReader(filter, out).read();
}

}  // namespace pcapaudit
