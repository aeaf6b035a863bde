// Who talks to whom in an audit, and which hosts are alike: for drafts of rows and of site files.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <pcapaudit/base/ip.hpp>

#include "net/transport.hpp"
#include "policy/policy.hpp"

namespace pcapaudit {

struct ClosedFlow;
struct Verdict;

// One service of one server, as one client asked for it.
struct Talk {
  IpAddress client, server;
  Transport transport = Transport::tcp;
  std::uint16_t port = 0;
  std::string app;  // as rows write it
  auto operator<=>(const Talk&) const = default;
};
struct TalkCount {
  std::uint64_t flows = 0, first_flow = 0;
  RoleSet client_roles = 0, server_roles = 0;
};
// Far more pairs than a person reads; flows of others are counted, and told.
constexpr std::size_t most_talks = 200'000;
using Talks = std::map<Talk, TalkCount>;

// Rows of policies name applications; TLS that carries HTTP is https there.
std::string app_of(const ClosedFlow& flow, const Verdict& verdict);
// "tcp/443 https"
std::string service_text(const Talk& talk);

struct HostGroup {
  std::string role, title;
  std::vector<IpAddress> hosts;        // sorted
  std::set<std::string> offers, asks;  // service_text()
  std::uint64_t flows = 0;
  // The one network that all of them lie in, "" when they are few.
  std::string network() const;
};

// Hosts that offer the same are one group; of those that offer nothing, those of one network that
// ask for the same. In the order of their flows, most first; at most `most`.
std::vector<HostGroup> group_hosts(const Talks& talks, const std::set<IpAddress>& hosts,
                                   std::size_t most);
// "# offers ..., asks ...", for people.
std::string why_text(const HostGroup& group);
// [role] and [bind].
std::string binding_text(const HostGroup& group);

}  // namespace pcapaudit
