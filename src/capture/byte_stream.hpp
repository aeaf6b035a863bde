// A stored capture as a stream of plain bytes: file or standard input, gzip and zstd undone.
//
// The SHA-256 is of the bytes as stored. Plain bytes come in shared blocks: views of them live as
// long as somebody holds the block. Memory does not grow with the file or with what it expands to.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <pcapaudit/base/bytes.hpp>
#include <pcapaudit/base/result.hpp>

#include "capture/block.hpp"
#include "capture/packet_source.hpp"
#include "capture/stored_digest.hpp"

namespace pcapaudit {

class ByteStream {
 public:
  // `path` or "-" for standard input. Fails when it cannot be opened or is a directory.
  // While it waits for a pipe it ends as soon as `interrupted` (may be null) is not 0.
  static Result<std::unique_ptr<ByteStream>> open(const std::string& path,
                                                  const SourceOptions& options);
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  // A view of the next `count` bytes without using them; shorter only at the end of the stream.
  // Lives as long as the block that holds it.
  Bytes peek(std::size_t count) {
    if (plain_end_ - plain_begin_ < count) fill(count);
    return {plain_->data() + plain_begin_, std::min(count, plain_end_ - plain_begin_)};
  }
  void skip(std::size_t count) {
    if (plain_end_ - plain_begin_ < count) return skip_far(count);
    plain_begin_ += count;
    offset_ += count;
  }
  // Owns the bytes of the last peek().
  const std::shared_ptr<Block>& block() const { return plain_; }

  std::uint64_t offset() const { return offset_; }  // plain bytes used so far
  std::uint64_t stored_position() const { return stored_read_; }
  std::uint64_t stored_size() const { return stored_size_; }  // 0 for standard input
  // Why the stream ended early: a read error or damaged compression.
  const std::optional<Error>& damage() const { return damage_; }
  // Reads the rest of the stored bytes for the digest and answers it. Call once, at the end.
  std::string finish_digest();

 private:
  class Decompressor;
  class Gzip;
  class Zstd;

  ByteStream(std::string path, int descriptor, std::uint64_t size, const SourceOptions& options);
  bool read_stored();
  std::size_t read_into(const std::shared_ptr<Block>& block, std::size_t at);
  bool wait_for_bytes();
  void choose_decompressor();
  void skip_far(std::size_t count);
  bool decompress();
  void fill(std::size_t wanted);

  std::string path_;
  int descriptor_ = -1;
  std::uint64_t stored_size_ = 0, stored_read_ = 0, offset_ = 0;
  BlockPool pool_;
  std::shared_ptr<Block> stored_;  // of a compressed file: one read's worth
  Bytes stored_rest_;              // of it, not decompressed yet
  std::shared_ptr<Block> plain_;   // plain bytes; those in [plain_begin_, plain_end_) are unused
  std::size_t plain_begin_ = 0, plain_end_ = 0;
  std::unique_ptr<Decompressor> decompressor_;
  bool started_ = false, stored_ended_ = false;
  const std::atomic<int>* interrupted_ = nullptr;
  StoredDigest digest_;
  std::optional<Error> damage_;
};

}  // namespace pcapaudit
