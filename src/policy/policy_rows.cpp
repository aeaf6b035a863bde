// The rows of the documentation: flows, their TLS profiles, mappings, mistakes, doubts.
#include <fmt/format.h>

#include <algorithm>

#include "policy/policy_loader.hpp"

namespace pcapaudit {
namespace {

// "1.2" to 0x0303; 0 when it is no version.
std::uint16_t tls_version(std::string_view text) {
  constexpr std::pair<std::string_view, std::uint16_t> versions[] = {
      {"1.0", 0x0301}, {"1.1", 0x0302}, {"1.2", 0x0303}, {"1.3", 0x0304}};
  for (const auto& [name, number] : versions) {
    if (name == text) return number;
  }
  return 0;
}

// Keys of `table` among `keys`, in the order of `keys`.
std::vector<std::string> present(const toml::table& table,
                                 std::initializer_list<std::string_view> keys) {
  std::vector<std::string> found;
  for (const std::string_view key : keys) {
    if (table.contains(key)) found.emplace_back(key);
  }
  return found;
}

}  // namespace

void PolicyLoader::read_tls(TomlReader& in, FileKind kind) {
  if (const toml::table* http = in.table_of(in.root(), "http"); http && kind == FileKind::pack) {
    for (const auto& [id, node] : *http) http_profiles_.emplace(id.str());
  }
  const toml::table* profiles = in.table_of(in.root(), "tls");
  if (profiles == nullptr) return;
  const auto later = {std::string_view("warn_below"),    std::string_view("names"),
                      std::string_view("sni"),           std::string_view("issuer"),
                      std::string_view("min_days_left"), std::string_view("client_eku")};
  for (const auto& [id, node] : *profiles) {
    const toml::table* table = in.table_of(*profiles, id.str());
    if (table == nullptr) continue;
    if (kind == FileKind::site) refuse(in, *table, "[tls] of a site file", later);
    in.only(*table, "[tls]",
            {"min_version", "mutual", "warn_below", "names", "sni", "issuer", "min_days_left",
             "client_eku"});
    TlsProfile profile{.id = std::string(id.str()), .not_evaluated = present(*table, later)};
    if (const std::string version = in.text_of(*table, "min_version"); !version.empty()) {
      profile.min_version = tls_version(version);
      if (profile.min_version == 0) {
        in.report(table->get("min_version")->source(),
                  fmt::format("\"{}\" is no TLS version", version), "1.0, 1.1, 1.2 or 1.3");
      }
    }
    if (const std::string mutual = in.text_of(*table, "mutual"); !mutual.empty()) {
      if (mutual != "yes" && mutual != "no") {
        in.report(table->get("mutual")->source(), "mutual is \"yes\" or \"no\"");
      }
      profile.mutual = mutual == "yes" ? TlsProfile::Mutual::yes : TlsProfile::Mutual::no;
    }
    if (!tls_.emplace(profile.id, profile).second) {
      in.report(id.source(), fmt::format("TLS profile \"{}\" is defined twice", id.str()));
    }
  }
}

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

// port = 443, port = "@name", or a list of them.
std::vector<std::uint16_t> PolicyLoader::ports(TomlReader& in, const toml::table& table) {
  std::vector<std::uint16_t> list;
  const toml::node* node = table.get("port");
  if (node == nullptr) {
    in.report(table.source(), "\"port\" is missing");
    return list;
  }
  const auto add = [&](const toml::node& one) {
    if (const auto* name = one.as_string()) {
      const std::string text = name->get();
      const auto found = policy_.port_variables.find(text.starts_with('@') ? text.substr(1) : "");
      if (found != policy_.port_variables.end()) {
        list.push_back(found->second);
        return;
      }
      std::vector<std::string> known;
      for (const auto& [variable, port] : policy_.port_variables) known.push_back("@" + variable);
      in.report(one.source(), fmt::format("unknown port \"{}\"", text),
                did_you_mean(text, known, "a number, or \"@name\" of a [port] variable"));
      return;
    }
    const auto number = one.value<std::int64_t>();
    if (!one.is_integer() || *number < 1 || *number > 65'535) {
      in.report(one.source(), "a port is a number between 1 and 65535");
      return;
    }
    list.push_back(static_cast<std::uint16_t>(*number));
  };
  if (const auto* array = node->as_array()) {
    for (const toml::node& one : *array) add(one);
  } else {
    add(*node);
  }
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

void PolicyLoader::read_flows(TomlReader& in, FileKind kind) {
  for (const toml::table* table : in.tables_of(in.root(), "flow")) read_flow(in, *table, kind);
}

void PolicyLoader::read_flow(TomlReader& in, const toml::table& table, FileKind kind) {
  in.only(table, "[[flow]]",
          {"id",   "title",       "profile",  "from",   "to",      "transport", "port",   "app",
           "need", "discouraged", "tls",      "http",   "address", "basis",     "doubts", "source",
           "why",  "owner",       "approved", "review", "expect",  "schedule"});
  if (kind == FileKind::site)
    refuse(in, table, "[[flow]] of a site file", {"http", "expect", "schedule"});
  DocumentedFlow flow;
  flow.id = in.text_of(table, "id", true);
  flow.pack = pack_;
  flow.title = in.text_of(table, "title");
  flow.profiles = in.texts_of(table, "profile");
  flow.from = role_set(in, in.words_of(table, "from", true));
  flow.to = role_set(in, in.words_of(table, "to", true));
  flow.ports = ports(in, table);
  flow.app = in.text_of(table, "app", true);
  flow.need = in.text_of(table, "need");
  flow.discouraged = in.text_of(table, "discouraged");
  flow.basis = in.text_of(table, "basis");
  flow.doubts = in.texts_of(table, "doubts");
  flow.sources = sources(in, table);
  flow.why = in.text_of(table, "why");
  flow.owner = in.text_of(table, "owner");
  flow.approved = in.date_of(table, "approved");
  flow.review = in.date_of(table, "review");
  flow.not_evaluated = present(table, {"http", "expect", "schedule"});
  flow.place = {.file = in.file(), .line = table.source().begin.line};

  for (const TomlReader::Word& word : in.words_of(table, "transport")) {
    if (word.text == "tcp")
      flow.transports.push_back(Transport::tcp);
    else if (word.text == "udp")
      flow.transports.push_back(Transport::udp);
    else if (word.text == "icmp")
      flow.transports.push_back(Transport::icmp);
    else
      in.report(word.place, fmt::format("unknown transport \"{}\"", word.text), "tcp, udp or icmp");
  }
  if (flow.transports.empty()) flow.transports.push_back(Transport::tcp);

  if (const std::string address = in.text_of(table, "address"); !address.empty()) {
    flow.wants_vip = address == "vip";
    if (!flow.wants_vip) in.report(table.get("address")->source(), "address can only be \"vip\"");
  }
  if (const std::string id = in.text_of(table, "tls"); !id.empty()) {
    const auto found = tls_.find(id);
    if (found != tls_.end()) {
      flow.tls = found->second;
    } else {
      std::vector<std::string> known;
      for (const auto& [name, profile] : tls_) known.push_back(name);
      in.report(table.get("tls")->source(), fmt::format("unknown TLS profile \"{}\"", id),
                did_you_mean(id, known, "define it with [tls.NAME]"));
    }
  }
  if (const std::string id = in.text_of(table, "http");
      !id.empty() && kind == FileKind::pack && !http_profiles_.contains(id)) {
    in.report(table.get("http")->source(), fmt::format("unknown HTTP profile \"{}\"", id));
  }
  if (std::any_of(policy_.flows.begin(), policy_.flows.end(),
                  [&](const DocumentedFlow& other) { return other.id == flow.id; })) {
    in.report(table.source(), fmt::format("flow \"{}\" is defined twice", flow.id));
  }
  pending_.push_back({.index = policy_.flows.size(), .file = &in, .place = table.source()});
  policy_.flows.push_back(std::move(flow));
}

void PolicyLoader::read_mappings(TomlReader& in) {
  for (const toml::table* table : in.tables_of(in.root(), "mapping")) {
    in.only(*table, "[[mapping]]", {"id", "outer", "inner", "hosts", "source"});
    policy_.mappings.push_back({.id = in.text_of(*table, "id", true),
                                .outer = in.text_of(*table, "outer", true),
                                .inner = in.text_of(*table, "inner", true),
                                .hosts = in.texts_of(*table, "hosts"),
                                .sources = sources(in, *table)});
  }
}

void PolicyLoader::read_mistakes(TomlReader& in) {
  for (const toml::table* table : in.tables_of(in.root(), "mistake")) {
    in.only(*table, "[[mistake]]", {"id", "from", "to", "port", "say", "severity"});
    Mistake mistake{.id = in.text_of(*table, "id", true),
                    .say = in.text_of(*table, "say", true),
                    .from = role_set(in, in.words_of(*table, "from", true)),
                    .to = role_set(in, in.words_of(*table, "to", true)),
                    .ports = ports(in, *table)};
    if (const auto severity = parse_severity(in.text_of(*table, "severity", true))) {
      mistake.severity = *severity;
    } else {
      in.report(table->source(), "a severity is info, low, medium, high or critical");
    }
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
