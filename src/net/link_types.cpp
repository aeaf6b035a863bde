// Link types of capture files: from the first byte of a packet to its first layer.
//
// Source: tcpdump.org/linktypes.html, and the descriptions it points to.
#include <algorithm>
#include <bit>

#include "net/layers.hpp"

namespace pcapaudit {
namespace {

// Address family as the capturing BSD wrote it, in its own byte order.
Walked begin_loopback(Walk& walk) {
  ByteReader in(walk.bytes);
  std::uint32_t family = in.u32();
  if (!in.ok()) return cut_or_bad(walk);
  if (family > 0xffff) family = std::byteswap(family);
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
  if (!in.ok()) return cut_or_bad(walk);
  return behind(walk, size, Layer::wlan);
}

// AVS: the header's length is its second word.
Walked begin_avs(Walk& walk) {
  ByteReader in(walk.bytes);
  in.u32();
  const std::size_t size = in.u32();
  if (!in.ok()) return cut_or_bad(walk);
  return behind(walk, size, Layer::wlan);
}

// FDDI: frame control, two addresses; frames of LLC are 0x50 to 0x57, or 0xd0 to 0xd7.
Walked begin_fddi(Walk& walk) {
  if (walk.bytes.empty()) return cut_or_bad(walk);
  constexpr std::uint8_t kind_mask = 0x70, llc = 0x50;
  if ((walk.bytes[0] & kind_mask) != llc) return Walked::failed(DecodeIssue::not_ip);
  return behind(walk, 13, Layer::llc);
}

// Token Ring (IEEE 802.5): access and frame control, two addresses, the route when the first bit of
// the source address says so.
Walked begin_token_ring(Walk& walk) {
  constexpr std::size_t header = 14, source_at = 8;
  constexpr std::uint8_t kind_mask = 0xc0, llc = 0x40, routed = 0x80, length_mask = 0x1f;
  if (walk.bytes.size() < header) return cut_or_bad(walk);
  if ((walk.bytes[1] & kind_mask) != llc) return Walked::failed(DecodeIssue::not_ip);
  std::size_t size = header;
  if ((walk.bytes[source_at] & routed) != 0) {
    if (walk.bytes.size() == header) return cut_or_bad(walk);
    size += walk.bytes[header] & length_mask;
  }
  return behind(walk, size, Layer::llc);
}

// The log of BSD's packet filter: its header's length without padding comes first.
Walked begin_pflog(Walk& walk) {
  if (walk.bytes.empty()) return cut_or_bad(walk);
  const std::size_t size = (walk.bytes[0] + std::size_t{3}) / 4 * 4;
  return behind(walk, size, Layer::ip);
}

// A header that names the link type of what follows. It may not name another such header: that
// would be nesting without a cap.
Walked begin_wrapped(Walk& walk, std::size_t size, std::uint32_t link_type) {
  constexpr std::uint32_t wrappers[] = {149, 192, 258};  // PKTAP, PPI, PKTAP
  if (std::find(std::begin(wrappers), std::end(wrappers), link_type) != std::end(wrappers)) {
    return Walked::failed(DecodeIssue::malformed);
  }
  const Walked skipped = behind(walk, size, Layer::ip);
  return skipped.kind == Walked::Kind::failed ? skipped : begin_link(LinkType{link_type}, walk);
}

// PPI: CACE Technologies, PPI 1.0.7.
Walked begin_ppi(Walk& walk) {
  ByteReader in(walk.bytes);
  in.u16();
  const std::size_t size = in.u16le();
  const std::uint32_t link_type = in.u32le();
  if (!in.ok()) return cut_or_bad(walk);
  if (size < 8) return Walked::failed(DecodeIssue::malformed);
  return begin_wrapped(walk, size, link_type);
}

// Apple's packet tap, little-endian as every Mac that writes it.
Walked begin_pktap(Walk& walk) {
  constexpr std::size_t smallest = 108;
  constexpr std::uint32_t packet = 1;
  ByteReader in(walk.bytes);
  const std::size_t size = in.u32le();
  const std::uint32_t record = in.u32le();
  const std::uint32_t link_type = in.u32le();
  if (!in.ok()) return cut_or_bad(walk);
  if (size < smallest) return Walked::failed(DecodeIssue::malformed);
  if (record != packet) return Walked::failed(DecodeIssue::not_ip);
  return begin_wrapped(walk, size, link_type);
}

// The type reserved for private use that Apple wrote before it had its own: PKTAP, or anything.
Walked begin_user2(Walk& walk) {
  const Walked begun = begin_pktap(walk);
  const bool other = begun.kind == Walked::Kind::failed && begun.issue == DecodeIssue::malformed;
  return other ? Walked::failed(DecodeIssue::unsupported_link) : begun;
}

// Juniper: magic, flags, and extensions whose length is told, then the Ethernet frame.
Walked begin_juniper_ethernet(Walk& walk) {
  constexpr std::uint32_t magic = 0x4d4743;
  constexpr std::uint8_t has_extensions = 0x80, no_link_header = 0x02;
  ByteReader in(walk.bytes);
  const std::uint32_t mark = in.u24();
  const std::uint8_t flags = in.u8();
  std::size_t size = 4;
  if ((flags & has_extensions) != 0) size += 2U + in.u16();
  if (!in.ok()) return cut_or_bad(walk);
  if (mark != magic) return Walked::failed(DecodeIssue::malformed);
  if ((flags & no_link_header) != 0) return Walked::failed(DecodeIssue::not_ip);
  return behind(walk, size, Layer::ethernet);
}

// Linux cooked: its protocol field is an ethertype, or below that a number of Linux's own.
Walked begin_cooked(Walk& walk, std::size_t offset, std::size_t size) {
  constexpr std::uint16_t llc = 4;
  const Walked walked = ethertype_at(walk, offset, size);
  if (walked.kind == Walked::Kind::failed || walk.selector >= smallest_ethertype) return walked;
  walk.layer = Layer::llc;
  return walk.selector == llc ? Walked::go_on() : Walked::failed(DecodeIssue::not_ip);
}

// PPP, or Cisco HDLC in its place, told by the address byte.
Walked begin_ppp(Walk& walk) {
  if (walk.bytes.empty()) return cut_or_bad(walk);
  constexpr std::uint8_t cisco_unicast = 0x0f, cisco_multicast = 0x8f;
  const std::uint8_t address = walk.bytes[0];
  if (address == cisco_unicast || address == cisco_multicast) return ethertype_at(walk, 2, 4);
  walk.layer = Layer::ppp;
  return Walked::go_on();
}

// Netfilter log: attributes, one of them is the IP packet.
Walked begin_nflog(Walk& walk) {
  ByteReader in(walk.bytes);
  in.skip(4);
  constexpr std::uint16_t payload = 9;
  while (in.ok() && in.remaining() >= 4) {
    const std::size_t size = in.u16le();
    const std::uint16_t type = in.u16le() & 0x7fff;
    if (size < 4) return Walked::failed(DecodeIssue::malformed);
    if (type == payload) {
      walk.length = static_cast<std::uint32_t>(size - 4);
      walk.bytes = in.rest().first(std::min(size - 4, in.remaining()));
      walk.layer = Layer::ip;
      return Walked::go_on();
    }
    in.skip(std::min((size - 4 + 3) / 4 * 4, in.remaining()));
  }
  const bool cut = walk.bytes.size() < walk.length;
  return Walked::failed(cut ? DecodeIssue::truncated : DecodeIssue::not_ip);
}

// SunATM: kind of traffic, VPI, VCI; then RFC 2684 LLC, or LAN emulation's id and Ethernet.
Walked begin_sunatm(Walk& walk) {
  if (walk.bytes.empty()) return cut_or_bad(walk);
  constexpr unsigned lan_emulation = 1, llc = 2;
  const unsigned traffic = walk.bytes[0] & 0x0fU;
  if (traffic == lan_emulation) return behind(walk, 6, Layer::ethernet);
  if (traffic == llc) return behind(walk, 4, Layer::llc);
  return Walked::failed(DecodeIssue::not_ip);
}

// Frame relay: address of two bytes, then RFC 2427 (control, NLPID, maybe SNAP) or, as Cisco
// does, an ethertype.
Walked begin_frame_relay(Walk& walk) {
  constexpr std::uint8_t unnumbered = 0x03, ipv4 = 0xcc, ipv6 = 0x8e, snap = 0x80, padding = 0;
  ByteReader in(walk.bytes);
  in.u16();
  const std::uint8_t control = in.u8();
  std::uint8_t nlpid = in.u8();
  if (!in.ok()) return cut_or_bad(walk);
  if (control != unnumbered) return ethertype_at(walk, 2, 4);
  std::size_t size = 4;
  if (nlpid == padding) {
    nlpid = in.u8();
    ++size;
  }
  if (!in.ok()) return cut_or_bad(walk);
  if (nlpid == ipv4) return behind(walk, size, Layer::ipv4);
  if (nlpid == ipv6) return behind(walk, size, Layer::ipv6);
  if (nlpid != snap) return Walked::failed(DecodeIssue::not_ip);
  const std::uint32_t organization = in.u24();
  if (!in.ok()) return cut_or_bad(walk);
  if (organization != 0) return Walked::failed(DecodeIssue::not_ip);
  return ethertype_at(walk, size + 3, size + 5);
}

// Linux ARCNET: addresses, offset, protocol; RFC 1201 adds split flag and sequence to it.
Walked begin_arcnet(Walk& walk) {
  constexpr std::uint8_t ip_rfc1051 = 240, ip = 212, ipv6 = 196;
  ByteReader in(walk.bytes);
  in.u32();
  const std::uint8_t protocol = in.u8();
  const std::uint8_t split = in.u8();
  if (!in.ok()) return cut_or_bad(walk);
  if (protocol == ip_rfc1051) return behind(walk, 5, Layer::ipv4);
  if (protocol != ip && protocol != ipv6) return Walked::failed(DecodeIssue::not_ip);
  // Split over several frames: odd in the first, even and not zero in the later ones.
  if (split != 0 && split % 2 == 0) return Walked::failed(DecodeIssue::fragment);
  if (split != 0) walk.out.fragment_head = true;
  return behind(walk, 8, protocol == ip ? Layer::ipv4 : Layer::ipv6);
}

// A header of one length with nothing to read in it, and what follows.
struct FixedHeader {
  std::uint32_t link_type = 0;
  std::size_t length = 0;
  Layer layer = Layer::ip;
};
constexpr FixedHeader fixed_headers[] = {
    {1, 0, Layer::ethernet},
    {8, 16, Layer::ip},   // SLIP: direction, compressed header
    {11, 0, Layer::llc},  // RFC 2684 ATM, as some BSDs wrote it
    {12, 0, Layer::ip},   // raw IP
    {14, 0, Layer::ip},
    {51, 0, Layer::pppoe},
    {100, 0, Layer::llc},  // RFC 2684 ATM
    {101, 0, Layer::ip},
    {105, 0, Layer::wlan},
    {109, 12, Layer::ip},  // OpenBSD IPsec: family, index, flags
    {119, prism_header, Layer::wlan},
    {166, 2, Layer::ppp},  // pppd: direction in place of the address, control
    {204, 1, Layer::ppp},  // direction
    {226, 24, Layer::ip},  // Solaris ipnet
    {228, 0, Layer::ipv4},
    {229, 0, Layer::ipv6},
    {240, 4, Layer::ethernet},  // netANALYZER
};

// An EtherType in a header of one length.
struct TypedHeader {
  std::uint32_t link_type = 0;
  std::size_t type_at = 0, length = 0;
};
constexpr TypedHeader typed_headers[] = {
    {104, 2, 4},    // Cisco HDLC
    {106, 6, 8},    // Linux classical IP over ATM
    {138, 16, 18},  // Apple IP over FireWire
    {205, 3, 5},    // direction, Cisco HDLC
    {242, 40, 44},  // IP over InfiniBand
};

// Headers that have to be read.
Walked begin_read_header(LinkType link_type, Walk& walk) {
  switch (static_cast<std::uint32_t>(link_type)) {
    case 0:    // null: family in host order
    case 108:  // OpenBSD loop: in network order
      return begin_loopback(walk);
    case 6:
      return begin_token_ring(walk);
    case 9:
    case 50:
      return begin_ppp(walk);
    case 10:
      return begin_fddi(walk);
    case 107:
      return begin_frame_relay(walk);
    case 113:
      return begin_cooked(walk, 14, 16);  // version 1
    case 117:
      return begin_pflog(walk);
    case 123:
      return begin_sunatm(walk);
    case 127:
      return begin_radio(walk, 2);  // radiotap
    case 129:
      return begin_arcnet(walk);
    case 149:
      return begin_user2(walk);
    case 163:
      return begin_avs(walk);
    case 178:
      return begin_juniper_ethernet(walk);
    case 192:
      return begin_ppi(walk);
    case 239:
      return begin_nflog(walk);
    case 258:
      return begin_pktap(walk);
    case 276:
      return begin_cooked(walk, 0, 20);  // version 2
    default:
      return Walked::failed(DecodeIssue::unsupported_link);
  }
}

}  // namespace

Walked begin_link(LinkType link_type, Walk& walk) {
  const auto number = static_cast<std::uint32_t>(link_type);
  walk.layer = Layer::ip;
  for (const FixedHeader& it : fixed_headers) {
    if (it.link_type == number) return behind(walk, it.length, it.layer);
  }
  for (const TypedHeader& it : typed_headers) {
    if (it.link_type == number) return ethertype_at(walk, it.type_at, it.length);
  }
  return begin_read_header(link_type, walk);
}

}  // namespace pcapaudit
