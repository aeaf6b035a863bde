// Views of raw bytes, and the one reader that may look inside them.
//
// A Bytes never outlives the call it was passed to. All reads are bounds-checked;
// nothing here allocates, throws or logs.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace pcapaudit {

using Bytes = std::span<const std::uint8_t>;

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Reads numbers from front to back and never past the end. Big-endian unless the name says `le`.
//
// A read that does not fit returns zero or an empty view and turns the reader
// bad for good, so a parser may read a whole header and ask ok() once.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t remaining() const { return rest_.size(); }
  Bytes rest() const { return rest_; }

  std::uint8_t u8() { return big<std::uint8_t>(1); }
  std::uint16_t u16() { return big<std::uint16_t>(2); }
  std::uint32_t u24() { return big<std::uint32_t>(3); }
  std::uint32_t u32() { return big<std::uint32_t>(4); }
  std::uint64_t u64() { return big<std::uint64_t>(8); }
  std::uint16_t u16le() { return little<std::uint16_t>(2); }
  std::uint32_t u32le() { return little<std::uint32_t>(4); }
  std::uint64_t u64le() { return little<std::uint64_t>(8); }

  Bytes take(std::size_t count) {
    if (!ok_ || count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const Bytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  void skip(std::size_t count) { take(count); }

 private:
  // Three bytes are the only width that no type has.
  template <std::unsigned_integral T>
  T big(std::size_t width) {
    if (width > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return 0;
    }
    T value = 0;
    std::memcpy(&value, rest_.data(), width);
    rest_ = rest_.subspan(width);
    if constexpr (std::endian::native == std::endian::little) value = std::byteswap(value);
    return static_cast<T>(value >> (sizeof(T) - width) * 8);
  }
  template <std::unsigned_integral T>
  T little(std::size_t width) {
    const T value = big<T>(width);
    return std::byteswap(value);
  }

  Bytes rest_;
  bool ok_ = true;
};

}  // namespace pcapaudit
