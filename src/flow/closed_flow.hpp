// What a flow leaves behind when it ends: the value that is judged and stored.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/app/account.hpp>
#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/base/ip.hpp>
#include <pcapaudit/base/time.hpp>

#include "net/packet.hpp"

namespace pcapaudit {

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
};

// How client and server were told apart, best first.
enum class DirectionBasis : std::uint8_t { syn, content, port, first_packet };
std::string_view to_text(DirectionBasis basis);  // "syn", "content", "port", "first-packet"

enum class Outcome : std::uint8_t { data, handshake, refused, blocked, one_sided, midstream };
std::string_view to_text(Outcome outcome);  // "data", "handshake", "refused", ...

// On what the classification rests (see the contract).
enum class Basis : std::uint8_t { content, partial, port, none };
std::string_view to_text(Basis basis);

enum class Anomaly : std::uint8_t {
  gap,                // bytes missing inside a TCP stream
  overlap_conflict,   // retransmitted bytes differ from the first copy
  reassembly_cap,     // out-of-order bytes beyond the cap were dropped
  window_cap,         // a message larger than the dissection window
  truncated,          // a message or packet was cut before its end
  malformed,          // a dissector found its own protocol broken
  protocol_mismatch,  // client and server speak different protocols
  port_reuse,         // ended because a new connection used the same ports
  out_of_window,      // a RST or FIN that its receiver would not accept; ignored
  fragment_overlap,   // fragments of one datagram whose bytes differ where they overlap
  tiny_fragment,      // a first fragment too short for the transport header
  fragment_lost,      // a datagram some of whose fragments never came
  evicted,            // ended early: too many flows were open, or memory was short
  memory,             // what waited to be read was given up: memory was short
};
constexpr std::size_t anomaly_count = 14;
std::string_view to_text(Anomaly anomaly);

// Traffic of one flow within one minute of capture time.
struct MinuteTraffic {
  std::int64_t minute = 0;  // since 1970-01-01T00:00Z
  std::uint64_t packets = 0, bytes = 0;
  bool operator==(const MinuteTraffic&) const = default;
};

std::int64_t minute_of(Timestamp time);

struct ClosedFlow {
  std::uint64_t id = 0;            // number of its first packet in the whole run
  std::uint32_t capture = 0;       // index of the input that holds its first packet
  std::uint64_t first_packet = 0;  // number within that capture, as Wireshark counts
  Transport transport = Transport::tcp;
  Endpoint client, server;
  DirectionBasis direction_basis = DirectionBasis::first_packet;
  Outcome outcome = Outcome::midstream;
  Timestamp first, last;
  // Indexed client to server, server to client; bytes are lengths on the wire.
  std::array<std::uint64_t, 2> packets{}, bytes{}, payload_bytes{};
  std::uint64_t gaps = 0, retransmitted = 0;  // retransmitted: TCP segments
  std::uint64_t duplicates = 0;               // second copies of packets, counted nowhere else
  std::vector<std::uint16_t> vlans;
  Tunnel tunnel = Tunnel::none;
  std::uint32_t tunnel_id = 0;  // VNI, key, TEID or session of it; 0: none
  std::uint8_t icmp_type = 0, icmp_code = 0;

  std::string app;         // "http", "tls", "ssh", ..., "unknown", or "none" without payload
  std::string server_app;  // what the server speaks when it is not `app` (protocol_mismatch)
  // What else it carried, in order and without `app`: what it was handed over to (CONNECT, an
  // upgrade, STARTTLS), and what began where the framing broke (Unread::foreign in the account).
  std::vector<std::string> other_apps;
  std::vector<AppRecord> records;  // in order: a handover leaves one record for each protocol
  std::array<std::uint32_t, anomaly_count> anomalies{};
  std::string malformed_why;           // first Step::malformed text
  std::array<ReadAccount, 2> account;  // client to server, server to client
  std::vector<MinuteTraffic> minutes;

  const TlsFacts* tls() const;  // first record of its kind, or nullptr
  const HttpFacts* http() const;
  const SipFacts* sip() const;
};

// A packet of a connection that had ended in good order and whose ClosedFlow was handed out: a
// repeated segment, acknowledgment or FIN. It counts for that flow.
struct LatePacket {
  std::uint64_t flow = 0;  // ClosedFlow::id
  bool to_client = false;
  bool duplicate = false;      // a second copy: counts as that only
  bool retransmitted = false;  // a segment with bytes
  std::uint32_t wire_length = 0, payload_length = 0;
  Timestamp time;
  std::int64_t minute = 0;
  bool first_of_minute = false;  // no earlier packet of the flow came in this minute
};
void add_late(ClosedFlow& flow, const LatePacket& packet);

// All HTTP of a flow as one: an upgrade to HTTP/2 leaves two records. nullopt without any.
std::optional<HttpFacts> all_http(const ClosedFlow& flow);

}  // namespace pcapaudit
