// A packet as captured, and what its headers say.
//
// A PacketView, and a payload that lies in it, live as long as the call that hands them over.
// Lengths are bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <pcapaudit/base/bytes.hpp>
#include <pcapaudit/base/ip.hpp>
#include <pcapaudit/base/time.hpp>

#include "net/transport.hpp"

namespace pcapaudit {

// Link-layer types as written in capture files (tcpdump.org/linktypes.html).
enum class LinkType : std::uint32_t {};

struct PacketView {
  std::uint64_t number = 0;  // in its capture, first is 1 (as Wireshark counts)
  Timestamp time;
  LinkType link_type{};
  std::uint32_t interface = 0;    // index within its capture (pcapng), else 0
  std::uint32_t wire_length = 0;  // length on the wire; bytes.size() is what was captured
  Bytes bytes;
};

// The payload of a packet, and who keeps its bytes: either they lie in the captured packet and end
// with it, or in a datagram that was put together from fragments, which every copy of this value
// holds on to.
class Payload {
 public:
  Payload() = default;
  // In the captured packet, or wherever the caller keeps them.
  Payload(Bytes bytes) : bytes_(bytes) {}
  // Inside of what `owner` keeps; null: in the captured packet.
  Payload(Bytes bytes, std::shared_ptr<const void> owner)
      : bytes_(bytes), owner_(std::move(owner)) {}

  operator Bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  const std::uint8_t* data() const { return bytes_.data(); }
  bool empty() const { return bytes_.empty(); }
  auto begin() const { return bytes_.begin(); }
  auto end() const { return bytes_.end(); }
  // Do they live as long as this value, whatever becomes of the packet?
  bool is_owned() const { return owner_ != nullptr; }

 private:
  Bytes bytes_;
  std::shared_ptr<const void> owner_;
};

struct TcpHeader {
  static constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10;
  static constexpr std::uint8_t no_shift = 0xff;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  std::uint16_t window = 0;
  std::uint8_t flags = 0;
  std::uint8_t window_shift = no_shift;  // window scale option of a SYN (RFC 7323 2.2)

  bool has(std::uint8_t bits) const { return (flags & bits) == bits; }
};

// The packet that an ICMP error quotes: who tried to reach whom.
struct QuotedPacket {
  Transport transport = Transport::tcp;
  IpAddress source, destination;
  std::uint16_t source_port = 0, destination_port = 0;
};

enum class Tunnel : std::uint8_t {
  none,
  gre,
  erspan,
  vxlan,
  geneve,
  ip_in_ip,
  gtp_u,
  mpls,
  pppoe,
  capwap,
  ah,
  teredo,
  l2tp,
  tzsp,
  pbb,
  macsec,
  ayiya,
  eoip,
  etherip,
  nsh,
  trill,
  fabricpath
};
std::string_view to_text(Tunnel tunnel);  // "", "gre", ... ; as in the contract's "tunnel"

// Where a packet stands in an IP datagram that travelled in fragments (Decoder puts them together).
enum class Fragmentation : std::uint8_t {
  none,
  head,        // first fragment: header fields are right, the payload comes with `whole`; if it
               // cannot be put together (cut by the snap length), what is in it is here
  part,        // a later one: belongs to the flow, no payload
  whole,       // the last missing one: payload of the whole datagram
  whole_head,  // the same, and nothing before it told whose datagram it is
};

// Fragments of a datagram that came before anything told whose they are: packets of its flow.
struct EarlierFragments {
  std::uint32_t packets = 0, duplicates = 0;
  std::uint64_t bytes = 0;  // on the wire, without duplicates
  Timestamp first;          // of the earliest; when there are packets

  bool empty() const { return packets == 0 && duplicates == 0; }
};

// The innermost IP packet; what tunnels carry counts where it could be read.
struct Decoded {
  static constexpr std::size_t max_vlans = 4;

  IpAddress source, destination;
  std::uint16_t source_port = 0, destination_port = 0;  // 0 where there are none
  Transport transport = Transport::tcp;
  Tunnel tunnel = Tunnel::none;  // outermost one that carried it
  std::uint32_t tunnel_id = 0;   // of the outermost one that has one: VNI, key, TEID, session; or 0
  // Names the VLANs and tunnel identifiers around the packet: equal in one network, 0 where there
  // are none. Two networks may use the same addresses.
  std::uint32_t network = 0;
  std::array<std::uint16_t, max_vlans> vlans{};  // ids, outermost first
  std::uint8_t vlan_count = 0;
  bool fragment_head = false;  // first fragment: payload is incomplete
  Fragmentation fragmentation = Fragmentation::none;
  EarlierFragments earlier;             // with `head` and `whole_head`
  bool fragment_overlap = false;        // fragments of this datagram overlap with different bytes
  bool tiny_fragment = false;           // its first fragment did not hold the transport header
  bool duplicate = false;               // a second copy of a packet, as mirror ports make them
  std::uint16_t ip_identification = 0;  // IPv4
  std::uint16_t checksum = 0;           // of the transport header, as sent
  TcpHeader tcp;
  std::uint8_t icmp_type = 0, icmp_code = 0;
  std::uint16_t icmp_identifier = 0;   // echo only
  std::optional<QuotedPacket> quoted;  // ICMP errors
  Payload payload;                     // behind the transport header, as captured
  std::uint32_t payload_length = 0;    // as the headers say; > payload.size() when cut by snaplen
};

// Why a packet gives no Decoded. Counted per capture, never logged one by one.
enum class DecodeIssue : std::uint8_t {
  not_ip,            // ARP, LLDP, management frames ...
  fragment,          // of an IP datagram that is not whole
  unsupported_link,  // a link type that this program does not read
  truncated,         // cut (snap length) before the transport header ended
  malformed,         // a length or version that cannot be
  nesting_cap,       // more encapsulation layers than max_nesting
  bad_checksum,      // only when checksums are verified
  encrypted,         // below IP: MACsec, 802.11
  aggregate,         // several frames in one (802.11 A-MSDU), which are not taken apart
};
constexpr std::size_t decode_issue_count = 9;
std::string_view to_text(DecodeIssue issue);  // "not-ip", "fragment", ...

// Reads the headers of one packet, without memory of others (see Decoder): of fragments only the
// first is read. Pure; allocates nothing; never fails otherwise.
std::expected<Decoded, DecodeIssue> decode(const PacketView& packet);

}  // namespace pcapaudit
