// The two ends of a flow, in an order that does not depend on who spoke.
//
// The hash leaves the transport out, so an ICMP error finds the worker of the flow it quotes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include <pcapaudit/flow/closed_flow.hpp>
#include <pcapaudit/net/packet.hpp>

namespace pcapaudit {

struct FlowKey {
  Endpoint low, high;  // low <= high
  Transport transport = Transport::tcp;

  bool operator==(const FlowKey&) const = default;

  static FlowKey of(Transport transport, const Endpoint& a, const Endpoint& b) {
    return a < b ? FlowKey{.low = a, .high = b, .transport = transport}
                 : FlowKey{.low = b, .high = a, .transport = transport};
  }
};

// The key of the flow a packet belongs to. An ICMP error belongs to an ICMP flow of its own for
// every flow it quotes; an ICMP echo is keyed by its identifier.
FlowKey key_of(const Decoded& packet);

std::uint64_t hash_of(const FlowKey& key);

}  // namespace pcapaudit

template <>
struct std::hash<pcapaudit::FlowKey> {
  std::size_t operator()(const pcapaudit::FlowKey& key) const noexcept {
    return pcapaudit::hash_of(key);
  }
};
