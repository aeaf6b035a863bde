// A stored capture as a stream of plain bytes: file or standard input, gzip and zstd undone.
//
// The SHA-256 is of the bytes as stored. One buffer of plain bytes; memory does not grow with
// the file or with what it expands to.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pcapaudit/base/bytes.hpp>
#include <pcapaudit/base/digest.hpp>
#include <pcapaudit/base/result.hpp>

namespace pcapaudit {

class ByteStream {
 public:
  // `path` or "-" for standard input. Fails when it cannot be opened or is a directory.
  // While it waits for a pipe it ends as soon as `interrupted` (may be null) is not 0.
  static Result<std::unique_ptr<ByteStream>> open(const std::string& path,
                                                  const std::atomic<int>* interrupted);
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  // A view of the next `count` bytes without using them; shorter only at the end of the stream.
  // Valid until the next call.
  Bytes peek(std::size_t count);
  void skip(std::size_t count);

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

  ByteStream(std::string path, int descriptor, std::uint64_t size);
  bool read_stored();
  bool wait_for_bytes();
  void choose_decompressor();
  void fill(std::size_t wanted);

  std::string path_;
  int descriptor_ = -1;
  std::uint64_t stored_size_ = 0, stored_read_ = 0, offset_ = 0;
  std::vector<std::uint8_t> stored_;  // one read's worth
  Bytes stored_rest_;                 // of it, not decompressed yet
  std::vector<std::uint8_t> plain_;   // plain bytes; those in [plain_begin_, plain_end_) are unused
  std::size_t plain_begin_ = 0, plain_end_ = 0;
  std::unique_ptr<Decompressor> decompressor_;
  bool started_ = false, stored_ended_ = false;
  const std::atomic<int>* interrupted_ = nullptr;
  std::optional<Error> damage_;
  Sha256 digest_;
};

}  // namespace pcapaudit
