// Encapsulations over IP and UDP: the inner packet is what is judged.
//
// Sources: RFC 2784 and 2890 (GRE), draft-foschiano-erspan, RFC 7348 (VXLAN), RFC 8926 (GENEVE),
// 3GPP TS 29.281 (GTP-U), RFC 5415 (CAPWAP), RFC 4380 (Teredo), RFC 2637 (PPTP's GRE), RFC 2661 and
// 3931 (L2TP), RFC 3378 (EtherIP), RFC 8300 (NSH), draft-ietf-nvo3-vxlan-gpe,
// draft-massar-v6ops-ayiya; TZSP, EoIP, Aruba's GRE and WCCP as their makers and Wireshark describe
// them.
#include <algorithm>
#include <optional>

#include "net/layers.hpp"

namespace pcapaudit {
namespace {

Walked no_tunnel() {
  return Walked::failed(DecodeIssue::malformed);
}

// A frame of 802.11 whose two frame-control bytes may be swapped, as many access points send it.
// The version in the first one is zero in every frame; swapped, the direction bits stand there, one
// of which data frames set.
Walked behind_to_wlan(Walk& walk, std::size_t size) {
  ByteReader frame(walk.bytes.subspan(std::min(size, walk.bytes.size())));
  const bool swapped = (frame.u8() & 3) != 0;
  return behind(walk, size, swapped ? Layer::wlan_swapped : Layer::wlan);
}

// What GRE carries: an ethertype, or a number of its own.
Walked choose_gre_payload(Walk& walk, std::uint16_t protocol) {
  constexpr std::uint16_t ppp = 0x880b, wccp = 0x883e, eoip = 0x6400, aruba = 0x9000;
  constexpr std::uint16_t aruba_mask = 0xfe0f, aruba_tunnels = 0x8200;  // 0x8200, 0x8210 ... 0x83f0
  if (protocol == aruba || (protocol & aruba_mask) == aruba_tunnels) {
    return behind_to_wlan(walk, 0);
  }
  switch (protocol) {
    case ppp:
      walk.layer = Layer::ppp;
      return Walked::go_on();
    case ethertype_teb:
      walk.layer = Layer::ethernet;
      return Walked::go_on();
    case eoip:  // its length and tunnel id are in the key
      walk.enter(Tunnel::eoip);
      walk.layer = Layer::ethernet;
      return Walked::go_on();
    case wccp: {  // version 2 has a header of its own
      const bool is_ip = !walk.bytes.empty() && walk.bytes[0] >> 4 == 4;
      return behind(walk, is_ip ? 0 : 4, Layer::ip);
    }
    case ethertype_cisco_metadata:  // here the ethertype comes first
      return ethertype_at(walk, 0, 8);
    case ethertype_ipv4:
    case ethertype_ipv6:
    case ethertype_mpls:
    case ethertype_mpls_multicast:
    case ethertype_nsh:
      walk.selector = protocol;
      walk.layer = Layer::ethertype;
      return Walked::go_on();
    default:
      return no_tunnel();
  }
}

Walked walk_gre(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint16_t flags = in.u16();
  const std::uint16_t protocol = in.u16();
  constexpr std::uint16_t has_checksum = 0x8000, has_routing = 0x4000, has_key = 0x2000,
                          has_sequence = 0x1000, has_acknowledgment = 0x0080;
  std::size_t size = 4;
  if ((flags & (has_checksum | has_routing)) != 0) size += 4;
  in.skip(size - 4);
  std::optional<std::uint32_t> key;
  if ((flags & has_key) != 0) {
    size += 4;
    key = in.u32();
    // In PPTP's version its upper half is a length (RFC 2637 4.1).
    if ((flags & 7) == 1) *key &= 0xffffU;
  }
  const bool sequenced = (flags & has_sequence) != 0;
  if (sequenced) size += 4;
  if ((flags & 7) == 1 && (flags & has_acknowledgment) != 0) size += 4;
  if (!in.ok() || walk.bytes.size() < size) return cut_or_bad(walk);
  if ((flags & has_routing) != 0) return no_tunnel();
  walk.skip(size);
  if (key) walk.identify(Identifier::gre_key, *key);
  constexpr std::uint16_t erspan = 0x88be, erspan_3 = 0x22eb;
  if (protocol == erspan || protocol == erspan_3) {
    walk.enter(Tunnel::erspan);
    walk.outside.reset();  // a mirrored frame speaks for itself, whatever it is
    // Type I has no header of its own and no sequence number.
    const Layer older = sequenced ? Layer::erspan1 : Layer::ethernet;
    walk.layer = protocol == erspan_3 ? Layer::erspan3 : older;
    return Walked::go_on();
  }
  const Walked walked = choose_gre_payload(walk, protocol);
  if (walked.kind == Walked::Kind::go_on) walk.enter(Tunnel::gre);
  return walked;
}

// Version and VLAN, then the session in ten bits of the next word, in both types.
void identify_erspan(Walk& walk) {
  constexpr std::uint32_t session = 0x03ff;
  ByteReader in(walk.bytes);
  const std::uint32_t words = in.u32();
  if (in.ok()) walk.identify(Identifier::erspan_session, words & session);
}

Walked walk_erspan_3(Walk& walk) {
  identify_erspan(walk);
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
  in.u24();  // reserved: to be ignored when read (RFC 7348 5)
  const std::uint32_t vni = in.u24();
  in.u8();
  constexpr std::uint8_t valid_vni = 0x08;
  if (!in.ok() || (flags & valid_vni) == 0) return no_tunnel();
  walk.enter(Tunnel::vxlan);
  walk.identify(Identifier::vni, vni);
  return behind(walk, 8, Layer::ethernet);
}

// The number that NSH and VXLAN-GPE give to what comes next.
Walked behind_to_next(Walk& walk, std::size_t size, std::uint8_t next) {
  switch (next) {
    case 1:
      return behind(walk, size, Layer::ipv4);
    case 2:
      return behind(walk, size, Layer::ipv6);
    case 3:
      return behind(walk, size, Layer::ethernet);
    case 4:
      return behind(walk, size, Layer::nsh);
    case 5:
      return behind(walk, size, Layer::mpls);
    default:
      return no_tunnel();
  }
}

Walked walk_vxlan_gpe(Walk& walk) {
  constexpr std::uint8_t valid_vni = 0x08, has_protocol = 0x04, ethernet = 3;
  ByteReader in(walk.bytes);
  const std::uint8_t flags = in.u8();
  in.u16();
  const std::uint8_t next = in.u8();
  const std::uint32_t vni = in.u24();
  in.u8();
  if (!in.ok() || (flags & valid_vni) == 0) return no_tunnel();
  walk.enter(Tunnel::vxlan);
  walk.identify(Identifier::vni, vni);
  return behind_to_next(walk, 8, (flags & has_protocol) != 0 ? next : ethernet);
}

Walked walk_nsh(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint16_t version_and_length = in.u16();
  in.u8();
  const std::uint8_t next = in.u8();
  if (!in.ok()) return cut_or_bad(walk);
  const std::size_t size = (version_and_length & 0x3fU) * 4U;
  if (version_and_length >> 14 != 0 || size < 8) return Walked::failed(DecodeIssue::malformed);
  walk.enter(Tunnel::nsh);
  const Walked walked = behind_to_next(walk, size, next);
  return walked.kind == Walked::Kind::failed && walk.bytes.size() < walk.length ? cut_or_bad(walk)
                                                                                : walked;
}

Walked walk_etherip(Walk& walk) {
  constexpr unsigned version = 3;  // EoIP for IPv6 puts its tunnel's number behind it
  if (walk.bytes.size() < 2) return cut_or_bad(walk);
  if (walk.bytes[0] >> 4 != version) return Walked::failed(DecodeIssue::malformed);
  walk.enter(Tunnel::etherip);
  return behind(walk, 2, Layer::ethernet);
}

// Version 2 carries PPP; of version 3 only the way to the session is the same as over IP.
Walked walk_l2tp(Walk& walk) {
  constexpr std::uint16_t control = 0x8000, has_length = 0x4000, has_sequence = 0x0800,
                          has_offset = 0x0200, version_mask = 0x000f;
  ByteReader in(walk.bytes);
  const std::uint16_t flags = in.u16();
  if (!in.ok() || (flags & control) != 0) return no_tunnel();
  if ((flags & version_mask) == 3) return behind(walk, 4, Layer::l2tp_session);
  if ((flags & version_mask) != 2) return no_tunnel();
  if ((flags & has_length) != 0) in.u16();
  const std::uint32_t session = in.u32();  // with its tunnel
  if ((flags & has_sequence) != 0) in.u32();
  if ((flags & has_offset) != 0) in.skip(in.u16());
  if (!in.ok()) return no_tunnel();
  walk.enter(Tunnel::l2tp);
  walk.identify(Identifier::l2tp_session, session);
  return behind(walk, walk.bytes.size() - in.remaining(), Layer::ppp);
}

// Version, type, what is encapsulated, tagged fields to the end tag.
Walked walk_tzsp(Walk& walk) {
  constexpr std::uint8_t version = 1, received = 0, transmit = 1, padding = 0, end = 1;
  constexpr std::uint16_t ethernet = 1, wlan = 18, prism = 119, avs = 127;
  ByteReader in(walk.bytes);
  const std::uint8_t its_version = in.u8();
  const std::uint8_t type = in.u8();
  const std::uint16_t inner = in.u16();
  if (its_version != version || (type != received && type != transmit)) return no_tunnel();
  std::uint8_t tag = in.u8();
  while (in.ok() && tag != end) {
    if (tag != padding) in.skip(in.u8());
    tag = in.u8();
  }
  if (!in.ok()) return no_tunnel();
  walk.enter(Tunnel::tzsp);
  const std::size_t size = walk.bytes.size() - in.remaining();
  if (inner == ethernet) return behind(walk, size, Layer::ethernet);
  if (inner == wlan) return behind(walk, size, Layer::wlan);
  if (inner == prism) return behind(walk, size + prism_header, Layer::wlan);
  if (inner != avs) return no_tunnel();
  in.u32();
  const std::size_t radio = in.u32();
  return in.ok() ? behind(walk, size + radio, Layer::wlan) : no_tunnel();
}

// Lengths of identity and signature, then what is in it.
Walked walk_ayiya(Walk& walk) {
  constexpr std::uint8_t forward = 1;
  ByteReader in(walk.bytes);
  const std::size_t identity = std::size_t{1} << (in.u8() >> 4);
  const std::size_t signature = (in.u8() >> 4) * 4U;
  const std::uint8_t operation = in.u8() & 0x0fU;
  const std::uint8_t next = in.u8();
  in.u32();  // time
  if (!in.ok() || operation != forward) return no_tunnel();
  if (next != protocol_ipv4 && next != protocol_ipv6) return no_tunnel();
  walk.enter(Tunnel::ayiya);
  return behind(walk, 8 + identity + signature, Layer::ip);
}

Walked walk_geneve(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint8_t version_and_size = in.u8();
  in.u8();
  const std::uint16_t protocol = in.u16();
  const std::uint32_t vni = in.u24();
  in.u8();
  if (!in.ok() || version_and_size >> 6 != 0) return no_tunnel();
  walk.enter(Tunnel::geneve);
  walk.identify(Identifier::vni, vni);
  walk.selector = protocol;
  const Layer inner = protocol == ethertype_teb ? Layer::ethernet : Layer::ethertype;
  return behind(walk, 8 + (version_and_size & 0x3fU) * 4U, inner);
}

Walked walk_gtp_u(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint8_t flags = in.u8();
  const std::uint8_t type = in.u8();
  in.u16();
  const std::uint32_t endpoint = in.u32();
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
  walk.identify(Identifier::teid, endpoint);
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
  return behind_to_wlan(walk, size);
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
      identify_erspan(walk);
      return behind(walk, 8, Layer::ethernet);
    case Layer::erspan3:
      return walk_erspan_3(walk);
    case Layer::vxlan:
      return walk_vxlan(walk);
    case Layer::vxlan_gpe:
      return walk_vxlan_gpe(walk);
    case Layer::geneve:
      return walk_geneve(walk);
    case Layer::l2tp:
      return walk_l2tp(walk);
    case Layer::tzsp:
      return walk_tzsp(walk);
    case Layer::ayiya:
      return walk_ayiya(walk);
    case Layer::etherip:
      return walk_etherip(walk);
    case Layer::nsh:
      return walk_nsh(walk);
    case Layer::gtp_u:
      return walk_gtp_u(walk);
    case Layer::teredo:
      return walk_teredo(walk);
    default:
      return walk_capwap(walk);
  }
}

}  // namespace pcapaudit
