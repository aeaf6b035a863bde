// Blocks of a capture's bytes, shared by whoever still reads them, and used again afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace pcapaudit {

using Block = std::vector<std::uint8_t>;

// Hands out blocks from any thread's point of view: a block may be let go on another thread than
// the one that asked for it. Blocks outlive the pool.
class BlockPool {
 public:
  // Fits the second-level cache together with the packets' flows; larger reads are not faster.
  static constexpr std::size_t block_size = 256 * 1024;

  // At least `wanted` bytes; more than block_size only for a packet that is larger.
  std::shared_ptr<Block> take(std::size_t wanted) {
    if (wanted > block_size) return std::make_shared<Block>(wanted);
    std::unique_ptr<Block> block;
    {
      const std::scoped_lock lock(free_->mutex);
      if (!free_->blocks.empty()) {
        block = std::move(free_->blocks.back());
        free_->blocks.pop_back();
      }
    }
    if (!block) block = std::make_unique<Block>(block_size);
    return {block.release(), [free = free_](Block* used) {
              const std::scoped_lock lock(free->mutex);
              free->blocks.emplace_back(used);
            }};
  }

 private:
  struct Free {
    std::mutex mutex;
    std::vector<std::unique_ptr<Block>> blocks;
  };
  std::shared_ptr<Free> free_ = std::make_shared<Free>();
};

}  // namespace pcapaudit
