// Proofs of possession in handshakes that OpenSSL makes in memory: they verify, and no byte of what
// is signed can be changed.
#include <algorithm>
#include <array>
#include <memory>

#include <catch2/catch.hpp>
#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/release.hpp"
#include "support/feed.hpp"
#include "support/tls_bytes.hpp"

namespace pcapaudit {
extern const DissectorSpec tls;
}

using namespace pcapaudit;
using namespace pcapaudit::test;

namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Release<X509_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Release<SSL_free>>;

void must(bool holds) {
  if (!holds) throw std::runtime_error(ERR_reason_error_string(ERR_get_error()));
}

KeyPtr key_of(const std::string& kind) {
  EVP_PKEY* key = nullptr;
  if (kind == "rsa" || kind == "pss") key = EVP_RSA_gen(2048);
  if (kind == "p256") key = EVP_EC_gen("P-256");
  if (kind == "p384") key = EVP_EC_gen("P-384");
  if (kind == "p521") key = EVP_EC_gen("P-521");
  if (kind == "ed25519") key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  if (kind == "ed448") key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448");
  must(key != nullptr);
  return KeyPtr(key);
}

CertificatePtr certificate_of(EVP_PKEY* key, const char* name) {
  CertificatePtr certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_set_pubkey(certificate.get(), key);
  const int type = EVP_PKEY_get_base_id(key);
  const bool own_digest = type == EVP_PKEY_ED25519 || type == EVP_PKEY_ED448;
  must(X509_sign(certificate.get(), key, own_digest ? nullptr : EVP_sha256()) > 0);
  return certificate;
}

struct Setting {
  std::string key;              // of both sides
  int version;                  // TLS1_2_VERSION ...
  std::string ciphers;          // OpenSSL's words
  std::string signatures = {};  // ""; else the only ones
  bool gives = true;            // the client has a certificate
  bool tickets = false;
  std::string authority = {};  // that the server names
};

ContextPtr context_of(const Setting& setting, const SSL_METHOD* method, const char* name,
                      bool has_key) {
  ContextPtr context(SSL_CTX_new(method));
  must(context != nullptr);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), setting.version);
  SSL_CTX_set_max_proto_version(context.get(), setting.version);
  must(SSL_CTX_set_cipher_list(context.get(), setting.ciphers.c_str()) == 1);
  SSL_CTX_set_dh_auto(context.get(), 1);
  if (!setting.tickets) SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
  if (!setting.signatures.empty()) {
    must(SSL_CTX_set1_sigalgs_list(context.get(), setting.signatures.c_str()) == 1);
    must(SSL_CTX_set1_client_sigalgs_list(context.get(), setting.signatures.c_str()) == 1);
  }
  if (has_key) {
    const KeyPtr key = key_of(setting.key);
    const CertificatePtr certificate = certificate_of(key.get(), name);
    must(SSL_CTX_use_certificate(context.get(), certificate.get()) == 1);
    must(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1);
  }
  return context;
}

int accept_all(int, X509_STORE_CTX*) {
  return 1;
}

// The pieces of a handshake with mutual TLS and some data behind it.
std::vector<Piece> handshake(const Setting& setting) {
  const ContextPtr of_client = context_of(setting, TLS_client_method(), "client", setting.gives);
  const ContextPtr of_server = context_of(setting, TLS_server_method(), "server", true);
  SSL_CTX_set_verify(of_server.get(), SSL_VERIFY_PEER, accept_all);
  if (!setting.authority.empty()) {
    const KeyPtr key = key_of("p256");
    const CertificatePtr authority = certificate_of(key.get(), setting.authority.c_str());
    must(SSL_CTX_add_client_CA(of_server.get(), authority.get()) == 1);
  }
  const SslPtr client(SSL_new(of_client.get())), server(SSL_new(of_server.get()));
  for (SSL* const side : {client.get(), server.get()}) {
    SSL_set_bio(side, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  }
  SSL_set_connect_state(client.get());
  SSL_set_accept_state(server.get());
  std::vector<Piece> pieces;
  const auto carry = [&](SSL* from, SSL* to, Direction dir) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(from), &bytes);
    if (size <= 0) return;
    pieces.push_back({dir, std::string(bytes, static_cast<std::size_t>(size))});
    BIO_write(SSL_get_rbio(to), bytes, static_cast<int>(size));
    BIO_reset(SSL_get_wbio(from));
  };
  for (int turn = 0; turn < 8; ++turn) {
    SSL_do_handshake(client.get());
    carry(client.get(), server.get(), Direction::to_server);
    SSL_do_handshake(server.get());
    carry(server.get(), client.get(), Direction::to_client);
  }
  must(SSL_is_init_finished(client.get()) == 1 && SSL_is_init_finished(server.get()) == 1);
  SSL_write(client.get(), "hello", 5);
  carry(client.get(), server.get(), Direction::to_server);
  return pieces;
}

std::string fmt_place(std::size_t piece, std::size_t at) {
  return std::to_string(piece) + ":" + std::to_string(at) + " ";
}

TlsFacts facts_of(const std::vector<Piece>& pieces) {
  const Fed fed = feed(tls, pieces);
  REQUIRE(fed.records.size() == 1);
  return std::get<TlsFacts>(fed.records.front());
}

const Setting settings[] = {
    {"rsa", TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", "RSA+SHA256"},
    {"rsa", TLS1_2_VERSION, "DHE-RSA-AES128-SHA", "RSA+SHA1"},
    {"rsa", TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", "rsa_pss_rsae_sha256"},
    {"rsa", TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", "rsa_pss_rsae_sha512"},
    {"rsa", TLS1_2_VERSION, "AES128-SHA", "RSA+SHA384"},
    {"p256", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDSA+SHA256"},
    {"p384", TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDSA+SHA512"},
    {"p521", TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", ""},
    {"ed25519", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", ""},
    {"ed448", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", ""},
    {"rsa", TLS1_1_VERSION, "ECDHE-RSA-AES128-SHA", ""},
    {"rsa", TLS1_VERSION, "DHE-RSA-AES128-SHA", ""},
    {"rsa", TLS1_VERSION, "AES128-SHA", ""},
    {"p256", TLS1_VERSION, "ECDHE-ECDSA-AES128-SHA", ""},
};

}  // namespace

TEST_CASE("tls proof: handshakes of OpenSSL verify, whatever signs them") {
  for (const Setting& setting : settings) {
    CAPTURE(setting.key, setting.version, setting.ciphers, setting.signatures);
    auto pieces = handshake(setting);
    const TlsFacts facts = facts_of(pieces);
    CHECK(to_text(facts.client_proof) == "verified");
    // Static RSA has nothing of the server's to sign.
    const bool is_static = setting.ciphers == "AES128-SHA";
    CHECK(to_text(facts.server_proof) == (is_static ? "" : "verified"));
    CHECK(facts.mutual == MutualTls::proven);
    // The same when one side was read before the other.
    std::stable_sort(pieces.begin(), pieces.end(),
                     [](const Piece& a, const Piece& b) { return a.dir < b.dir; });
    CHECK(facts_of(pieces) == facts);
    std::stable_sort(pieces.begin(), pieces.end(),
                     [](const Piece& a, const Piece& b) { return a.dir > b.dir; });
    CHECK(facts_of(pieces) == facts);
  }
}

TEST_CASE("tls proof: the authorities that a server accepts are shown") {
  for (const std::size_t i : {0U, 11U}) {  // TLS 1.2 and 1.0
    Setting setting = settings[i];
    setting.authority = "Lab CA";
    CHECK(facts_of(handshake(setting)).acceptable_issuers.values ==
          std::vector<std::string>{"CN=Lab CA"});
  }
  CHECK(facts_of(handshake(settings[0])).acceptable_issuers.empty());
}

TEST_CASE("tls proof: a session ticket is no part of what is signed") {
  Setting setting = settings[0];
  setting.tickets = true;
  auto pieces = handshake(setting);
  CHECK(facts_of(pieces).client_proof == TlsProof::verified);
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Piece& a, const Piece& b) { return a.dir > b.dir; });
  CHECK(facts_of(pieces).client_proof == TlsProof::verified);
}

TEST_CASE("tls proof: a client that declines proves nothing, and the server's signature holds") {
  Setting setting = settings[0];
  setting.gives = false;
  const TlsFacts facts = facts_of(handshake(setting));
  CHECK(facts.mutual == MutualTls::declined);
  CHECK(facts.client_proof == TlsProof::none);
  CHECK(facts.server_proof == TlsProof::verified);
}

TEST_CASE("tls proof: no byte of a handshake in clear can be changed and stay proven") {
  for (const Setting& setting : settings) {
    CAPTURE(setting.key, setting.version, setting.ciphers, setting.signatures);
    const std::vector<Piece> pieces = handshake(setting);
    std::size_t forged = 0;
    std::string proven;
    std::array<bool, 2> changed_cipher{};
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const std::string& bytes = pieces[i].bytes;
      bool& encrypted = changed_cipher[index_of(pieces[i].dir)];
      for (std::size_t begin = 0; begin < bytes.size();) {
        const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
        const std::size_t body = begin + 5, end = body + byte(begin + 3) * 256U + byte(begin + 4);
        encrypted = encrypted || byte(begin) == 20;
        for (std::size_t at = body; at < end && !encrypted; ++at) {
          auto changed = pieces;
          changed[i].bytes[at] = static_cast<char>(bytes[at] ^ 0x01);
          const auto facts = std::get<TlsFacts>(feed(tls, changed).records.front());
          if (facts.mutual == MutualTls::proven) proven += fmt_place(i, at);
          if (facts.client_proof == TlsProof::forged) ++forged;
        }
        begin = end;
      }
    }
    CHECK(forged > 500);
    CHECK(proven == "");
  }
}

TEST_CASE("tls proof: what was proven stays proven, whatever comes behind") {
  auto pieces = handshake(settings[0]);
  pieces.push_back({Direction::to_server, record(23, std::string(40, 'd'))});
  pieces.push_back({Direction::to_server, record(22, std::string(200, 'h'))});
  const TlsFacts facts = facts_of(pieces);
  CHECK(facts.renegotiated);
  CHECK(facts.mutual == MutualTls::proven);
  const auto lost = feed_around_loss(tls, pieces, {{Direction::to_client, record(23, "data")}});
  CHECK(std::get<TlsFacts>(lost.records.front()).mutual == MutualTls::proven);
}

TEST_CASE("tls proof: what is missing proves nothing") {
  const std::vector<Piece> pieces = handshake(settings[0]);
  // Hello, flight, answer; what comes then is encrypted.
  for (std::size_t i = 0; i < 3; ++i) {
    auto behind =
        std::vector<Piece>(pieces.begin() + static_cast<std::ptrdiff_t>(i) + 1, pieces.end());
    const std::vector<Piece> before(pieces.begin(),
                                    pieces.begin() + static_cast<std::ptrdiff_t>(i));
    const TlsFacts facts =
        std::get<TlsFacts>(feed_around_loss(tls, before, behind).records.front());
    CAPTURE(i);
    CHECK(facts.mutual == MutualTls::undeterminable);
  }
}

TEST_CASE("tls proof: a certificate or a scheme that cannot be read is said") {
  const std::string list = message(11, sized(3, sized(3, "not a certificate")));
  const std::string request = message(13, "\x01\x01" + std::string(4, '\0'));
  const auto facts_with = [&](const HelloParts& parts) {
    const std::string client = record(22, client_hello(parts) + list + message(16, "key") +
                                              message(15, "\x04\x01" + sized(2, "s")));
    const std::string server = record(22, server_hello(parts) + list + request + message(14, ""));
    return facts_of({{Direction::to_server, client}, {Direction::to_client, server}});
  };
  CHECK(facts_with({}).mutual_reason == MutualReason::unverifiable);
  CHECK(facts_with({.version = 0x0300}).client_proof == TlsProof::unverifiable);
}
