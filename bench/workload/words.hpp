// Big-endian words, Internet checksums, and numbers that look random and are always the same.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit::bench {

inline void put16(std::uint8_t* at, std::uint16_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
inline void put32(std::uint8_t* at, std::uint32_t value) {
  put16(at, static_cast<std::uint16_t>(value >> 16));
  put16(at + 2, static_cast<std::uint16_t>(value));
}
inline std::uint16_t get16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}
inline std::uint32_t get32(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(get16(at)) << 16 | get16(at + 2);
}

// RFC 1071; `sum` is what the pseudo-header adds. Whole words of the machine are added and swapped
// at the end, which section 2 (B) of the RFC allows: the generator is to be faster than the disk.
inline std::uint16_t checksum(Bytes bytes, std::uint64_t sum) {
  std::uint64_t words = 0;
  while (bytes.size() >= 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data(), 4);
    words += word;
    bytes = bytes.subspan(4);
  }
  std::uint32_t rest = 0;
  std::memcpy(&rest, bytes.data(), bytes.size());
  words += rest;
  while (words > 0xffff) words = (words & 0xffff) + (words >> 16);
  if constexpr (std::endian::native == std::endian::little) {
    words = (words & 0xff) << 8 | words >> 8;
  }
  sum += words;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

// SplitMix64: a bijection that scatters consecutive numbers.
constexpr std::uint64_t scatter(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15;
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
  number = (number ^ number >> 27) * 0x94d049bb133111eb;
  return number ^ number >> 31;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() { return scatter(state_++); }
  // Below `bound`, which is small against 2^32.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>((next() >> 32) % bound); }

 private:
  std::uint64_t state_;
};

}  // namespace pcapaudit::bench
