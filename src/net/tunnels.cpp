// Encapsulations over IP and UDP: the inner packet is what is judged.
//
// Sources: RFC 2784 and 2890 (GRE), draft-foschiano-erspan, RFC 7348 (VXLAN), RFC 8926 (GENEVE),
// 3GPP TS 29.281 (GTP-U), RFC 5415 (CAPWAP), RFC 4380 (Teredo), RFC 2637 (PPTP's GRE).
#include <algorithm>

#include "net/layers.hpp"

namespace pcapaudit {
namespace {

Walked no_tunnel() {
  return Walked::failed(DecodeIssue::malformed);
}

Walked walk_gre(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint16_t flags = in.u16();
  const std::uint16_t protocol = in.u16();
  constexpr std::uint16_t has_checksum = 0x8000, has_routing = 0x4000, has_key = 0x2000,
                          has_sequence = 0x1000, has_acknowledgment = 0x0080;
  std::size_t size = 4;
  if ((flags & (has_checksum | has_routing)) != 0) size += 4;
  if ((flags & has_key) != 0) size += 4;
  const bool sequenced = (flags & has_sequence) != 0;
  if (sequenced) size += 4;
  if ((flags & 7) == 1 && (flags & has_acknowledgment) != 0) size += 4;
  if (!in.ok() || walk.bytes.size() < size) return cut_or_bad(walk);
  if ((flags & has_routing) != 0) return Walked::failed(DecodeIssue::other_transport);
  walk.skip(size);
  constexpr std::uint16_t erspan = 0x88be, erspan_3 = 0x22eb, ppp = 0x880b, teb = ethertype_teb;
  switch (protocol) {
    case erspan:
      walk.enter(Tunnel::erspan);
      // Type I has no header of its own and no sequence number.
      walk.layer = sequenced ? Layer::erspan1 : Layer::ethernet;
      return Walked::go_on();
    case erspan_3:
      walk.enter(Tunnel::erspan);
      walk.layer = Layer::erspan3;
      return Walked::go_on();
    case ppp:
      walk.layer = Layer::ppp;
      break;
    case teb:
      walk.layer = Layer::ethernet;
      break;
    case ethertype_ipv4:
    case ethertype_ipv6:
    case ethertype_mpls:
    case ethertype_mpls_multicast:
      walk.selector = protocol;
      walk.layer = Layer::ethertype;
      break;
    default:
      return Walked::failed(DecodeIssue::other_transport);
  }
  walk.enter(Tunnel::gre);
  return Walked::go_on();
}

Walked walk_erspan_3(Walk& walk) {
  ByteReader in(walk.bytes);
  in.skip(10);
  const std::uint16_t tail = in.u16();
  if (!in.ok()) return cut_or_bad(walk);
  const bool has_platform_header = (tail & 1) != 0;
  constexpr unsigned ip_frame = 2;
  const Layer inner = (tail >> 10 & 0x1fU) == ip_frame ? Layer::ip : Layer::ethernet;
  return behind(walk, has_platform_header ? 20 : 12, inner);
}

Walked walk_vxlan(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint8_t flags = in.u8();
  in.skip(7);  // reserved, VNI, reserved: to be ignored when read (RFC 7348 5)
  constexpr std::uint8_t valid_vni = 0x08;
  if (!in.ok() || (flags & valid_vni) == 0) return no_tunnel();
  walk.enter(Tunnel::vxlan);
  return behind(walk, 8, Layer::ethernet);
}

Walked walk_geneve(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint8_t version_and_size = in.u8();
  in.u8();
  const std::uint16_t protocol = in.u16();
  in.u32();
  if (!in.ok() || version_and_size >> 6 != 0) return no_tunnel();
  walk.enter(Tunnel::geneve);
  walk.selector = protocol;
  const Layer inner = protocol == ethertype_teb ? Layer::ethernet : Layer::ethertype;
  return behind(walk, 8 + (version_and_size & 0x3fU) * 4U, inner);
}

Walked walk_gtp_u(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint8_t flags = in.u8();
  const std::uint8_t type = in.u8();
  in.u16();
  in.u32();
  constexpr std::uint8_t version_1 = 0x30, version_mask = 0xf0, optional_fields = 0x07,
                         extension = 0x04, user_data = 0xff;
  if (!in.ok() || (flags & version_mask) != version_1 || type != user_data) return no_tunnel();
  std::size_t size = 8;
  if ((flags & optional_fields) != 0) {
    in.u24();  // sequence number, N-PDU number
    std::uint8_t next = in.u8();
    size += 4;
    if ((flags & extension) == 0) next = 0;
    while (next != 0) {
      const std::size_t length = in.u8() * 4U;
      if (length < 4) return no_tunnel();
      in.skip(length - 2);
      next = in.u8();
      size += length;
      if (!in.ok()) return no_tunnel();
    }
  }
  walk.enter(Tunnel::gtp_u);
  return behind(walk, size, Layer::ip);
}

// Data channel without DTLS: its header length counts words, 802.11 or 802.3 follows.
Walked walk_capwap(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint8_t preamble = in.u8();
  const std::uint32_t fields = in.u24();
  const std::size_t size = (fields >> 19) * 4U;
  const bool native = (fields >> 8 & 1) != 0;    // T: not 802.3
  const bool fragment = (fields >> 7 & 1) != 0;  // F
  if (!in.ok() || preamble != 0 || size < 8 || fragment) return no_tunnel();
  walk.enter(Tunnel::capwap);
  if (!native) return behind(walk, size, Layer::ethernet);
  // Many access points swap the two frame-control bytes. The version in the first one is zero
  // in every frame; swapped, the direction bits stand there, one of which data frames set.
  ByteReader frame(walk.bytes.subspan(std::min(size, walk.bytes.size())));
  const bool swapped = (frame.u8() & 3) != 0;
  return behind(walk, size, swapped ? Layer::wlan_swapped : Layer::wlan);
}

// Optional authentication and origin, then IPv6 (RFC 4380 5.1.1).
Walked walk_teredo(Walk& walk) {
  constexpr std::uint16_t origin = 0, authentication = 1;
  ByteReader in(walk.bytes);
  std::size_t size = 0;
  std::uint16_t indicator = in.u16();
  if (indicator == authentication) {
    const std::size_t length = in.u8() + std::size_t{in.u8()} + 9U;  // names, nonce, confirmation
    in.skip(length);
    size += 4 + length;
    indicator = in.u16();
  }
  if (indicator == origin) size += 8;
  if (!in.ok()) return no_tunnel();
  walk.enter(Tunnel::teredo);
  return behind(walk, size, Layer::ipv6);
}

}  // namespace

Walked walk_tunnel(Walk& walk) {
  switch (walk.layer) {
    case Layer::gre:
      return walk_gre(walk);
    case Layer::erspan1:
      return behind(walk, 8, Layer::ethernet);
    case Layer::erspan3:
      return walk_erspan_3(walk);
    case Layer::vxlan:
      return walk_vxlan(walk);
    case Layer::geneve:
      return walk_geneve(walk);
    case Layer::gtp_u:
      return walk_gtp_u(walk);
    case Layer::teredo:
      return walk_teredo(walk);
    default:
      return walk_capwap(walk);
  }
}

}  // namespace pcapaudit
