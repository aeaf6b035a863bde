// Builds and verifies chains through OpenSSL; see the header.

#include "dissectors/tls/certificates/tls_trust.hpp"

#include <algorithm>
#include <climits>
#include <ctime>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/keyed_hash.hpp"
#include "base/release.hpp"

namespace pcapaudit {
namespace {

void free_chain(STACK_OF(X509) * chain) {
  sk_X509_pop_free(chain, X509_free);
}
void free_infos(STACK_OF(X509_INFO) * infos) {
  sk_X509_INFO_pop_free(infos, X509_INFO_free);
}

using BioPtr = std::unique_ptr<BIO, Release<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, Release<X509_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Release<X509_STORE_free>>;
using VerifyPtr = std::unique_ptr<X509_STORE_CTX, Release<X509_STORE_CTX_free>>;
using StackPtr = std::unique_ptr<STACK_OF(X509), Release<free_chain>>;
using InfosPtr = std::unique_ptr<STACK_OF(X509_INFO), Release<free_infos>>;

// Chains whose answer is remembered; servers show the same ones in every connection.
constexpr std::size_t max_remembered = 4096;

X509Ptr parsed(const Certificate& certificate) {
  const std::string& der = certificate.der;
  if (der.empty() || der.size() > LONG_MAX) return nullptr;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  return X509Ptr(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

// The seconds in which an answer stays as it is.
struct Window {
  std::int64_t from = INT64_MIN, to = INT64_MAX;
  bool holds(DateTime when) const { return from <= when.seconds && when.seconds <= to; }
};

std::int64_t seconds_of(const ASN1_TIME* time, std::int64_t otherwise) {
  std::tm parts{};
  return time != nullptr && ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : otherwise;
}

void narrow(Window& window, const ASN1_TIME* from, const ASN1_TIME* to) {
  window.from = std::max(window.from, seconds_of(from, window.from));
  window.to = std::min(window.to, seconds_of(to, window.to));
}

bool is_about_time(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
      return true;
    default:
      return false;
  }
}

struct Answer {
  std::string refusal;
  Window window;
  bool depends_on_time = false;
};

}  // namespace

struct TrustStore::State {
  StorePtr store;
  bool has_crl = false;
  Window crls;  // in which all of them are current

  std::mutex mutex;
  std::unordered_map<std::string, Answer, KeyedHash, std::equal_to<>>
      known;  // by use and the chain's digests

  Answer verify(const CertificateChain& chain, Use use, DateTime when) const;
};

TrustStore::TrustStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
TrustStore::~TrustStore() = default;

Result<std::shared_ptr<const TrustStore>> TrustStore::of(std::string_view pem) {
  auto state = std::make_unique<State>();
  state->store.reset(X509_STORE_new());
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(std::min<std::size_t>(
                                                  pem.size(), static_cast<std::size_t>(INT_MAX)))));
  const InfosPtr infos(in ? PEM_X509_INFO_read_bio(in.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!state->store || !infos) {
    ERR_clear_error();
    return fail("is no PEM text of certificates");
  }
  int anchors = 0;
  for (int i = 0; i < sk_X509_INFO_num(infos.get()); ++i) {
    const X509_INFO* const info = sk_X509_INFO_value(infos.get(), i);
    if (info->x509 != nullptr) anchors += X509_STORE_add_cert(state->store.get(), info->x509);
    if (info->crl != nullptr && X509_STORE_add_crl(state->store.get(), info->crl) == 1) {
      state->has_crl = true;
      narrow(state->crls, X509_CRL_get0_lastUpdate(info->crl), X509_CRL_get0_nextUpdate(info->crl));
    }
  }
  ERR_clear_error();
  if (anchors == 0) return fail("holds no certificate");
  return std::shared_ptr<const TrustStore>(new TrustStore(std::move(state)));
}

Answer TrustStore::State::verify(const CertificateChain& chain, Use use, DateTime when) const {
  const X509Ptr leaf = chain.empty() ? nullptr : parsed(*chain.front());
  if (!leaf) return {.refusal = "the certificate cannot be read", .window = {}};
  const StackPtr others(sk_X509_new_null());
  for (std::size_t i = 1; i < chain.size(); ++i) {
    X509Ptr other = parsed(*chain[i]);
    if (other && sk_X509_push(others.get(), other.get()) > 0) (void)other.release();
  }
  const VerifyPtr verify(X509_STORE_CTX_new());
  if (!verify || X509_STORE_CTX_init(verify.get(), store.get(), leaf.get(), others.get()) != 1) {
    return {.refusal = "the chain cannot be checked", .window = {}};
  }
  X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(verify.get());
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST;
  if (has_crl) flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  X509_VERIFY_PARAM_set_flags(rules, flags);
  X509_VERIFY_PARAM_set_time(rules, static_cast<std::time_t>(when.seconds));
  X509_VERIFY_PARAM_set_purpose(
      rules, use == Use::server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);

  Answer answer{.refusal = {}, .window = crls};
  const bool holds = X509_verify_cert(verify.get()) == 1;
  const int error = X509_STORE_CTX_get_error(verify.get());
  answer.depends_on_time = !holds && is_about_time(error);
  // That the peer's own certificate is out of time is a finding by itself.
  const bool is_own_time =
      answer.depends_on_time && X509_STORE_CTX_get_error_depth(verify.get()) == 0 &&
      (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID);
  if (!holds && !is_own_time) {
    answer.refusal = X509_verify_cert_error_string(error);
  }
  const StackPtr built(X509_STORE_CTX_get1_chain(verify.get()));
  for (int i = 0; built && i < sk_X509_num(built.get()); ++i) {
    const X509* const it = sk_X509_value(built.get(), i);
    narrow(answer.window, X509_get0_notBefore(it), X509_get0_notAfter(it));
  }
  ERR_clear_error();
  return answer;
}

std::string TrustStore::refusal(const CertificateChain& chain, Use use, DateTime when) const {
  std::string key(1, use == Use::server ? 's' : 'c');
  for (const SharedCertificate& it : chain) key += it->sha256;
  {
    const std::scoped_lock lock(state_->mutex);
    const auto known = state_->known.find(key);
    if (known != state_->known.end() && known->second.window.holds(when)) {
      return known->second.refusal;
    }
  }
  Answer answer = state_->verify(chain, use, when);
  if (answer.depends_on_time) return answer.refusal;
  const std::scoped_lock lock(state_->mutex);
  if (state_->known.size() >= max_remembered) state_->known.clear();
  return state_->known.insert_or_assign(key, std::move(answer)).first->second.refusal;
}

}  // namespace pcapaudit
