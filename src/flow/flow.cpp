// One flow's life from its first packet to its ClosedFlow.
#include "flow/flow.hpp"

#include <algorithm>
#include <utility>

namespace pcapaudit {
namespace {

Carrier carrier_of(Transport transport) {
  return transport == Transport::tcp ? Carrier::tcp : Carrier::udp;
}

constexpr std::uint64_t ns_per_minute = 60 * std::uint64_t{ns_per_second};

constexpr std::uint16_t first_unprivileged_port = 1024;

// Ports above the privileged range that servers of this field listen on (IANA, and the Lync
// port summaries). Only used to tell client from server when nothing better does.
bool is_known_server_port(std::uint16_t port) {
  constexpr std::uint16_t known[] = {1433, 1720, 1723, 1812, 1813, 1883, 2049,  3128,  3268, 3269,
                                     3306, 3389, 3478, 4443, 4789, 5060, 5061,  5222,  5223, 5269,
                                     5353, 5355, 5432, 5985, 5986, 6379, 8000,  8008,  8057, 8080,
                                     8443, 8883, 8888, 9000, 9090, 9200, 50001, 50002, 50003};
  return std::find(std::begin(known), std::end(known), port) != std::end(known);
}

int server_likeness(std::uint16_t port) {
  if (port != 0 && port < first_unprivileged_port) return 2;
  return is_known_server_port(port) ? 1 : 0;
}

}  // namespace

Flow::Flow(const FlowPacket& first, const FlowKey& key, SharedFacts& shared)
    : ends_{.one = {first.decoded.source, first.decoded.source_port},
            .other = {first.decoded.destination, first.decoded.destination_port},
            .transport = key.transport,
            .network = key.network},
      vlan_count_(first.decoded.vlan_count),
      tunnel_(first.decoded.tunnel),
      capture_(first.capture),
      tunnel_id_(first.decoded.tunnel_id),
      vlans_(first.decoded.vlans),
      id_(first.id),
      first_packet_(first.number),
      first_(first.time),
      last_(first.time),
      last_clock_(first.clock),
      stream_(carrier_of(first.decoded.transport), shared) {
  const Decoded& decoded = first.decoded;
  minute_ = minute_of(first.clock);
  if (decoded.transport == Transport::icmp) {
    rare().icmp_key = key;
    rare().icmp_type = decoded.icmp_type;
    rare().icmp_code = decoded.icmp_code;
  }
  if (decoded.transport == Transport::udp) {
    stream_.set_from_start(0);
    stream_.set_from_start(1);
  }
}

std::size_t Flow::side_of(const FlowPacket& packet) const {
  const Endpoint source{packet.decoded.source, packet.decoded.source_port};
  return is_same_end(source, ends_.one) ? 0 : 1;
}

std::ptrdiff_t Flow::settle() {
  const std::size_t held = stream_.held() + tcp_[0].held() + tcp_[1].held();
  const auto change = static_cast<std::ptrdiff_t>(held) - static_cast<std::ptrdiff_t>(held_);
  held_ = static_cast<std::uint32_t>(held);  // the caps of its parts come to some MiB
  return change;
}

void Flow::release() {
  stream_.release();
  for (TcpReassembler& it : tcp_) it.release();
}

bool Flow::is_idle(Timestamp clock) const {
  return ends_.transport == Transport::tcp && clock.ns - last_clock_.ns > FlowTable::tcp_idle_ns;
}

bool Flow::expired(Timestamp clock) const {
  if (!is_known(last_clock_)) return false;  // no packet so far had a time
  const std::int64_t quiet = clock.ns - last_clock_.ns;
  if (ended_) return quiet > FlowTable::closed_linger_ns;
  switch (ends_.transport) {
    case Transport::tcp:
      return quiet >
             (talked_ && !reset_seen_ ? FlowTable::tcp_forgotten_ns : FlowTable::tcp_idle_ns);
    case Transport::udp:
      return quiet > (stream_.app() == "sip" ? FlowTable::sip_idle_ns : FlowTable::udp_idle_ns);
    case Transport::icmp:
      return quiet > FlowTable::icmp_idle_ns;
    default:
      return quiet > FlowTable::other_idle_ns;
  }
}

bool Flow::is_complete() const {
  return fin_acknowledged_[0] && fin_acknowledged_[1] && syn_[0] && syn_[1] && !rst_[0] &&
         !rst_[1] && !stream_.has_anomalies() && !tcp_[0].has_pending() && !tcp_[1].has_pending() &&
         open_datagrams(0) == 0 && open_datagrams(1) == 0 &&
         (rare_ == nullptr || (rare_->opening == nullptr && rare_->networks.empty()));
}

EndedConnection Flow::tombstone(std::uint64_t hash) const {
  const std::size_t to_server = client();
  const std::size_t to_client = 1 - to_server;
  return {.key_hash = hash,
          .flow = id_,
          .last_clock = last_clock_,
          .minute = minute_,
          .syn_sequence = {syn_sequence_[to_server], syn_sequence_[to_client]},
          .next_sequence = {tcp_[to_server].next_sequence(), tcp_[to_client].next_sequence()},
          .client_is_lower = (ends_.one < ends_.other) == (to_server == 0)};
}

void Flow::mark_port_reuse() {
  if (!ended_) stream_.count(Anomaly::port_reuse);
}

void Flow::add(const FlowPacket& packet) {
  const std::size_t side = side_of(packet);
  count(packet, side);
  last_clock_ = packet.clock;
  const Decoded& decoded = packet.decoded;
  note_fragment(decoded, side);
  if (decoded.payload_length > decoded.payload.size()) {
    stream_.mark_truncated(side);
    stream_.count(Anomaly::truncated);
  }
  if (decoded.transport == Transport::tcp) {
    add_tcp(packet, side);
  } else if (decoded.transport == Transport::udp && decoded.payload_length > 0) {
    stream_.datagram(side, decoded.payload, decoded.payload_length);
  } else if (decoded.transport == Transport::sctp) {
    note_sctp(decoded, side);
  }
}

// The first chunk says who opens an association, and who declines it (RFC 9260 5.1, 8.4).
void Flow::note_sctp(const Decoded& decoded, std::size_t side) {
  constexpr std::uint8_t init = 1, init_ack = 2, abort = 6;
  const std::uint8_t chunk = ByteReader(decoded.payload).u8();
  if (chunk == abort && opener() == 1 - side && packets_[side] == 1) refused_ = true;
  if (opener() || (chunk != init && chunk != init_ack)) return;
  opener_ = static_cast<std::int8_t>(chunk == init ? side : 1 - side);
  stream_.set_client_side(*opener());
}

void Flow::add_duplicate(const FlowPacket& packet) {
  ++duplicates_;
  last_clock_ = packet.clock;
}

// A datagram that is announced by its head and never becomes whole has payload that nobody saw.
void Flow::note_fragment(const Decoded& decoded, std::size_t side) {
  if (decoded.fragmentation == Fragmentation::head) ++rare().open_datagrams[side];
  if (decoded.fragmentation == Fragmentation::whole && open_datagrams(side) > 0) {
    --rare().open_datagrams[side];
  }
  if (decoded.fragment_overlap) {
    stream_.count(Anomaly::fragment_overlap);
    stream_.note_hole(side, Unread::unknown_start,
                      "fragments that contradict each other: which were read?");
  }
  if (decoded.tiny_fragment) stream_.count(Anomaly::tiny_fragment);
}

void Flow::count(const FlowPacket& packet, std::size_t side) {
  // Unsigned, as hostile times may lie anywhere; the clock does not run back.
  const auto begin = static_cast<std::uint64_t>(minute_) * ns_per_minute;
  if (static_cast<std::uint64_t>(packet.clock.ns) - begin >= ns_per_minute) {
    if (marks_ == nullptr) marks_ = std::make_unique<std::vector<MinuteMark>>();
    marks_->push_back(
        {.minute = minute_, .packets = packets_[0] + packets_[1], .bytes = bytes_[0] + bytes_[1]});
    minute_ = minute_of(packet.clock);
  }
  const EarlierFragments& before = packet.decoded.earlier;
  first_ = earliest(first_, before.packets > 0 ? earliest(packet.time, before.first) : packet.time);
  last_ = latest(last_, packet.time);
  packets_[side] += 1 + before.packets;
  bytes_[side] += packet.wire_length + before.bytes;
  duplicates_ += before.duplicates;
  payload_bytes_[side] += packet.decoded.payload_length;
}

std::vector<MinuteTraffic> Flow::minutes() const {
  std::vector<MinuteTraffic> list;
  MinuteMark before;
  const auto add = [&](const MinuteMark& mark) {
    if (mark.packets > before.packets) {
      list.push_back({.minute = mark.minute,
                      .packets = mark.packets - before.packets,
                      .bytes = mark.bytes - before.bytes});
    }
    before = mark;
  };
  if (marks_ != nullptr) {
    list.reserve(marks_->size() + 1);
    for (const MinuteMark& mark : *marks_) add(mark);
  }
  add({.minute = minute_, .packets = packets_[0] + packets_[1], .bytes = bytes_[0] + bytes_[1]});
  return list;
}

std::optional<std::size_t> Flow::opener() const {
  if (opener_ == unknown_side) return std::nullopt;
  return static_cast<std::size_t>(opener_);
}

std::optional<std::size_t> Flow::client_by_port() const {
  const int first = server_likeness(ends_.one.port);
  const int second = server_likeness(ends_.other.port);
  if (first == second) return std::nullopt;
  return first > second ? 1 : 0;
}

Outcome Flow::tcp_outcome(std::size_t client) const {
  const std::size_t server = 1 - client;
  const bool answered = packets_[server] > 0;
  if (opener() && !syn_ack_[server] && (refused_ || rst_[server])) return Outcome::refused;
  if (packets_[client] == 0) return Outcome::one_sided;
  if (!answered) {
    // A lone attempt; whether its target could have been heard is known at the end of the run.
    return opener() && payload_bytes_[client] == 0 ? Outcome::blocked : Outcome::one_sided;
  }
  if (!opener()) return Outcome::midstream;
  const bool both = payload_bytes_[0] > 0 && payload_bytes_[1] > 0;
  return both ? Outcome::data : Outcome::handshake;
}

Outcome Flow::outcome(std::size_t client) const {
  if (ends_.transport == Transport::tcp) return tcp_outcome(client);
  const bool declined = packets_[1 - client] == 0 || ends_.transport == Transport::sctp;
  if (refused_ && declined) return Outcome::refused;
  if (packets_[0] == 0 || packets_[1] == 0) return Outcome::one_sided;
  return Outcome::data;
}

std::size_t Flow::client() const {
  if (const auto side = stream_.client_side()) return *side;
  return client_by_port().value_or(0);
}

ClosedFlow Flow::close() {
  ClosedFlow record;
  record.id = id_;
  record.capture = capture_;
  record.first_packet = first_packet_;
  record.transport = ends_.transport;
  record.first = first_;
  record.last = last_;
  record.packets = packets_;
  record.bytes = bytes_;
  record.payload_bytes = payload_bytes_;
  record.duplicates = duplicates_;
  record.vlans.assign(vlans_.begin(), vlans_.begin() + vlan_count_);
  record.tunnel = tunnel_;
  record.tunnel_id = tunnel_id_;
  if (rare_ != nullptr) {
    record.icmp_type = rare_->icmp_type;
    record.icmp_code = rare_->icmp_code;
  }
  record.minutes = minutes();
  for (std::size_t side = 0; side < 2; ++side) {
    flush(side);
    record.retransmitted += tcp_[side].retransmitted();
    if (tcp_[side].conflicts() > 0) {
      stream_.count(Anomaly::overlap_conflict, tcp_[side].conflicts());
    }
    if (open_datagrams(side) > 0) {
      stream_.count(Anomaly::fragment_lost, open_datagrams(side));
      stream_.mark_unreadable(side);
    }
  }
  record.gaps = gaps_;
  const auto by_content = stream_.client_side();
  const std::size_t client = this->client();
  if (opener()) {
    record.direction_basis = DirectionBasis::syn;
  } else if (by_content) {
    record.direction_basis = DirectionBasis::content;
  } else {
    record.direction_basis = client_by_port() ? DirectionBasis::port : DirectionBasis::first_packet;
  }
  record.client = client == 0 ? ends_.one : ends_.other;
  record.server = client == 0 ? ends_.other : ends_.one;
  if (ends_.transport == Transport::tcp || ends_.transport == Transport::udp) {
    stream_.finish(client, record);
  } else {
    record.app = to_text(ends_.transport);
  }
  stream_.add_anomalies_to(record.anomalies);
  record.outcome = outcome(client);
  if (client == 1) {
    std::swap(record.packets[0], record.packets[1]);
    std::swap(record.bytes[0], record.bytes[1]);
    std::swap(record.payload_bytes[0], record.payload_bytes[1]);
  }
  return record;
}

}  // namespace pcapaudit
