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
    return FlowKey::of(Transport::icmp, {quoted.source, quoted.source_port},
                       {quoted.destination, quoted.destination_port});
  }
  if (packet.transport == Transport::icmp) {
    return FlowKey::of(Transport::icmp, {packet.source, packet.icmp_identifier},
                       {packet.destination, packet.icmp_identifier});
  }
  return FlowKey::of(packet.transport, {packet.source, packet.source_port},
                     {packet.destination, packet.destination_port});
}

std::uint64_t hash_of(const FlowKey& key) {
  return mix(hash_of(key.low) * 3 + hash_of(key.high));
}

}  // namespace pcapaudit
