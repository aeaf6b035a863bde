// Link layers that may follow one another, down to an IP header: Ethernet with its tags, LLC, MPLS,
// PPP.
//
// Sources: IEEE 802.1Q, 802.2, 802.1ah, 802.1AE (MACsec), 802.1BR and Cisco's VN-Tag, IEC 62439-3
// (HSR), IEEE 802.1CB, draft-smith-kandula-sxp (Cisco metadata), RFC 6325 (TRILL), RFC 1661 (PPP),
// RFC 2516 (PPPoE), RFC 3032 (MPLS), RFC 4448 (Ethernet over MPLS).
#include <algorithm>

#include "net/layers.hpp"

namespace pcapaudit {
namespace {

// A VLAN tag. Id 0 names none: the tag carries a priority, and the frame is as untagged
// (IEEE 802.1Q 9.6).
Walked walk_vlan(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint16_t id = in.u16() & 0x0fff;
  if (in.ok() && id != 0) {
    walk.identify(Identifier::vlan, id);
    if (walk.out.vlan_count < Decoded::max_vlans) walk.out.vlans[walk.out.vlan_count++] = id;
  }
  return ethertype_at(walk, 2, 4);
}

// Version and length in words, options, then the ethertype.
Walked walk_cisco_metadata(Walk& walk) {
  ByteReader in(walk.bytes);
  in.u8();
  const std::size_t size = 2 + in.u8() * 4U;
  if (!in.ok()) return cut_or_bad(walk);
  return ethertype_at(walk, size, size + 2);
}

Walked go_on_at(Walk& walk, Layer layer) {
  walk.layer = layer;
  return Walked::go_on();
}

Walked walk_ethertype(Walk& walk) {
  constexpr std::uint16_t largest_length = 1500;
  if (walk.selector <= largest_length) {
    walk.limit(walk.selector);
    return go_on_at(walk, Layer::llc);
  }
  switch (walk.selector) {
    case ethertype_ipv4:
      return go_on_at(walk, Layer::ipv4);
    case ethertype_ipv6:
      return go_on_at(walk, Layer::ipv6);
    case 0x8100:
    case 0x88a8:
    case 0x9100:
    case 0x9200:
    case 0x9300:
      return walk_vlan(walk);
    case ethertype_mpls:
    case ethertype_mpls_multicast:
      return go_on_at(walk, Layer::mpls);
    case 0x8864:
      return go_on_at(walk, Layer::pppoe);
    case ethertype_teb:
      return go_on_at(walk, Layer::ethernet);
    case 0x8926:  // VN-Tag
    case 0x892f:  // HSR
    case 0xf1c1:  // 802.1CB
      return ethertype_at(walk, 4, 6);
    case 0x893f:  // 802.1BR
      return ethertype_at(walk, 6, 8);
    case ethertype_cisco_metadata:
      return walk_cisco_metadata(walk);
    case 0x88e7:
      return go_on_at(walk, Layer::pbb);
    case 0x88e5:
      return go_on_at(walk, Layer::macsec);
    case 0x22f3:
      return go_on_at(walk, Layer::trill);
    case 0x8903:  // Cisco FabricPath: tree and TTL
      walk.enter(Tunnel::fabricpath);
      return behind(walk, 2, Layer::ethernet);
    case ethertype_nsh:
      return go_on_at(walk, Layer::nsh);
    default:
      return Walked::failed(DecodeIssue::not_ip);
  }
}

// A backbone's service tag: flags and service id, then the customer's frame.
Walked walk_pbb(Walk& walk) {
  ByteReader in(walk.bytes);
  in.u8();
  const std::uint32_t service = in.u24();
  if (!in.ok()) return cut_or_bad(walk);
  walk.enter(Tunnel::pbb);
  walk.identify(Identifier::service_instance, service);
  return behind(walk, 4, Layer::ethernet);
}

// Without encryption the frame is readable, with its check value behind (IEEE 802.1AE 9).
Walked walk_macsec(Walk& walk) {
  constexpr std::uint8_t version = 0x80, has_channel = 0x20, encrypted = 0x08, changed = 0x04;
  constexpr std::size_t check_value = 16;
  ByteReader in(walk.bytes);
  const std::uint8_t control = in.u8();
  const std::size_t short_length = in.u8() & 0x3fU;
  in.u32();  // packet number
  if ((control & has_channel) != 0) in.skip(8);
  if (!in.ok()) return cut_or_bad(walk);
  if ((control & version) != 0) return Walked::failed(DecodeIssue::malformed);
  if ((control & (encrypted | changed)) != 0) return Walked::failed(DecodeIssue::encrypted);
  walk.skip(walk.bytes.size() - in.remaining());
  walk.limit(walk.length - std::min<std::size_t>(walk.length, check_value));
  if (short_length != 0) walk.limit(short_length);
  walk.enter(Tunnel::macsec);
  return ethertype_at(walk, 0, 2);
}

Walked walk_trill(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint16_t fields = in.u16();
  in.u32();  // egress and ingress
  if (!in.ok()) return cut_or_bad(walk);
  if (fields >> 14 != 0) return Walked::failed(DecodeIssue::malformed);  // version
  walk.enter(Tunnel::trill);
  const std::size_t options = (fields >> 6 & 0x1fU) * 4U;
  return behind(walk, 6 + options, Layer::ethernet);
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
  // The innermost label names the service, the ones above it the way there (RFC 4364 4.3.2).
  walk.identify(Identifier::mpls_label, label >> 12);
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
  const std::uint16_t session = in.u16();
  const std::uint16_t length = in.u16();
  if (!in.ok()) return cut_or_bad(walk);
  if (version_and_type != 0x11) return Walked::failed(DecodeIssue::malformed);
  constexpr std::uint8_t session_data = 0;
  if (code != session_data) return Walked::failed(DecodeIssue::not_ip);
  walk.enter(Tunnel::pppoe);
  walk.identify(Identifier::pppoe_session, session);
  walk.skip(6);
  walk.limit(length);
  walk.layer = Layer::ppp;
  return Walked::go_on();
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
    case Layer::pbb:
      return walk_pbb(walk);
    case Layer::macsec:
      return walk_macsec(walk);
    default:
      return walk_trill(walk);
  }
}

}  // namespace pcapaudit
