// The two ends of a flow, whichever of them spoke.
//
// The hash leaves the transport out, so an ICMP error finds the worker of the flow it quotes.
#pragma once

#include <cstdint>

#include <pcapaudit/flow/closed_flow.hpp>
#include <pcapaudit/net/packet.hpp>

namespace pcapaudit {

struct FlowKey {
  Endpoint one, other;
  Transport transport = Transport::tcp;

  bool operator==(const FlowKey& key) const {
    return transport == key.transport &&
           ((one == key.one && other == key.other) || (one == key.other && other == key.one));
  }
};

// The key of the flow a packet belongs to. An ICMP error belongs to an ICMP flow of its own for
// every flow it quotes; an ICMP echo is keyed by its identifier.
FlowKey key_of(const Decoded& packet);

// The same for both directions; never 0.
std::uint64_t hash_of(const FlowKey& key);

}  // namespace pcapaudit
