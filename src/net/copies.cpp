// Fingerprints of packets and when they were seen; see the header.

#include "net/copies.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "base/keyed_hash.hpp"

namespace pcapaudit {
namespace {

std::uint64_t mix(const HashKey& key, std::uint64_t hash, const IpAddress& address) {
  std::uint64_t words[2] = {};
  std::memcpy(words, address.bytes.data(), sizeof words);
  return keyed_mix(key, keyed_mix(key, hash, words[0]), words[1]);
}

std::uint64_t word_at(const std::uint8_t* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Four pairs of words at a time, in lanes that do not wait for each other: every byte of every
// packet comes through here. The last pair overlaps what came before it.
std::uint64_t mix(const HashKey& key, std::uint64_t hash, Bytes bytes) {
  constexpr std::size_t pair = 16, block = 4 * pair;
  const auto mix_pair = [&](std::uint64_t lane, const std::uint8_t* at) {
    return keyed_mix(key, lane ^ word_at(at), word_at(at + 8));
  };
  if (bytes.size() < pair) {
    std::array<std::uint8_t, pair> padded{};
    std::copy(bytes.begin(), bytes.end(), padded.begin());
    return mix_pair(hash, padded.data());
  }
  const std::uint8_t* const last = bytes.last(pair).data();
  std::uint64_t a = hash, b = ~hash, c = hash, d = ~hash;
  for (; bytes.size() >= block; bytes = bytes.subspan(block)) {
    a = mix_pair(a, bytes.data());
    b = mix_pair(b, bytes.data() + pair);
    c = mix_pair(c, bytes.data() + 2 * pair);
    d = mix_pair(d, bytes.data() + 3 * pair);
  }
  for (; bytes.size() >= pair; bytes = bytes.subspan(pair)) a = mix_pair(a, bytes.data());
  return mix_pair(keyed_mix(key, keyed_mix(key, a, b), keyed_mix(key, c, d)), last);
}

}  // namespace

bool Copies::is_copy(const Decoded& packet, Timestamp time) {
  std::uint64_t hash = mix(key_, mix(key_, 1, packet.source), packet.destination);
  hash = keyed_mix(key_, hash,
                   std::uint64_t{packet.source_port} << 48 |
                       std::uint64_t{packet.destination_port} << 32 |
                       std::uint64_t{packet.ip_identification} << 16 | packet.checksum);
  hash =
      keyed_mix(key_, hash, std::uint64_t{packet.tcp.sequence} << 32 | packet.tcp.acknowledgment);
  hash = keyed_mix(key_, hash,
                   std::uint64_t{packet.tcp.window} << 32 | std::uint64_t{packet.tcp.flags} << 24 |
                       static_cast<std::uint64_t>(packet.transport) << 20 |
                       static_cast<std::uint64_t>(packet.tunnel) << 8);
  hash = keyed_mix(key_, hash, packet.payload_length);
  return note(mix(key_, hash, packet.payload), time);
}

bool Copies::is_copy(const Walk& fragment, Timestamp time) {
  std::uint64_t hash = mix(key_, mix(key_, 2, fragment.out.source), fragment.out.destination);
  hash = keyed_mix(key_, hash,
                   std::uint64_t{fragment.fragment.identification} << 32 |
                       std::uint64_t{fragment.fragment.offset} << 8 | fragment.selector);
  hash = keyed_mix(key_, hash,
                   std::uint64_t{fragment.length} << 1 | (fragment.fragment.more ? 1U : 0U));
  return note(mix(key_, hash, fragment.bytes), time);
}

bool Copies::note(std::uint64_t fingerprint, Timestamp time) {
  Seen& seen = table_[fingerprint % table_.size()];
  // Times may run backwards across queues, and hostile ones anywhere: compare without overflow.
  const auto later = static_cast<std::uint64_t>(std::max(time.ns, seen.time_ns));
  const auto earlier = static_cast<std::uint64_t>(std::min(time.ns, seen.time_ns));
  if (seen.fingerprint == fingerprint &&
      later - earlier <= static_cast<std::uint64_t>(max_delay_ns)) {
    return true;
  }
  seen = {.fingerprint = fingerprint, .time_ns = time.ns};
  return false;
}

}  // namespace pcapaudit
