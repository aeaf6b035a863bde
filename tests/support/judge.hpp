// Policies, flows and verdicts as one line of text each, so that a judgement is a row of a table.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "policy/judge/question.hpp"
#include "policy/judge/verdict.hpp"

namespace pcapaudit::test {

inline std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

// "key=value" gives {key, value}; "word" gives {word, ""}.
inline std::pair<std::string, std::string> key_and_value(const std::string& token) {
  const std::size_t at = token.find('=');
  if (at == std::string::npos) return {token, ""};
  return {token.substr(0, at), token.substr(at + 1)};
}

inline std::uint16_t port_number(const std::string& text) {
  return static_cast<std::uint16_t>(std::stoul(text));
}

inline Transport transport_named(const std::string& text) {
  return parse_transport(text).value();
}

template <class Enum>
Enum named(const std::string& text, Enum last) {
  for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(last); ++i) {
    if (to_text(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
  }
  throw std::invalid_argument(text);
}

inline Verdict evaluate(const Policy& policy, const ClosedFlow& flow) {
  return Judge(policy).judge(flow);
}

// Builds a Policy line by line:
//   role("edge"); bind("director vip=10.1.2.10 members=10.1.2.11,10.1.2.12");
//   row("rp-4443 proxy > front-end,director tcp 4443 https tls=web vip discouraged");
//   mistake("mapping-missing proxy > director 80,443 high");
struct PolicyLines {
  Policy policy;

  PolicyLines() { policy.roles = builtin_role_list(); }

  void role(const std::string& id) {
    Role role;
    role.id = id;
    policy.roles.push_back(role);
  }

  RoleSet roles(const std::string& names) const {
    RoleSet set = 0;
    for (const std::string& name : split(names, ',')) {
      set |= RoleSet{1} << policy.find_role(name).value();
    }
    return set;
  }

  static std::vector<Subnet> subnets(const std::string& text) {
    std::vector<Subnet> list;
    for (const std::string& part : split(text, ',')) list.push_back(Subnet::parse(part).value());
    return list;
  }

  static PortRanges ports(const std::string& text) {
    PortRanges list;
    if (text == "-") return list;
    for (const std::string& part : split(text, ',')) {
      list.push_back({port_number(part), port_number(part)});
    }
    return list;
  }

  void bind(const std::string& line) {
    const auto tokens = split(line, ' ');
    Binding binding;
    binding.role = policy.find_role(tokens[0]).value();
    for (std::size_t i = 1; i < tokens.size(); ++i) {
      const auto [key, value] = key_and_value(tokens[i]);
      if (key == "vip") binding.vip = subnets(value);
      if (key == "members") binding.members = subnets(value);
      if (key == "at") binding.addresses = subnets(value);
    }
    policy.bindings.push_back(binding);
  }

  // Profiles: web (TLS 1.2, no client certificate), mtls (TLS 1.0, mutual), bare (says nothing).
  static TlsProfile profile(const std::string& id) {
    TlsProfile profile;
    profile.id = id;
    if (id == "web") profile.min_version = 0x0303;
    if (id == "web") profile.mutual = TlsProfile::Mutual::no;
    if (id == "mtls") profile.min_version = 0x0301;
    if (id == "mtls") profile.mutual = TlsProfile::Mutual::yes;
    return profile;
  }

  void row(const std::string& line) {
    const auto tokens = split(line, ' ');
    DocumentedFlow row;
    row.id = tokens[0];
    row.from = roles(tokens[1]);
    row.to = roles(tokens[3]);
    for (const std::string& name : split(tokens[4], ',')) {
      row.transports.push_back(transport_named(name));
    }
    row.ports = ports(tokens[5]);
    row.app = tokens[6];
    for (std::size_t i = 7; i < tokens.size(); ++i) {
      const auto [key, value] = key_and_value(tokens[i]);
      if (key == "tls") row.tls = profile(value);
      if (key == "vip") row.wants_vip = true;
      if (key == "discouraged") row.is_discouraged = true;
    }
    policy.flows.push_back(row);
  }

  void mistake(const std::string& line) {
    const auto tokens = split(line, ' ');
    Mistake mistake;
    mistake.id = tokens[0];
    mistake.from = roles(tokens[1]);
    mistake.to = roles(tokens[3]);
    mistake.ports = ports(tokens[4]);
    mistake.severity = parse_severity(tokens[5]).value();
    if (tokens.size() > 6) mistake.apps = split(tokens[6], ',');
    policy.mistakes.push_back(mistake);
  }
};

// 2026-11-20T10:00:00Z
constexpr Timestamp flow_time{1'795'168'800 * ns_per_second};
constexpr std::int64_t ns_per_day = 86'400 * ns_per_second;

// A chain of one certificate: "ok" (for two months more), "expired" (yesterday), "early"
// (tomorrow), "unreadable", "last-instant" (ends with the flow's first packet), "hidden" (none).
inline Certificate leaf_of(const std::string& state, const std::string& subject) {
  Certificate leaf;
  leaf.subject = subject;
  leaf.sha256 = subject + " " + state;
  const auto at = [](std::int64_t days, std::int64_t of = 1) {
    return date_of({flow_time.ns + days * ns_per_day / of});
  };
  leaf.not_before = at(-30);
  leaf.not_after = at(60);
  if (state == "expired") leaf.not_after = at(-1);
  if (state == "last-instant") leaf.not_after = at(0);
  if (state == "early") leaf.not_before = at(1, 2);
  if (state == "for-ever") leaf.not_after = DateTime{253'402'300'799};  // 9999-12-31T23:59:59Z
  if (state == "unreadable") leaf.not_before = leaf.not_after = {};
  return leaf;
}

inline CertificateChain chain_of(const std::string& state, const std::string& subject) {
  if (state == "hidden") return {};
  return {leaf_of(state, subject)};
}

inline void set_mutual(TlsFacts& tls, const std::string& text) {
  tls.mutual_reason = MutualReason::none;
  for (const MutualTls mutual :
       {MutualTls::proven, MutualTls::declined, MutualTls::not_requested}) {
    tls.mutual = mutual;
    if (to_text(mutual) == text) return;
  }
  for (const auto& [mutual, sizes] :
       {std::pair{MutualTls::indicated, TlsFlight::ecdsa_256},
        std::pair{MutualTls::indicated_absent, TlsFlight::not_requested}}) {
    tls.mutual = mutual;
    tls.mutual_sizes = sizes;
    if (to_text(mutual) == text) return;
  }
  tls.mutual_sizes = TlsFlight::none;
  tls.mutual = MutualTls::undeterminable;
  if (text != "hidden") tls.mutual_reason = named(text, MutualReason::renegotiated);
}

// What TLS carries when it was decrypted.
inline AppRecord record_of(const std::string& app) {
  if (app == "http") return HttpFacts{};
  if (app == "sip") return SipFacts{};
  GenericFacts facts;
  facts.protocol = app;
  return facts;
}

// A valid leaf with these names, from a public issuer.
inline CertificateChain chain_named(const std::vector<std::string>& names) {
  Certificate leaf = leaf_of("ok", "CN=" + names.front());
  leaf.san = names;
  leaf.issuer = "CN=Public CA";
  return {leaf};
}

inline bool is_http_fact(const std::string& key) {
  return key == "requests" || key == "method" || key == "host" || key == "path" ||
         key == "status" || key == "location" || key == "auth";
}

inline void set_http_fact(ClosedFlow& flow, const std::string& key, const std::string& value) {
  if (flow.http() == nullptr) flow.records.emplace_back(HttpFacts{});
  auto& http = std::get<HttpFacts>(flow.records.back());
  http.requests = http.responses = 1;
  if (key == "requests") http.requests = std::stoull(value);
  if (key == "method") http.methods.add(value);
  if (key == "host") http.hosts.add(value);
  if (key == "path") http.paths.add(value);
  if (key == "status") http.statuses.add(static_cast<std::uint32_t>(std::stoul(value)));
  if (key == "location") http.locations.add(value);
  if (key == "auth") http.authorization_schemes.add(value);
  if (key == "auth") http.credentials_in_clear = true;
}

inline void set_fact(ClosedFlow& flow, TlsFacts& tls, const std::string& token) {
  const auto [key, value] = key_and_value(token);
  const auto anomaly = [&](Anomaly it) { ++flow.anomalies[static_cast<std::size_t>(it)]; };
  if (key == "out")
    flow.outcome = named(value, Outcome::midstream);
  else if (key == "dir")
    flow.direction_basis = named(value, DirectionBasis::first_packet);
  else if (key == "from")
    flow.client.port = port_number(value);
  else if (key == "bytes") {
    const auto sides = split(value, ',');
    flow.payload_bytes = {std::stoull(sides[0]), std::stoull(sides[1])};
  } else if (key == "server")
    flow.server_app = value;
  else if (key == "gap")
    anomaly(Anomaly::gap);
  else if (key == "truncated")
    anomaly(Anomaly::truncated);
  else if (key == "cap")
    anomaly(Anomaly::reassembly_cap);
  else if (key == "v")
    tls.version = static_cast<std::uint16_t>(std::stoul(value, nullptr, 16));
  else if (key == "alpn")
    tls.alpn = value;
  else if (key == "mutual")
    set_mutual(tls, value);
  else if (key == "cert")
    tls.server_chain = chain_of(value, "CN=server");
  else if (key == "client-cert")
    tls.client_chain = chain_of(value, "CN=client");
  else if (key == "inner")
    flow.records.push_back(record_of(value));
  else if (key == "at")
    flow.first = flow.last = parse_time(value).value();
  else if (key == "vlan")
    flow.vlans.push_back(port_number(value));
  else if (key == "sni")
    tls.sni = value;
  else if (key == "cipher")
    tls.cipher = static_cast<std::uint16_t>(std::stoul(value, nullptr, 16));
  else if (key == "group")
    tls.group = static_cast<std::uint16_t>(std::stoul(value));
  else if (key == "dh")
    tls.dh_bits = static_cast<std::uint16_t>(std::stoul(value));
  else if (key == "san")
    tls.server_chain = chain_named(split(value, ','));
  else if (is_http_fact(key))
    set_http_fact(flow, key, value);
  else if (key.starts_with("c2s-") || key.starts_with("s2c-")) {
    ReadAccount& account = flow.account[key.starts_with("c2s-") ? 0 : 1];
    (key.ends_with("end") ? account.end : account.hole) = named(value, Unread::inside);
  } else
    throw std::invalid_argument(token);
}

// "tcp 10.20.5.5 > 10.1.2.10:443 tls v=0303 mutual=proven alpn=h2 cert=expired inner=sip
//  out=handshake dir=first-packet from=50001 bytes=100,0 server=ssh gap c2s-end=malformed
//  s2c-hole=gap". A flow has its start
// captured and 100 bytes each way unless it says otherwise; TLS is a whole TLS 1.2 handshake
// without a client certificate.
inline ClosedFlow flow_of(const std::string& line) {
  const auto tokens = split(line, ' ');
  ClosedFlow flow;
  flow.transport = transport_named(tokens[0]);
  flow.client = {.address = IpAddress::parse(tokens[1]).value(), .port = 51'000};
  const auto server = split(tokens[3], ':');
  flow.server.address = IpAddress::parse(server[0]).value();
  if (server.size() > 1) flow.server.port = port_number(server[1]);
  flow.app = tokens[4];
  flow.direction_basis = DirectionBasis::syn;
  flow.outcome = Outcome::data;
  flow.first = flow_time;
  if (flow.app != "none") flow.payload_bytes = {100, 100};
  TlsFacts tls;
  tls.version = 0x0303;
  tls.client_hello = tls.server_hello = tls.established = true;
  tls.client_hello_whole = tls.server_hello_whole = true;
  tls.client_handshake_read = tls.server_handshake_read = true;
  tls.cipher = 0xc02f;
  tls.server_chain = chain_of("ok", "CN=server");
  set_mutual(tls, "not-requested");
  bool has_tls = flow.app == "tls";
  for (std::size_t i = 5; i < tokens.size(); ++i) {
    if (tokens[i] == "starttls") {
      has_tls = true;
    } else {
      set_fact(flow, tls, tokens[i]);
    }
  }
  if (has_tls) flow.records.insert(flow.records.begin(), tls);
  return flow;
}

// " port: 4443 / 443", expected before observed.
inline std::string difference(Field field, const std::string& expected,
                              const std::string& observed) {
  std::string text;
  if (field != Field::none) text = fmt::format(" {}", to_text(field));
  if (!expected.empty() || !observed.empty()) text += fmt::format(": {} / {}", expected, observed);
  return text;
}

// "violation ROW; high wrong-application application: HTTPS / plain HTTP, mistake ID"
inline std::string dump(const Verdict& verdict) {
  std::string text(to_text(verdict.kind));
  if (!verdict.rule.empty()) text += " " + verdict.rule;
  if (verdict.reason != Reason::none) text += fmt::format(" ({})", to_text(verdict.reason));
  for (const Problem& it : verdict.problems) {
    text += fmt::format("; {} {}", to_text(it.severity), to_text(it.kind));
    text += difference(it.field, it.expected, it.observed);
    if (!it.mistake.empty()) text += ", mistake " + it.mistake;
  }
  return text;
}

// "ROW port: 4443 / 443; ROW from: proxy / edge"
inline std::string dump_nearest(const Verdict& verdict) {
  std::string text;
  for (const NearMiss& it : verdict.nearest) {
    if (!text.empty()) text += "; ";
    text += it.rule + difference(it.field, it.expected, it.observed);
  }
  return text;
}

// "HTTPS partial", " none" when there is no service
inline std::string dump_service(std::string_view service, Basis basis) {
  return fmt::format("{} {}", service, to_text(basis));
}

}  // namespace pcapaudit::test
