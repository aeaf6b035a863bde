// A packet walk that stops at fragments; see the header.
#include <pcapaudit/net/decoder.hpp>

#include <utility>

#include "net/copies.hpp"
#include "net/defragmenter.hpp"
#include "net/layers.hpp"

namespace pcapaudit {

struct Decoder::State {
  explicit State(bool verify) : verify_checksums(verify) {}
  State(const State&) = delete;

  bool verify_checksums;
  Copies copies;
  Defragmenter fragments{copies};
};

Decoder::Decoder(bool verify_checksums) : state_(std::make_unique<State>(verify_checksums)) {}
Decoder::~Decoder() = default;

std::expected<Decoded, DecodeIssue> Decoder::decode(const PacketView& packet) {
  state_->fragments.next_packet(packet.time);
  auto decoded = walk_packet(packet, &state_->fragments, state_->verify_checksums);
  // Fragments were compared one by one.
  const bool compared = !decoded || decoded->fragmentation != Fragmentation::none;
  if (!compared && state_->copies.is_copy(*decoded, packet.time)) {
    decoded->duplicate = true;
    ++state_->fragments.counters.duplicates;
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
