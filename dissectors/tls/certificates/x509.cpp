// Reads X.509 facts through OpenSSL; the only file that sees its certificate types.
#include "dissectors/tls/certificates/x509.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <climits>
#include <ctime>
#include <unordered_map>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ocsp.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <pcapaudit/base/ip.hpp>

#include "base/digest.hpp"
#include "base/keyed_hash.hpp"
#include "base/release.hpp"

namespace pcapaudit {
namespace {

using X509Ptr = std::unique_ptr<X509, Release<X509_free>>;
using NamePtr = std::unique_ptr<X509_NAME, Release<X509_NAME_free>>;
using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, Release<OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, Release<OCSP_BASICRESP_free>>;
using BioPtr = std::unique_ptr<BIO, Release<BIO_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>>;
using UsagePtr = std::unique_ptr<EXTENDED_KEY_USAGE, Release<EXTENDED_KEY_USAGE_free>>;

// Names and OIDs kept of one certificate; real ones hold a few hundred names at most.
constexpr int max_list = 256;

std::string name_text(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) {
    return {};
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? clean_text({text, static_cast<std::size_t>(size)}) : std::string();
}

Bytes bytes_of(const ASN1_STRING* value) {
  const int size = ASN1_STRING_length(value);
  return size > 0 ? Bytes(ASN1_STRING_get0_data(value), static_cast<std::size_t>(size)) : Bytes{};
}

// At least two digits; a leading minus sign as in the certificate.
std::string serial_hex(const ASN1_INTEGER* serial) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = (ASN1_STRING_type(serial) & V_ASN1_NEG) != 0 ? "-" : "";
  for (const std::uint8_t byte : bytes_of(serial)) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 0xf]);
  }
  return text;
}

std::optional<DateTime> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return DateTime{timegm(&parts)};
}

std::vector<std::string> alternative_names(const X509* certificate) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> dns, ips;
  const int count = names ? std::min(sk_GENERAL_NAME_num(names.get()), max_list) : 0;
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      dns.push_back(clean_text(as_text(bytes_of(name->d.dNSName))));
    } else if (name->type == GEN_IPADD) {
      const Bytes raw = bytes_of(name->d.iPAddress);
      if (raw.size() == 4 || raw.size() == 16) ips.push_back(to_text(IpAddress::from_bytes(raw)));
    }
  }
  dns.insert(dns.end(), ips.begin(), ips.end());
  return dns;
}

std::string object_text(const ASN1_OBJECT* object) {
  const int nid = OBJ_obj2nid(object);
  if (nid != NID_undef) return OBJ_nid2sn(nid);
  std::array<char, 128> text{};
  OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
  return text.data();
}

std::vector<std::string> key_usages(const X509* certificate) {
  const UsagePtr usages(static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr)));
  std::vector<std::string> texts;
  const int count = usages ? std::min(sk_ASN1_OBJECT_num(usages.get()), max_list) : 0;
  for (int i = 0; i < count; ++i) {
    texts.push_back(object_text(sk_ASN1_OBJECT_value(usages.get(), i)));
  }
  return texts;
}

// "RSA" and "EC" as people call them; other algorithms as OpenSSL does.
std::string key_type(const X509* certificate) {
  ASN1_OBJECT* algorithm = nullptr;
  X509_PUBKEY_get0_param(&algorithm, nullptr, nullptr, nullptr, X509_get_X509_PUBKEY(certificate));
  switch (OBJ_obj2nid(algorithm)) {
    case NID_rsaEncryption:
      return "RSA";
    case NID_X9_62_id_ecPublicKey:
      return "EC";
    case NID_dsa:
      return "DSA";
    case NID_ED25519:
      return "Ed25519";
    case NID_ED448:
      return "Ed448";
    default:
      return object_text(algorithm);
  }
}

// Of the modulus: RSAPublicKey ::= SEQUENCE { modulus INTEGER, ... } (RFC 8017 A.1.1). 0: not that.
std::uint32_t rsa_bits(Bytes key) {
  const auto enter = [](ByteReader& in, std::uint8_t tag) {
    if (in.u8() != tag) return Bytes{};
    std::size_t length = in.u8();
    if (length == 0x81) {
      length = in.u8();
    } else if (length == 0x82) {
      length = in.u16();
    }
    return in.take(length);
  };
  constexpr std::uint8_t sequence = 0x30, integer = 0x02;
  ByteReader outer(key);
  ByteReader inner(enter(outer, sequence));
  Bytes modulus = enter(inner, integer);
  while (!modulus.empty() && modulus.front() == 0) modulus = modulus.subspan(1);
  if (modulus.empty()) return 0;
  const auto unused = static_cast<std::size_t>(std::countl_zero(modulus.front()));
  return static_cast<std::uint32_t>(modulus.size() * 8 - unused);
}

// Of the order of a named curve (SEC 2, RFC 5639). 0: another one.
std::uint32_t curve_bits(const X509_ALGOR* algorithm) {
  const void* parameter = nullptr;
  int type = V_ASN1_UNDEF;
  X509_ALGOR_get0(nullptr, &type, &parameter, algorithm);
  if (type != V_ASN1_OBJECT) return 0;
  switch (OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(parameter))) {
    case NID_X9_62_prime256v1:
    case NID_secp256k1:
    case NID_brainpoolP256r1:
      return 256;
    case NID_secp384r1:
    case NID_brainpoolP384r1:
      return 384;
    case NID_secp521r1:
      return 521;
    case NID_brainpoolP512r1:
      return 512;
    default:
      return 0;
  }
}

// Any key that OpenSSL knows; decoding it costs more than all the rest of the certificate.
std::uint32_t decoded_bits(Bytes der) {
  const unsigned char* at = der.data();
  const X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  const EVP_PKEY* key = certificate ? X509_get0_pubkey(certificate.get()) : nullptr;
  return key != nullptr ? static_cast<std::uint32_t>(std::max(EVP_PKEY_get_bits(key), 0)) : 0;
}

std::uint32_t key_bits(const X509* certificate, Bytes der) {
  ASN1_OBJECT* object = nullptr;
  const unsigned char* key = nullptr;
  int size = 0;
  X509_ALGOR* algorithm = nullptr;
  X509_PUBKEY_get0_param(&object, &key, &size, &algorithm, X509_get_X509_PUBKEY(certificate));
  std::uint32_t bits = 0;
  if (OBJ_obj2nid(object) == NID_rsaEncryption && size > 0) {
    bits = rsa_bits(Bytes(key, static_cast<std::size_t>(size)));
  } else if (OBJ_obj2nid(object) == NID_X9_62_id_ecPublicKey) {
    bits = curve_bits(algorithm);
  }
  return bits != 0 ? bits : decoded_bits(der);
}

}  // namespace

// A library context with the provider that provides nothing: keys, which nobody here uses, are not
// decoded. (Without any, OpenSSL loads the default one at the first use.)
struct CertificateReader::State {
  std::unique_ptr<OSSL_LIB_CTX, Release<OSSL_LIB_CTX_free>> context{OSSL_LIB_CTX_new()};
  std::unique_ptr<OSSL_PROVIDER, Release<OSSL_PROVIDER_unload>> nothing{
      OSSL_PROVIDER_load(context.get(), "null")};
  std::unordered_map<std::string, SharedCertificate, KeyedHash, std::equal_to<>> known;  // by DER
};

CertificateReader::CertificateReader() : state_(std::make_unique<State>()) {}
CertificateReader::~CertificateReader() = default;
CertificateReader::CertificateReader(CertificateReader&&) noexcept = default;
CertificateReader& CertificateReader::operator=(CertificateReader&&) noexcept = default;

Result<Certificate> CertificateReader::parse(Bytes der) const {
  if (der.empty() || der.size() > LONG_MAX) return fail("certificate: no bytes");
  const unsigned char* at = der.data();
  X509* read = X509_new_ex(state_->context.get(), nullptr);
  d2i_X509(&read, &at, static_cast<long>(der.size()));  // lets it go when it fails
  const X509Ptr parsed(read);
  if (!parsed || at != der.data() + der.size()) {
    ERR_clear_error();
    return fail("certificate: not an X.509 certificate in DER");
  }
  const X509* certificate = parsed.get();
  Certificate facts{
      .subject = name_text(X509_get_subject_name(certificate)),
      .issuer = name_text(X509_get_issuer_name(certificate)),
      .serial = serial_hex(X509_get0_serialNumber(certificate)),
      .san = alternative_names(certificate),
      .not_before = time_of(X509_get0_notBefore(certificate)),
      .not_after = time_of(X509_get0_notAfter(certificate)),
      .key_type = key_type(certificate),
      .key_bits = key_bits(certificate, der),
      .signature_algorithm = OBJ_nid2sn(X509_get_signature_nid(certificate)),
      .extended_key_usage = key_usages(certificate),
      .sha256 = sha256_hex(der),
      .der = std::string(as_text(der)),
  };
  ERR_clear_error();  // extensions and keys that OpenSSL could not read
  return facts;
}

std::string distinguished_name(Bytes der) {
  if (der.empty() || der.size() > LONG_MAX) return {};
  const unsigned char* at = der.data();
  const NamePtr name(d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  return name && at == der.data() + der.size() ? name_text(name.get()) : std::string();
}

StapledStatus stapled_status(Bytes response) {
  if (response.empty() || response.size() > LONG_MAX) return StapledStatus::unreadable;
  const unsigned char* at = response.data();
  const ResponsePtr read(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(response.size())));
  const bool is_answer =
      read && OCSP_response_status(read.get()) == OCSP_RESPONSE_STATUS_SUCCESSFUL;
  const BasicPtr basic(is_answer ? OCSP_response_get1_basic(read.get()) : nullptr);
  OCSP_SINGLERESP* const single = basic ? OCSP_resp_get0(basic.get(), 0) : nullptr;
  ERR_clear_error();
  if (single == nullptr) return StapledStatus::unreadable;
  switch (OCSP_single_get0_status(single, nullptr, nullptr, nullptr, nullptr)) {
    case V_OCSP_CERTSTATUS_GOOD:
      return StapledStatus::good;
    case V_OCSP_CERTSTATUS_REVOKED:
      return StapledStatus::revoked;
    default:
      return StapledStatus::unknown;
  }
}

SharedCertificate CertificateReader::read(Bytes der) {
  const std::string key(as_text(der));
  if (const auto known = state_->known.find(key); known != state_->known.end()) {
    return known->second;
  }
  auto parsed = parse(der);
  Certificate unreadable;
  if (!parsed) unreadable.sha256 = sha256_hex(der);
  const SharedCertificate certificate(parsed ? *std::move(parsed) : std::move(unreadable));
  if (state_->known.size() >= max_remembered) state_->known.clear();
  state_->known.emplace(key, certificate);
  return certificate;
}

}  // namespace pcapaudit
