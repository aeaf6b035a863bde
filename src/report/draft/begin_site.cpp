#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text/text.hpp"
#include "flow/closed_flow.hpp"
#include "policy/judge/verdict.hpp"
#include "report/draft/draft.hpp"
#include "report/draft/hosts.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

struct Question {
  std::uint64_t flows = 0;
  std::string text;
};

class SiteDraft {
 public:
  SiteDraft(const Store& store, const Policy& observed, const std::vector<DocumentPack>& documents)
      : store_(store), observed_(observed), documents_(documents) {}

  Result<std::string> write() {
    if (auto loaded = load_packs(); !loaded) return std::unexpected(loaded.error());
    if (auto read = collect(); !read) return std::unexpected(read.error());
    make_groups();
    bind_servers();
    bind_clients();
    ask_about_roles();
    std::string text = head() + bindings();
    if (auto asked = ask_about_flows(text); !asked) return std::unexpected(asked.error());
    return text + questions();
  }

 private:
  Result<void> load_packs() {
    std::vector<std::pair<std::string, std::string>> files;
    for (const DocumentPack& it : documents_) files.emplace_back(it.file, it.text);
    auto pack = load_policy_texts(files);
    if (!pack) return std::unexpected(pack.error());
    pack_ = *std::move(pack);
    return {};
  }

  Result<void> collect() {
    const Judge judge(observed_);
    return store_.each_flow("outcome IN ('data', 'handshake', 'midstream')",
                            [&](ClosedFlow&& flow) {
                              const Verdict verdict = judge.judge(flow);
                              const Talk talk{.client = flow.client.address,
                                              .server = flow.server.address,
                                              .transport = flow.transport,
                                              .port = flow.server.port,
                                              .app = app_of(flow, verdict)};
                              if (talks_.size() >= most_talks && !talks_.contains(talk)) {
                                ++untold_;
                                return;
                              }
                              TalkCount& count = talks_[talk];
                              if (count.flows++ == 0) count.first_flow = flow.id;
                              count.client_roles = verdict.client_roles;
                              count.server_roles = verdict.server_roles;
                            });
  }

  // Hosts of the site; those to whom the documents give a role are in no group.
  void make_groups() {
    std::set<IpAddress> named, hosts;
    for (const DocumentPack& pack : documents_) {
      for (const auto& [role, addresses] : pack.binds) {
        for (const std::string& it : addresses) {
          const auto subnet = Subnet::parse(it);
          if (subnet && subnet->is_single_address()) named.insert(subnet->base);
        }
      }
    }
    constexpr RoleSet outside = outside_roles;
    for (const auto& [talk, count] : talks_) {
      if ((count.client_roles & ~outside) != 0 && !named.contains(talk.client))
        hosts.insert(talk.client);
      if ((count.server_roles & ~outside) != 0 && !named.contains(talk.server))
        hosts.insert(talk.server);
    }
    groups_ = group_hosts(talks_, hosts, max_roles - pack_.roles.size());
    role_of_group_.resize(groups_.size());
  }

  // Rows of the documents that a service would meet, for one role.
  bool is_documented(const std::string& role, const std::string& service) const {
    return std::any_of(pack_.flows.begin(), pack_.flows.end(), [&](const DocumentedFlow& row) {
      const auto id = pack_.find_role(role);
      return id && (row.to >> *id & 1) != 0 && is_of(row, service);
    });
  }
  static bool is_of(const DocumentedFlow& row, const std::string& service) {
    for (const Transport transport : row.transports) {
      const std::string start = std::string(to_text(transport)) + "/";
      if (!service.starts_with(start)) continue;
      const auto port =
          static_cast<std::uint16_t>(std::strtoul(service.c_str() + start.size(), nullptr, 10));
      const std::string app = service.substr(service.find(' ') + 1);
      const bool fits_app = row.app == app || row.app == "unknown" || app == "none" ||
                            (row.app == "https" && app == "tls") ||
                            (row.app == "tls" && app == "https") || (row.tls && app == "tls");
      if (contains(row.ports, port) && fits_app) return true;
    }
    return false;
  }

  std::size_t fit(const std::string& role, const HostGroup& group) const {
    return static_cast<std::size_t>(
        std::count_if(group.offers.begin(), group.offers.end(),
                      [&](const std::string& it) { return is_documented(role, it); }));
  }

  std::vector<std::string> document_roles() const {
    std::vector<std::string> ids;
    for (const Role& role : pack_.roles) {
      const bool is_bound =
          std::any_of(documents_.begin(), documents_.end(),
                      [&](const DocumentPack& it) { return it.binds.contains(role.id); });
      if (!role.builtin && !is_bound) ids.push_back(role.id);
    }
    return ids;
  }

  // A role and a group belong together when each is the other's best, and no other is as good.
  void bind_servers() {
    const std::vector<std::string> roles = document_roles();
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      std::vector<std::string> best;
      std::size_t most = 0;
      for (const std::string& role : roles) {
        const std::size_t score = fit(role, groups_[i]);
        if (score == 0 || score < most) continue;
        if (score > most) best.clear();
        most = score;
        best.push_back(role);
      }
      if (best.size() > 1) {
        ask(groups_[i].flows, fmt::format("Is {} {}? All of them offer what it offers.",
                                          hosts_of(groups_[i]), fmt::join(best, " or ")));
      } else if (best.size() == 1) {
        bind(i, best.front(),
             fmt::format("{} of its {} services are documented for it", most,
                         groups_[i].offers.size()));
      }
    }
  }

  // Who only asks: the one role whose rows lead to the services that it asks for.
  void bind_clients() {
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      if (!role_of_group_[i].empty() || !groups_[i].offers.empty()) continue;
      std::vector<std::string> fitting;
      for (const std::string& role : document_roles()) {
        const auto id = *pack_.find_role(role);
        const bool asks =
            std::any_of(pack_.flows.begin(), pack_.flows.end(), [&](const DocumentedFlow& row) {
              return (row.from >> id & 1) != 0 &&
                     std::any_of(groups_[i].asks.begin(), groups_[i].asks.end(),
                                 [&](const std::string& it) { return is_of(row, it); });
            });
        const bool serves =
            std::any_of(pack_.flows.begin(), pack_.flows.end(),
                        [&](const DocumentedFlow& row) { return (row.to >> id & 1) != 0; });
        if (asks && !serves) fitting.push_back(role);
      }
      if (fitting.size() == 1)
        bind(i, fitting.front(), "it asks for what rows of this role allow, and offers nothing");
      else if (fitting.size() > 1)
        ask(groups_[i].flows, fmt::format("Is {} {}? All of them may ask for what it asks for.",
                                          hosts_of(groups_[i]), fmt::join(fitting, " or ")));
    }
  }

  void bind(std::size_t group, const std::string& role, const std::string& why) {
    role_of_group_[group] = role;
    reasons_[role].push_back(why);
  }
  void ask(std::uint64_t flows, std::string text) {
    questions_.push_back({.flows = flows, .text = std::move(text)});
  }

  static std::string hosts_of(const HostGroup& group) {
    constexpr std::size_t shown = 4;
    std::string text;
    for (std::size_t i = 0; i < std::min(shown, group.hosts.size()); ++i)
      text += (i == 0 ? "" : ", ") + to_text(group.hosts[i]);
    if (group.hosts.size() > shown) text += fmt::format(" and {} more", group.hosts.size() - shown);
    return text;
  }

  void ask_about_roles() {
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      const HostGroup& group = groups_[i];
      if (!role_of_group_[i].empty() || documents_.empty()) continue;
      ask(group.flows, fmt::format("What is {} ({})? No row speaks of what it does.",
                                   hosts_of(group), group.role));
    }
    for (const std::string& role : document_roles()) {
      if (reasons_.contains(role)) continue;
      ask(0, fmt::format(
                 "Which hosts are {}? Nobody was seen who offers or asks for what its rows allow; "
                 "or say [bind.{}] absent = true.",
                 role, role));
    }
    for (const Flag& flag : pack_.flags) ask(0, fmt::format("[flags] {}: {}", flag.id, flag.ask));
  }

  std::string head() const {
    std::vector<std::string> use;
    for (const DocumentPack& it : documents_) use.push_back(toml_string(it.file));
    return fmt::format(
        "# The beginning of a site file: what was seen, held against the documents. Nobody has "
        "approved it.\n"
        "# Read each binding, answer the questions at the end, and delete this line.\n"
        "format = 1\n{}\n[site]\nname = \"\"\nowner = \"\"\njudge = \"all\"\ninternal_networks = "
        "[{}]\n",
        use.empty() ? "" : fmt::format("use = [{}]\n", fmt::join(use, ", ")), internal_networks());
  }
  std::string internal_networks() const {
    std::string text;
    for (const Subnet& it : observed_.internal_networks)
      text += (text.empty() ? "\"" : ", \"") + to_text(it) + "\"";
    return text;
  }

  std::string bindings() const {
    std::map<std::string, std::vector<std::size_t>> by_role;
    std::string text;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      if (role_of_group_[i].empty())
        text += binding_text(groups_[i]);
      else
        by_role[role_of_group_[i]].push_back(i);
    }
    std::string bound;
    for (const DocumentPack& pack : documents_) {
      for (const auto& [role, addresses] : pack.binds) {
        std::vector<std::string> list;
        for (const std::string& it : addresses) {
          if (Subnet::parse(it)) list.push_back(toml_string(it));
        }
        if (!list.empty() && pack_.find_role(role))
          bound += fmt::format("\n# As {} says.\n[bind.{}]\naddresses = [{}]\n", visible(pack.file),
                               role, fmt::join(list, ", "));
      }
    }
    for (const auto& [role, members] : by_role) {
      std::string addresses;
      bound += "\n";
      for (std::size_t k = 0; k < members.size(); ++k) {
        const HostGroup& group = groups_[members[k]];
        bound += why_text(group) + "#   " + reasons_.at(role)[k] + "\n";
        for (const IpAddress& it : group.hosts)
          addresses += (addresses.empty() ? "\"" : ", \"") + to_text(it) + "\"";
      }
      bound += fmt::format("[bind.{}]\naddresses = [{}]\n", role, addresses);
    }
    return bound + text;
  }

  // What the new file would not allow, by roles and service.
  Result<void> ask_about_flows(const std::string& text) {
    std::vector<std::pair<std::string, std::string>> files;
    for (const DocumentPack& it : documents_) files.emplace_back(it.file, it.text);
    files.emplace_back("site", text);
    const auto policy = load_policy_texts(files);
    if (!policy) return std::unexpected(policy.error());
    const Judge judge(*policy);
    std::map<std::string, std::uint64_t> open;
    const auto read = store_.each_flow("1", [&](ClosedFlow&& flow) {
      const Verdict verdict = judge.judge(flow);
      if (verdict.kind == VerdictKind::allowed || verdict.kind == VerdictKind::ignored) return;
      const Talk talk{.client = {},
                      .server = {},
                      .transport = flow.transport,
                      .port = flow.server.port,
                      .app = app_of(flow, verdict)};
      const std::string ends =
          fmt::format("{} -> {} {}", policy->role_names(verdict.client_roles),
                      policy->role_names(verdict.server_roles), service_text(talk));
      const std::string what =
          verdict.kind == VerdictKind::undetermined
              ? fmt::format("{}: it could not be judged ({}).", ends, to_text(verdict.reason))
          : verdict.rule.empty()
              ? fmt::format("Is {} to be allowed? No row documents it.", ends)
              : fmt::format("{}: row {} demands what it does not do ({}).", ends, verdict.rule,
                            verdict.problems.empty() ? "" : to_text(verdict.problems.front().kind));
      ++open[what];
    });
    if (!read) return std::unexpected(read.error());
    for (const auto& [what, flows] : open) ask(flows, what);
    return {};
  }

  std::string questions() {
    std::stable_sort(questions_.begin(), questions_.end(),
                     [](const Question& a, const Question& b) { return a.flows > b.flows; });
    if (questions_.empty()) return "\n# No question is open.\n";
    std::string text = fmt::format("\n# {}, the one of most flows first:\n",
                                   counted(questions_.size(), "open question", "open questions"));
    for (std::size_t i = 0; i < questions_.size(); ++i) {
      const Question& it = questions_[i];
      text += fmt::format(
          "# {}. {}{}\n", i + 1, visible(it.text),
          it.flows == 0 ? "" : fmt::format(" ({})", counted(it.flows, "flow", "flows")));
    }
    if (untold_ > 0)
      text += fmt::format("# {} flows of further pairs of hosts are in no group.\n", untold_);
    return text;
  }

  const Store& store_;
  const Policy& observed_;
  const std::vector<DocumentPack>& documents_;
  Policy pack_;
  Talks talks_;
  std::vector<HostGroup> groups_;
  std::vector<std::string> role_of_group_;                   // "" while nobody knows
  std::map<std::string, std::vector<std::string>> reasons_;  // by role, in the order of the groups
  std::vector<Question> questions_;
  std::uint64_t untold_ = 0;
};

}  // namespace

Result<std::string> begin_site(const Store& store, const std::vector<DocumentPack>& documents) {
  const auto policy = store.policy();
  if (!policy) return std::unexpected(policy.error());
  if (documents.empty()) {
    // Without a document the rows are those that were seen.
    auto rows = learn(store);
    if (!rows) return rows;
    return *rows +
           "\n# Open questions: each row above; who are the hosts, and what do they need?\n";
  }
  return SiteDraft(store, *policy, documents).write();
}

}  // namespace pcapaudit
