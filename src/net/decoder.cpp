// A packet walk that stops at fragments; see the header.

#include "net/decoder.hpp"

#include <utility>

#include "net/copies.hpp"
#include "net/defragmenter.hpp"
#include "net/layers.hpp"

namespace pcapaudit {

DecoderCounters& DecoderCounters::operator+=(const DecoderCounters& more) {
  decoded += more.decoded;
  for (std::size_t i = 0; i < decode_issue_count; ++i) issues[i] += more.issues[i];
  fragments += more.fragments;
  reassembled += more.reassembled;
  incomplete += more.incomplete;
  duplicates += more.duplicates;
  return *this;
}

struct Decoder::State {
  explicit State(const DecodeOptions& chosen) : options(chosen) {}
  State(const State&) = delete;

  DecodeOptions options;
  Copies copies;
  Defragmenter fragments{copies};
};

Decoder::Decoder(const DecodeOptions& options) : state_(std::make_unique<State>(options)) {}
Decoder::~Decoder() = default;

std::expected<Decoded, DecodeIssue> Decoder::decode(const PacketView& packet) {
  Defragmenter& fragments = state_->fragments;
  DecoderCounters& counters = fragments.counters;
  fragments.next_packet(packet);
  auto decoded = walk_packet(packet, &fragments, state_->options);
  const EarlierFragments& earlier = fragments.earlier();
  const std::uint64_t packets = std::uint64_t{1} + earlier.packets + earlier.duplicates;
  if (!decoded) {
    if (!fragments.keeps_packet()) {
      counters.issues[static_cast<std::size_t>(decoded.error())] += packets;
    }
    return decoded;
  }
  counters.decoded += packets;
  decoded->earlier = earlier;
  // Fragments were compared one by one.
  const bool compared = decoded->fragmentation != Fragmentation::none;
  if (!compared && state_->copies.is_copy(*decoded, packet.time)) {
    decoded->duplicate = true;
    ++counters.duplicates;
  }
  return decoded;
}

void Decoder::forget() {
  state_->fragments.forget();
  state_->copies = Copies();
}

DecoderCounters Decoder::take_counters() {
  return std::exchange(state_->fragments.counters, {});
}

}  // namespace pcapaudit
