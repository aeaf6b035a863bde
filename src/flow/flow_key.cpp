// Keys and hashes of flows.

#include "flow/flow_key.hpp"

#include <cstring>

#include "base/keyed_hash.hpp"

namespace pcapaudit {
namespace {

std::uint64_t hash_of(const HashKey& key, const Endpoint& end) {
  std::uint64_t words[2] = {};
  std::memcpy(words, end.address.bytes.data(), sizeof words);
  return keyed_mix(key, keyed_mix(key, end.port, words[0]), words[1]);
}

}  // namespace

FlowKey key_of(const Decoded& packet) {
  if (packet.quoted) {
    const QuotedPacket& quoted = *packet.quoted;
    return {.one = {quoted.source, quoted.source_port},
            .other = {quoted.destination, quoted.destination_port},
            .transport = Transport::icmp,
            .network = packet.network};
  }
  if (packet.transport == Transport::icmp) {
    return {.one = {packet.source, packet.icmp_identifier},
            .other = {packet.destination, packet.icmp_identifier},
            .transport = Transport::icmp,
            .network = packet.network};
  }
  return {.one = {packet.source, packet.source_port},
          .other = {packet.destination, packet.destination_port},
          .transport = packet.transport,
          .network = packet.network};
}

std::uint64_t hash_of(const FlowKey& key) {
  const HashKey& secret = hash_key();
  const std::uint64_t hash =
      keyed_mix(secret, hash_of(secret, key.one) + hash_of(secret, key.other), 0);
  return hash == 0 ? 1 : hash;
}

}  // namespace pcapaudit
