// The body of tls_peers.hpp, for the one program that uses it: the test library does not link
// libssl.
#pragma once

#include "support/tls_peers.hpp"

namespace pcapaudit::test {
namespace peers {

struct Identity {
  std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>> key;
  std::unique_ptr<X509, Release<X509_free>> certificate;
};

inline Identity identity_of(EVP_PKEY* key, const char* name) {
  Identity it;
  must(key != nullptr);
  it.key.reset(key);
  it.certificate.reset(X509_new());
  X509* const certificate = it.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_NAME* const subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  X509_set_pubkey(certificate, key);
  must(X509_sign(certificate, key, EVP_sha256()) > 0);
  return it;
}

// Made once: RSA keys take long.
inline const std::array<Identity, 2>& identities() {
  static const std::array<Identity, 2> made = {identity_of(EVP_RSA_gen(2048), "rsa"),
                                               identity_of(EVP_EC_gen("P-256"), "ec")};
  return made;
}

inline int accept_all(int, X509_STORE_CTX*) {
  return 1;
}
inline int refuse_all(int, X509_STORE_CTX*) {
  return 0;
}
inline unsigned psk_of_client(SSL*, const char*, char* name, unsigned, unsigned char* key,
                              unsigned) {
  std::copy_n("peer", 5, name);
  std::fill_n(key, 16, static_cast<unsigned char>(7));
  return 16;
}
inline unsigned psk_of_server(SSL*, const char*, unsigned char* key, unsigned) {
  std::fill_n(key, 16, static_cast<unsigned char>(7));
  return 16;
}
inline int choose_alpn(SSL*, const unsigned char** out, unsigned char* size,
                       const unsigned char* in, unsigned int, void*) {
  *size = in[0];
  *out = in + 1;
  return SSL_TLSEXT_ERR_OK;
}

inline SslContext context_of(const PeerSetting& setting, bool is_server) {
  SslContext context(SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method()));
  must(context != nullptr);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), setting.version);
  SSL_CTX_set_max_proto_version(context.get(), setting.version);
  if (!setting.ciphers.empty()) {
    const bool good = setting.version == TLS1_3_VERSION
                          ? SSL_CTX_set_ciphersuites(context.get(), setting.ciphers.c_str()) == 1
                          : SSL_CTX_set_cipher_list(context.get(), setting.ciphers.c_str()) == 1;
    must(good);
  }
  SSL_CTX_set_dh_auto(context.get(), 1);
  SSL_CTX_set_options(context.get(), SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
  if (!setting.encrypt_then_mac) SSL_CTX_set_options(context.get(), SSL_OP_NO_ENCRYPT_THEN_MAC);
  if (is_server || setting.gives) {
    for (const Identity& it : identities()) {
      must(SSL_CTX_use_certificate(context.get(), it.certificate.get()) == 1);
      must(SSL_CTX_use_PrivateKey(context.get(), it.key.get()) == 1);
    }
  }
  if (is_server) {
    std::array<unsigned char, ticket_key_size> keys{};
    keys.fill(5);
    SSL_CTX_set_tlsext_ticket_keys(context.get(), keys.data(), keys.size());
    SSL_CTX_set_session_id_context(context.get(), keys.data(), 4);
    if (setting.asks) {
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, setting.refuses ? refuse_all : accept_all);
    }
    if (setting.early_data) {
      SSL_CTX_set_max_early_data(context.get(), 16384);
      SSL_CTX_set_options(context.get(), SSL_OP_NO_ANTI_REPLAY);
    }
    if (!setting.server_groups.empty()) {
      must(SSL_CTX_set1_groups_list(context.get(), setting.server_groups.c_str()) == 1);
    }
    if (!setting.alpn.empty()) SSL_CTX_set_alpn_select_cb(context.get(), choose_alpn, nullptr);
    if (setting.version < TLS1_3_VERSION)
      SSL_CTX_set_psk_server_callback(context.get(), psk_of_server);
  } else {
    if (setting.version < TLS1_3_VERSION)
      SSL_CTX_set_psk_client_callback(context.get(), psk_of_client);
    if (!setting.alpn.empty()) {
      const std::string wire = static_cast<char>(setting.alpn.size()) + setting.alpn;
      SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(wire.data()),
                              static_cast<unsigned>(wire.size()));
    }
  }
  return context;
}

}  // namespace peers

inline Peers::Peers(const PeerSetting& setting, SSL_SESSION* session, const std::string& early)
    : of_client_(peers::context_of(setting, false)), of_server_(peers::context_of(setting, true)) {
  SSL_CTX_set_keylog_callback(of_client_.get(), [](const SSL* ssl, const char* line) {
    *static_cast<std::string*>(SSL_get_app_data(ssl)) += std::string(line) + "\n";
  });
  client_.reset(SSL_new(of_client_.get()));
  server_.reset(SSL_new(of_server_.get()));
  SSL_set_app_data(client_.get(), &key_log);
  for (SSL* const side : {client_.get(), server_.get()}) {
    SSL_set_bio(side, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  }
  SSL_set_connect_state(client_.get());
  SSL_set_accept_state(server_.get());
  if (session != nullptr) must(SSL_set_session(client_.get(), session) == 1);
  if (!early.empty()) {
    std::size_t written = 0;
    must(SSL_write_early_data(client_.get(), early.data(), early.size(), &written) == 1);
    carry(Direction::to_server);
    std::string got(early.size(), 0);
    std::size_t read = 0;
    while (SSL_read_early_data(server_.get(), got.data(), got.size(), &read) ==
           SSL_READ_EARLY_DATA_SUCCESS) {
    }
    carry(Direction::to_client);
  }
  shake();
  must(setting.refuses ||
       (SSL_is_init_finished(client_.get()) == 1 && SSL_is_init_finished(server_.get()) == 1));
  if (took_early()) sent[0] = early;
  char none = 0;
  SSL_read(client_.get(), &none, 0);  // tickets
}

inline void Peers::carry(Direction dir) {
  SSL* const from = dir == Direction::to_server ? client_.get() : server_.get();
  SSL* const to = dir == Direction::to_server ? server_.get() : client_.get();
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(from), &bytes);
  if (size <= 0) return;
  pieces.push_back({dir, std::string(bytes, static_cast<std::size_t>(size))});
  BIO_write(SSL_get_rbio(to), bytes, static_cast<int>(size));
  BIO_reset(SSL_get_wbio(from));
}

inline void Peers::shake() {
  for (int turn = 0; turn < 8; ++turn) {
    SSL_do_handshake(client_.get());
    carry(Direction::to_server);
    SSL_do_handshake(server_.get());
    carry(Direction::to_client);
  }
}

inline void Peers::send(Direction dir, const std::string& text) {
  SSL* const from = dir == Direction::to_server ? client_.get() : server_.get();
  SSL* const to = dir == Direction::to_server ? server_.get() : client_.get();
  must(SSL_write(from, text.data(), static_cast<int>(text.size())) ==
       static_cast<int>(text.size()));
  carry(dir);
  std::string got(text.size(), 0);
  for (std::size_t at = 0; at < text.size();) {
    const int size = SSL_read(to, got.data() + at, static_cast<int>(text.size() - at));
    must(size > 0);
    at += static_cast<std::size_t>(size);
  }
  must(got == text);
  sent[index_of(dir)] += text;
}

inline void Peers::update_keys(Direction dir, bool both) {
  SSL* const from = dir == Direction::to_server ? client_.get() : server_.get();
  must(SSL_key_update(from, both ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
  must(SSL_do_handshake(from) == 1);
  carry(dir);
}

inline void Peers::renegotiate() {
  must(SSL_renegotiate(client_.get()) == 1);
  char none = 0;
  for (int turn = 0; turn < 8; ++turn) {
    SSL_do_handshake(client_.get());
    carry(Direction::to_server);
    SSL_peek(server_.get(), &none, 1);
    carry(Direction::to_client);
    SSL_peek(client_.get(), &none, 1);
    carry(Direction::to_server);
  }
}

}  // namespace pcapaudit::test
