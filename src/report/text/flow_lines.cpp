// Renders flows for `inspect`.

#include "report/text/flow_lines.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text/address_port.hpp"
#include "report/text/json_line.hpp"
#include "store/rows/record_fields.hpp"

namespace pcapaudit {
namespace {

using Json = nlohmann::ordered_json;

void write_certificate(JsonLine& out, std::string_view name, const CertificateChain& chain) {
  out.key(name);
  if (chain.empty()) return out.null();
  const Certificate& leaf = *chain.front();
  out.begin_object();
  out.member("subject", leaf.subject);
  out.member("issuer", leaf.issuer);
  out.member("san", leaf.san);
  out.member_or_null("not_before", leaf.not_before ? to_text(*leaf.not_before) : "");
  out.member_or_null("not_after", leaf.not_after ? to_text(*leaf.not_after) : "");
  out.member("sha256", leaf.sha256);
  out.end_object();
}

void write_known(JsonLine& out, std::string_view name, std::optional<bool> value) {
  out.key(name);
  if (value) {
    out.value(*value);
  } else {
    out.null();
  }
}

void write_tls(JsonLine& out, const TlsFacts& tls) {
  const auto version_text = [](std::uint16_t version) {
    return version == 0 ? std::string() : tls_version_name(version);
  };
  out.key("tls");
  out.begin_object();
  out.member_or_null("version", version_text(tls.version));
  out.member_or_null("sni", tls.sni);
  out.member_or_null("alpn", tls.alpn);
  out.member_or_null("cipher", tls.server_hello ? tls_cipher_name(tls.cipher) : "");
  out.member_or_null("cipher_id", tls.server_hello ? fmt::format("{:#06x}", tls.cipher) : "");
  write_known(out, "resumed", known_resumed(tls));
  out.member("mutual", to_text(tls.mutual));
  out.member_or_null("mutual_reason", to_text(tls.mutual_reason));
  write_known(out, "certificate_requested", known_certificate_requested(tls));
  write_certificate(out, "server_certificate", tls.server_chain);
  write_certificate(out, "client_certificate", tls.client_chain);
  write_known(out, "client_certificate_sent", known_client_certificate_sent(tls));
  out.member_or_null("ja3", tls.ja3);
  out.member_or_null("ja4", tls.ja4);
  out.member("decrypted", tls.decrypted);
  out.member_or_null("not_decrypted", to_text(tls.not_decrypted));
  out.member_or_null("offered_version", version_text(tls.offered_version));
  out.member("alpn_offered", tls.alpn_offered);
  out.member_or_null("group", tls.group == 0 ? std::string() : tls_group_name(tls.group));
  out.member_or_null("hidden_name", to_text(tls.hidden_name));
  out.member("early_data", tls.early_data);
  out.member("retry_request", tls.retry_request);
  out.member("renegotiated", tls.renegotiated);
  out.key("alerts");
  out.begin_array();
  for (const TlsAlert& alert : tls.alerts) out.value(to_text(alert));
  out.end_array();
  out.member("dh_bits", tls.dh_bits);
  out.member_or_null("client_proof", to_text(tls.client_proof));
  out.member_or_null("server_proof", to_text(tls.server_proof));
  out.member_or_null("stapled", to_text(tls.stapled));
  out.member("acceptable_issuers", tls.acceptable_issuers.values);
  out.member_or_null("mutual_sizes", to_text(tls.mutual_sizes));
  out.end_object();
}

void write_http(JsonLine& out, const HttpFacts& http) {
  out.key("http");
  out.begin_object();
  out.member_or_null("version", http.version);
  out.member("requests", http.requests);
  out.member("methods", http.methods.values);
  out.member("hosts", http.hosts.values);
  out.member("paths", http.paths.values);
  out.member("statuses", http.statuses.values);
  const auto more = http.methods.more + http.hosts.more + http.paths.more + http.statuses.more;
  if (more > 0) out.member("more", more);
  out.end_object();
}

// The fields of a record as members of the object that is open.
class JsonFields final : public FieldSink {
 public:
  explicit JsonFields(JsonLine& out) : out_(out) {}

  void number(std::string_view name, std::int64_t value) override { out_.member(name, value); }
  void flag(std::string_view name, bool value) override { out_.member(name, value); }
  void text(std::string_view name, std::string_view value) override { out_.member(name, value); }
  void list(std::string_view name, std::string_view json) override {
    out_.key(name);
    out_.raw(json);
  }
  void null(std::string_view name) override {
    out_.key(name);
    out_.null();
  }

 private:
  JsonLine& out_;
};

// The first record of each kind that inspect has no words of its own for.
void write_others(JsonLine& out, const ClosedFlow& flow) {
  std::array<bool, std::variant_size_v<AppRecord>> told{};
  for (const AppRecord& record : flow.records) {
    const std::string_view name = record_protocol(record);
    const bool has_words = std::holds_alternative<TlsFacts>(record) ||
                           std::holds_alternative<HttpFacts>(record) ||
                           std::holds_alternative<GenericFacts>(record);
    if (has_words || std::exchange(told[record.index()], true)) continue;
    out.key(name);
    out.begin_object();
    JsonFields fields(out);
    show_record(record, fields);
    out.end_object();
  }
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

// Directions of which something was not read.
void write_unread(JsonLine& out, const ClosedFlow& flow) {
  if (flow.account[0].is_whole() && flow.account[1].is_whole()) return;
  out.key("unread");
  out.begin_array();
  for (std::size_t i = 0; i < flow.account.size(); ++i) {
    const ReadAccount& it = flow.account[i];
    if (it.is_whole()) continue;
    out.begin_object();
    out.member("direction", i == 0 ? "c2s" : "s2c");
    if (it.hole != Unread::none) {
      out.member("hole", to_text(it.hole));
      out.member("hole_at", it.hole_at);
    }
    if (it.end != Unread::none) {
      out.member("ended", to_text(it.end));
      out.member("ended_at", it.end_at);
    }
    if (!it.why.empty()) out.member("why", it.why);
    out.end_object();
  }
  out.end_array();
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
    text += fmt::format(" mutual={}", to_text(tls->mutual));
    const bool is_by_sizes =
        is_certificate_shown(tls->mutual_sizes) || is_certificate_absent(tls->mutual_sizes);
    return is_by_sizes ? text + fmt::format(" ({} by record sizes)", to_text(tls->mutual_sizes))
                       : text;
  }
  if (const SipFacts* sip = flow.sip()) {
    return fmt::format("{} {}", fmt::join(sip->methods.values, ","),
                       fmt::join(sip->statuses.values, ","));
  }
  return flow.server_app.empty() ? "" : "server speaks " + flow.server_app;
}

}  // namespace

std::string flow_facts_json(const ClosedFlow& flow, const Verdict& verdict) {
  JsonLine out;
  out.begin_object();
  out.member("vlan", flow.vlans);
  out.member_or_null("tunnel", to_text(flow.tunnel));
  if (flow.tunnel_id != 0) out.member("tunnel_id", flow.tunnel_id);
  out.member("app", flow.app);
  if (!flow.server_app.empty()) out.member("server_app", flow.server_app);
  if (!flow.other_apps.empty()) out.member("other_apps", flow.other_apps);
  write_unread(out, flow);
  if (!flow.malformed_why.empty()) out.member("malformed", flow.malformed_why);
  out.member_or_null("service", verdict.service);
  out.member("basis", to_text(verdict.basis));
  if (const TlsFacts* tls = flow.tls()) write_tls(out, *tls);
  if (const auto http = all_http(flow)) write_http(out, *http);
  write_others(out, flow);
  if (const Json facts = facts_json(flow); !facts.empty()) {
    out.key("facts");
    out.raw(facts.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  out.end_object();
  return std::move(out).take();
}

std::string flow_json(const ClosedFlow& flow, std::string_view facts, std::string_view capture) {
  JsonLine out;
  out.begin_object();
  out.member("flow", flow.id);
  out.member("capture", capture);
  out.member_or_null("first", is_known(flow.first) ? to_text(flow.first) : "");
  out.member_or_null("last", is_known(flow.last) ? to_text(flow.last) : "");
  out.member("transport", to_text(flow.transport));
  out.member("client", to_text(flow.client.address));
  out.member("client_port", flow.client.port);
  out.member("server", to_text(flow.server.address));
  out.member("server_port", flow.server.port);
  out.member("direction_basis", to_text(flow.direction_basis));
  out.member("outcome", to_text(flow.outcome));
  out.member("packets", flow.packets);
  out.member("bytes", flow.bytes);
  out.member("payload_bytes", flow.payload_bytes);
  out.member("gaps", flow.gaps);
  out.member("retransmitted", flow.retransmitted);
  out.member("duplicates", flow.duplicates);
  std::string line = std::move(out).take();
  line += ',';
  line += facts.substr(1);  // behind its brace
  return line;
}

std::string flow_table(std::span<const std::unique_ptr<AuditedFlow>> flows) {
  std::vector<std::vector<std::string>> rows = {
      {"FLOW", "FIRST", "", "CLIENT", "SERVER", "SERVICE", "OUTCOME", "BYTES OUT/IN", "DETAIL"}};
  for (const auto& audited : flows) {
    const ClosedFlow& flow = audited->flow;
    rows.push_back({std::to_string(flow.id),
                    is_known(flow.first) ? to_text(flow.first).substr(0, 23) + "Z" : "unknown",
                    std::string(to_text(flow.transport)),
                    address_port(to_text(flow.client.address), flow.client.port),
                    address_port(to_text(flow.server.address), flow.server.port),
                    audited->verdict.service.empty() ? flow.app : audited->verdict.service,
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
