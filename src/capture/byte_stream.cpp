// Reads, decompresses and digests stored captures.
#include "capture/byte_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

namespace pcapaudit {
// Undoes one kind of compression. put() takes stored bytes and answers how many it used; plain
// bytes are appended to `plain` up to its capacity given by `room`.
class ByteStream::Decompressor {
 public:
  struct Progress {
    std::size_t used = 0, made = 0;
    const char* error = nullptr;
  };
  virtual ~Decompressor() = default;
  virtual Progress put(Bytes stored, std::span<std::uint8_t> room) = 0;
  // True when the stored bytes so far end a compressed member: the end may come here.
  virtual bool complete() const = 0;
};

class ByteStream::Gzip final : public Decompressor {
 public:
  Gzip() { inflateInit2(&stream_, 15 + 16); }  // 15: window bits, 16: expect a gzip header
  ~Gzip() override { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  Progress put(Bytes stored, std::span<std::uint8_t> room) override {
    if (complete_ && !stored.empty()) {  // zeros of a tape, or another member (RFC 1952 2.2)
      const auto data = std::find_if(stored.begin(), stored.end(), [](auto b) { return b != 0; });
      const auto zeros = static_cast<std::size_t>(data - stored.begin());
      if (zeros > 0) return {.used = static_cast<std::size_t>(zeros)};
      if (stored.front() != 0x1f)
        return {.error = "bytes behind the gzip data that are no gzip data"};
      inflateReset(&stream_);
      complete_ = false;
    }
    stream_.next_in = const_cast<Bytef*>(stored.data());
    stream_.avail_in = static_cast<uInt>(stored.size());
    stream_.next_out = room.data();
    stream_.avail_out = static_cast<uInt>(room.size());
    const int status = inflate(&stream_, Z_NO_FLUSH);
    complete_ = status == Z_STREAM_END;
    const bool good = status == Z_OK || complete_ || status == Z_BUF_ERROR;
    return {.used = stored.size() - stream_.avail_in,
            .made = room.size() - stream_.avail_out,
            .error = good ? nullptr : "damaged gzip data"};
  }
  bool complete() const override { return complete_; }

 private:
  z_stream stream_{};
  bool complete_ = false;
};

class ByteStream::Zstd final : public Decompressor {
 public:
  Zstd() : stream_(ZSTD_createDStream()) {}
  ~Zstd() override { ZSTD_freeDStream(stream_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

  Progress put(Bytes stored, std::span<std::uint8_t> room) override {
    ZSTD_inBuffer in{.src = stored.data(), .size = stored.size(), .pos = 0};
    ZSTD_outBuffer out{.dst = room.data(), .size = room.size(), .pos = 0};
    const std::size_t left = ZSTD_decompressStream(stream_, &out, &in);
    if (ZSTD_isError(left) != 0)
      return {.used = in.pos, .made = out.pos, .error = "damaged zstd data"};
    complete_ = left == 0;
    return {.used = in.pos, .made = out.pos};
  }
  bool complete() const override { return complete_; }

 private:
  ZSTD_DStream* stream_;
  bool complete_ = false;
};

Result<std::unique_ptr<ByteStream>> ByteStream::open(const std::string& path,
                                                     const SourceOptions& options) {
  std::uint64_t size = 0;
  int descriptor = STDIN_FILENO;
  if (path != "-") {
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
      return fail(fmt::format("{}: {}", path, std::strerror(errno)),
                  "check the path and its permissions");
    }
    struct stat facts{};
    fstat(descriptor, &facts);
    if (S_ISDIR(facts.st_mode)) {
      ::close(descriptor);
      return fail(fmt::format("{}: is a directory", path));
    }
    if (S_ISREG(facts.st_mode)) size = static_cast<std::uint64_t>(facts.st_size);
  }
  return std::unique_ptr<ByteStream>(new ByteStream(path, descriptor, size, options));
}

ByteStream::ByteStream(std::string path, int descriptor, std::uint64_t size,
                       const SourceOptions& options)
    : path_(std::move(path)),
      descriptor_(descriptor),
      stored_size_(size),
      plain_(pool_.take(0)),
      interrupted_(options.interrupted),
      digest_(options.digest_in_background) {}

ByteStream::~ByteStream() {
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
}

// True when a read will not wait. Only pipes and terminals can wait for ever.
bool ByteStream::wait_for_bytes() {
  constexpr int look_again_ms = 100;
  while (stored_size_ == 0 && interrupted_ != nullptr) {
    if (*interrupted_ != 0) return false;
    pollfd wanted{.fd = descriptor_, .events = POLLIN, .revents = 0};
    if (poll(&wanted, 1, look_again_ms) > 0) break;
  }
  return true;
}

// Reads stored bytes into `block` from `at` on; answers how many, 0 at the end.
std::size_t ByteStream::read_into(const std::shared_ptr<Block>& block, std::size_t at) {
  if (stored_ended_) return 0;
  if (!wait_for_bytes()) {
    stored_ended_ = true;
    damage_ = Error{.what = fmt::format("{}: reading was interrupted", path_)};
    return 0;
  }
  const ssize_t got = ::read(descriptor_, block->data() + at, block->size() - at);
  if (got < 0 && !damage_) {
    damage_ = Error{.what = fmt::format("{}: cannot be read: {}", path_, std::strerror(errno))};
  }
  if (got <= 0) {
    stored_ended_ = true;
    return 0;
  }
  const auto count = static_cast<std::size_t>(got);
  stored_read_ += count;
  digest_.add(block, Bytes(*block).subspan(at, count));
  return count;
}

// Reads the next bytes of a compressed file into stored_rest_; false at the end.
bool ByteStream::read_stored() {
  stored_ = pool_.take(0);
  stored_rest_ = Bytes(*stored_).first(read_into(stored_, 0));
  return !stored_rest_.empty();
}

void ByteStream::choose_decompressor() {
  started_ = true;
  plain_end_ = read_into(plain_, 0);
  constexpr std::uint8_t gzip_magic[] = {0x1f, 0x8b};              // RFC 1952 2.3.1
  constexpr std::uint8_t zstd_magic[] = {0x28, 0xb5, 0x2f, 0xfd};  // RFC 8878 3.1.1
  const std::string_view head = as_text(Bytes(*plain_).first(plain_end_));
  if (head.starts_with(as_text(gzip_magic))) decompressor_ = std::make_unique<Gzip>();
  if (head.starts_with(as_text(zstd_magic))) decompressor_ = std::make_unique<Zstd>();
  if (!decompressor_) return;
  stored_ = plain_;
  stored_rest_ = Bytes(*stored_).first(std::exchange(plain_end_, 0));
  plain_ = pool_.take(0);
}

// Makes at least `wanted` plain bytes available unless the stream ends before.
void ByteStream::fill(std::size_t wanted) {
  if (!started_) choose_decompressor();
  if (plain_end_ - plain_begin_ >= wanted) return;
  if (plain_->size() - plain_begin_ < wanted) {
    std::shared_ptr<Block> next = pool_.take(wanted);
    std::copy(plain_->begin() + static_cast<std::ptrdiff_t>(plain_begin_),
              plain_->begin() + static_cast<std::ptrdiff_t>(plain_end_), next->begin());
    plain_end_ -= std::exchange(plain_begin_, 0);
    plain_ = std::move(next);
  }
  while (plain_end_ - plain_begin_ < wanted && !damage_) {
    if (!decompressor_) {
      const std::size_t count = read_into(plain_, plain_end_);
      if (count == 0) return;
      plain_end_ += count;
    } else if (!decompress()) {
      return;
    }
  }
}

// One step of decompression; false at the end.
bool ByteStream::decompress() {
  const bool ended = stored_rest_.empty() && !read_stored();
  if (ended && decompressor_->complete()) return false;
  const std::span<std::uint8_t> room(plain_->data() + plain_end_, plain_->size() - plain_end_);
  const Decompressor::Progress progress = decompressor_->put(stored_rest_, room);
  stored_rest_ = stored_rest_.subspan(progress.used);
  plain_end_ += progress.made;
  if (ended && progress.made == 0 && !damage_) {
    damage_ = Error{.what = fmt::format("{}: compressed data is cut", path_)};
  } else if (progress.error != nullptr) {
    damage_ = Error{.what = fmt::format("{}: {} at byte {}", path_, progress.error,
                                        stored_read_ - stored_rest_.size())};
  }
  return true;
}

void ByteStream::skip_far(std::size_t count) {
  while (count > 0) {
    const std::size_t now = peek(std::min(count, BlockPool::block_size)).size();
    if (now == 0) return;
    plain_begin_ += now;
    offset_ += now;
    count -= now;
  }
}

std::string ByteStream::finish_digest() {
  while (read_into(pool_.take(0), 0) > 0) {
  }
  return digest_.hex();
}

}  // namespace pcapaudit
