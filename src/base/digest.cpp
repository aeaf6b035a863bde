// Digests through OpenSSL's EVP interface.

#include "base/digest.hpp"

#include <array>
#include <utility>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/text/hex.hpp"

namespace pcapaudit {
namespace {

std::string digest_hex(const EVP_MD* algorithm, Bytes bytes) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  EVP_Digest(bytes.data(), bytes.size(), out.data(), &length, algorithm, nullptr);
  return to_hex(Bytes(out).first(length));
}

}  // namespace

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { EVP_DigestInit_ex(context, EVP_sha256(), nullptr); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(Bytes bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

std::string Sha256::hex() {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  EVP_DigestFinal_ex(state_->context, out.data(), &length);
  return to_hex(Bytes(out).first(length));
}

std::string sha256_hex(Bytes bytes) {
  return digest_hex(EVP_sha256(), bytes);
}
std::int64_t sha256_prefix(Bytes bytes) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, EVP_sha256(), nullptr);
  const auto number = static_cast<std::int64_t>(ByteReader(out).u64());
  return number == 0 ? 1 : number;
}
std::string hmac_sha256_hex(Bytes key, Bytes bytes) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes.data(), bytes.size(),
       out.data(), &length);
  return to_hex(Bytes(out).first(length));
}
std::string md5_hex(Bytes bytes) {
  return digest_hex(EVP_md5(), bytes);
}

}  // namespace pcapaudit
