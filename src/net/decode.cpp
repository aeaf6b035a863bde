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
    case Layer::pbb:
    case Layer::macsec:
    case Layer::trill:
      return walk_link(walk);
    case Layer::wlan:
    case Layer::wlan_swapped:
      return walk_wlan(walk);
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
    case Layer::vxlan_gpe:
    case Layer::geneve:
    case Layer::gtp_u:
    case Layer::teredo:
    case Layer::capwap:
    case Layer::l2tp:
    case Layer::l2tp_session:
    case Layer::tzsp:
    case Layer::ayiya:
    case Layer::etherip:
    case Layer::nsh:
      return walk_tunnel(walk);
    case Layer::transport:
    case Layer::icmp:
    case Layer::icmp6:
      break;
  }
  return walk_transport(walk);
}

// Layer::transport: none.
Layer tunnel_on(std::uint16_t port, std::span<const std::uint16_t> vxlan_ports) {
  switch (port) {
    case 4789:  // IANA
    case 8472:  // Linux, before there was a number; Cisco's OTV looks the same
      return Layer::vxlan;
    case 4790:
      return Layer::vxlan_gpe;
    case 6081:
      return Layer::geneve;
    case 2152:
      return Layer::gtp_u;
    case 5247:
      return Layer::capwap;
    case 3544:
      return Layer::teredo;
    case 1701:
      return Layer::l2tp;
    case 37008:
      return Layer::tzsp;
    case 4754:  // RFC 8086
      return Layer::gre;
    case 5072:
      return Layer::ayiya;
    default:
      return std::ranges::find(vxlan_ports, port) != vxlan_ports.end() ? Layer::vxlan
                                                                       : Layer::transport;
  }
}

Layer tunnel_on_port(const Walk& udp) {
  const Layer tunnel = tunnel_on(udp.out.destination_port, udp.vxlan_ports);
  return tunnel != Layer::transport ? tunnel : tunnel_on(udp.out.source_port, udp.vxlan_ports);
}

Walked walk_to_end(Walk& walk, int& layers, Reassembly* fragments);

// A UDP payload on a tunnel's port is the tunnel only when a whole inner packet, or a fragment of
// one, follows; else the UDP packet itself is the answer.
Walked look_for_tunnel(Walk& udp, int& layers, Reassembly* fragments) {
  const Layer tunnel = tunnel_on_port(udp);
  if (tunnel == Layer::transport) return Walked::done();
  Decoded found = udp.out;
  Walk inner{udp, found};  // stands at the UDP payload
  inner.layer = tunnel;
  const Walked walked = walk_to_end(inner, layers, fragments);
  if (walked.kind == Walked::Kind::held) return walked;
  // Any bytes that look like an IP header name some protocol: it must be one that is in use.
  if (walked.kind == Walked::Kind::done && has_name(found.transport)) udp.out = found;
  return Walked::done();
}

// Behind a session id of L2TPv3 come a cookie of 0, 4 or 8 bytes and perhaps a sublayer of 4, as
// both ends agreed (RFC 3931 4.1): what they agreed on is where a whole packet can be read.
Walked look_for_session(Walk& walk, int& layers, Reassembly* fragments) {
  constexpr std::size_t session_id = 4;
  constexpr std::size_t cookies_and_sublayers[] = {0, 4, 8, 12};
  ByteReader header(walk.bytes);
  const std::uint32_t session = header.u32();
  if (!header.ok()) return cut_or_bad(walk);
  if (session == 0) return Walked::failed(DecodeIssue::malformed);  // control
  for (const std::size_t more : cookies_and_sublayers) {
    Decoded found = walk.out;
    Walk inner{walk, found};
    inner.enter(Tunnel::l2tp);
    inner.identify(Identifier::l2tp_session, session);
    if (behind(inner, session_id + more, Layer::ethernet).kind == Walked::Kind::failed) break;
    ByteReader in(inner.bytes);
    constexpr std::uint16_t ppp_address_and_control = 0xff03;
    if (in.u16() == ppp_address_and_control) inner.layer = Layer::ppp;
    const Walked walked = walk_to_end(inner, layers, fragments);
    const bool doubtful = walked.kind == Walked::Kind::done && !has_name(found.transport);
    if (walked.kind == Walked::Kind::failed || doubtful) continue;
    walk.out = found;
    return walked;
  }
  return cut_or_bad(walk);
}

// Done or failed.
Walked walk_to_end(Walk& walk, int& layers, Reassembly* fragments) {
  while (++layers <= max_nesting) {
    if (walk.layer == Layer::l2tp_session) {
      const Walked walked = look_for_session(walk, layers, fragments);
      return walked.kind == Walked::Kind::failed && walk.stay_outside() ? Walked::done() : walked;
    }
    const Walked walked = step(walk);
    switch (walked.kind) {
      case Walked::Kind::go_on:
        break;
      case Walked::Kind::done:
        if (walk.out.transport != Transport::udp) return walked;
        return look_for_tunnel(walk, layers, fragments);
      case Walked::Kind::held:
        return walked;
      case Walked::Kind::failed:
        return walk.stay_outside() ? Walked::done() : walked;
      case Walked::Kind::fragment:
        switch (fragments->take(walk)) {
          case Reassembly::Answer::whole:
            break;
          case Reassembly::Answer::part:
            return Walked::done();
          case Reassembly::Answer::held:
            return Walked::held();
          case Reassembly::Answer::stateless: {
            const Walked rest = walk_rest(walk);
            if (walk.out.fragment_head) walk.out.fragmentation = Fragmentation::head;
            return rest;
          }
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
  walk.stays_outside = !is_head;  // the whole may show what is inside
  int layers = 0;
  const Walked walked = walk_to_end(walk, layers, nullptr);
  // A first fragment may be too short for the headers in it; that is no contradiction.
  const bool short_head =
      is_head && walked.kind == Walked::Kind::failed && walked.issue == DecodeIssue::malformed;
  return short_head ? Walked::failed(DecodeIssue::fragment) : walked;
}

std::expected<Decoded, DecodeIssue> walk_packet(const PacketView& packet, Reassembly* fragments,
                                                const DecodeOptions& options) {
  std::expected<Decoded, DecodeIssue> answer{std::in_place};
  Walk walk{
      {.bytes = packet.bytes,
       .length = std::max(packet.wire_length, static_cast<std::uint32_t>(packet.bytes.size())),
       .reassembles = fragments != nullptr,
       .verifies = options.verify_checksums,
       .vxlan_ports = options.vxlan_ports},
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
  if (walked.kind != Walked::Kind::done) answer = std::unexpected(walked.issue);
  return answer;
}

std::expected<Decoded, DecodeIssue> decode(const PacketView& packet) {
  return walk_packet(packet, nullptr, {});
}

std::string_view to_text(Tunnel tunnel) {
  constexpr std::string_view names[] = {
      "",      "gre",    "erspan",  "vxlan",  "geneve", "ip-in-ip",  "gtp-u",   "mpls",
      "pppoe", "capwap", "ah",      "teredo", "l2tp",   "tzsp",      "802.1ah", "macsec",
      "ayiya", "eoip",   "etherip", "nsh",    "trill",  "fabricpath"};
  return names[static_cast<std::size_t>(tunnel)];
}

std::string_view to_text(DecodeIssue issue) {
  constexpr std::string_view names[decode_issue_count] = {
      "not-ip",      "fragment",     "unsupported-link", "truncated", "malformed",
      "nesting-cap", "bad-checksum", "encrypted",        "aggregate"};
  return names[static_cast<std::size_t>(issue)];
}

}  // namespace pcapaudit
