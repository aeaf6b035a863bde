// Renders flows for `inspect`.
#include <pcapaudit/report/flow_lines.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace pcapaudit {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

std::string address_port(const Endpoint& end) {
  const std::string address = to_text(end.address);
  return end.address.v4 ? fmt::format("{}:{}", address, end.port)
                        : fmt::format("[{}]:{}", address, end.port);
}

Json certificate_json(const CertificateChain& chain) {
  if (chain.empty()) return nullptr;
  const Certificate& leaf = *chain.front();
  return {{"subject", leaf.subject},
          {"issuer", leaf.issuer},
          {"san", leaf.san},
          {"not_before", to_text(leaf.not_before)},
          {"not_after", to_text(leaf.not_after)},
          {"sha256", leaf.sha256}};
}

// What encryption hides is unknown, not false.
Json known_or_null(const TlsFacts& tls, bool seen) {
  if (!seen && tls.mutual == MutualTls::undeterminable) return nullptr;
  return seen;
}

Json tls_json(const TlsFacts& tls) {
  Json out;
  out["version"] = tls.version == 0 ? Json(nullptr) : Json(tls_version_name(tls.version));
  out["sni"] = text_or_null(tls.sni);
  out["alpn"] = text_or_null(tls.alpn);
  out["cipher"] = tls.server_hello ? text_or_null(tls_cipher_name(tls.cipher)) : Json(nullptr);
  out["cipher_id"] = tls.server_hello ? Json(fmt::format("{:#06x}", tls.cipher)) : Json(nullptr);
  out["resumed"] = tls.server_hello ? Json(tls.resumed) : Json(nullptr);
  out["mutual"] = to_text(tls.mutual);
  out["mutual_reason"] = text_or_null(to_text(tls.mutual_reason));
  out["certificate_requested"] = known_or_null(tls, tls.certificate_requested);
  out["server_certificate"] = certificate_json(tls.server_chain);
  out["client_certificate"] = certificate_json(tls.client_chain);
  out["client_certificate_sent"] = known_or_null(tls, tls.client_certificate_sent);
  out["ja3"] = text_or_null(tls.ja3);
  out["ja4"] = text_or_null(tls.ja4);
  out["decrypted"] = false;
  out["offered_version"] =
      tls.offered_version == 0 ? Json(nullptr) : Json(tls_version_name(tls.offered_version));
  out["alpn_offered"] = tls.alpn_offered;
  out["group"] = tls.group == 0 ? Json(nullptr) : Json(tls_group_name(tls.group));
  out["hidden_name"] = text_or_null(to_text(tls.hidden_name));
  out["early_data"] = tls.early_data;
  out["retry_request"] = tls.retry_request;
  out["renegotiated"] = tls.renegotiated;
  out["alerts"] = Json::array();
  for (const TlsAlert& alert : tls.alerts) out["alerts"].push_back(to_text(alert));
  return out;
}

void add_more(Json& out, std::uint64_t more) {
  if (more > 0) out["more"] = more;
}

Json http_json(const HttpFacts& http) {
  Json out = {{"version", text_or_null(http.version)},
              {"requests", http.requests},
              {"methods", http.methods.values},
              {"hosts", http.hosts.values},
              {"paths", http.paths.values},
              {"statuses", http.statuses.values}};
  add_more(out, http.methods.more + http.hosts.more + http.paths.more + http.statuses.more);
  return out;
}

Json sip_json(const SipFacts& sip) {
  Json out = {{"methods", sip.methods.values},
              {"statuses", sip.statuses.values},
              {"transport", text_or_null(sip.transport)},
              {"user_agents", sip.user_agents.values},
              {"requests", sip.requests},
              {"responses", sip.responses},
              {"transactions", sip.transactions},
              {"answered", sip.answered},
              {"media", sip.media.values},
              {"lync_signs", sip.lync_signs}};
  add_more(out, sip.methods.more + sip.statuses.more + sip.user_agents.more + sip.media.more);
  return out;
}

Json facts_json(const ClosedFlow& flow) {
  Json out = Json::array();
  for (const AppRecord& record : flow.records) {
    const auto* generic = std::get_if<GenericFacts>(&record);
    if (generic == nullptr || generic->fields.empty()) continue;
    Json facts = {{"protocol", generic->protocol}};
    for (const GenericField& field : generic->fields) facts[field.name] = field.value;
    out.push_back(std::move(facts));
  }
  return out;
}

// The one fact about a flow that a person wants first.
std::string detail(const ClosedFlow& flow) {
  if (const HttpFacts* http = flow.http()) {
    return fmt::format("{} {}{}", fmt::join(http->methods.values, ","),
                       fmt::join(http->hosts.values, ","),
                       http->paths.empty() ? "" : http->paths.values.front());
  }
  if (const TlsFacts* tls = flow.tls()) {
    std::string text = tls->version == 0 ? "" : tls_version_name(tls->version);
    if (!tls->sni.empty()) text += " " + tls->sni;
    return text + fmt::format(" mutual={}", to_text(tls->mutual));
  }
  if (const SipFacts* sip = flow.sip()) {
    return fmt::format("{} {}", fmt::join(sip->methods.values, ","),
                       fmt::join(sip->statuses.values, ","));
  }
  return flow.server_app.empty() ? "" : "server speaks " + flow.server_app;
}

}  // namespace

std::string flow_json(const AuditedFlow& audited, const std::string& capture) {
  const ClosedFlow& flow = audited.flow;
  Json out;
  out["flow"] = flow.id;
  out["capture"] = capture;
  out["first"] = to_text(flow.first);
  out["last"] = to_text(flow.last);
  out["transport"] = to_text(flow.transport);
  out["client"] = to_text(flow.client.address);
  out["client_port"] = flow.client.port;
  out["server"] = to_text(flow.server.address);
  out["server_port"] = flow.server.port;
  out["direction_basis"] = to_text(flow.direction_basis);
  out["outcome"] = to_text(flow.outcome);
  out["packets"] = flow.packets;
  out["bytes"] = flow.bytes;
  out["payload_bytes"] = flow.payload_bytes;
  out["gaps"] = flow.gaps;
  out["retransmitted"] = flow.retransmitted;
  out["duplicates"] = flow.duplicates;
  out["vlan"] = flow.vlans;
  out["tunnel"] = text_or_null(to_text(flow.tunnel));
  out["app"] = flow.app;
  if (!flow.server_app.empty()) out["server_app"] = flow.server_app;
  out["service"] = text_or_null(audited.verdict.service);
  out["basis"] = to_text(audited.verdict.basis);
  if (const TlsFacts* tls = flow.tls()) out["tls"] = tls_json(*tls);
  if (const auto http = all_http(flow)) out["http"] = http_json(*http);
  if (const SipFacts* sip = flow.sip()) out["sip"] = sip_json(*sip);
  if (Json facts = facts_json(flow); !facts.empty()) out["facts"] = std::move(facts);
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string flow_table(std::span<const AuditedFlow> flows) {
  std::vector<std::vector<std::string>> rows = {
      {"FLOW", "FIRST", "", "CLIENT", "SERVER", "SERVICE", "OUTCOME", "BYTES OUT/IN", "DETAIL"}};
  for (const AuditedFlow& audited : flows) {
    const ClosedFlow& flow = audited.flow;
    rows.push_back({std::to_string(flow.id), to_text(flow.first).substr(0, 23) + "Z",
                    std::string(to_text(flow.transport)), address_port(flow.client),
                    address_port(flow.server),
                    audited.verdict.service.empty() ? flow.app : audited.verdict.service,
                    std::string(to_text(flow.outcome)),
                    fmt::format("{}/{}", flow.bytes[0], flow.bytes[1]), detail(flow)});
  }
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace pcapaudit
