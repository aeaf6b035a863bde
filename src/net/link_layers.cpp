// Link layers that may follow one another, down to an IP header: Ethernet, LLC, MPLS, PPP, 802.11.
//
// Sources: IEEE 802.1Q, 802.2, 802.11, RFC 1661 (PPP), RFC 2516 (PPPoE), RFC 3032 (MPLS),
// RFC 4448 (Ethernet over MPLS).
#include <algorithm>
#include <utility>

#include "net/layers.hpp"

namespace pcapaudit {
namespace {

Walked walk_ethertype(Walk& walk) {
  constexpr std::uint16_t vlan_tags[] = {0x8100, 0x88a8, 0x9100, 0x9200, 0x9300};
  constexpr std::uint16_t largest_length = 1500;
  constexpr std::uint16_t pppoe_session = 0x8864;
  const std::uint16_t type = walk.selector;
  if (type == ethertype_ipv4 || type == ethertype_ipv6) {
    walk.layer = type == ethertype_ipv4 ? Layer::ipv4 : Layer::ipv6;
    return Walked::go_on();
  }
  if (std::find(std::begin(vlan_tags), std::end(vlan_tags), type) != std::end(vlan_tags)) {
    ByteReader in(walk.bytes);
    const std::uint16_t id = in.u16() & 0x0fff;
    if (in.ok() && walk.out.vlan_count < Decoded::max_vlans) {
      walk.out.vlans[walk.out.vlan_count++] = id;
    }
    return ethertype_at(walk, 2, 4);
  }
  if (type <= largest_length) {
    walk.limit(type);
    walk.layer = Layer::llc;
    return Walked::go_on();
  }
  if (type == ethertype_mpls || type == ethertype_mpls_multicast) {
    walk.layer = Layer::mpls;
    return Walked::go_on();
  }
  if (type == pppoe_session) {
    walk.layer = Layer::pppoe;
    return Walked::go_on();
  }
  if (type == ethertype_teb) {
    walk.layer = Layer::ethernet;
    return Walked::go_on();
  }
  return Walked::failed(DecodeIssue::not_ip);
}

Walked walk_llc(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint32_t sap_and_control = in.u24();
  if (!in.ok()) return cut_or_bad(walk);
  constexpr std::uint32_t snap = 0xaaaa03, ip = 0x060603;
  if (sap_and_control == ip) return behind(walk, 3, Layer::ipv4);
  if (sap_and_control != snap) return Walked::failed(DecodeIssue::not_ip);
  constexpr std::uint32_t encapsulated_ethernet = 0, bridge_tunnel = 0x0000f8;  // IEEE 802.1H
  const std::uint32_t organization = in.u24();
  const std::uint16_t type = in.u16();
  if (!in.ok()) return cut_or_bad(walk);
  const bool ethertype = organization == encapsulated_ethernet || organization == bridge_tunnel;
  if (!ethertype || type < smallest_ethertype) return Walked::failed(DecodeIssue::not_ip);
  return ethertype_at(walk, 6, 8);
}

// Labels to the bottom of the stack; what lies below is told by its first nibble only.
Walked walk_mpls(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint32_t label = in.u32();
  if (!in.ok()) return cut_or_bad(walk);
  walk.enter(Tunnel::mpls);
  walk.skip(4);
  const bool bottom = (label & 0x100) != 0;
  if (!bottom) return Walked::go_on();
  if (walk.bytes.empty()) return cut_or_bad(walk);
  const unsigned nibble = walk.bytes[0] >> 4;
  if (nibble == 4 || nibble == 6) {
    walk.layer = nibble == 4 ? Layer::ipv4 : Layer::ipv6;
    return Walked::go_on();
  }
  constexpr unsigned associated_channel = 1;  // RFC 5586: operation and maintenance
  if (nibble == associated_channel) return Walked::failed(DecodeIssue::not_ip);
  // An Ethernet pseudowire, with its control word (RFC 4448 4.6) when the nibble is zero.
  return behind(walk, nibble == 0 ? 4 : 0, Layer::ethernet);
}

Walked walk_ppp(Walk& walk) {
  // Address and control, which a link may leave out; no protocol begins with 0xff.
  if (!walk.bytes.empty() && walk.bytes[0] == 0xff) walk.skip(2);
  ByteReader in(walk.bytes);
  std::uint16_t protocol = in.u8();
  std::size_t size = 1;
  if ((protocol & 1) == 0) {  // not compressed to one byte
    protocol = static_cast<std::uint16_t>(protocol << 8 | in.u8());
    size = 2;
  }
  if (!in.ok()) return cut_or_bad(walk);
  constexpr std::uint16_t ip = 0x0021, ipv6 = 0x0057, mpls = 0x0281, mpls_multicast = 0x0283;
  if (protocol == ip) return behind(walk, size, Layer::ipv4);
  if (protocol == ipv6) return behind(walk, size, Layer::ipv6);
  if (protocol == mpls || protocol == mpls_multicast) return behind(walk, size, Layer::mpls);
  return Walked::failed(DecodeIssue::not_ip);
}

Walked walk_pppoe(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint8_t version_and_type = in.u8();
  const std::uint8_t code = in.u8();
  in.u16();  // session
  const std::uint16_t length = in.u16();
  if (!in.ok()) return cut_or_bad(walk);
  if (version_and_type != 0x11) return Walked::failed(DecodeIssue::malformed);
  constexpr std::uint8_t session_data = 0;
  if (code != session_data) return Walked::failed(DecodeIssue::not_ip);
  walk.enter(Tunnel::pppoe);
  walk.skip(6);
  walk.limit(length);
  walk.layer = Layer::ppp;
  return Walked::go_on();
}

// Data frames that are not encrypted (IEEE 802.11 9.2.4).
Walked walk_wlan(Walk& walk) {
  ByteReader in(walk.bytes);
  std::uint8_t control = in.u8();
  std::uint8_t flags = in.u8();
  if (!in.ok()) return cut_or_bad(walk);
  if (walk.layer == Layer::wlan_swapped) std::swap(control, flags);
  const unsigned type = control >> 2 & 3U;
  const unsigned subtype = control >> 4;
  constexpr unsigned data = 2, no_data_bit = 4, qos_bit = 8;
  constexpr std::uint8_t protected_frame = 0x40, both_ds = 0x03, order = 0x80;
  if (type != data || (subtype & no_data_bit) != 0 || (flags & protected_frame) != 0) {
    return Walked::failed(DecodeIssue::not_ip);
  }
  std::size_t size = 24;
  if ((flags & both_ds) == both_ds) size += 6;
  if ((subtype & qos_bit) != 0) {
    // An aggregate (A-MSDU) is several frames in one; only its first would be seen: left out.
    if (walk.bytes.size() > size && (walk.bytes[size] & 0x80) != 0) {
      return Walked::failed(DecodeIssue::not_ip);
    }
    size += (flags & order) != 0 ? 6 : 2;
  }
  return behind(walk, size, Layer::llc);
}

}  // namespace

Walked walk_link(Walk& walk) {
  switch (walk.layer) {
    case Layer::ethernet:
      return ethertype_at(walk, 12, 14);
    case Layer::ethertype:
      return walk_ethertype(walk);
    case Layer::llc:
      return walk_llc(walk);
    case Layer::mpls:
      return walk_mpls(walk);
    case Layer::ppp:
      return walk_ppp(walk);
    case Layer::pppoe:
      return walk_pppoe(walk);
    default:
      return walk_wlan(walk);
  }
}

}  // namespace pcapaudit
