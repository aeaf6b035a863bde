#include "report/draft/hosts.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text/text.hpp"
#include "flow/closed_flow.hpp"
#include "policy/judge/verdict.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

constexpr std::size_t named_services = 6;  // in a comment; the others are counted

std::string as_name(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '.' || c == ':' || c == '/'; }, '-');
  return text;
}

Subnet network_of(const IpAddress& address) {
  Subnet subnet{.base = address, .prefix = address.v4 ? 24U : 64U};
  const std::size_t kept = address.v4 ? 15 : 8;
  std::fill(subnet.base.bytes.begin() + static_cast<std::ptrdiff_t>(kept), subnet.base.bytes.end(),
            std::uint8_t{0});
  return subnet;
}

std::string some(const std::set<std::string>& words) {
  std::vector<std::string> shown(words.begin(), words.end());
  const std::size_t all = shown.size();
  if (all > named_services) shown.resize(named_services);
  return fmt::format("{}{}", fmt::join(shown, ", "),
                     all > shown.size() ? fmt::format(" and {} more", all - shown.size()) : "");
}

// What a group is called: its host, or its first service, or its network.
std::string name_of(const HostGroup& group) {
  if (group.hosts.size() == 1) return "host-" + as_name(to_text(group.hosts.front()));
  if (group.offers.empty()) return "clients-" + as_name(to_text(network_of(group.hosts.front())));
  std::string service = *group.offers.begin();  // "tcp/443 https"
  const std::size_t blank = service.find(' ');
  const std::string port = service.substr(service.find('/') + 1, blank - service.find('/') - 1);
  return as_name(service.substr(blank + 1) + "-" + port + "-servers");
}

}  // namespace

std::string app_of(const ClosedFlow& flow, const Verdict& verdict) {
  if (flow.app == "tls" && verdict.service == "HTTPS") return "https";
  if (flow.app == "tls" && verdict.service.starts_with("SIP")) return "sip";
  return flow.app;
}

std::string service_text(const Talk& talk) {
  return fmt::format("{}{}{} {}", to_text(talk.transport), talk.port == 0 ? "" : "/",
                     talk.port == 0 ? "" : fmt::format("{}", talk.port), talk.app);
}

std::string HostGroup::network() const {
  constexpr std::size_t few = 3;
  if (hosts.size() < few) return {};
  const Subnet network = network_of(hosts.front());
  const bool is_one = std::all_of(hosts.begin(), hosts.end(),
                                  [&](const IpAddress& it) { return network.contains(it); });
  return is_one ? to_text(network) : std::string();
}

std::vector<HostGroup> group_hosts(const Talks& talks, const std::set<IpAddress>& hosts,
                                   std::size_t most) {
  struct Host {
    std::set<std::string> offers, asks;
    std::uint64_t flows = 0;
  };
  std::map<IpAddress, Host> by_host;
  for (const auto& [talk, count] : talks) {
    if (hosts.contains(talk.server)) {
      Host& server = by_host[talk.server];
      server.offers.insert(service_text(talk));
      server.flows += count.flows;
    }
    if (hosts.contains(talk.client)) {
      Host& client = by_host[talk.client];
      client.asks.insert(service_text(talk));
      client.flows += count.flows;
    }
  }
  std::map<std::string, HostGroup> groups;
  for (const auto& [address, host] : by_host) {
    const std::string key =
        host.offers.empty()
            ? fmt::format("asks {} {}", to_text(network_of(address)), fmt::join(host.asks, "\n"))
            : fmt::format("offers {}", fmt::join(host.offers, "\n"));
    HostGroup& group = groups[key];
    group.hosts.push_back(address);
    group.offers.insert(host.offers.begin(), host.offers.end());
    group.asks.insert(host.asks.begin(), host.asks.end());
    group.flows += host.flows;
  }
  std::vector<HostGroup> list;
  for (auto& [key, group] : groups) list.push_back(std::move(group));
  std::stable_sort(list.begin(), list.end(),
                   [](const HostGroup& a, const HostGroup& b) { return a.flows > b.flows; });
  if (list.size() > most) list.resize(most);
  std::map<std::string, int> names;
  for (HostGroup& group : list) {
    group.role = name_of(group);
    if (const int again = names[group.role]++; again > 0)
      group.role += fmt::format("-{}", again + 1);
    group.title = group.hosts.size() == 1
                      ? to_text(group.hosts.front()) + ", not in the inventory"
                      : fmt::format("{} hosts, not in the inventory", group.hosts.size());
  }
  return list;
}

std::string why_text(const HostGroup& group) {
  std::string text = "#";
  if (!group.offers.empty()) text += " offers " + some(group.offers);
  if (!group.asks.empty())
    text += (group.offers.empty() ? " asks for " : "; asks for ") + some(group.asks);
  text += fmt::format(" ({})", counted(group.flows, "flow", "flows"));
  if (const std::string network = group.network(); !network.empty())
    text += fmt::format("; all in {}", network);
  return visible(text) + "\n";
}

std::string binding_text(const HostGroup& group) {
  std::vector<std::string> addresses;
  for (const IpAddress& it : group.hosts) addresses.push_back("\"" + to_text(it) + "\"");
  return fmt::format("\n{0}[role.{1}]\ntitle = {2}\n[bind.{1}]\naddresses = [{3}]\n",
                     why_text(group), group.role, toml_string(group.title),
                     fmt::join(addresses, ", "));
}

}  // namespace pcapaudit
