// Ed25519 through OpenSSL's EVP interface.

#include "base/signature.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <pcapaudit/base/bytes.hpp>

#include "base/release.hpp"
#include "base/text/hex.hpp"

namespace pcapaudit {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Context = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;
using File = std::unique_ptr<std::FILE, Release<std::fclose>>;

constexpr std::size_t key_size = 32;
constexpr std::size_t signature_size = 64;

// Exactly `size` bytes.
std::optional<std::string> bytes_of(std::string_view hex, std::size_t size) {
  auto bytes = from_hex(hex);
  if (bytes && bytes->size() != size) return std::nullopt;
  return bytes;
}

// A key of a PEM file by one of OpenSSL's readers.
template <auto read_pem>
Result<Key> read_key(const std::string& path, std::string_view kind) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return fail(fmt::format("{}: cannot be read", path));
  Key key(read_pem(file.get(), nullptr, nullptr, nullptr));
  if (key != nullptr && EVP_PKEY_get_id(key.get()) == EVP_PKEY_ED25519) return key;
  return fail(fmt::format("{} holds no Ed25519 {} key in PEM", path, kind),
              kind == "private" ? "make one: openssl genpkey -algorithm ed25519 -out reviewer.pem"
                                : "openssl pkey -in reviewer.pem -pubout -out reviewer.pub.pem");
}

std::string public_hex(const EVP_PKEY* key) {
  std::array<std::uint8_t, key_size> raw{};
  std::size_t length = raw.size();
  EVP_PKEY_get_raw_public_key(key, raw.data(), &length);
  return to_hex(raw);
}

}  // namespace

struct SigningKey::State {
  Key key;
};

SigningKey::SigningKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
SigningKey::~SigningKey() = default;
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;

Result<SigningKey> SigningKey::read(const std::string& path) {
  auto key = read_key<PEM_read_PrivateKey>(path, "private");
  if (!key) return std::unexpected(key.error());
  return SigningKey(std::make_unique<State>(std::move(*key)));
}

std::string SigningKey::public_key() const {
  return public_hex(state_->key.get());
}

Result<std::string> SigningKey::sign(std::string_view text) const {
  const Context context(EVP_MD_CTX_new());
  std::array<std::uint8_t, signature_size> signature{};
  std::size_t length = signature.size();
  const Bytes bytes = as_bytes(text);
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, state_->key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &length, bytes.data(), bytes.size()) != 1) {
    return fail("the key cannot sign");
  }
  return to_hex(signature);
}

Result<std::string> read_public_key(const std::string& path) {
  const auto key = read_key<PEM_read_PUBKEY>(path, "public");
  if (!key) return std::unexpected(key.error());
  return public_hex(key->get());
}

bool is_signed_by(std::string_view public_key, std::string_view text, std::string_view signature) {
  const auto raw = bytes_of(public_key, key_size);
  const auto sign = bytes_of(signature, signature_size);
  if (!raw || !sign) return false;
  const Key key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, as_bytes(*raw).data(), raw->size()));
  const Context context(EVP_MD_CTX_new());
  const Bytes bytes = as_bytes(text);
  return key != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), as_bytes(*sign).data(), sign->size(), bytes.data(),
                          bytes.size()) == 1;
}

}  // namespace pcapaudit
