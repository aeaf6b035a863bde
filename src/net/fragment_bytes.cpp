// Chunks of bytes, and which units of them came; see the header.
#include "net/fragment_bytes.hpp"

#include <algorithm>

namespace pcapaudit {

bool FragmentBytes::add(std::uint32_t begin, Bytes piece) {
  bool agrees = true;
  std::uint32_t at = begin;
  while (!piece.empty()) {
    const Bytes unit = piece.first(std::min<std::size_t>(unit_size, piece.size()));
    const std::size_t number = at / chunk_size;
    if (number >= chunks_.size()) chunks_.resize(number + 1);
    std::unique_ptr<Chunk>& chunk = chunks_[number];
    if (chunk == nullptr) {
      chunk = std::make_unique<Chunk>();
      memory_ += sizeof(Chunk);
    }
    const auto place = chunk->bytes.begin() + at % chunk_size;
    auto present = chunk->present[at % chunk_size / unit_size];
    if (present) {
      agrees = agrees && std::ranges::equal(unit, Bytes(place, unit.size()));
    } else {
      std::ranges::copy(unit, place);
      present = true;
      ++units_;
    }
    at += unit_size;
    piece = piece.subspan(unit.size());
    end_ = std::max(end_, at - unit_size + static_cast<std::uint32_t>(unit.size()));
  }
  return agrees;
}

std::vector<std::uint8_t> FragmentBytes::joined() const {
  std::vector<std::uint8_t> whole(end_);
  for (std::uint32_t at = 0; at < end_; at += chunk_size) {
    const auto& bytes = chunks_[at / chunk_size]->bytes;
    std::copy_n(bytes.begin(), std::min(chunk_size, end_ - at), whole.begin() + at);
  }
  return whole;
}

}  // namespace pcapaudit
