#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text/text.hpp"
#include "flow/closed_flow.hpp"
#include "policy/judge/verdict.hpp"
#include "policy/tools/no_policy.hpp"
#include "report/draft/draft.hpp"
#include "report/draft/hosts.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

constexpr std::size_t listed_ports = 16;  // of one row; more become a range
constexpr const char* violating = "verdict IN ('violation', 'undetermined')";

// A row before it is written.
struct LearnedRow {
  std::set<std::string> from;
  std::string to, app;
  Transport transport = Transport::tcp;
  std::set<std::uint16_t> ports;
  std::uint64_t flows = 0, first_flow = 0;
  std::size_t pairs = 0;  // of hosts that were seen
};

class Learner {
 public:
  Learner(const Store& store, const Policy& policy)
      : store_(store), policy_(policy), alone_(is_no_policy(policy)) {}

  Result<std::string> learn() {
    if (auto read = collect(); !read) return std::unexpected(read.error());
    name_hosts();
    make_rows();
    // A row that asks less than one of the policy for the same flows does not load; it is left out.
    std::optional<Policy> whole;
    while (!whole) {
      auto loaded = load_policy_texts(files());
      if (loaded) {
        whole = *std::move(loaded);
      } else if (!drop_row(loaded.error().what)) {
        if (!rows_.empty()) return std::unexpected(loaded.error());
        return head() +
               "\n# Nothing to learn: every flow is documented, or breaks a documented row.\n";
      }
    }
    return text() + uncovered(*whole);
  }

 private:
  Result<void> collect() {
    const Judge judge(policy_);
    return store_.each_flow(
        std::string(violating) +
            " AND rule IS NULL AND outcome IN ('data', 'handshake', 'midstream')",
        [&](ClosedFlow&& flow) {
          const Verdict verdict = judge.judge(flow);
          if (flow.app == "unknown" || flow.app == "none") return;
          const Talk talk{.client = flow.client.address,
                          .server = flow.server.address,
                          .transport = flow.transport,
                          .port = flow.server.port,
                          .app = app_of(flow, verdict)};
          if (talks_.size() >= most_talks && !talks_.contains(talk)) return;
          TalkCount& count = talks_[talk];
          if (count.flows++ == 0) count.first_flow = flow.id;
          count.client_roles = verdict.client_roles;
          count.server_roles = verdict.server_roles;
        });
  }

  static bool is_unknown(RoleSet roles) { return roles == role_bit(Policy::role_unknown_internal); }

  void name_hosts() {
    std::set<IpAddress> unknown;
    for (const auto& [talk, count] : talks_) {
      if (is_unknown(count.client_roles)) unknown.insert(talk.client);
      if (is_unknown(count.server_roles)) unknown.insert(talk.server);
    }
    const std::size_t room = max_roles - policy_.roles.size();
    groups_ = group_hosts(talks_, unknown, room);
    for (const HostGroup& group : groups_) {
      for (const IpAddress& host : group.hosts) role_of_host_[host] = group.role;
    }
  }

  // The role that a row names; "" when the policy has no room for the host.
  std::string role_of(RoleSet roles, const IpAddress& address) const {
    if (is_unknown(roles)) {
      const auto found = role_of_host_.find(address);
      return found == role_of_host_.end() ? "" : found->second;
    }
    // One role is enough to speak of a host that has several.
    for (std::size_t i = policy_.roles.size(); i-- > 0;) {
      if ((roles >> i & 1) != 0) return policy_.roles[i].id;
    }
    return {};
  }

  void make_rows() {
    // Ports of one pair of roles, then sources that ask for the same.
    std::map<std::tuple<std::string, std::string, Transport, std::string>, LearnedRow> by_ends;
    for (const auto& [talk, count] : talks_) {
      const std::string from = role_of(count.client_roles, talk.client);
      const std::string to = role_of(count.server_roles, talk.server);
      if (from.empty() || to.empty()) continue;
      LearnedRow& row = by_ends[{from, to, talk.transport, talk.app}];
      if (row.flows == 0 || count.first_flow < row.first_flow) row.first_flow = count.first_flow;
      row.from = {from};
      row.to = to;
      row.app = talk.app;
      row.transport = talk.transport;
      if (talk.port != 0) row.ports.insert(talk.port);
      row.flows += count.flows;
      ++row.pairs;
    }
    std::map<std::tuple<std::string, Transport, std::string, std::set<std::uint16_t>>, LearnedRow>
        joined;
    for (auto& [key, row] : by_ends) {
      const auto [it, is_new] =
          joined.try_emplace({row.to, row.transport, row.app, row.ports}, row);
      if (is_new) continue;
      it->second.from.insert(row.from.begin(), row.from.end());
      it->second.first_flow = std::min(it->second.first_flow, row.first_flow);
      it->second.flows += row.flows;
      it->second.pairs += row.pairs;
    }
    for (auto& [key, row] : joined) rows_.emplace(fmt::format("learned-{}", rows_.size() + 1), row);
  }

  static std::string list(const std::set<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + toml_string(word);
    return words.size() == 1 ? text : "[" + text + "]";
  }

  static std::string row_text(const std::string& id, const LearnedRow& row) {
    std::string text = fmt::format(
        "\n# Seen {} between {}, first in flow {}.\n", counted(row.flows, "time", "times"),
        counted(row.pairs, "pair of host and service", "pairs of host and service"),
        row.first_flow);
    std::string ports = fmt::format("{}", fmt::join(row.ports, ", "));
    if (row.ports.size() > listed_ports) {
      ports = fmt::format("\"{}-{}\"", *row.ports.begin(), *row.ports.rbegin());
      text += fmt::format("# {} ports of this range were seen.\n", row.ports.size());
    }
    text += fmt::format("[[flow]]\nid = \"{}\"\nfrom = {}\nto = {}\ntransport = \"{}\"\n", id,
                        list(row.from), toml_string(row.to), to_text(row.transport));
    if (!row.ports.empty()) text += fmt::format("port = [{}]\n", ports);
    return text + fmt::format(
                      "app = {}\nneed = \"never\"\nbasis = \"observed\"\nwhy = \"\"\nowner = \"\"\n"
                      "approved = false\n",
                      toml_string(row.app));
  }

  std::string head() const {
    return fmt::format(
        "# Draft: what was seen and is documented nowhere. Nothing here is approved.\n"
        "# Read each row; delete it, or give it a reason, an owner and the date of its approval\n"
        "# (approved = 2026-12-31). {}\n"
        "format = 1\n",
        alone_ ? "A policy by itself: -p DRAFT."
               : "Give it beside the policy that judged: -p SITE -p DRAFT.");
  }

  std::string text() const {
    std::string out = head();
    if (alone_) {
      out +=
          "\n[site]\nname = \"Learned from traffic\"\njudge = \"all\"\ninternal_networks = "
          "[\"10.0.0.0/8\", \"172.16.0.0/12\", \"192.168.0.0/16\", \"fc00::/7\"]\n";
    }
    for (const HostGroup& group : groups_) out += binding_text(group);
    for (const auto& [id, row] : rows_) out += row_text(id, row);
    return out;
  }

  std::vector<std::pair<std::string, std::string>> files() const {
    auto files = alone_ ? std::vector<std::pair<std::string, std::string>>{} : policy_.files;
    files.emplace_back("learned", text());
    return files;
  }

  // The row that an error is about; false when it is about none.
  bool drop_row(const std::string& error) {
    for (auto it = rows_.begin(); it != rows_.end(); ++it) {
      if (error.find("\"" + it->first + "\"") == std::string::npos) continue;
      const LearnedRow& row = it->second;
      dropped_.push_back(fmt::format("{} to {} {} {}: {}", fmt::join(row.from, "+"), row.to,
                                     to_text(row.transport), row.app, error));
      rows_.erase(it);
      return true;
    }
    return false;
  }

  static std::string reason_of(const ClosedFlow& flow, const Verdict& verdict) {
    if (!verdict.rule.empty()) {
      const std::string kind = verdict.problems.empty()
                                   ? std::string(to_text(verdict.reason))
                                   : std::string(to_text(verdict.problems.front().kind));
      return fmt::format("row {} is not met ({}): a learned row would take its demand away",
                         verdict.rule, kind);
    }
    if (flow.outcome != Outcome::data && flow.outcome != Outcome::handshake &&
        flow.outcome != Outcome::midstream)
      return fmt::format("nobody answered, or only one side was seen ({})", to_text(flow.outcome));
    if (flow.app == "none") return "it carried nothing that tells what it is";
    if (flow.app == "unknown") return "no dissector recognises what it carries";
    return "another row stands against it, or the policy has no room for more roles";
  }

  // Flows that the rows do not allow, with why.
  std::string uncovered(const Policy& whole) {
    const Judge judge(whole);
    struct Left {
      std::uint64_t flows = 0, first_flow = 0;
    };
    std::map<std::string, Left> left;
    std::uint64_t covered = 0;
    const auto read = store_.each_flow(violating, [&](ClosedFlow&& flow) {
      const Verdict verdict = judge.judge(flow);
      if (verdict.kind == VerdictKind::allowed || verdict.kind == VerdictKind::waived) {
        ++covered;
        return;
      }
      Left& it = left[reason_of(flow, verdict)];
      if (it.flows++ == 0) it.first_flow = flow.id;
    });
    std::string out =
        fmt::format("\n# {} covered by these rows.\n", counted(covered, "flow is", "flows are"));
    if (!read) out += "# Not all flows could be read again: " + visible(read.error().what) + "\n";
    for (const std::string& it : dropped_) out += "# Left out: " + visible(it) + "\n";
    for (const auto& [why, it] : left)
      out += fmt::format("# Not covered: {}, first {}: {}\n", counted(it.flows, "flow", "flows"),
                         it.first_flow, visible(why));
    return out;
  }

  const Store& store_;
  const Policy& policy_;
  bool alone_;
  Talks talks_;
  std::vector<HostGroup> groups_;
  std::map<IpAddress, std::string> role_of_host_;
  std::map<std::string, LearnedRow> rows_;  // by id
  std::vector<std::string> dropped_;
};

}  // namespace

Result<std::string> learn(const Store& store) {
  const auto policy = store.policy();
  if (!policy) return std::unexpected(policy.error());
  return Learner(store, *policy).learn();
}

}  // namespace pcapaudit
