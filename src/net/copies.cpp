// Fingerprints of packets and when they were seen; see the header.
#include "net/copies.hpp"

#include <cstring>
#include <limits>

namespace pcapaudit {
namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9fb21c651e98df25ULL;
  return hash ^ (hash >> 32);
}

std::uint64_t mix(std::uint64_t hash, const IpAddress& address) {
  std::uint64_t words[2] = {};
  std::memcpy(words, address.bytes.data(), sizeof words);
  return mix(mix(hash, words[0]), words[1]);
}

// The first and the last eight bytes: the checksum speaks for the rest, where there is one.
std::uint64_t mix(std::uint64_t hash, Bytes bytes) {
  std::uint64_t words[2] = {};
  constexpr std::size_t word_size = sizeof words[0];
  if (bytes.size() >= word_size) {
    std::memcpy(&words[0], bytes.data(), word_size);
    std::memcpy(&words[1], bytes.last(word_size).data(), word_size);
  } else if (!bytes.empty()) {
    std::memcpy(&words[0], bytes.data(), bytes.size());
    words[1] = words[0];
  }
  return mix(mix(hash, words[0]), words[1]);
}

}  // namespace

bool Copies::is_copy(const Decoded& packet, Timestamp time) {
  std::uint64_t hash = mix(mix(1, packet.source), packet.destination);
  hash = mix(hash, std::uint64_t{packet.source_port} << 48 |
                       std::uint64_t{packet.destination_port} << 32 |
                       std::uint64_t{packet.ip_identification} << 16 | packet.checksum);
  hash = mix(hash, std::uint64_t{packet.tcp.sequence} << 32 | packet.tcp.acknowledgment);
  hash = mix(hash, std::uint64_t{packet.tcp.window} << 32 | std::uint64_t{packet.tcp.flags} << 24 |
                       static_cast<std::uint64_t>(packet.transport) << 20);
  hash = mix(hash, packet.payload_length);
  return note(mix(hash, packet.payload), time);
}

bool Copies::is_copy(const Walk& fragment, Timestamp time) {
  std::uint64_t hash = mix(mix(2, fragment.out.source), fragment.out.destination);
  hash = mix(hash, std::uint64_t{fragment.fragment.identification} << 32 |
                       std::uint64_t{fragment.fragment.offset} << 8 | fragment.selector);
  hash = mix(hash, std::uint64_t{fragment.length} << 1 | (fragment.fragment.more ? 1U : 0U));
  return note(mix(hash, fragment.bytes), time);
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
