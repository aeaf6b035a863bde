// The walk through a packet's headers: what each layer says comes next.
#pragma once

#include <algorithm>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>

#include "net/decoder.hpp"
#include "net/packet.hpp"

namespace pcapaudit {

// What the bytes in hand are.
enum class Layer : std::uint8_t {
  ethernet,
  ethertype,
  ip,
  ipv4,
  ipv6,
  llc,
  mpls,
  ppp,
  pppoe,
  gre,
  erspan1,
  erspan3,
  vxlan,
  vxlan_gpe,
  geneve,
  gtp_u,
  teredo,
  l2tp,
  l2tp_session,
  tzsp,
  ayiya,
  etherip,
  nsh,
  ah,
  protocol,
  transport,
  icmp,
  icmp6,
  wlan,
  wlan_swapped,
  capwap,
  pbb,
  macsec,
  trill
};

// A piece of a fragmented IP datagram; `Walk::selector` names its protocol.
struct Fragment {
  std::uint32_t identification = 0;
  std::uint32_t offset = 0;  // in bytes
  bool more = false;
};

// Between two layers of a packet.
struct Place {
  Layer layer = Layer::ethernet;
  Bytes bytes;  // from the next header on, as captured
  // Of the datagram that they lie in; null: in the captured packet.
  std::shared_ptr<const void> owner{};
  std::uint32_t length = 0;    // of it on the wire; at least bytes.size()
  std::uint16_t selector = 0;  // ethertype, IP protocol or PPP protocol for the next layer
  bool from_ipv6 = false;
  bool reassembles = false;                      // stop at fragments: the caller puts them together
  bool verifies = false;                         // checksums
  std::span<const std::uint16_t> vxlan_ports{};  // beside the usual ones
  Fragment fragment{};                           // valid when a step answers `fragment`

  // Moves past a header.
  void skip(std::size_t count) {
    bytes = bytes.subspan(std::min(count, bytes.size()));
    length -= static_cast<std::uint32_t>(std::min<std::size_t>(count, length));
  }
  // The payload is no longer than a header says (padding behind it is not payload).
  void limit(std::size_t count) {
    if (count < length) length = static_cast<std::uint32_t>(count);
    if (count < bytes.size()) bytes = bytes.first(count);
  }
};

// Kinds of identifiers that divide a wire into networks.
enum class Identifier : std::uint8_t {
  vlan = 1,
  mpls_label,
  pppoe_session,
  gre_key,
  erspan_session,
  vni,
  teid,
  l2tp_session,
  service_instance  // IEEE 802.1ah
};

// A place, and what the headers before it said.
struct Walk : Place {
  Decoded& out;

  // What is left is the payload.
  void end_at_payload() {
    out.payload = Payload(bytes, owner);
    out.payload_length = length;
  }

  void enter(Tunnel tunnel) {
    if (out.tunnel == Tunnel::none) out.tunnel = tunnel;
  }

  // What tells this network from others on the same wire. Different identifiers of one kind give
  // different networks; several of them one behind another do so but for one chance in 2^32.
  void identify(Identifier kind, std::uint32_t id) {
    std::uint32_t mixed = (out.network + static_cast<std::uint32_t>(kind)) * 0x9e3779b1U ^ id;
    mixed = (mixed ^ mixed >> 16) * 0x85ebca6bU;
    mixed = (mixed ^ mixed >> 13) * 0xc2b2ae35U;
    mixed ^= mixed >> 16;
    out.network = mixed == 0 ? 1 : mixed;
    if (kind != Identifier::vlan && out.tunnel_id == 0) out.tunnel_id = id;
  }

  // A tunnel over IP is one only when a packet can be read inside of it; else it is a flow of its
  // own kind between its ends: what stands here when the walk comes to nothing further in.
  std::optional<Decoded> outside{};
  bool stays_outside = true;
  bool stay_outside() {
    if (!outside || !stays_outside) return false;
    out = *outside;
    return true;
  }
};

// `walk.out` as a packet of the IP protocol that the walk stands at, without looking inside.
void put_transport(const Walk& walk, Decoded& out);

// go_on: the walk moved to its next layer. done: out is complete. fragment: bytes are a piece of
// a datagram. held: it waits for another one that tells its flow. Else why there is no flow.
struct Walked {
  enum class Kind : std::uint8_t { go_on, done, fragment, held, failed };
  Kind kind;
  DecodeIssue issue = DecodeIssue::malformed;

  static constexpr Walked go_on() { return {.kind = Kind::go_on}; }
  static constexpr Walked done() { return {.kind = Kind::done}; }
  static constexpr Walked piece() { return {.kind = Kind::fragment}; }
  static constexpr Walked held() { return {.kind = Kind::held, .issue = DecodeIssue::fragment}; }
  static constexpr Walked failed(DecodeIssue issue) {
    return {.kind = Kind::failed, .issue = issue};
  }
};

// Why a header does not fit: the snap length cut it, or the packet contradicts itself.
inline Walked cut_or_bad(const Walk& walk) {
  return Walked::failed(walk.bytes.size() < walk.length ? DecodeIssue::truncated
                                                        : DecodeIssue::malformed);
}

// Continues at `layer` behind a header of `size` bytes that is there as a whole.
inline Walked behind(Walk& walk, std::size_t size, Layer layer) {
  if (walk.bytes.size() < size) return cut_or_bad(walk);
  walk.skip(size);
  walk.layer = layer;
  return Walked::go_on();
}

// Continues behind a header of `size` bytes that names an ethertype at `offset`, inside of it.
inline Walked ethertype_at(Walk& walk, std::size_t offset, std::size_t size) {
  if (walk.bytes.size() < size) return cut_or_bad(walk);
  walk.selector = ByteReader(walk.bytes.subspan(offset, 2)).u16();
  return behind(walk, size, Layer::ethertype);
}

// From the capture's link type to the first layer.
Walked begin_link(LinkType link_type, Walk& walk);

Walked walk_link(Walk& walk);    // ethernet, ethertype, llc, mpls, ppp, pppoe, pbb, macsec, trill
Walked walk_wlan(Walk& walk);    // wlan, wlan_swapped
Walked walk_ip(Walk& walk);      // ip, ipv4, ipv6, ah, protocol
Walked walk_tunnel(Walk& walk);  // gre to capwap: what IP and UDP carry
Walked walk_transport(Walk& walk);  // transport, icmp, icmp6

// Most packets are Ethernet with a whole IPv4 packet without options: moves to its transport header
// in one go, where the walk comes to in `plain_layers` steps. False: nothing was done, walk.
constexpr int plain_layers = 4;  // ethernet, ethertype, ipv4, protocol
bool skip_plain_headers(Walk& walk);

// Puts fragments together while a packet is walked.
class Reassembly {
 public:
  virtual ~Reassembly() = default;
  enum class Answer : std::uint8_t {
    whole,      // `walk` goes on with the whole datagram's bytes
    part,       // `walk.out` is the answer for this packet
    held,       // whose it is will be known later
    stateless,  // read it as if fragments were not put together
  };
  virtual Answer take(Walk& walk) = 0;
};

// From a packet's first byte to its transport header. `fragments` may be null.
std::expected<Decoded, DecodeIssue> walk_packet(const PacketView& packet, Reassembly* fragments,
                                                const DecodeOptions& options);
// The rest of a walk, without putting fragments together: done or failed.
Walked walk_rest(Walk& walk);

constexpr std::uint16_t ethertype_ipv4 = 0x0800, ethertype_ipv6 = 0x86dd, ethertype_teb = 0x6558,
                        ethertype_mpls = 0x8847, ethertype_mpls_multicast = 0x8848,
                        ethertype_cisco_metadata = 0x8909, ethertype_nsh = 0x894f;
// Below it the field is an IEEE 802.3 length, or a number of its own in SNAP and cooked headers.
constexpr std::uint16_t smallest_ethertype = 0x0600;
constexpr std::size_t prism_header = 144;
constexpr std::uint8_t protocol_icmp = 1, protocol_ipv4 = 4, protocol_tcp = 6, protocol_udp = 17,
                       protocol_ipv6 = 41, protocol_gre = 47, protocol_ah = 51, protocol_icmp6 = 58,
                       protocol_etherip = 97, protocol_l2tp = 115;

}  // namespace pcapaudit
