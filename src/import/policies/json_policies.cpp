// JSON of nftables, AWS, OpenShift's commatrix and NetBox, through nlohmann_json. Lines are those
// on which an entry begins.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "import/policies/commatrix.hpp"
#include "import/policies/filter_rules.hpp"
#include "import/policies/inventory.hpp"

namespace pcapaudit {
namespace {

using Json = nlohmann::json;

// Lines of the objects that stand `depth` brackets deep, in their order.
std::vector<std::uint32_t> lines_of_objects(std::string_view text, int depth) {
  std::vector<std::uint32_t> lines;
  std::uint32_t line = 1;
  int now = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') ++line;
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (c == '{' && now == depth) lines.push_back(line);
      ++now;
    } else if (c == '}' || c == ']') {
      --now;
    }
  }
  return lines;
}
bool is_deeper(std::string_view text, int most) {
  int now = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size() && now <= most; ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++now;
    } else if (c == '}' || c == ']') {
      --now;
    }
  }
  return now > most;
}

std::uint32_t line_at(const std::vector<std::uint32_t>& lines, std::size_t index) {
  return index < lines.size() ? lines[index] : 1;
}

const Json& at(const Json& value, const char* key) {
  static const Json none;
  if (!value.is_object()) return none;
  const auto found = value.find(key);
  return found == value.end() ? none : *found;
}
const Json& list(const Json& value) {
  static const Json none = Json::array();
  return value.is_array() ? value : none;
}
std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  return {};
}
std::string text_at(const Json& value, const char* key) {
  return text_of(at(value, key));
}

// Values of the right side of an nftables match; what is none of these is a text that nobody reads.
void add_values(const Json& right, std::vector<std::string>& values) {
  if (right.is_array()) {
    for (const Json& it : right) add_values(it, values);
  } else if (!at(right, "set").is_null()) {
    add_values(at(right, "set"), values);
  } else if (!at(right, "elem").is_null()) {
    add_values(at(at(right, "elem"), "val"), values);
  } else if (!at(right, "prefix").is_null()) {
    values.push_back(text_at(at(right, "prefix"), "addr") + "/" +
                     text_at(at(right, "prefix"), "len"));
  } else if (at(right, "range").is_array() && at(right, "range").size() == 2) {
    values.push_back(text_of(at(right, "range")[0]) + "-" + text_of(at(right, "range")[1]));
  } else {
    values.push_back(text_of(right).empty() ? "an expression" : text_of(right));
  }
}

FilterMatch match_of(const Json& match, std::vector<FilterMatch>& more) {
  const Json &left = at(match, "left"), &payload = at(left, "payload");
  const std::string protocol = text_at(payload, "protocol"), field = text_at(payload, "field");
  const std::string meta = text_at(at(left, "meta"), "key"), ct = text_at(at(left, "ct"), "key");
  FilterMatch result;
  const std::string op = text_at(match, "op");
  result.negated = op == "!=";
  add_values(at(match, "right"), result.values);
  const bool is_ip = protocol == "ip" || protocol == "ip6";
  if (is_ip && field == "saddr") result.field = FilterField::source;
  if (is_ip && field == "daddr") result.field = FilterField::destination;
  if ((is_ip && (field == "protocol" || field == "nexthdr")) || meta == "l4proto")
    result.field = FilterField::transport;
  if (field == "sport") result.field = FilterField::source_port;
  if (field == "dport") {
    result.field = FilterField::port;
    if (protocol != "th")
      more.push_back({.field = FilterField::transport, .negated = false, .values = {protocol}});
  }
  if (ct == "state") result.field = FilterField::state;
  if (meta.starts_with("iif") || meta.starts_with("oif")) result.field = FilterField::interface;
  if (result.field == FilterField::other || (op != "==" && op != "!=" && op != "in"))
    result = {.field = FilterField::other,
              .negated = false,
              .values = {fmt::format("{}{}{} {}", protocol, field, meta, op)}};
  return result;
}

FilterRule rule_of(const Json& rule, std::uint32_t line) {
  FilterRule result{.line = line,
                    .chain = text_at(rule, "chain"),
                    .matches = {},
                    .verdict = {},
                    .target = {},
                    .comment = text_at(rule, "comment")};
  for (const Json& it : list(at(rule, "expr"))) {
    if (!it.is_object() || it.empty()) continue;
    const std::string kind = it.begin().key();
    if (kind == "match") {
      std::vector<FilterMatch> more;
      FilterMatch match = match_of(it.begin().value(), more);
      result.matches.insert(result.matches.end(), more.begin(), more.end());
      result.matches.push_back(std::move(match));
    } else if (kind == "accept" || kind == "drop" || kind == "reject") {
      result.verdict = kind;
    } else if (kind == "jump" || kind == "goto") {
      result.verdict = "jump";
      result.target = text_at(it.begin().value(), "target");
    } else if (kind != "counter" && kind != "log") {
      result.matches.push_back({.field = FilterField::other, .negated = false, .values = {kind}});
    }
  }
  return result;
}

void read_nftables(const Json& json, std::string_view text, ForeignPolicy& out) {
  constexpr int entries = 2;  // {"nftables": [ {
  const auto lines = lines_of_objects(text, entries);
  Filter filter;
  std::size_t index = 0;
  for (const Json& it : list(at(json, "nftables"))) {
    const std::uint32_t line = line_at(lines, index++);
    if (const Json& chain = at(it, "chain"); chain.is_object()) {
      const bool is_filter = text_at(chain, "type") == "filter";
      const std::string hook = is_filter ? text_at(chain, "hook") : "";
      std::string policy = text_at(chain, "policy");
      if (!hook.empty() && policy.empty()) policy = "accept";
      filter.chains[text_at(chain, "name")] = {.line = line, .hook = hook, .policy = policy};
    } else if (const Json& set = at(it, "set"); set.is_object()) {
      auto& elements = filter.sets[text_at(set, "name")];
      for (const Json& element : list(at(set, "elem"))) add_values(element, elements);
    } else if (const Json& rule = at(it, "rule"); rule.is_object()) {
      filter.is_own = filter.is_own || text_at(rule, "table") == "pcapaudit_documented";
      filter.rules.push_back(rule_of(rule, line));
    }
  }
  if (filter.is_own) {  // the family that both of its rules together hold
    for (FilterRule& rule : filter.rules) {
      std::erase_if(rule.matches, [](const FilterMatch& match) {
        return match.field == FilterField::other && match.values.front().starts_with("nfproto");
      });
    }
  }
  filter_to_rows(filter, out);
}

class SecurityGroups {
 public:
  explicit SecurityGroups(ForeignPolicy& out) : out_(out) {}

  void read(const Json& json, std::string_view text) {
    constexpr int groups = 2;  // {"SecurityGroups": [ {
    const auto lines = lines_of_objects(text, groups);
    for (const Json& group : list(at(json, "SecurityGroups")))
      names_[text_at(group, "GroupId")] = name_of(group);
    std::size_t index = 0;
    for (const Json& group : list(at(json, "SecurityGroups"))) {
      line_ = line_at(lines, index++);
      owner_ = tag_of(group, "owner");
      review_ = tag_of(group, "review");
      const std::string role = out_.role(name_of(group));
      for (const Json& it : list(at(group, "IpPermissions"))) permission(it, role, true);
      for (const Json& it : list(at(group, "IpPermissionsEgress"))) permission(it, role, false);
    }
    if (count_ > 0) {
      out_.remark(1,
                  fmt::format("groups name no application; app = \"unknown\" is written in {} rows",
                              count_),
                  no_app_hint);
      out_.remark(1,
                  "a connection has to be allowed by the groups of both its ends; the rows are "
                  "those of each group by itself",
                  "delete what the other end does not allow");
    }
  }

 private:
  static std::string name_of(const Json& group) {
    const std::string name = text_at(group, "GroupName"), id = text_at(group, "GroupId");
    return name.empty() || name == "default" ? name + (name.empty() ? "" : " ") + id : name;
  }
  static std::string tag_of(const Json& group, std::string_view name) {
    for (const Json& tag : list(at(group, "Tags"))) {
      std::string key = text_at(tag, "Key");
      for (char& c : key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      if (key == name) return text_at(tag, "Value");
    }
    return {};
  }

  void permission(const Json& it, const std::string& role, bool inward) {
    ImportedRow row;
    row.line = line_;
    if (!read_protocol(it, row)) return;
    const auto add = [&](const std::string& other, const Json& entry) {
      ImportedRow one = row;
      one.from = {inward ? other : role};
      one.to = {inward ? role : other};
      one.why = text_at(entry, "Description");
      one.owner = owner_;
      one.review = is_date(review_) ? review_ : "";
      if (!one.app.empty()) ++count_;
      out_.add(std::move(one));
    };
    for (const auto& [key, field] :
         {std::pair{"IpRanges", "CidrIp"}, std::pair{"Ipv6Ranges", "CidrIpv6"}}) {
      for (const Json& range : list(at(it, key))) {
        const auto other = out_.role_of_address(text_at(range, field));
        if (other)
          add(*other, range);
        else
          out_.remark(line_, fmt::format("\"{}\" is no network", text_at(range, field)),
                      "the row is left out");
      }
    }
    for (const Json& pair : list(at(it, "UserIdGroupPairs"))) {
      const std::string id = text_at(pair, "GroupId");
      const auto known = names_.find(id);
      if (known == names_.end())
        out_.remark(line_, fmt::format("group {} is not in the file", id),
                    "it becomes a role of that name");
      add(out_.role(known == names_.end() ? id : known->second), pair);
    }
    for (const Json& prefix : list(at(it, "PrefixListIds"))) {
      const std::string id = text_at(prefix, "PrefixListId");
      out_.remark(line_, fmt::format("the addresses of {} are not in the file", id),
                  "it becomes a role; give its addresses in [bind]");
      add(out_.role(id), prefix);
    }
  }

  static bool is_date(const std::string& text) {
    return text.size() == 10 && text[4] == '-' && text[7] == '-' &&
           std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) ==
               8;
  }

  bool read_protocol(const Json& it, ImportedRow& row) {
    const std::string protocol = text_at(it, "IpProtocol");
    if (protocol == "-1") {
      allow_all_ports(row, out_);
      row.app = "unknown";
      return true;
    }
    const auto transport = parse_transport(protocol == "icmpv6" ? "icmp" : protocol);
    if (!transport) {
      out_.remark(line_, fmt::format("protocol \"{}\" is not understood", protocol),
                  "the row is left out");
      return false;
    }
    row.transports = {*transport};
    if (!has_ports(*transport)) {
      const std::string type = text_at(it, "FromPort");
      if (*transport == Transport::icmp && !type.empty() && type != "-1") {
        out_.remark(line_, fmt::format("ICMP type {} alone cannot be said", type),
                    "the row is left out");
        return false;
      }
      return true;
    }
    const std::string first = text_at(it, "FromPort"), last = text_at(it, "ToPort");
    row.ports = ports_in(first == last ? first : first + "-" + last);
    if (row.ports.empty()) {
      out_.remark(line_, fmt::format("ports {} to {} are none", first, last),
                  "the row is left out");
      return false;
    }
    if (*transport == Transport::tcp || *transport == Transport::udp) row.app = "unknown";
    return true;
  }

  ForeignPolicy& out_;
  std::map<std::string, std::string> names_;  // of groups, by id
  std::string owner_, review_;                // tags of the group that is read
  std::uint32_t line_ = 1;
  std::size_t count_ = 0;
};

// A list, or what holds it under one of the usual names.
const Json& entries_of(const Json& json) {
  for (const char* key : {"results", "items", "matrix", "flows"}) {
    if (at(json, key).is_array()) return at(json, key);
  }
  return json;
}

void read_commatrix(const Json& json, std::string_view text, ForeignPolicy& out) {
  const auto lines = lines_of_objects(text, json.is_array() ? 1 : 2);
  std::size_t index = 0;
  Commatrix matrix(out);
  for (const Json& it : list(entries_of(json))) {
    matrix.add({.line = line_at(lines, index++),
                .direction = text_at(it, "direction"),
                .protocol = text_at(it, "protocol"),
                .port = text_at(it, "port"),
                .name_space = text_at(it, "namespace"),
                .service = text_at(it, "service"),
                .pod = text_at(it, "pod"),
                .node_role = text_at(it, "nodeRole"),
                .optional = text_at(it, "optional")});
  }
  matrix.finish();
}

// {"value": .., "label": ..}, {"slug": .., "name": ..}, or the text itself.
std::string named(const Json& value) {
  for (const char* key : {"slug", "value", "name", "label", "address"}) {
    if (const std::string text = text_at(value, key); !text.empty()) return text;
  }
  return text_of(value);
}

void read_netbox(const Json& json, std::string_view text, ForeignPolicy& out) {
  const auto lines = lines_of_objects(text, json.is_array() ? 1 : 2);
  std::size_t index = 0;
  for (const Json& it : list(entries_of(json))) {
    InventoryEntry entry{.line = line_at(lines, index++),
                         .address = {},
                         .role = {},
                         .status = {},
                         .vrf = named(at(it, "vrf")),
                         .name = {}};
    for (const char* key : {"prefix", "address", "primary_ip", "primary_ip4"}) {
      if (entry.address.empty()) entry.address = named(at(it, key));
    }
    for (const char* key : {"role", "device_role"}) {
      if (entry.role.empty()) entry.role = named(at(it, key));
    }
    entry.status = named(at(it, "status"));
    entry.name = text_at(it, "name").empty() ? text_at(it, "dns_name") : text_at(it, "name");
    add_inventory(entry, out);
  }
}

}  // namespace

void read_json_policy(ForeignFormat format, std::string_view text, ForeignPolicy& out) {
  constexpr int deepest = 64;  // of a policy; brackets in brackets are memory for one byte each
  if (is_deeper(text, deepest)) {
    out.remark(1, "brackets lie more than 64 deep, and the file is not read", "");
    return;
  }
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) {
    out.remark(1, "this is no JSON, though it begins like it", "write it again");
    return;
  }
  if (format == ForeignFormat::nftables_json) read_nftables(json, text, out);
  if (format == ForeignFormat::security_groups) SecurityGroups(out).read(json, text);
  if (format == ForeignFormat::commatrix_json) read_commatrix(json, text, out);
  if (format == ForeignFormat::netbox_json) read_netbox(json, text, out);
}

}  // namespace pcapaudit
