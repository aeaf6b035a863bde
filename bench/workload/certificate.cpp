// One certificate from fixed numbers: a modulus that is no product of primes will do, nobody uses
// it.
#include "workload/certificate.hpp"

#include <array>
#include <memory>
#include <vector>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "workload/script.hpp"
#include "workload/words.hpp"

namespace pcapaudit::bench {
namespace {

template <auto release>
struct Releases {
  void operator()(auto* object) const { release(object); }
};
template <class T, auto release>
using Owned = std::unique_ptr<T, Releases<release>>;

using Number = Owned<BIGNUM, BN_free>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Name = Owned<X509_NAME, X509_NAME_free>;
using Extension = Owned<X509_EXTENSION, X509_EXTENSION_free>;
using X509Certificate = Owned<X509, X509_free>;

std::vector<std::uint8_t> noise(std::size_t size, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::uint8_t> bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
  return bytes;
}

Key public_key() {
  std::vector<std::uint8_t> modulus = noise(256, 3);
  modulus.front() |= 0x80;
  modulus.back() |= 1;
  const Number n(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
  const Number e(BN_new());
  BN_set_word(e.get(), 65'537);
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  const Owned<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context.get());
  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get());
  return Key(key);
}

Name name(const std::string& common_name) {
  Name made(X509_NAME_new());
  const auto add = [&](const char* field, const std::string& value) {
    X509_NAME_add_entry_by_txt(made.get(), field, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(value.data()),
                               static_cast<int>(value.size()), -1, 0);
  };
  add("O", "Contoso");
  add("CN", common_name);
  return made;
}

bool extend(X509* certificate, int id, const std::string& value) {
  const Extension made(X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str()));
  return made && X509_add_ext(certificate, made.get(), -1) == 1;
}

bool fill(X509* certificate) {
  const std::string mark(certificate_mark);
  X509_set_version(certificate, 2);
  const Number serial(BN_bin2bn(reinterpret_cast<const unsigned char*>(mark.data()),
                                static_cast<int>(mark.size()), nullptr));
  BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate));
  X509_set_subject_name(certificate, name("host" + mark + ".contoso.example").get());
  X509_set_issuer_name(certificate, name("Contoso Issuing CA").get());
  ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate), "20230101000000Z");
  ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), "20330101000000Z");
  const Key key = public_key();
  return key && X509_set_pubkey(certificate, key.get()) == 1 &&
         extend(certificate, NID_subject_alt_name,
                "DNS:meet.contoso.example,DNS:host" + mark + ".contoso.example") &&
         extend(certificate, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
         extend(certificate, NID_ext_key_usage, "serverAuth,clientAuth") &&
         extend(
             certificate, NID_info_access,
             "OCSP;URI:http://ocsp.contoso.example,caIssuers;URI:http://pki.contoso.example/ca") &&
         extend(certificate, NID_crl_distribution_points, "URI:http://pki.contoso.example/crl");
}

}  // namespace

Result<std::string> marked_certificate() {
  const X509Certificate certificate(X509_new());
  const std::vector<std::uint8_t> seed = noise(32, 4);
  const Key signer(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  if (!certificate || !signer || !fill(certificate.get()) ||
      X509_sign(certificate.get(), signer.get(), nullptr) == 0) {
    return fail("OpenSSL cannot make the certificate");
  }
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  if (size <= 0) return fail("OpenSSL cannot encode the certificate");
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

}  // namespace pcapaudit::bench
