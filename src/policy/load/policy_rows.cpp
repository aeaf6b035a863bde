// The rows of the documentation: flows, their TLS profiles, mappings, mistakes, doubts.
#include <algorithm>
#include <charconv>
#include <ranges>
#include <string_view>

#include <fmt/format.h>

#include "policy/application_names.hpp"
#include "policy/load/policy_loader.hpp"

namespace pcapaudit {
RoleSet PolicyLoader::role_set(TomlReader& in, const std::vector<TomlReader::Word>& words) {
  RoleSet set = 0;
  for (const TomlReader::Word& word : words) {
    if (const auto role = policy_.find_role(word.text)) {
      set |= RoleSet{1} << *role;
    } else {
      in.report(word.place, fmt::format("unknown role \"{}\"", word.text),
                did_you_mean(word.text, role_ids(), "define it with [role.NAME]"));
    }
  }
  return set;
}

// A number, "@name" of a variable, or a range as text: "50000-59999".
void PolicyLoader::add_port(TomlReader& in, const toml::node& node, PortRanges& list) {
  const auto bad = [&] {
    in.report(node.source(), "a port is a number between 1 and 65535",
              "or \"@name\" of a [port] variable, or a range \"50000-59999\"");
  };
  const auto add = [&](std::int64_t first, std::int64_t last) {
    if (first < 1 || first > last || last > 65'535) return bad();
    list.push_back({static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)});
  };
  const auto* text = node.as_string();
  if (text == nullptr) {
    const auto number = node.value<std::int64_t>();
    return node.is_integer() && number ? add(*number, *number) : bad();
  }
  if (text->get().starts_with('@')) {
    const auto found = policy_.port_variables.find(text->get().substr(1));
    if (found != policy_.port_variables.end()) return add(found->second, found->second);
    std::vector<std::string> known;
    for (const auto& [variable, port] : policy_.port_variables) known.push_back("@" + variable);
    in.report(node.source(), fmt::format("unknown port \"{}\"", text->get()),
              did_you_mean(text->get(), known, "a number, or \"@name\" of a [port] variable"));
    return;
  }
  const std::string& range = text->get();
  const std::size_t dash = range.find('-');
  std::int64_t first = 0, last = 0;
  const char* const end = range.data() + range.size();
  const auto low = std::from_chars(range.data(), end, first);
  if (low.ec != std::errc{}) return bad();
  if (dash == std::string::npos) return low.ptr == end ? add(first, first) : bad();
  const auto high = std::from_chars(range.data() + dash + 1, end, last);
  if (low.ptr != range.data() + dash || high.ec != std::errc{} || high.ptr != end) return bad();
  add(first, last);
}

PortRanges PolicyLoader::ports(TomlReader& in, const toml::table& table, std::string_view key,
                               bool required) {
  PortRanges list;
  const toml::node* node = table.get(key);
  if (node == nullptr) {
    if (required) in.report(table.source(), fmt::format("\"{}\" is missing", key));
    return list;
  }
  if (const auto* array = node->as_array()) {
    for (const toml::node& one : *array) add_port(in, one, list);
  } else {
    add_port(in, *node, list);
  }
  return list;
}

// Names, or numbers of IP protocols: "esp", ["tcp", "udp"], 50. TCP when nothing is said.
std::vector<Transport> PolicyLoader::transports(TomlReader& in, const toml::table& table) {
  std::vector<Transport> list;
  const auto add = [&](const toml::node& node) {
    const auto* const text = node.as_string();
    const auto number = node.value<std::int64_t>();
    const std::string word = text != nullptr               ? text->get()
                             : node.is_integer() && number ? fmt::format("{}", *number)
                                                           : "";
    const auto transport = parse_transport(word);
    if (!transport) {
      in.report(node.source(), fmt::format("transport = \"{}\" is unknown", word),
                did_you_mean(word, transport_names(),
                             "a name such as \"esp\", or the number of an IP protocol"));
    } else if (std::find(list.begin(), list.end(), *transport) == list.end()) {
      list.push_back(*transport);
    }
  };
  if (const toml::node* node = table.get("transport")) {
    if (const auto* array = node->as_array()) {
      for (const toml::node& one : *array) add(one);
    } else {
      add(*node);
    }
  }
  if (list.empty()) list.push_back(Transport::tcp);
  return list;
}

std::vector<DocumentLines> PolicyLoader::sources(TomlReader& in, const toml::table& table) {
  std::vector<DocumentLines> list;
  for (const toml::table* source : in.tables_of(table, "source")) {
    in.only(*source, "source", {"doc", "lines"});
    DocumentLines lines{.document = in.text_of(*source, "doc", true),
                        .lines = in.text_of(*source, "lines")};
    if (std::none_of(policy_.documents.begin(), policy_.documents.end(),
                     [&](const DocumentSource& one) { return one.id == lines.document; })) {
      in.report(source->source(), fmt::format("unknown document \"{}\"", lines.document),
                "define it with [source.NAME]");
    }
    list.push_back(std::move(lines));
  }
  return list;
}

void PolicyLoader::give_applications(const std::string& lines) {
  if (lines.empty()) return;
  policy_.files.emplace_back(own_applications_file, lines);
  for (const auto line : std::views::split(lines, '\n')) {
    if (!line.empty()) own_applications_.emplace_back(std::string_view(line));
  }
}

// Names of applications under "app". What a transport carries that nobody looks into is called
// after it.
std::vector<std::string> PolicyLoader::applications(TomlReader& in, const toml::table& table) {
  std::vector<std::string> known = own_applications_, apps;
  for (const ApplicationName& it : application_names()) known.emplace_back(it.name);
  for (const TomlReader::Word& word : in.words_of(table, "app")) {
    const auto transport = parse_transport(word.text);
    const bool is_transport =
        transport && *transport != Transport::tcp && *transport != Transport::udp;
    if (is_transport || in.is_among(word, known, "app")) apps.push_back(word.text);
  }
  return apps;
}

std::optional<Severity> PolicyLoader::severity_of(TomlReader& in, const toml::table& table,
                                                  std::string_view key) {
  return parse_severity(in.choice_of(table, key, {"info", "low", "medium", "high", "critical"}));
}

// loosens = "ROW" of an own row that asks for less than a documented one.
void PolicyLoader::read_loosening(TomlReader& in, const toml::table& table, DocumentedFlow& flow) {
  flow.loosens = in.texts_of(table, "loosens");
  if (flow.loosens.empty()) return;
  if (is_built_in(in)) {
    in.report(table.get("loosens")->source(), "only an own row can loosen a documented one");
  }
  if (flow.why.empty() || flow.owner.empty()) {
    in.report(table.get("loosens")->source(),
              fmt::format("flow \"{}\" loosens a documented row without why and owner", flow.id),
              "say why, and who answers for it: why = \"...\", owner = \"...\"");
  }
}

// related = true: only these control connections announce others in clear.
bool PolicyLoader::read_related(TomlReader& in, const toml::table& table, std::string_view app) {
  const bool is_related = in.flag_of(table, "related").value_or(false);
  if (is_related && app != "ftp" && app != "sip") {
    in.report(table.get("related")->source(),
              fmt::format("app \"{}\" announces no related flows", app),
              "related = true is for app = \"ftp\" and app = \"sip\"");
  }
  return is_related;
}

void PolicyLoader::read_flows(TomlReader& in) {
  for (const toml::table* table : in.tables_of(in.root(), "flow")) read_flow(in, *table);
}

void PolicyLoader::read_flow(TomlReader& in, const toml::table& table) {
  in.only(
      table, "[[flow]]",
      {"id",   "title",       "profile",  "from",   "to",      "transport", "port",    "app",
       "need", "discouraged", "tls",      "http",   "address", "basis",     "doubts",  "source",
       "why",  "owner",       "approved", "review", "expect",  "schedule",  "loosens", "related"});
  DocumentedFlow flow;
  flow.id = in.text_of(table, "id", true);
  flow.pack = pack_;
  flow.title = in.text_of(table, "title");
  flow.profiles = in.texts_of(table, "profile");
  flow.from = role_set(in, in.words_of(table, "from", true));
  flow.to = role_set(in, in.words_of(table, "to", true));
  if (const auto apps = applications(in, table); !apps.empty()) flow.app = apps.front();
  flow.need = in.text_of(table, "need");
  flow.discouraged = in.text_of(table, "discouraged");
  flow.basis = in.choice_of(table, "basis", {"row", "prose", "cross-document", "observed", "site"});
  flow.doubts = in.texts_of(table, "doubts");
  flow.sources = sources(in, table);
  flow.why = in.text_of(table, "why");
  flow.owner = in.text_of(table, "owner");
  if (const toml::node* approved = table.get("approved"); approved && approved->is_boolean()) {
    flow.is_draft = !approved->value_or(true);
  } else {
    flow.approved = in.date_of(table, "approved");
  }
  flow.review = in.date_of(table, "review");
  read_loosening(in, table, flow);
  flow.schedule = schedule_named(in, table);
  flow.expect = in.choice_of(table, "expect", {"hourly", "daily", "weekly", "monthly", "rare"});
  flow.place = {.file = in.file(), .line = table.source().begin.line};

  flow.transports = transports(in, table);
  if (flow.app.empty()) {
    const bool needs_app =
        std::any_of(flow.transports.begin(), flow.transports.end(),
                    [](Transport it) { return it == Transport::tcp || it == Transport::udp; });
    if (needs_app && table.get("app") == nullptr) {
      in.report(table.source(), "\"app\" is missing");
    } else if (!needs_app) {
      flow.app = to_text(flow.transports.front());
    }
  }
  flow.wants_vip = in.choice_of(table, "address", {"vip"}) == "vip";
  flow.allows_related = read_related(in, table, flow.app);
  flow.ports = ports(in, table, "port",
                     std::any_of(flow.transports.begin(), flow.transports.end(), has_ports));
  read_flow_profiles(in, table, flow);
  if (!flow_ids_.insert(flow.id).second) {
    in.report(table.source(), fmt::format("flow \"{}\" is defined twice", flow.id));
  }
  pending_.push_back({.index = policy_.flows.size(), .file = &in, .place = table.source()});
  policy_.flows.push_back(std::move(flow));
}

void PolicyLoader::read_mappings(TomlReader& in) {
  for (const toml::table* table : in.tables_of(in.root(), "mapping")) {
    in.only(*table, "[[mapping]]", {"id", "outer", "inner", "hosts", "source"});
    places_.insert_or_assign("mapping." + in.text_of(*table, "id"), Place{&in, table->source()});
    policy_.mappings.push_back({.id = in.text_of(*table, "id", true),
                                .outer = in.text_of(*table, "outer", true),
                                .inner = in.text_of(*table, "inner", true),
                                .hosts = in.texts_of(*table, "hosts"),
                                .sources = sources(in, *table)});
  }
}

void PolicyLoader::read_mistakes(TomlReader& in) {
  for (const toml::table* table : in.tables_of(in.root(), "mistake")) {
    in.only(*table, "[[mistake]]", {"id", "from", "to", "port", "app", "say", "severity"});
    Mistake mistake{.id = in.text_of(*table, "id", true),
                    .say = in.text_of(*table, "say", true),
                    .from = role_set(in, in.words_of(*table, "from", true)),
                    .to = role_set(in, in.words_of(*table, "to", true)),
                    .ports = ports(in, *table, "port", true),
                    .severity = Severity::medium,
                    .apps = applications(in, *table)};
    if (table->get("severity") == nullptr) in.report(table->source(), "\"severity\" is missing");
    mistake.severity = severity_of(in, *table, "severity").value_or(Severity::medium);
    policy_.mistakes.push_back(std::move(mistake));
  }
}

void PolicyLoader::read_doubts(TomlReader& in) {
  const toml::table* doubts = in.table_of(in.root(), "doubt");
  if (doubts == nullptr) return;
  for (const auto& [id, node] : *doubts) {
    policy_.doubts[std::string(id.str())] = in.text_of(*doubts, id.str());
  }
}

}  // namespace pcapaudit
