// IPv4, IPv6 with its extension headers, and what they carry.
//
// Sources: RFC 791, RFC 8200, RFC 4302 (AH), RFC 9293 (TCP), RFC 768 (UDP), RFC 792, RFC 4443.
#include <algorithm>

#include "net/checksum.hpp"
#include "net/layers.hpp"

namespace pcapaudit {
namespace {

// Enters a tunnel over IP that may turn out to hold nothing that can be read.
Walked try_inside(Walk& walk, Layer layer) {
  walk.outside = walk.out;
  put_transport(walk, *walk.outside);
  walk.layer = layer;
  return Walked::go_on();
}

// The layer that an IP protocol number names.
Walked next_protocol(Walk& walk) {
  switch (walk.selector) {
    case protocol_icmp:
      walk.layer = Layer::icmp;
      return Walked::go_on();
    case protocol_icmp6:
      walk.layer = Layer::icmp6;
      return Walked::go_on();
    case protocol_ipv4:
    case protocol_ipv6: {
      const Walked walked =
          try_inside(walk, walk.selector == protocol_ipv4 ? Layer::ipv4 : Layer::ipv6);
      walk.enter(Tunnel::ip_in_ip);
      return walked;
    }
    case protocol_gre:
      return try_inside(walk, Layer::gre);
    case protocol_ah:
      return try_inside(walk, Layer::ah);
    case protocol_etherip:
      return try_inside(walk, Layer::etherip);
    case protocol_l2tp:
      return try_inside(walk, Layer::l2tp_session);
    default:
      walk.layer = Layer::transport;
      return Walked::go_on();
  }
}

// A packet that is no fragment goes on. Without reassembly only a first fragment does; a fragment
// of a tunnel leaves the inner packet incomplete as well.
Walked fragment_or_go_on(Walk& walk, const Fragment& fragment) {
  if (fragment.offset == 0 && !fragment.more) return Walked::go_on();
  if (walk.reassembles) {
    walk.fragment = fragment;
    return Walked::piece();
  }
  if (fragment.offset != 0) return Walked::failed(DecodeIssue::fragment);
  walk.out.fragment_head = true;
  return Walked::go_on();
}

Walked walk_ipv4(Walk& walk) {
  constexpr std::size_t smallest = 20;
  if (walk.bytes.size() < smallest) return cut_or_bad(walk);
  ByteReader in(walk.bytes.first(smallest));
  const std::uint8_t version_and_size = in.u8();
  in.u8();
  const std::uint16_t total = in.u16();
  walk.out.ip_identification = in.u16();
  const std::uint16_t fragment = in.u16();
  in.u8();
  walk.selector = in.u8();
  in.u16();
  const Bytes source = in.take(4);
  const Bytes destination = in.take(4);
  const std::size_t size = (version_and_size & 0x0fU) * 4U;
  if (version_and_size >> 4 != 4 || size < smallest) return Walked::failed(DecodeIssue::malformed);
  if (walk.bytes.size() < size) return cut_or_bad(walk);
  // Zero: the sender's network card was to cut it (TCP segmentation offload).
  if (total != 0) {
    if (total < size) return Walked::failed(DecodeIssue::malformed);
    walk.limit(total);
  }
  walk.out.source = IpAddress::from_bytes(source);
  walk.out.destination = IpAddress::from_bytes(destination);
  walk.from_ipv6 = false;
  if (walk.verifies && internet_checksum(walk.bytes.first(size)) != 0) {
    return Walked::failed(DecodeIssue::bad_checksum);
  }
  constexpr std::uint16_t more_fragments = 0x2000, offset_mask = 0x1fff;
  walk.skip(size);
  walk.layer = Layer::protocol;
  return fragment_or_go_on(walk, {.identification = walk.out.ip_identification,
                                  .offset = (fragment & offset_mask) * 8U,
                                  .more = (fragment & more_fragments) != 0});
}

// Extension headers, to the one that is none (RFC 8200 4.1).
Walked walk_extensions(Walk& walk) {
  constexpr std::uint8_t hop_by_hop = 0, routing = 43, fragment = 44, destination = 60,
                         mobility = 135, host_identity = 139, shim6 = 140;
  constexpr int max_extensions = 16;  // each kind comes once or twice in real packets
  for (int i = 0; i < max_extensions; ++i) {
    ByteReader in(walk.bytes);
    switch (walk.selector) {
      case hop_by_hop:
      case routing:
      case destination:
      case mobility:
      case host_identity:
      case shim6: {
        const std::uint8_t next = in.u8();
        const std::size_t size = (in.u8() + 1U) * 8U;
        if (!in.ok() || walk.bytes.size() < size) return cut_or_bad(walk);
        walk.selector = next;
        walk.skip(size);
        break;
      }
      case fragment: {
        const std::uint8_t next = in.u8();
        in.u8();
        const std::uint16_t offset_and_more = in.u16();
        const std::uint32_t identification = in.u32();
        if (!in.ok()) return cut_or_bad(walk);
        walk.selector = next;
        walk.skip(8);
        walk.layer = Layer::protocol;
        const Fragment piece{.identification = identification,
                             .offset = offset_and_more & 0xfff8U,
                             .more = (offset_and_more & 1) != 0};
        const Walked walked = fragment_or_go_on(walk, piece);
        if (walked.kind != Walked::Kind::go_on) return walked;
        break;
      }
      default:
        return next_protocol(walk);
    }
  }
  return Walked::failed(DecodeIssue::nesting_cap);
}

Walked walk_ipv6(Walk& walk) {
  constexpr std::size_t header_size = 40;
  if (walk.bytes.size() < header_size) return cut_or_bad(walk);
  ByteReader in(walk.bytes.first(header_size));
  const std::uint32_t version_and_flow = in.u32();
  const std::uint16_t payload = in.u16();
  walk.selector = in.u8();
  in.u8();
  const Bytes source = in.take(16);
  const Bytes destination = in.take(16);
  if (version_and_flow >> 28 != 6) return Walked::failed(DecodeIssue::malformed);
  walk.skip(header_size);
  if (payload != 0) walk.limit(payload);  // zero: jumbogram, or segmentation offload
  walk.out.source = IpAddress::from_bytes(source);
  walk.out.destination = IpAddress::from_bytes(destination);
  walk.out.ip_identification = 0;
  walk.from_ipv6 = true;
  return walk_extensions(walk);
}

Walked walk_ah(Walk& walk) {
  ByteReader in(walk.bytes);
  const std::uint8_t next = in.u8();
  const std::size_t size = (in.u8() + 2U) * 4U;
  if (!in.ok() || walk.bytes.size() < size) return cut_or_bad(walk);
  walk.enter(Tunnel::ah);
  walk.selector = next;
  walk.skip(size);
  return walk.from_ipv6 ? walk_extensions(walk) : next_protocol(walk);
}

// The first bytes of the packet that an ICMP error is about: IP header and ports.
std::optional<QuotedPacket> read_quote(Bytes bytes) {
  if (bytes.empty()) return std::nullopt;
  ByteReader in(bytes);
  QuotedPacket quoted;
  std::uint8_t protocol = 0;
  if (bytes[0] >> 4 == 4) {
    const std::size_t size = (in.u8() & 0x0fU) * 4U;
    in.skip(5);
    const std::uint16_t offset = in.u16() & 0x1fff;
    in.u8();
    protocol = in.u8();
    in.u16();
    quoted.source = IpAddress::from_bytes(in.take(4));
    quoted.destination = IpAddress::from_bytes(in.take(4));
    if (size < 20 || offset != 0) return std::nullopt;
    in.skip(size - 20);
  } else if (bytes[0] >> 4 == 6) {
    in.skip(6);
    protocol = in.u8();
    in.u8();
    quoted.source = IpAddress::from_bytes(in.take(16));
    quoted.destination = IpAddress::from_bytes(in.take(16));
  }
  quoted.transport = transport_of(protocol);
  if (quoted.transport == Transport::icmp) return std::nullopt;
  if (has_ports(quoted.transport)) {
    quoted.source_port = in.u16();
    quoted.destination_port = in.u16();
  }
  return in.ok() ? std::optional(quoted) : std::nullopt;
}

Walked walk_icmp(Walk& walk) {
  ByteReader in(walk.bytes);
  Decoded& out = walk.out;
  out.transport = Transport::icmp;
  out.source_port = out.destination_port = 0;  // not those of a UDP tunnel around it
  out.icmp_type = in.u8();
  out.icmp_code = in.u8();
  out.checksum = in.u16();
  const std::uint16_t identifier = in.u16();
  in.u16();
  if (!in.ok()) return cut_or_bad(walk);
  const std::uint8_t type = out.icmp_type;
  const bool v6 = walk.layer == Layer::icmp6;
  const bool echo = v6 ? type == 128 || type == 129 : type == 8 || type == 0;
  const bool error = v6 ? type >= 1 && type <= 4 : type == 3 || type == 11 || type == 12;
  if (echo) out.icmp_identifier = identifier;
  if (error) out.quoted = read_quote(in.rest());
  walk.end_at_payload();
  return Walked::done();
}

// The window scale of a SYN's options (RFC 7323 2.2), or no_shift.
std::uint8_t window_shift(Bytes options) {
  constexpr std::uint8_t end = 0, no_operation = 1, scale = 3;
  ByteReader in(options);
  while (in.remaining() > 0) {
    const std::uint8_t kind = in.u8();
    if (kind == end) break;
    if (kind == no_operation) continue;
    const std::uint8_t size = in.u8();
    if (kind == scale && size == 3) {
      const std::uint8_t shift = in.u8();
      return in.ok() ? shift : TcpHeader::no_shift;
    }
    if (size < 2) break;
    in.skip(size - 2U);
  }
  return TcpHeader::no_shift;
}

// True unless checksums are verified, the whole segment was captured, and its sum is wrong.
bool checksum_fits(const Walk& walk) {
  if (!walk.verifies || walk.bytes.size() < walk.length || walk.out.fragment_head) return true;
  return transport_checksum(walk.out.source, walk.out.destination,
                            static_cast<std::uint8_t>(walk.selector), walk.bytes) == 0;
}

Walked walk_tcp(Walk& walk) {
  constexpr std::size_t used = 18;  // of the smallest header: all but the urgent pointer
  constexpr std::size_t smallest = 20;
  if (walk.bytes.size() < used) return cut_or_bad(walk);
  ByteReader in(walk.bytes.first(used));
  Decoded& out = walk.out;
  out.source_port = in.u16();
  out.destination_port = in.u16();
  out.tcp.sequence = in.u32();
  out.tcp.acknowledgment = in.u32();
  const std::size_t size = (in.u8() >> 4) * 4U;
  out.tcp.flags = in.u8();
  out.tcp.window = in.u16();
  out.checksum = in.u16();
  if (size < smallest || size > walk.length) return Walked::failed(DecodeIssue::malformed);
  if (!checksum_fits(walk)) return Walked::failed(DecodeIssue::bad_checksum);
  if (out.tcp.has(TcpHeader::syn)) {
    const Bytes header = walk.bytes.first(std::min(walk.bytes.size(), size));
    out.tcp.window_shift = window_shift(header.subspan(std::min(header.size(), smallest)));
  }
  out.transport = Transport::tcp;
  walk.skip(size);
  walk.end_at_payload();
  return Walked::done();
}

// SCTP, DCCP and UDP-Lite begin with their ports; what else there is has no parts that we know.
Walked walk_other(Walk& walk) {
  constexpr std::size_t sctp_header = 12, ports_size = 4;
  put_transport(walk, walk.out);
  if (!has_ports(walk.out.transport)) return Walked::done();
  const bool sctp = walk.out.transport == Transport::sctp;
  const std::size_t header_size = sctp ? sctp_header : ports_size;
  if (walk.bytes.size() < header_size) return cut_or_bad(walk);
  ByteReader in(walk.bytes);
  walk.out.source_port = in.u16();
  walk.out.destination_port = in.u16();
  walk.skip(header_size);
  walk.end_at_payload();
  return Walked::done();
}

Walked walk_udp(Walk& walk) {
  constexpr std::size_t header_size = 8;
  if (walk.bytes.size() < header_size) return cut_or_bad(walk);
  ByteReader in(walk.bytes.first(header_size));
  Decoded& out = walk.out;
  out.source_port = in.u16();
  out.destination_port = in.u16();
  const std::uint16_t length = in.u16();
  out.checksum = in.u16();
  // Zero is a jumbogram or offload; a fragment's head is shorter than the datagram.
  if (length != 0 && length < header_size) return Walked::failed(DecodeIssue::malformed);
  if (length != 0) walk.limit(length);
  // A UDP checksum of zero is none (RFC 768).
  if (out.checksum != 0 && !checksum_fits(walk)) return Walked::failed(DecodeIssue::bad_checksum);
  out.transport = Transport::udp;
  walk.skip(header_size);
  walk.end_at_payload();
  return Walked::done();
}

}  // namespace

void put_transport(const Walk& walk, Decoded& out) {
  out.transport = transport_of(static_cast<std::uint8_t>(walk.selector));
  out.source_port = out.destination_port = 0;  // not those of a UDP tunnel around it
  out.checksum = 0;
  out.payload = Payload(walk.bytes, walk.owner);
  out.payload_length = walk.length;
}

bool skip_plain_headers(Walk& walk) {
  constexpr std::size_t ethernet_size = 14, ip_size = 20;
  constexpr std::uint8_t version_4_no_options = 0x45;
  constexpr std::uint16_t fragment_bits = 0x3fff;
  if (walk.verifies || walk.bytes.size() < ethernet_size + ip_size) return false;
  ByteReader in(walk.bytes.first(ethernet_size + ip_size));
  in.skip(12);
  if (in.u16() != ethertype_ipv4 || in.u8() != version_4_no_options) return false;
  in.u8();
  const std::uint16_t total = in.u16();
  const std::uint16_t identification = in.u16();
  if (total < ip_size || (in.u16() & fragment_bits) != 0) return false;
  in.u8();
  const std::uint8_t protocol = in.u8();
  if (protocol != protocol_tcp && protocol != protocol_udp) return false;
  in.u16();
  walk.out.ip_identification = identification;
  walk.out.source = IpAddress::from_bytes(in.take(4));
  walk.out.destination = IpAddress::from_bytes(in.take(4));
  walk.selector = protocol;
  walk.limit(ethernet_size + total);
  walk.skip(ethernet_size + ip_size);
  walk.layer = Layer::transport;
  return true;
}

// The version field decides, not the layer below: rewritten captures have IPv6 under IPv4's
// ethertype.
Walked walk_ip(Walk& walk) {
  if (walk.layer == Layer::ah) return walk_ah(walk);
  if (walk.layer == Layer::protocol) {
    return walk.from_ipv6 ? walk_extensions(walk) : next_protocol(walk);
  }
  if (walk.bytes.empty()) return cut_or_bad(walk);
  return walk.bytes[0] >> 4 == 6 ? walk_ipv6(walk) : walk_ipv4(walk);
}

Walked walk_transport(Walk& walk) {
  if (walk.layer != Layer::transport) return walk_icmp(walk);
  if (walk.selector == protocol_tcp) return walk_tcp(walk);
  return walk.selector == protocol_udp ? walk_udp(walk) : walk_other(walk);
}

}  // namespace pcapaudit
