// Keys and hashes of flows.
#include <pcapaudit/flow/flow_key.hpp>

#include <cstring>

namespace pcapaudit {
namespace {

std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  return value ^ (value >> 33);
}

std::uint64_t hash_of(const Endpoint& end) {
  std::uint64_t words[2] = {};
  std::memcpy(words, end.address.bytes.data(), sizeof words);
  return mix(words[0] * 31 + words[1] + (std::uint64_t{end.port} << 40));
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
  const std::uint64_t hash = mix(hash_of(key.one) + hash_of(key.other));
  return hash == 0 ? 1 : hash;
}

}  // namespace pcapaudit
