// Hashes of what others send: nobody outside can choose two inputs that meet.
//
// The key is drawn once for each process, so hashes are neither stored nor shown, and no result
// depends on them. Texts: XXH3 with a secret (xxHash specification 0.1.1). A few words of every
// packet: a folded multiplication in line, which costs half as much there.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit {

std::uint64_t keyed_hash(Bytes bytes) noexcept;

struct HashKey {
  std::uint64_t hash = 0, value = 0;
};
const HashKey& hash_key() noexcept;

// What was mixed in before stays even where the product is zero.
inline std::uint64_t keyed_mix(const HashKey& key, std::uint64_t hash, std::uint64_t value) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{hash ^ key.hash} * (value ^ key.value);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^
         std::rotl(hash, 29);
}

// For containers whose keys come from outside.
struct KeyedHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return keyed_hash(as_bytes(text));
  }
};

}  // namespace pcapaudit
