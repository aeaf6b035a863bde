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

Walked walk_to_end(Walk& walk, int& layers, Reassembly* fragments);

// A UDP payload on a tunnel's port is the tunnel only when a whole inner packet follows; else
// the UDP packet itself is the answer.
void look_for_tunnel(Walk& udp, int& layers, Reassembly* fragments) {
  const Layer tunnel = tunnel_on_port(udp.out);
  if (tunnel == Layer::transport) return;
  Decoded found = udp.out;
  Walk inner{udp, found};  // stands at the UDP payload
  inner.layer = tunnel;
  if (walk_to_end(inner, layers, fragments).kind == Walked::Kind::done) udp.out = found;
}

// Done or failed.
Walked walk_to_end(Walk& walk, int& layers, Reassembly* fragments) {
  while (++layers <= max_nesting) {
    const Walked walked = step(walk);
    switch (walked.kind) {
      case Walked::Kind::go_on:
        break;
      case Walked::Kind::done:
        if (walk.out.transport == Transport::udp) look_for_tunnel(walk, layers, fragments);
        return walked;
      case Walked::Kind::failed:
        return walked;
      case Walked::Kind::fragment:
        switch (fragments->take(walk)) {
          case Reassembly::Answer::whole:
            break;
          case Reassembly::Answer::part:
            return Walked::done();
          case Reassembly::Answer::stateless:
            return walk_rest(walk);
        }
    }
  }
  return Walked::failed(DecodeIssue::nesting_cap);
}

}  // namespace

Walked walk_rest(Walk& walk) {
  if (walk.fragment.offset != 0) return Walked::failed(DecodeIssue::fragment);
  const bool is_head = walk.out.fragment_head = walk.fragment.more;
  walk.reassembles = false;
  int layers = 0;
  const Walked walked = walk_to_end(walk, layers, nullptr);
  // A first fragment may be too short for the headers in it; that is no contradiction.
  const bool short_head =
      is_head && walked.kind == Walked::Kind::failed && walked.issue == DecodeIssue::malformed;
  return short_head ? Walked::failed(DecodeIssue::fragment) : walked;
}

std::expected<Decoded, DecodeIssue> walk_packet(const PacketView& packet, Reassembly* fragments,
                                                bool verify_checksums) {
  std::expected<Decoded, DecodeIssue> answer{std::in_place};
  Walk walk{
      {.bytes = packet.bytes,
       .length = std::max(packet.wire_length, static_cast<std::uint32_t>(packet.bytes.size())),
       .reassembles = fragments != nullptr,
       .verifies = verify_checksums},
      *answer};
  constexpr LinkType ethernet{1};
  int layers = 0;
  Walked walked = Walked::go_on();
  if (packet.link_type == ethernet && skip_plain_headers(walk)) {
    layers = plain_layers;
  } else {
    walked = begin_link(packet.link_type, walk);
  }
  if (walked.kind == Walked::Kind::go_on) walked = walk_to_end(walk, layers, fragments);
  if (walked.kind == Walked::Kind::failed) answer = std::unexpected(walked.issue);
  return answer;
}

std::expected<Decoded, DecodeIssue> decode(const PacketView& packet) {
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
