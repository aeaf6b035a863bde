// The two ends of a flow, whichever of them spoke.
//
// The hash leaves the transport out, so an ICMP error finds the worker of the flow it quotes, and
// the network, so the two directions of a connection meet that a mirror port shows in two VLANs.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "flow/closed_flow.hpp"
#include "net/packet.hpp"

namespace pcapaudit {

// Equality in a few comparisons of words: asked for every packet.
inline bool is_same_end(const Endpoint& a, const Endpoint& b) {
  std::array<std::uint64_t, 2> x, y;
  static_assert(sizeof x == sizeof a.address.bytes);
  std::memcpy(x.data(), a.address.bytes.data(), sizeof x);
  std::memcpy(y.data(), b.address.bytes.data(), sizeof y);
  return a.port == b.port && x[0] == y[0] && x[1] == y[1] && a.address.v4 == b.address.v4;
}

struct FlowKey {
  Endpoint one, other;
  Transport transport = Transport::tcp;
  std::uint32_t network = 0;  // Decoded::network

  bool operator==(const FlowKey& key) const { return network == key.network && has_same_ends(key); }
  bool has_same_ends(const FlowKey& key) const {
    return transport == key.transport &&
           ((is_same_end(one, key.one) && is_same_end(other, key.other)) ||
            (is_same_end(one, key.other) && is_same_end(other, key.one)));
  }
};

// The key of the flow a packet belongs to. An ICMP error belongs to an ICMP flow of its own for
// every flow it quotes; an ICMP echo is keyed by its identifier.
FlowKey key_of(const Decoded& packet);

// The same for both directions; never 0.
std::uint64_t hash_of(const FlowKey& key);

}  // namespace pcapaudit
