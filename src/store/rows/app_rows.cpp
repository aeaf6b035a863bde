// One insert for each kind of record.

#include "store/rows/app_rows.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text/hex.hpp"
#include "store/sqlite.hpp"

namespace pcapaudit {
namespace {

using sqlite::json_list;
using sqlite::OrNull;

std::string version_text(std::uint16_t version) {
  return version == 0 ? std::string() : tls_version_name(version);
}

std::vector<std::string> alert_texts(const std::vector<TlsAlert>& alerts) {
  std::vector<std::string> texts;
  for (const TlsAlert& alert : alerts) {
    texts.push_back(to_text(alert));
  }
  return texts;
}

}  // namespace

AppRows::AppRows(SQLite::Database& database)
    : http_(database, "http_row", 7),
      tls_(database, "tls", 35),
      sip_(database, "sip", 16),
      field_(database, "app_field", 6),
      tls_certificate_(database, "tls_certificate", 5),
      http_kind_(database,
                 "INSERT OR IGNORE INTO http_kind VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      certificate_(
          database,
          "INSERT OR IGNORE INTO certificate VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") {}

void AppRows::flush() {
  for (sqlite::BulkInsert* rows : {&http_, &tls_, &sip_, &field_, &tls_certificate_}) rows->flush();
}

void AppRows::insert(std::uint64_t flow, std::size_t number, const AppRecord& record) {
  std::visit([&](const auto& facts) { insert_facts(flow, number, facts); }, record);
}

void AppRows::insert_facts(std::uint64_t flow, std::size_t number, const HttpFacts& http) {
  const std::uint64_t more = http.methods.more + http.hosts.more + http.paths.more +
                             http.statuses.more + http.user_agents.more + http.servers.more +
                             http.locations.more + http.authorization_schemes.more;
  http_.add(flow, number, http_kind_of(http), http.requests, http.responses,
            json_list(http.paths.values), more);
}

// The columns of http_kind, once for all flows that share them.
std::int64_t AppRows::http_kind_of(const HttpFacts& http) {
  content_.clear();
  const auto append = [this](std::string_view text) { content_.append(text).push_back('\0'); };
  const auto append_all = [&](const TextList& list) {
    for (const std::string& value : list.values) append(value);
    append("");  // no value is empty
  };
  append(http.version);
  append(http.upgraded_to);
  append(http.credentials_in_clear ? "1" : "0");
  for (const TextList* list : {&http.methods, &http.hosts, &http.user_agents, &http.servers,
                               &http.locations, &http.authorization_schemes}) {
    append_all(*list);
  }
  for (const std::uint32_t status : http.statuses.values) {
    content_.append(reinterpret_cast<const char*>(&status), sizeof status);
  }
  const auto known = http_kinds_.find(content_);
  if (known != http_kinds_.end()) return known->second;
  const std::int64_t kind = sha256_prefix(as_bytes(content_));
  if (http_kinds_.size() >= max_known) http_kinds_.clear();
  http_kinds_.emplace(content_, kind);
  http_kind_.run(kind, OrNull{http.version}, json_list(http.methods.values),
                 json_list(http.hosts.values), json_list(http.statuses.values),
                 json_list(http.user_agents.values), json_list(http.servers.values),
                 json_list(http.locations.values), json_list(http.authorization_schemes.values),
                 http.credentials_in_clear, OrNull{http.upgraded_to});
  return kind;
}

void AppRows::insert_facts(std::uint64_t flow, std::size_t number, const TlsFacts& tls) {
  const std::string cipher_id = tls.server_hello ? fmt::format("0x{:04x}", tls.cipher) : "";
  const std::string_view cipher = tls.server_hello ? tls_cipher_name(tls.cipher) : "";
  const bool explained = tls.mutual_reason != MutualReason::none;
  tls_.add(flow, number, OrNull{version_text(tls.version)},
           OrNull{version_text(tls.offered_version)}, OrNull{tls.sni}, OrNull{tls.alpn},
           json_list(tls.alpn_offered), OrNull{cipher_id}, OrNull{cipher}, tls.resumed,
           tls.established, tls.certificate_requested, tls.client_certificate_sent,
           tls.client_certificate_verify, to_text(tls.mutual),
           OrNull{explained ? to_text(tls.mutual_reason) : ""}, OrNull{to_text(tls.client_proof)},
           OrNull{to_text(tls.server_proof)}, OrNull{to_text(tls.stapled)},
           json_list(tls.acceptable_issuers.values), OrNull{tls.ja3}, OrNull{tls.ja4},
           json_list(alert_texts(tls.alerts)),
           OrNull{tls.group == 0 ? std::string() : tls_group_name(tls.group)},
           OrNull{to_text(tls.hidden_name)}, tls.early_data, tls.retry_request, tls.renegotiated,
           tls.group, tls.dh_bits, tls.client_hello_whole, tls.server_hello_whole,
           tls.client_handshake_read, tls.server_handshake_read, tls.data_before_handshake);
  insert_chain(flow, number, "server", tls.server_chain);
  insert_chain(flow, number, "client", tls.client_chain);
}

void AppRows::insert_chain(std::uint64_t flow, std::size_t number, std::string_view side,
                           const CertificateChain& chain) {
  for (std::size_t position = 0; position < chain.size(); ++position) {
    const Certificate& it = *chain[position];
    if (known_certificates_.contains(it.sha256)) {
      tls_certificate_.add(flow, number, side, position, it.sha256);
      continue;
    }
    if (known_certificates_.size() >= max_known) known_certificates_.clear();
    known_certificates_.insert(it.sha256);
    certificate_.run(it.sha256, it.subject, it.issuer, it.serial, json_list(it.san), it.key_type,
                     it.key_bits, it.signature_algorithm, json_list(it.extended_key_usage),
                     to_hex(as_bytes(it.der)), it.not_before, it.not_after);
    tls_certificate_.add(flow, number, side, position, it.sha256);
  }
}

void AppRows::insert_facts(std::uint64_t flow, std::size_t number, const SipFacts& sip) {
  const std::uint64_t more = sip.methods.more + sip.statuses.more + sip.user_agents.more +
                             sip.servers.more + sip.from_domains.more + sip.to_domains.more +
                             sip.media.more;
  sip_.add(flow, number, OrNull{sip.transport}, sip.requests, sip.responses,
           json_list(sip.methods.values), json_list(sip.statuses.values),
           json_list(sip.user_agents.values), json_list(sip.servers.values),
           json_list(sip.from_domains.values), json_list(sip.to_domains.values), more,
           sip.lync_signs, sip.transactions, sip.answered, json_list(sip.media.values));
}

void AppRows::insert_facts(std::uint64_t flow, std::size_t number, const GenericFacts& facts) {
  for (std::size_t position = 0; position < facts.fields.size(); ++position) {
    const GenericField& field = facts.fields[position];
    field_.add(flow, number, position, facts.protocol, field.name, field.value);
  }
}

}  // namespace pcapaudit
