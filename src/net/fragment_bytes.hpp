// The bytes of one datagram, as its fragments bring them. The first copy of a byte wins.
//
// Memory follows what came, in chunks, however far apart the fragments lie; the work for a fragment
// is bounded by its own size. Offsets are multiples of 8 (RFC 791 3.2, RFC 8200 4.5).
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit {

class FragmentBytes {
 public:
  static constexpr std::uint32_t unit_size = 8;
  // A usual fragment fills one or two of them, a tiny one wastes little.
  static constexpr std::uint32_t chunk_size = 1024;

  // `piece` ends within the largest datagram. False: where it overlaps, bytes differ.
  bool add(std::uint32_t begin, Bytes piece);
  // Behind the furthest byte.
  std::uint32_t end() const { return end_; }
  // Is all there, from the first byte to the furthest?
  bool is_gapless() const { return units_ == (end_ + unit_size - 1) / unit_size; }
  // All of them, when there is no gap.
  std::vector<std::uint8_t> joined() const;
  std::size_t memory() const { return memory_; }

 private:
  static constexpr std::size_t units_per_chunk = chunk_size / unit_size;
  struct Chunk {
    std::array<std::uint8_t, chunk_size> bytes{};
    std::bitset<units_per_chunk> present;
  };

  std::vector<std::unique_ptr<Chunk>> chunks_;  // by offset; null where nothing came
  std::uint32_t end_ = 0;
  std::size_t units_ = 0;  // present
  std::size_t memory_ = 0;
};

}  // namespace pcapaudit
