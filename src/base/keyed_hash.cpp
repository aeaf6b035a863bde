// The only file that sees xxHash.

#include "base/keyed_hash.hpp"

#define XXH_INLINE_ALL
#include <array>
#include <random>

#include <sys/random.h>
#include <xxhash.h>

namespace pcapaudit {
namespace {

// Drawn anew for each type.
template <class Secret>
Secret draw() noexcept {
  Secret secret{};
  // So small an amount is given whole (getrandom(2)); a system without it has another source.
  if (::getrandom(&secret, sizeof(secret), 0) == static_cast<ssize_t>(sizeof(secret))) {
    return secret;
  }
  std::random_device device;
  std::array<std::uint8_t, sizeof(secret)> bytes;
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(device());
  return std::bit_cast<Secret>(bytes);
}

}  // namespace

std::uint64_t keyed_hash(Bytes bytes) noexcept {
  using Secret = std::array<std::uint8_t, 192>;
  static_assert(std::tuple_size_v<Secret> >= XXH3_SECRET_SIZE_MIN);
  static const Secret secret = draw<Secret>();
  return XXH3_64bits_withSecret(bytes.data(), bytes.size(), secret.data(), secret.size());
}

const HashKey& hash_key() noexcept {
  static const HashKey key = draw<HashKey>();
  return key;
}

}  // namespace pcapaudit
