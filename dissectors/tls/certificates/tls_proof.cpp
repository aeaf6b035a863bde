// Signatures of the handshake through OpenSSL; see the header.

#include "dissectors/tls/certificates/tls_proof.hpp"

#include <climits>
#include <optional>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/release.hpp"
#include "dissectors/tls/tls_handshake.hpp"
#include "dissectors/tls/tls_record.hpp"

namespace pcapaudit::tls_wire {
namespace {

using X509Ptr = std::unique_ptr<X509, Release<X509_free>>;
using ContextPtr = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;

constexpr std::uint16_t ssl3 = 0x0300, tls11 = 0x0302;
constexpr std::size_t random_at = 2, random_size = 32;

// How a signature was made.
struct Scheme {
  const EVP_MD* digest = nullptr;  // none: the algorithm has its own
  bool is_pss = false;
  int key = EVP_PKEY_NONE;
};

const EVP_MD* digest_of(std::uint8_t hash) {  // RFC 5246 7.4.1.4.1
  switch (hash) {
    case 1:
      return EVP_md5();
    case 2:
      return EVP_sha1();
    case 3:
      return EVP_sha224();
    case 4:
      return EVP_sha256();
    case 5:
      return EVP_sha384();
    case 6:
      return EVP_sha512();
    default:
      return nullptr;
  }
}

// TLS 1.2 names it before the signature.
std::optional<Scheme> scheme_named(std::uint16_t scheme) {
  switch (scheme) {
    case 0x0804:
    case 0x0809:
      return Scheme{.digest = EVP_sha256(), .is_pss = true, .key = EVP_PKEY_RSA};
    case 0x0805:
    case 0x080a:
      return Scheme{.digest = EVP_sha384(), .is_pss = true, .key = EVP_PKEY_RSA};
    case 0x0806:
    case 0x080b:
      return Scheme{.digest = EVP_sha512(), .is_pss = true, .key = EVP_PKEY_RSA};
    case 0x0807:
      return Scheme{.digest = nullptr, .is_pss = false, .key = EVP_PKEY_ED25519};
    case 0x0808:
      return Scheme{.digest = nullptr, .is_pss = false, .key = EVP_PKEY_ED448};
    default:
      break;
  }
  const EVP_MD* digest = digest_of(static_cast<std::uint8_t>(scheme >> 8));
  constexpr int keys[] = {EVP_PKEY_NONE, EVP_PKEY_RSA, EVP_PKEY_DSA, EVP_PKEY_EC};
  const std::size_t algorithm = scheme & 0xff;
  if (digest == nullptr || algorithm == 0 || algorithm >= std::size(keys)) return std::nullopt;
  return Scheme{.digest = digest, .is_pss = false, .key = keys[algorithm]};
}

// Before TLS 1.2 the key alone tells it.
std::optional<Scheme> scheme_of(int key) {
  if (key == EVP_PKEY_RSA) return Scheme{.digest = EVP_md5_sha1(), .is_pss = false, .key = key};
  if (key == EVP_PKEY_DSA || key == EVP_PKEY_EC) {
    return Scheme{.digest = EVP_sha1(), .is_pss = false, .key = key};
  }
  return std::nullopt;
}

bool fits(const Scheme& scheme, int key) {
  if (scheme.key == key) return true;
  return scheme.is_pss && key == EVP_PKEY_RSA_PSS;
}

TlsProof check(EVP_PKEY* key, const Scheme& scheme, Bytes text, Bytes signature) {
  const ContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  if (!context || EVP_DigestVerifyInit(context.get(), &options, scheme.digest, nullptr, key) != 1) {
    return TlsProof::unverifiable;
  }
  if (scheme.is_pss && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
                        EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return TlsProof::unverifiable;
  }
  const int answer =
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), text.data(), text.size());
  return answer == 1 ? TlsProof::verified : TlsProof::forged;
}

// The first certificate of a Certificate message, or nothing.
Bytes leaf_of(Bytes certificate_body) {
  const std::vector<Bytes> chain = certificates(certificate_body, 1);
  return chain.empty() ? Bytes{} : chain.front();
}

// Size of the parameters in front of a ServerKeyExchange's signature; 0: not of a known form.
std::size_t parameters_size(Bytes body, TlsKeyExchange exchange) {
  constexpr std::uint8_t named_curve = 3;
  ByteReader in(body);
  if (exchange == TlsKeyExchange::ecdhe) {
    if (in.u8() != named_curve) return 0;
    in.skip(2);
    in.skip(in.u8());
  } else if (exchange == TlsKeyExchange::dhe) {
    for (int i = 0; i < 3; ++i) in.skip(in.u16());  // prime, generator, public value
  } else {
    return 0;
  }
  return in.ok() ? body.size() - in.remaining() : 0;
}

}  // namespace

TlsProof check_signature(std::uint16_t version, Bytes certificate, Bytes text, Bytes signed_part) {
  if (version <= ssl3 || certificate.empty() || certificate.size() > LONG_MAX) {
    return TlsProof::unverifiable;
  }
  const unsigned char* at = certificate.data();
  const X509Ptr leaf(d2i_X509(nullptr, &at, static_cast<long>(certificate.size())));
  EVP_PKEY* const key = leaf ? X509_get0_pubkey(leaf.get()) : nullptr;
  if (key == nullptr) return TlsProof::unverifiable;
  const int key_type = EVP_PKEY_get_base_id(key);
  ByteReader in(signed_part);
  const auto scheme = version > tls11 ? scheme_named(in.u16()) : scheme_of(key_type);
  const Bytes signature = in.take(in.u16());
  if (!in.ok() || in.remaining() > 0) return TlsProof::forged;
  if (!scheme) return TlsProof::unverifiable;
  if (!fits(*scheme, key_type)) return TlsProof::forged;
  const TlsProof proof = check(key, *scheme, text, signature);
  ERR_clear_error();  // of signatures that do not hold
  return proof;
}

void Transcript::append(Direction dir, Bytes bytes) {
  Half& half = halves_[index_of(dir)];
  if (half.broken) return;
  if (half.messages.size() + bytes.size() > max_bytes) {
    half.broken = true;
    std::vector<std::uint8_t>().swap(half.messages);
    return;
  }
  half.messages.insert(half.messages.end(), bytes.begin(), bytes.end());
}

void Transcript::add(Direction dir, std::uint8_t type, Bytes message) {
  const bool from_client = dir == Direction::to_server;
  if (type == hello_request) return;  // no part of the handshake (RFC 5246 7.4.1.1)
  Half& half = halves_[index_of(dir)];
  if (half.ended) return;  // the server's NewSessionTicket, for example
  half.ended = type == certificate_verify || type == server_hello_done;
  const Bytes message_body = message.subspan(handshake_header_size);
  if (from_client && type == certificate_verify) {
    verify_.assign(message_body.begin(), message_body.end());
    return;
  }
  const std::size_t at = half.messages.size() + handshake_header_size;
  const Place place{.at = at, .size = message_body.size()};
  if (type == client_hello || type == server_hello) hello_[index_of(dir)] = place;
  if (type == certificate) certificate_[index_of(dir)] = place;
  if (type == server_key_exchange && !from_client) key_exchange_ = place;
  append(dir, message);
}

void Transcript::add_sslv2_hello(Bytes hello) {
  is_sslv2_ = true;
  hello_[index_of(Direction::to_server)] = {.at = 0, .size = hello.size()};
  append(Direction::to_server, hello);
}

void ProofKeeper::check(TlsFacts& facts) {
  if (transcript_ == nullptr) return;
  facts.client_proof = transcript_->client_proof(facts.version);
  facts.server_proof = transcript_->server_proof(facts.version, tls_cipher_traits(facts.cipher));
  forget();
}

TlsProof Transcript::client_proof(std::uint16_t version) const {
  if (verify_.empty()) return TlsProof::none;
  const auto& [client, server] = halves_;
  const Place& hello = hello_[index_of(Direction::to_server)];
  const bool begins = hello.size > 0 && hello_[index_of(Direction::to_client)].size > 0;
  if (client.broken || server.broken || !begins) return TlsProof::incomplete;
  // The server's flight stands between the client's hello and its answer.
  const Bytes of_client(client.messages);
  const Bytes first = of_client.first(hello.at + hello.size);
  const Bytes rest = of_client.subspan(first.size());
  std::vector<std::uint8_t> text(first.begin(), first.end());
  text.insert(text.end(), server.messages.begin(), server.messages.end());
  text.insert(text.end(), rest.begin(), rest.end());
  const Bytes shown = body(Direction::to_server, certificate_[index_of(Direction::to_server)]);
  return check_signature(version, leaf_of(shown), text, verify_);
}

TlsProof Transcript::server_proof(std::uint16_t version, const TlsCipherTraits& suite) const {
  const auto& [client, server] = halves_;
  if (key_exchange_.size == 0 || suite.anonymous || suite.psk) return TlsProof::none;
  const auto& [asked, answered] = hello_;
  if (client.broken || server.broken || answered.size == 0 || asked.size == 0) {
    return TlsProof::incomplete;
  }
  const Bytes exchange = body(Direction::to_client, key_exchange_);
  const std::size_t size = parameters_size(exchange, suite.key_exchange);
  if (size == 0 || is_sslv2_) return TlsProof::unverifiable;
  std::vector<std::uint8_t> text;
  for (const Direction dir : {Direction::to_server, Direction::to_client}) {
    ByteReader hello(body(dir, hello_[index_of(dir)]));
    hello.skip(random_at);
    const Bytes random = hello.take(random_size);
    text.insert(text.end(), random.begin(), random.end());
  }
  text.insert(text.end(), exchange.begin(), exchange.begin() + static_cast<std::ptrdiff_t>(size));
  const Bytes shown = body(Direction::to_client, certificate_[index_of(Direction::to_client)]);
  return check_signature(version, leaf_of(shown), text, exchange.subspan(size));
}

}  // namespace pcapaudit::tls_wire
