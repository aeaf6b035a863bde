// Nodes of YAML that may be anything, and what kind of policy a document is.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "import/policies/foreign_policy.hpp"

namespace pcapaudit::yaml {

using Node = YAML::Node;

inline std::string text_of(const Node& node) {
  return node.IsDefined() && node.IsScalar() ? node.Scalar() : std::string();
}
inline Node at(const Node& node, const char* key) {
  return node.IsDefined() && node.IsMap() ? node[key] : Node(YAML::NodeType::Undefined);
}
inline std::string text_at(const Node& node, const char* key) {
  return text_of(at(node, key));
}
inline std::vector<Node> list_at(const Node& node, const char* key) {
  std::vector<Node> all;
  const Node list = at(node, key);
  if (!list.IsDefined() || !list.IsSequence()) return all;
  for (const Node& it : list) all.push_back(it);
  return all;
}
inline std::string small(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

enum class Dialect : std::uint8_t { none, kubernetes, calico, cilium };
inline Dialect dialect_of(const std::string& kind, const std::string& version) {
  struct Known {
    std::string_view kind, group;
    Dialect dialect;
  };
  constexpr Known known[] = {{"NetworkPolicy", "networking.k8s.io/", Dialect::kubernetes},
                             {"NetworkPolicy", "projectcalico.org/", Dialect::calico},
                             {"GlobalNetworkPolicy", "projectcalico.org/", Dialect::calico},
                             {"NetworkPolicy", "crd.projectcalico.org/", Dialect::calico},
                             {"GlobalNetworkPolicy", "crd.projectcalico.org/", Dialect::calico},
                             {"CiliumNetworkPolicy", "cilium.io/", Dialect::cilium},
                             {"CiliumClusterwideNetworkPolicy", "cilium.io/", Dialect::cilium}};
  for (const Known& it : known) {
    if (kind == it.kind && version.starts_with(it.group)) return it.dialect;
  }
  return Dialect::none;
}

// The role that is meant by a word of Cilium's; empty: none of ours.
inline std::string entity_role(const std::string& entity) {
  if (entity == "all") return "any";
  if (entity == "world") return "internet";
  return {};
}

// Ports of one rule, by protocol. `refused`: why they cannot be said.
struct Ports {
  std::map<Transport, PortRanges> by_transport;
  std::string refused;
};

inline void add_port(Ports& ports, const std::string& protocol, const std::string& first,
                     const std::string& last) {
  const auto transport = parse_transport(small(protocol.empty() ? "TCP" : protocol));
  if (!transport || !has_ports(*transport)) {
    ports.refused = fmt::format("protocol \"{}\" cannot be said", protocol);
    return;
  }
  auto& ranges = ports.by_transport[*transport];
  const PortRanges read =
      first.empty() ? PortRanges{every_port} : ports_in(last.empty() ? first : first + "-" + last);
  if (read.empty())
    ports.refused = fmt::format("the port is called \"{}\", and has no number", first);
  ranges.insert(ranges.end(), read.begin(), read.end());
}

}  // namespace pcapaudit::yaml
