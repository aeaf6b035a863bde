// Secrets of TLS connections, found by the random of the ClientHello: what key logs say.
//
// A key log is text, one secret a line: label, client random and secret in hexadecimal, divided by
// blanks; lines that begin with '#' are remarks. Filled before packets are read, then shared by
// threads and read only. Its memory is wiped when it goes. No file is opened here.
// Source: the NSS key log format, RFC 9850; labels of RFC 8446 7.1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/base/bytes.hpp>

#include "dissectors/tls/keys/secret.hpp"

namespace pcapaudit {

enum class SecretKind : std::uint8_t {
  master,  // up to TLS 1.2
  premaster,
  client_early,
  client_handshake,
  server_handshake,
  client_traffic,
  server_traffic,
};

// Of vectors of secrets: what they leave behind is wiped.
template <class T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) {}
  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* at, std::size_t count) {
    wipe({reinterpret_cast<std::uint8_t*>(at), count * sizeof(T)});
    std::allocator<T>().deallocate(at, count);
  }
  bool operator==(const WipingAllocator&) const = default;
};

// What was in the key logs of one store.
struct KeyLogCounts {
  std::uint64_t secrets = 0;    // distinct ones that are kept
  std::uint64_t unused = 0;     // lines with a label that nobody needs here, or that nobody knows
  std::uint64_t malformed = 0;  // lines that are none
  std::uint64_t over_cap = 0;   // secrets beyond max_secrets
  bool operator==(const KeyLogCounts&) const = default;
};

class TlsKeyStore {
 public:
  // Four for each connection of TLS 1.3: half a million connections, in about 200 MB.
  static constexpr std::size_t max_secrets = 2'000'000;
  // A line is a label, 64 digits and at most 128 more; what is longer is none.
  static constexpr std::size_t max_line = 512;
  static constexpr std::size_t random_size = 32;
  using Random = std::array<std::uint8_t, random_size>;

  // The first malformed line of a text, from 1; 0: none.
  struct Added {
    std::size_t malformed_line = 0;
    KeyLogCounts counts;  // of this text
  };
  // Of two secrets of one kind for one connection the later one counts.
  Added add_key_log(std::string_view text);
  // Call once, behind the last text and before the first look.
  void finish();

  const KeyLogCounts& counts() const { return counts_; }
  bool empty() const { return secrets_.empty(); }
  // Empty when there is none.
  Bytes find(const Random& client_random, SecretKind kind) const;
  bool knows(const Random& client_random) const;

 private:
  struct Entry {
    Random client_random{};
    std::uint32_t order = 0;
    SecretKind kind{};
    std::uint8_t size = 0;
    std::array<std::uint8_t, Secret::max_size> secret{};
  };
  enum class Line : std::uint8_t { secret, unused, malformed };
  static Line parse(std::string_view line, Entry& entry);

  std::vector<Entry, WipingAllocator<Entry>> secrets_;  // sorted by random and kind
  KeyLogCounts counts_;
};

}  // namespace pcapaudit
