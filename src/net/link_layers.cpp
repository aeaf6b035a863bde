// Link layers: from a capture's link type to the first IP header.
//
// Sources: tcpdump.org/linktypes.html for the link types, IEEE 802.1Q, 802.2, 802.11,
// RFC 1661 (PPP), RFC 2516 (PPPoE), RFC 3032 (MPLS).
#include <algorithm>

#include "net/layers.hpp"

namespace pcapaudit {
namespace {

Walked truncated_or_malformed(const Walk& walk) {
  return Walked::failed(walk.bytes.size() < walk.length ? DecodeIssue::truncated
                                                        : DecodeIssue::malformed);
}

// Continues at `layer` behind a header of `size` bytes that is there as a whole.
Walked behind(Walk& walk, std::size_t size, Layer layer) {
  if (walk.bytes.size() < size) return truncated_or_malformed(walk);
  walk.skip(size);
  walk.layer = layer;
  return Walked::go_on();
}

// A header that ends in an ethertype at `offset`.
Walked ethertype_at(Walk& walk, std::size_t offset, std::size_t size) {
  ByteReader in(walk.bytes);
  in.skip(offset);
  walk.selector = in.u16();
  if (!in.ok()) return truncated_or_malformed(walk);
  return behind(walk, size, Layer::ethertype);
}

// Address family as the capturing BSD wrote it, in its own byte order.
Walked begin_loopback(Walk& walk) {
  ByteReader in(walk.bytes);
  std::uint32_t family = in.u32();
  if (!in.ok()) return truncated_or_malformed(walk);
  if (family > 0xffff) family = __builtin_bswap32(family);
  constexpr std::uint32_t inet = 2;
  constexpr std::uint32_t inet6[] = {10, 23, 24, 28, 30};  // Linux, Windows, BSDs, macOS
  if (family == inet) return behind(walk, 4, Layer::ipv4);
  if (std::find(std::begin(inet6), std::end(inet6), family) != std::end(inet6)) {
    return behind(walk, 4, Layer::ipv6);
  }
  return Walked::failed(DecodeIssue::not_ip);
}

// 802.11 behind a header whose length is a little-endian word at `offset`.
Walked begin_radio(Walk& walk, std::size_t offset) {
  ByteReader in(walk.bytes);
  in.skip(offset);
  const std::size_t size = in.u16le();
  if (!in.ok()) return truncated_or_malformed(walk);
  return behind(walk, size, Layer::wlan);
}

// PPI: a header with the link type of what follows (CACE Technologies, PPI 1.0.7).
Walked begin_ppi(Walk& walk) {
  ByteReader in(walk.bytes);
  in.u16();
  const std::size_t size = in.u16le();
  const std::uint32_t link_type = in.u32le();
  constexpr std::uint32_t ppi = 192;
  if (!in.ok() || size < 8 || link_type == ppi) return truncated_or_malformed(walk);
  const Walked skipped = behind(walk, size, Layer::wlan);
  return skipped.kind == Walked::Kind::failed ? skipped : begin_link(LinkType{link_type}, walk);
}

// Netfilter log: attributes, one of them is the IP packet.
Walked begin_nflog(Walk& walk) {
  ByteReader in(walk.bytes);
  in.skip(4);
  constexpr std::uint16_t payload = 9;
  while (in.ok() && in.remaining() >= 4) {
    const std::size_t size = in.u16le();
    const std::uint16_t type = in.u16le() & 0x7fff;
    if (size < 4) break;
    if (type == payload) {
      walk.length = static_cast<std::uint32_t>(size - 4);
      walk.bytes = in.rest().first(std::min(size - 4, in.remaining()));
      walk.layer = Layer::ip;
      return Walked::go_on();
    }
    in.skip(std::min((size - 4 + 3) / 4 * 4, in.remaining()));
  }
  return Walked::failed(DecodeIssue::not_ip);
}

// ATM AAL5, RFC 2684: LLC/SNAP.
Walked begin_sunatm(Walk& walk) { return behind(walk, 4, Layer::llc); }

// Frame relay, RFC 2427: address of two bytes, control, then an NLPID or SNAP.
Walked begin_frame_relay(Walk& walk) {
  ByteReader in(walk.bytes);
  in.skip(3);
  std::size_t size = 4;
  std::uint8_t nlpid = in.u8();
  if (nlpid == 0) {  // padding
    nlpid = in.u8();
    ++size;
  }
  if (!in.ok()) return truncated_or_malformed(walk);
  if (nlpid == 0xcc) return behind(walk, size, Layer::ipv4);
  if (nlpid == 0x8e) return behind(walk, size, Layer::ipv6);
  if (nlpid == 0x80) return ethertype_at(walk, size + 3, size + 5);
  return Walked::failed(DecodeIssue::not_ip);
}

Walked walk_ethertype(Walk& walk) {
  constexpr std::uint16_t vlan_tags[] = {0x8100, 0x88a8, 0x9100, 0x9200, 0x9300};
  constexpr std::uint16_t largest_length = 1500;
  constexpr std::uint16_t mpls_unicast = 0x8847, mpls_multicast = 0x8848, pppoe_session = 0x8864;
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
  if (type == mpls_unicast || type == mpls_multicast) {
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
  if (!in.ok()) return truncated_or_malformed(walk);
  constexpr std::uint32_t snap = 0xaaaa03, ip = 0x060603;
  if (sap_and_control == ip) return behind(walk, 3, Layer::ipv4);
  if (sap_and_control != snap) return Walked::failed(DecodeIssue::not_ip);
  return ethertype_at(walk, 6, 8);
}

// Labels to the bottom of the stack; what lies below is told by its first nibble only.
Walked walk_mpls(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint32_t label = in.u32();
  if (!in.ok()) return truncated_or_malformed(walk);
  walk.enter(Tunnel::mpls);
  walk.skip(4);
  const bool bottom = (label & 0x100) != 0;
  if (!bottom) return Walked::go_on();
  if (walk.bytes.empty()) return truncated_or_malformed(walk);
  const unsigned nibble = walk.bytes[0] >> 4;
  if (nibble == 4 || nibble == 6) {
    walk.layer = nibble == 4 ? Layer::ipv4 : Layer::ipv6;
    return Walked::go_on();
  }
  // An Ethernet pseudowire, with its control word (RFC 4448 4.6) when the nibble is zero.
  return behind(walk, nibble == 0 ? 4 : 0, Layer::ethernet);
}

Walked walk_ppp(Walk& walk) {
  if (walk.bytes.size() >= 2 && walk.bytes[0] == 0xff && walk.bytes[1] == 0x03) walk.skip(2);
  ByteReader in(walk.bytes);
  std::uint16_t protocol = in.u8();
  std::size_t size = 1;
  if ((protocol & 1) == 0) {  // not compressed to one byte
    protocol = static_cast<std::uint16_t>(protocol << 8 | in.u8());
    size = 2;
  }
  if (!in.ok()) return truncated_or_malformed(walk);
  constexpr std::uint16_t ip = 0x0021, ipv6 = 0x0057, mpls = 0x0281;
  if (protocol == ip) return behind(walk, size, Layer::ipv4);
  if (protocol == ipv6) return behind(walk, size, Layer::ipv6);
  if (protocol == mpls) return behind(walk, size, Layer::mpls);
  return Walked::failed(DecodeIssue::not_ip);
}

// Data frames that are not encrypted (IEEE 802.11 9.2.4).
Walked walk_wlan(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint8_t control = in.u8();
  const std::uint8_t flags = in.u8();
  if (!in.ok()) return truncated_or_malformed(walk);
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

Walked begin_link(LinkType link_type, Walk& walk) {
  walk.layer = Layer::ip;
  switch (static_cast<std::uint32_t>(link_type)) {
    case 0:              // null: family in host order
    case 108:            // OpenBSD loop: in network order
      return begin_loopback(walk);
    case 1: walk.layer = Layer::ethernet; return Walked::go_on();
    case 9:              // PPP
    case 50:             // PPP in HDLC-like framing
      walk.layer = Layer::ppp;
      return Walked::go_on();
    case 51: walk.layer = Layer::pppoe; return Walked::go_on();
    case 11:             // FDDI: frame control, two addresses, LLC
      return behind(walk, 13, Layer::llc);
    case 12: case 14: case 101:  // raw IP
      return Walked::go_on();
    case 228: walk.layer = Layer::ipv4; return Walked::go_on();
    case 229: walk.layer = Layer::ipv6; return Walked::go_on();
    case 100: walk.layer = Layer::llc; return Walked::go_on();  // RFC 2684 ATM
    case 106: return ethertype_at(walk, 6, 8);                  // Linux classical IP over ATM
    case 104: return ethertype_at(walk, 2, 4);                  // Cisco HDLC
    case 105: walk.layer = Layer::wlan; return Walked::go_on();
    case 107: return begin_frame_relay(walk);
    case 113: return ethertype_at(walk, 14, 16);                // Linux cooked v1
    case 276: return ethertype_at(walk, 0, 20);                 // Linux cooked v2
    case 119: return behind(walk, 144, Layer::wlan);            // Prism header, fixed size
    case 123: return begin_sunatm(walk);
    case 127: return begin_radio(walk, 2);                      // radiotap
    case 129: {  // Linux ARCNET: addresses, protocol id
      if (walk.bytes.size() < 7) return truncated_or_malformed(walk);
      constexpr std::uint8_t arcnet_ip = 212, arcnet_ipv6 = 196;
      const std::uint8_t protocol = walk.bytes[4];
      if (protocol != arcnet_ip && protocol != arcnet_ipv6) break;
      return behind(walk, 8, protocol == arcnet_ip ? Layer::ipv4 : Layer::ipv6);
    }
    case 192: return begin_ppi(walk);
    case 226: return behind(walk, 24, Layer::ip);               // Solaris ipnet
    case 239: return begin_nflog(walk);
    case 242: return ethertype_at(walk, 40, 44);                // IP over InfiniBand
    default: return Walked::failed(DecodeIssue::unsupported_link);
  }
  return Walked::failed(DecodeIssue::not_ip);
}

Walked walk_link(Walk& walk) {
  switch (walk.layer) {
    case Layer::ethernet: return ethertype_at(walk, 12, 14);
    case Layer::ethertype: return walk_ethertype(walk);
    case Layer::llc: return walk_llc(walk);
    case Layer::mpls: return walk_mpls(walk);
    case Layer::ppp: return walk_ppp(walk);
    case Layer::pppoe:
      walk.enter(Tunnel::pppoe);
      return behind(walk, 6, Layer::ppp);
    default: return walk_wlan(walk);
  }
}

}  // namespace pcapaudit
