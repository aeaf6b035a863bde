// A secret of a connection: bytes that are wiped when it goes. Value.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit {

// Overwrites, and is not optimised away.
void wipe(std::span<std::uint8_t> bytes);

// A wiping home for key blocks and the like of at most `capacity` bytes.
template <std::size_t capacity>
class SecretBytes {
 public:
  static constexpr std::size_t max_size = capacity;

  SecretBytes() = default;
  // What does not fit is left out; callers look at sizes before.
  explicit SecretBytes(Bytes bytes) : size_(std::min(bytes.size(), capacity)) {
    std::copy_n(bytes.begin(), size_, bytes_.begin());
  }
  static SecretBytes of_size(std::size_t size) {
    SecretBytes secret;
    secret.size_ = std::min(size, capacity);
    return secret;
  }
  SecretBytes(const SecretBytes&) = default;
  SecretBytes& operator=(const SecretBytes&) = default;
  ~SecretBytes() { wipe(bytes_); }

  Bytes bytes() const { return Bytes(bytes_).first(size_); }
  std::span<std::uint8_t> room() { return std::span(bytes_).first(size_); }
  bool empty() const { return size_ == 0; }

 private:
  std::array<std::uint8_t, capacity> bytes_{};
  std::size_t size_ = 0;
};

// A master secret has 48 bytes, a traffic secret as many as its hash: at most 48 so far.
using Secret = SecretBytes<64>;

}  // namespace pcapaudit
