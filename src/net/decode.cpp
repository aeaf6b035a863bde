// One packet to its innermost IP flow: a loop over layers with a cap on nesting.
#include <algorithm>

#include "net/layers.hpp"

namespace pcapaudit {
namespace {

// More headers than any real network stacks up (two VLANs, MPLS labels, a tunnel in a tunnel
// with IPv6 extension headers are about twenty); more is an attack on the decoder.
constexpr int max_nesting = 32;

Walked step(Walk& walk) {
  switch (walk.layer) {
    case Layer::ethernet:
    case Layer::ethertype:
    case Layer::llc:
    case Layer::mpls:
    case Layer::ppp:
    case Layer::pppoe:
    case Layer::wlan:
    case Layer::wlan_swapped:
      return walk_link(walk);
    case Layer::ip:
    case Layer::ipv4:
    case Layer::ipv6:
    case Layer::ah:
    case Layer::protocol:
      return walk_ip(walk);
    case Layer::gre:
    case Layer::erspan1:
    case Layer::erspan3:
    case Layer::vxlan:
    case Layer::geneve:
    case Layer::gtp_u:
    case Layer::teredo:
    case Layer::capwap:
      return walk_tunnel(walk);
    case Layer::transport:
    case Layer::icmp:
    case Layer::icmp6:
      break;
  }
  return walk_transport(walk);
}

Layer tunnel_on_port(const Decoded& udp) {
  constexpr std::uint16_t gtp_u_port = 2152, vxlan_port = 4789, geneve_port = 6081,
                          capwap_data_port = 5247, teredo_port = 3544;
  const auto on = [&](std::uint16_t port) {
    return udp.destination_port == port || udp.source_port == port;
  };
  if (on(vxlan_port)) return Layer::vxlan;
  if (on(geneve_port)) return Layer::geneve;
  if (on(gtp_u_port)) return Layer::gtp_u;
  if (on(capwap_data_port)) return Layer::capwap;
  if (on(teredo_port)) return Layer::teredo;
  return Layer::transport;  // none
}

using Answer = std::expected<Decoded, DecodeIssue>;

Answer walk_to_end(Walk walk, int& layers, Reassembly* fragments);

// A UDP payload on a tunnel's port is the tunnel only when a whole inner packet follows; else
// the UDP packet itself is the answer.
Decoded inner_or_self(const Walk& udp, int& layers, Reassembly* fragments) {
  const Layer tunnel = tunnel_on_port(udp.out);
  if (udp.out.transport != Transport::udp || tunnel == Layer::transport) return udp.out;
  Walk inner = udp;
  inner.layer = tunnel;
  inner.bytes = udp.out.payload;
  inner.length = udp.out.payload_length;
  auto decoded = walk_to_end(inner, layers, fragments);
  return decoded ? *decoded : udp.out;
}

Answer walk_to_end(Walk walk, int& layers, Reassembly* fragments) {
  while (++layers <= max_nesting) {
    const Walked walked = step(walk);
    if (walked.kind == Walked::Kind::done) return inner_or_self(walk, layers, fragments);
    if (walked.kind == Walked::Kind::failed) return std::unexpected(walked.issue);
    if (walked.kind != Walked::Kind::fragment) continue;
    switch (fragments->take(walk)) {
      case Reassembly::Answer::whole:
        break;
      case Reassembly::Answer::part:
        return walk.out;
      case Reassembly::Answer::stateless:
        return walk_rest(walk);
    }
  }
  return std::unexpected(DecodeIssue::nesting_cap);
}

}  // namespace

Answer walk_rest(Walk walk) {
  if (walk.fragment.offset != 0) return std::unexpected(DecodeIssue::fragment);
  walk.out.fragment_head = walk.fragment.more;
  walk.reassembles = false;
  int layers = 0;
  const Answer answer = walk_to_end(walk, layers, nullptr);
  // A first fragment may be too short for the headers in it; that is no contradiction.
  const bool short_head =
      walk.out.fragment_head && !answer && answer.error() == DecodeIssue::malformed;
  return short_head ? std::unexpected(DecodeIssue::fragment) : answer;
}

Answer walk_packet(const PacketView& packet, Reassembly* fragments, bool verify_checksums) {
  Walk walk;
  walk.bytes = packet.bytes;
  walk.length = std::max(packet.wire_length, static_cast<std::uint32_t>(packet.bytes.size()));
  walk.reassembles = fragments != nullptr;
  walk.verifies = verify_checksums;
  const Walked begun = begin_link(packet.link_type, walk);
  if (begun.kind == Walked::Kind::failed) return std::unexpected(begun.issue);
  int layers = 0;
  return walk_to_end(walk, layers, fragments);
}

Answer decode(const PacketView& packet) {
  return walk_packet(packet, nullptr, false);
}

std::string_view to_text(Transport transport) {
  constexpr std::string_view names[] = {"tcp", "udp", "icmp"};
  return names[static_cast<std::size_t>(transport)];
}

std::string_view to_text(Tunnel tunnel) {
  constexpr std::string_view names[] = {"",      "gre",  "erspan", "vxlan",  "geneve", "ip-in-ip",
                                        "gtp-u", "mpls", "pppoe",  "capwap", "ah",     "teredo"};
  return names[static_cast<std::size_t>(tunnel)];
}

std::string_view to_text(DecodeIssue issue) {
  constexpr std::string_view names[decode_issue_count] = {
      "not-ip",    "other-transport", "fragment",    "unsupported-link",
      "truncated", "malformed",       "nesting-cap", "bad-checksum"};
  return names[static_cast<std::size_t>(issue)];
}

}  // namespace pcapaudit
