// DEFLATE through zlib; see the header.

#include "dissectors/tls/keys/compression.hpp"

#include <array>

#include <zlib.h>

#include "dissectors/tls/tls_record.hpp"

namespace pcapaudit::tls_wire {

struct Decompressor::State {
  z_stream stream{};
  std::array<std::uint8_t, max_plain_body> text{};
  ~State() { inflateEnd(&stream); }
};

std::unique_ptr<Decompressor> Decompressor::make() {
  auto state = std::make_unique<State>();
  if (inflateInit(&state->stream) != Z_OK) return nullptr;
  return std::unique_ptr<Decompressor>(new Decompressor(std::move(state)));
}

Decompressor::Decompressor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Decompressor::~Decompressor() = default;

std::optional<Bytes> Decompressor::open(Bytes compressed) {
  z_stream& stream = state_->stream;
  // zlib's interface is not const; it does not write to what it reads.
  stream.next_in = const_cast<Bytef*>(compressed.data());
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = state_->text.data();
  stream.avail_out = static_cast<uInt>(state_->text.size());
  const int answer = inflate(&stream, Z_SYNC_FLUSH);
  const bool good = answer == Z_OK || answer == Z_STREAM_END || answer == Z_BUF_ERROR;
  if (!good || stream.avail_in > 0) return std::nullopt;
  return Bytes(state_->text).first(state_->text.size() - stream.avail_out);
}

}  // namespace pcapaudit::tls_wire
