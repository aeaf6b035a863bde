// NetworkPolicy of Kubernetes, Calico and Cilium, YAML or JSON, through yaml-cpp. Aliases are
// followed only where a policy has a list, and the number of rows is bounded.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include "import/policies/foreign_policy.hpp"

namespace pcapaudit {
namespace {

constexpr const char* left_out = "the row is left out";
constexpr std::string_view own_prefix = "pcapaudit/";
constexpr std::size_t most_rows = 100'000;  // aliases of a small file stand for any number
// yaml-cpp takes some sixty bytes of memory for each byte of a file.
constexpr std::size_t largest_yaml = std::size_t{4} << 20;

using Node = YAML::Node;
using Roles = std::vector<std::string>;

std::string text_of(const Node& node) {
  return node.IsDefined() && node.IsScalar() ? node.Scalar() : std::string();
}
Node at(const Node& node, const char* key) {
  return node.IsDefined() && node.IsMap() ? node[key] : Node(YAML::NodeType::Undefined);
}
std::string text_at(const Node& node, const char* key) {
  return text_of(at(node, key));
}
std::vector<Node> list_at(const Node& node, const char* key) {
  std::vector<Node> all;
  const Node list = at(node, key);
  if (!list.IsDefined() || !list.IsSequence()) return all;
  for (const Node& it : list) all.push_back(it);
  return all;
}
std::string small(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

// Ports of one rule, by protocol. `refused`: why they cannot be said.
struct Ports {
  std::map<Transport, PortRanges> by_transport;
  std::string refused;
};

class ClusterPolicies {
 public:
  explicit ClusterPolicies(ForeignPolicy& out) : out_(out) {}

  void read(const Node& document) {
    if (!document.IsMap()) return;
    const std::vector<Node> items = list_at(document, "items");
    if (text_at(document, "kind").ends_with("List") && !items.empty()) {
      for (const Node& it : items) read(it);
      return;
    }
    line_ = static_cast<std::uint32_t>(document.Mark().line + 1);
    const std::string kind = text_at(document, "kind"), version = text_at(document, "apiVersion");
    const bool is_policy = kind.find("NetworkPolicy") != std::string::npos;
    if (!is_policy) {
      if (!kind.empty())
        out_.remark(line_, fmt::format("kind {} is no network policy", kind), "it is left out");
      return;
    }
    const Node meta = at(document, "metadata");
    name_ = text_at(meta, "name");
    space_ = text_at(meta, "namespace");
    take_annotations(at(meta, "annotations"));
    const std::size_t before = out_.rows().size() + out_.remarks().size();
    std::vector<Node> specs = list_at(document, "specs");
    if (specs.empty()) specs.push_back(at(document, "spec"));
    for (const Node& spec : specs) {
      if (version.starts_with("cilium.io"))
        read_cilium(spec);
      else if (version.find("projectcalico.org") != std::string::npos)
        read_calico(spec);
      else
        read_plain(spec);
    }
    if (out_.rows().size() + out_.remarks().size() == before)
      out_.remark(line_, fmt::format("policy {} allows nothing, and gives no row", name_), "");
  }

  void finish() {
    if (count_ == 0) return;
    out_.remark(1,
                fmt::format("policies name no application; app = \"unknown\" is written in {} rows",
                            count_),
                no_app_hint);
    out_.remark(1,
                "where policies select both ends of a connection both have to allow it; the rows "
                "are those of each policy by itself",
                "delete what the other end does not allow");
  }

 private:
  bool refuse(const Node& node, const std::string& why, const char* hint = left_out) {
    const auto line = node.IsDefined() ? static_cast<std::uint32_t>(node.Mark().line + 1) : line_;
    out_.remark(line, why, hint);
    return false;
  }

  void take_annotations(const Node& annotations) {
    fields_.clear();
    reason_.clear();
    owner_.clear();
    review_.clear();
    if (!annotations.IsDefined() || !annotations.IsMap()) return;
    for (const auto& it : annotations) {
      const std::string key = text_of(it.first), value = text_of(it.second);
      if (key.starts_with(own_prefix)) fields_[key.substr(own_prefix.size())] = value;
      const std::string last = small(key.substr(key.rfind('/') + 1));
      if (last == "description" || last == "reason") reason_ = value;
      if (last == "owner") owner_ = value;
      if (last == "review" && value.size() == 10) review_ = value;
    }
  }
  bool is_own() const { return fields_.contains("row"); }

  // The labels of a selector, sorted as written; own exports have one label with the roles.
  static std::string selector_text(const Node& selector, Roles& own) {
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
    const Node labels = at(selector, "matchLabels");
    if (labels.IsDefined() && labels.IsMap()) {
      for (const auto& it : labels) add(text_of(it.first) + "=" + text_of(it.second));
    }
    for (const Node& it : list_at(selector, "matchExpressions")) {
      Roles values;
      for (const Node& value : list_at(it, "values")) values.push_back(text_of(value));
      const std::string key = text_at(it, "key");
      if (key == "pcapaudit/role" && text_at(it, "operator") == "In") own = values;
      add(fmt::format("{} {} {}", key, small(text_at(it, "operator")), fmt::join(values, " or ")));
    }
    return text;
  }

  Roles pods(const Node& selector, const std::string& where) {
    Roles own;
    const std::string text = selector_text(selector, own);
    if (is_own() && !own.empty()) {
      for (std::string& id : own) id = out_.own_role(id);
      return own;
    }
    if (is_own() && text.empty()) return {"any"};
    const std::string which = text.empty() ? "all pods" : text;
    return {out_.role(where.empty() ? which : which + " in " + where)};
  }

  std::string own_space() const { return space_; }

  // One peer of Kubernetes; false when it cannot be said.
  bool take_peer(const Node& peer, Roles& roles) {
    const Node block = at(peer, "ipBlock");
    if (block.IsDefined()) {
      if (!list_at(block, "except").empty())
        return refuse(block, "a network but for parts of it cannot be said");
      return take_network(block, text_at(block, "cidr"), roles);
    }
    std::string where = own_space();
    const Node spaces = at(peer, "namespaceSelector");
    if (spaces.IsDefined()) {
      Roles none;
      const std::string text = selector_text(spaces, none);
      where = text.empty() ? "every namespace" : "namespaces " + text;
    }
    for (std::string& it : pods(at(peer, "podSelector"), where)) roles.push_back(std::move(it));
    return true;
  }

  bool take_network(const Node& node, const std::string& text, Roles& roles) {
    auto role = out_.role_of_address(text);
    if (!role) return refuse(node, fmt::format("\"{}\" is no network", text));
    roles.push_back(*std::move(role));
    return true;
  }

  static void add_port(Ports& ports, const std::string& protocol, const std::string& first,
                       const std::string& last) {
    const auto transport = parse_transport(small(protocol.empty() ? "TCP" : protocol));
    if (!transport || !has_ports(*transport)) {
      ports.refused = fmt::format("protocol \"{}\" cannot be said", protocol);
      return;
    }
    auto& ranges = ports.by_transport[*transport];
    const PortRanges read = first.empty() ? PortRanges{every_port}
                                          : ports_in(last.empty() ? first : first + "-" + last);
    if (read.empty())
      ports.refused = fmt::format("the port is called \"{}\", and has no number", first);
    ranges.insert(ranges.end(), read.begin(), read.end());
  }

  Ports ports_of(const std::vector<Node>& list) {
    Ports ports;
    for (const Node& it : list)
      add_port(ports, text_at(it, "protocol"), text_at(it, "port"), text_at(it, "endPort"));
    return ports;
  }

  // One row, or one for each protocol where their ports differ.
  void add_rows(const Node& rule, const Roles& from, const Roles& to, const Ports& ports,
                const std::string& app) {
    if (!ports.refused.empty()) {
      refuse(rule, ports.refused);
      return;
    }
    if (out_.rows().size() >= most_rows) return;
    ImportedRow row;
    row.line = rule.IsDefined() ? static_cast<std::uint32_t>(rule.Mark().line + 1) : line_;
    for (const auto& [names, end] : {std::pair{&from, &row.from}, std::pair{&to, &row.to}}) {
      for (const std::string& it : *names) {
        if (std::find(end->begin(), end->end(), it) == end->end()) end->push_back(it);
      }
    }
    row.app = app;
    row.title = name_.empty() ? "" : "policy " + name_;
    row.why = reason_;
    row.owner = owner_;
    row.review = review_;
    if (app == "unknown" && !is_own()) ++count_;
    auto all = ports.by_transport;
    if (all.empty()) {
      allow_all_ports(row, out_);
      all[Transport::tcp] = all[Transport::udp] = row.ports;
    }
    const bool is_one = std::all_of(
        all.begin(), all.end(), [&](const auto& it) { return it.second == all.begin()->second; });
    if (is_one) {
      row.transports.clear();
      for (const auto& [transport, ranges] : all) row.transports.push_back(transport);
      row.ports = all.begin()->second;
      finish_row(std::move(row));
      return;
    }
    for (const auto& [transport, ranges] : all) {
      ImportedRow one = row;
      one.transports = {transport};
      one.ports = ranges;
      finish_row(std::move(one));
    }
  }

  void finish_row(ImportedRow row) {
    if (is_own() && !read_exported_fields(fields_, row.line, row, out_)) return;
    out_.add(std::move(row));
  }

  void read_plain(const Node& spec) {
    const Roles own = pods(at(spec, "podSelector"), own_space());
    for (const auto& [key, side] : {std::pair{"ingress", "from"}, std::pair{"egress", "to"}}) {
      for (const Node& rule : list_at(spec, key)) {
        Roles peers;
        bool said = true;
        const std::vector<Node> listed = list_at(rule, side);
        for (const Node& peer : listed) said = take_peer(peer, peers) && said;
        if (peers.empty() && !said) continue;
        if (listed.empty()) peers = {"any"};
        const Ports ports = ports_of(list_at(rule, "ports"));
        const bool inward = std::string_view(side) == "from";
        add_rows(rule, inward ? peers : own, inward ? own : peers, ports, "unknown");
      }
    }
  }

  // Selectors of Calico are texts: app == 'web'.
  Roles calico_end(const Node& end, bool& said) {
    Roles roles;
    if (!end.IsDefined() || end.IsNull()) return {"any"};
    for (const char* key : {"notNets", "notSelector", "notPorts", "serviceAccounts", "services"}) {
      if (at(end, key).IsDefined()) said = refuse(end, fmt::format("{} cannot be said", key));
    }
    for (const Node& net : list_at(end, "nets"))
      said = take_network(net, text_of(net), roles) && said;
    const std::string selector = text_at(end, "selector"),
                      spaces = text_at(end, "namespaceSelector");
    if (!selector.empty() || !spaces.empty()) {
      if (!roles.empty()) said = refuse(end, "networks and a selector at once cannot be said");
      const std::string where = spaces.empty() ? own_space() : "namespaces " + spaces;
      roles.push_back(out_.role((selector.empty() ? "all pods" : selector) +
                                (where.empty() ? "" : " in " + where)));
    }
    if (roles.empty()) roles.push_back("any");
    return roles;
  }

  void read_calico(const Node& spec) {
    const std::string selector = text_at(spec, "selector");
    const std::string which = selector.empty() ? "all pods" : selector;
    const Roles own = {out_.role(space_.empty() ? which : which + " in " + space_)};
    for (const char* key : {"ingress", "egress"}) {
      const bool inward = std::string_view(key) == "ingress";
      for (const Node& rule : list_at(spec, key)) {
        const std::string action = small(text_at(rule, "action"));
        if (action != "allow") {
          if (action != "log")
            refuse(rule, fmt::format("action \"{}\": a policy lists what is allowed", action));
          continue;
        }
        bool said = true;
        for (const char* odd : {"icmp", "http", "notProtocol", "notICMP"}) {
          if (at(rule, odd).IsDefined()) said = refuse(rule, fmt::format("{} cannot be said", odd));
        }
        const Node source = at(rule, "source"), target = at(rule, "destination");
        if (!list_at(source, "ports").empty()) said = refuse(rule, "source ports cannot be said");
        const Roles from = inward ? calico_end(source, said) : own;
        const Roles to = inward ? own : calico_end(target, said);
        Ports ports;
        for (const Node& port : list_at(target, "ports")) {
          std::string text = text_of(port);
          add_port(ports, text_at(rule, "protocol"), text, "");
        }
        const std::string protocol = text_at(rule, "protocol");
        if (ports.by_transport.empty() && !protocol.empty()) add_port(ports, protocol, "", "");
        if (said) add_rows(rule, from, to, ports, "unknown");
      }
    }
  }

  static std::string entity_role(const std::string& entity) {
    if (entity == "all") return "any";
    if (entity == "world") return "internet";
    return {};
  }

  bool cilium_peers(const Node& rule, bool inward, Roles& roles) {
    const std::string side = inward ? "from" : "to";
    bool said = true, any = false;
    for (const Node& it : list_at(rule, (side + "Endpoints").c_str())) {
      any = true;
      for (std::string& role : pods(it, own_space())) roles.push_back(std::move(role));
    }
    for (const Node& it : list_at(rule, (side + "CIDR").c_str())) {
      any = true;
      said = take_network(it, text_of(it), roles) && said;
    }
    for (const Node& it : list_at(rule, (side + "CIDRSet").c_str())) {
      any = true;
      if (!list_at(it, "except").empty())
        said = refuse(it, "a network but for parts of it cannot be said");
      else
        said = take_network(it, text_at(it, "cidr"), roles) && said;
    }
    for (const Node& it : list_at(rule, (side + "Entities").c_str())) {
      any = true;
      const std::string known = entity_role(text_of(it));
      roles.push_back(known.empty() ? out_.role("entity " + text_of(it)) : known);
    }
    for (const Node& it : list_at(rule, "toFQDNs")) {
      any = true;
      const std::string name =
          text_at(it, "matchName").empty() ? text_at(it, "matchPattern") : text_at(it, "matchName");
      out_.remark(static_cast<std::uint32_t>(it.Mark().line + 1),
                  fmt::format("the host {} has no address in the policy", name),
                  "it becomes a role; give its addresses in [bind]");
      roles.push_back(out_.role(name));
    }
    for (const char* odd :
         {"toServices", "toGroups", "fromGroups", "fromRequires", "toRequires", "icmps"}) {
      if (at(rule, odd).IsDefined()) said = refuse(rule, fmt::format("{} cannot be said", odd));
    }
    if (!any) roles = {"any"};
    return said;
  }

  void read_cilium(const Node& spec) {
    const Roles own = pods(at(spec, "endpointSelector"), own_space());
    for (const char* key : {"ingressDeny", "egressDeny"}) {
      for (const Node& rule : list_at(spec, key))
        refuse(rule, "the rule denies, and a policy lists what is allowed");
    }
    for (const char* key : {"ingress", "egress"}) {
      const bool inward = std::string_view(key) == "ingress";
      for (const Node& rule : list_at(spec, key)) {
        Roles peers;
        if (!cilium_peers(rule, inward, peers) || peers.empty()) continue;
        Ports ports;
        std::string app = "unknown";
        for (const Node& group : list_at(rule, "toPorts")) {
          for (const Node& it : list_at(group, "ports")) {
            const std::string protocol = text_at(it, "protocol");
            const bool is_any = protocol.empty() || small(protocol) == "any";
            for (const std::string& one :
                 is_any ? std::vector<std::string>{"TCP", "UDP"} : std::vector{protocol})
              add_port(ports, one, text_at(it, "port"), text_at(it, "endPort"));
          }
          const Node rules = at(group, "rules");
          if (at(rules, "http").IsDefined()) app = "http";
          if (at(rules, "dns").IsDefined()) app = "dns";
          if (rules.IsDefined())
            out_.remark(static_cast<std::uint32_t>(rules.Mark().line + 1),
                        "what the rule demands of requests is not written",
                        "add an [http] profile");
        }
        add_rows(rule, inward ? peers : own, inward ? own : peers, ports, app);
      }
    }
  }

  ForeignPolicy& out_;
  std::uint32_t line_ = 1;
  std::string name_, space_, reason_, owner_, review_;  // of the policy that is read
  std::map<std::string, std::string> fields_;           // of an export of ours
  std::size_t count_ = 0;
};

}  // namespace

void read_kubernetes(std::string_view text, ForeignPolicy& out) {
  if (text.size() > largest_yaml) {
    out.remark(1, "the file is larger than 4 MiB and is not read", "divide it");
    return;
  }
  try {
    ClusterPolicies policies(out);
    for (const Node& document : YAML::LoadAll(std::string(text))) policies.read(document);
    policies.finish();
  } catch (const YAML::Exception& error) {
    out.remark(static_cast<std::uint32_t>(std::max(error.mark.line, 0) + 1),
               fmt::format("this is no YAML that is understood: {}", error.msg),
               "what stands before it is read");
  }
}

}  // namespace pcapaudit
