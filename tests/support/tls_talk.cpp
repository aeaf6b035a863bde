// The messages of tls_talk.hpp, from OpenSSL's keys and certificates.
#include "support/tls_talk.hpp"

#include <map>
#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "support/tls_bytes.hpp"

namespace pcapaudit::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

struct Identity {
  Key key{nullptr, EVP_PKEY_free};
  std::string certificate;  // DER
};

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL refused");
}

// Made once for each name: making keys is slow, and signatures stay right.
const Identity& identity_of(const std::string& name) {
  static std::map<std::string, Identity> made;
  Identity& identity = made[name];
  if (identity.key) return identity;
  identity.key.reset(EVP_EC_gen("P-256"));
  require(identity.key != nullptr);
  const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
  require(X509_set_version(x509.get(), 2) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
  ASN1_TIME_set_string(X509_getm_notBefore(x509.get()), "20200101000000Z");
  ASN1_TIME_set_string(X509_getm_notAfter(x509.get()), "20490101000000Z");
  X509_NAME* subject = X509_get_subject_name(x509.get());
  require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                                     0) == 1);
  X509_set_issuer_name(x509.get(), subject);
  X509_set_pubkey(x509.get(), identity.key.get());
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> san(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + name).c_str()),
      X509_EXTENSION_free);
  require(san != nullptr && X509_add_ext(x509.get(), san.get(), -1) == 1);
  require(X509_sign(x509.get(), identity.key.get(), EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(x509.get(), &der);
  require(size > 0);
  identity.certificate.assign(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return identity;
}

std::string sign(const Identity& identity, const std::string& text, bool is_tls12) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  const EVP_MD* digest = is_tls12 ? EVP_sha256() : EVP_sha1();  // RFC 8422 5.4
  require(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, identity.key.get()) == 1);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  require(EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1);
  std::string signature(size, '\0');
  require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                         bytes, text.size()) == 1);
  signature.resize(size);
  return signature;
}

std::string public_point() {
  static const std::string point = [] {
    const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    unsigned char* bytes = nullptr;
    const std::size_t size = EVP_PKEY_get1_encoded_public_key(key.get(), &bytes);
    std::string text(reinterpret_cast<char*>(bytes), size);
    OPENSSL_free(bytes);
    return text;
  }();
  return point;
}

constexpr std::size_t ecdsa_sha256 = 0x0403;

std::string extension(std::size_t type, const std::string& body) {
  return number(type, 2) + sized(2, body);
}

std::string client_hello_of(const TlsTalkOptions& options, const std::string& random) {
  const std::string extensions = extension(0, sized(2, number(0, 1) + sized(2, options.sni))) +
                                 extension(10, sized(2, number(23, 2))) +
                                 extension(11, sized(1, number(0, 1))) +
                                 extension(13, sized(2, number(ecdsa_sha256, 2)));
  return message(1, number(options.version, 2) + random + sized(1, "") +
                        sized(2, number(options.cipher, 2)) + sized(1, number(0, 1)) +
                        sized(2, extensions));
}

std::string certificates(const std::string& der) {
  return message(11, sized(3, der.empty() ? "" : sized(3, der)));
}

}  // namespace

std::string wire(const TlsRecord& record) {
  return test::record(record.type, record.body);
}

std::vector<TlsRecord> tls_talk(const TlsTalkOptions& options) {
  const Identity& server = identity_of(options.certificate_name);
  const std::string client_random(32, 'c');
  const std::string server_random(32, 's');
  const bool is_tls12 = options.version >= 0x0303;
  // Before TLS 1.2 signatures do not name their algorithm.
  const auto signed_by = [&](const Identity& who, const std::string& text) {
    return (is_tls12 ? number(ecdsa_sha256, 2) : "") + sized(2, sign(who, text, is_tls12));
  };
  const std::string params = number(3, 1) + number(23, 2) + sized(1, public_point());
  std::vector<TlsRecord> talk;
  std::string transcript;
  const auto say = [&](int side, const std::string& handshake) {
    transcript += handshake;
    talk.push_back({.side = side, .type = 22, .body = handshake});
  };
  say(0, client_hello_of(options, client_random));
  say(1, message(2, number(options.version, 2) + server_random + sized(1, "") +
                        number(options.cipher, 2) + number(0, 1)));
  say(1, certificates(server.certificate));
  say(1, message(12, params + signed_by(server, client_random + server_random + params)));
  if (options.asks_certificate) {
    const std::string algorithms = is_tls12 ? sized(2, number(ecdsa_sha256, 2)) : "";
    say(1, message(13, sized(1, number(64, 1)) + algorithms + sized(2, "")));
  }
  say(1, message(14, ""));
  const Identity& client = identity_of("client.example.com");
  if (options.asks_certificate) {
    say(0, certificates(options.gives_certificate ? client.certificate : ""));
  }
  say(0, message(16, sized(1, public_point())));
  if (options.gives_certificate) {
    say(0, message(15, signed_by(client, transcript)));
  }
  for (const int side : {0, 1}) {
    talk.push_back({.side = side, .type = 20, .body = number(1, 1)});
    talk.push_back({.side = side, .type = 22, .body = std::string(40, '\xa5')});
  }
  for (const int side : {0, 1, 0, 1}) {
    talk.push_back({.side = side, .type = 23, .body = std::string(300, '\xc3')});
  }
  return talk;
}

}  // namespace pcapaudit::test
