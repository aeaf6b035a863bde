// One flow's life from its first packet to its ClosedFlow.
#include "flow/flow.hpp"

#include <algorithm>
#include <utility>

namespace pcapaudit {
namespace {

Carrier carrier_of(Transport transport) {
  return transport == Transport::tcp ? Carrier::tcp : Carrier::udp;
}

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

// Hands reassembled bytes of one side to the stream.
class Flow::Delivery final : public TcpReassembler::Output {
 public:
  Delivery(Flow& flow, std::size_t side) : flow_(flow), side_(side) {}
  void bytes(Bytes in_order) override { flow_.stream_.bytes(side_, in_order); }
  void gap(std::uint64_t missing) override {
    ++flow_.record_.gaps;
    flow_.note(Anomaly::gap);
    flow_.stream_.gap(side_, missing);
  }

 private:
  Flow& flow_;
  std::size_t side_;
};

Flow::Flow(const FlowPacket& first) : stream_(carrier_of(first.decoded.transport)) {
  const Decoded& decoded = first.decoded;
  record_.id = first.id;
  record_.capture = first.capture;
  record_.first_packet = first.number;
  record_.transport = decoded.transport;
  record_.first = record_.last = first.time;
  record_.vlans.assign(decoded.vlans.begin(), decoded.vlans.begin() + decoded.vlan_count);
  record_.tunnel = decoded.tunnel;
  ends_ = {Endpoint{decoded.source, decoded.source_port},
           Endpoint{decoded.destination, decoded.destination_port}};
  if (decoded.transport == Transport::icmp) {
    record_.icmp_type = decoded.icmp_type;
    record_.icmp_code = decoded.icmp_code;
  }
  if (decoded.transport == Transport::udp) {
    stream_.set_from_start(0);
    stream_.set_from_start(1);
  }
}

std::size_t Flow::side_of(const FlowPacket& packet) const {
  const Endpoint source{packet.decoded.source, packet.decoded.source_port};
  return source == ends_[0] ? 0 : 1;
}

bool Flow::expired(Timestamp clock) const {
  const std::int64_t quiet = clock.ns - last_clock_.ns;
  if (ended_) return quiet > FlowTable::closed_linger_ns;
  switch (record_.transport) {
    case Transport::tcp:
      return quiet > FlowTable::tcp_idle_ns;
    case Transport::udp:
      return quiet > FlowTable::udp_idle_ns;
    case Transport::icmp:
      break;
  }
  return quiet > FlowTable::icmp_idle_ns;
}

bool Flow::is_new_connection(const FlowPacket& packet) const {
  const TcpHeader& tcp = packet.decoded.tcp;
  if (packet.decoded.transport != Transport::tcp || !tcp.has(TcpHeader::syn) ||
      tcp.has(TcpHeader::ack)) {
    return false;
  }
  const std::size_t side = side_of(packet);
  if (syn_[side]) return *syn_[side] != tcp.sequence;  // else the same SYN once more
  // The SYN of a connection whose SYN-ACK was captured before it, or a simultaneous open.
  if (syn_[1 - side] && record_.payload_bytes[0] + record_.payload_bytes[1] == 0) return false;
  return true;
}

void Flow::mark_port_reuse() {
  if (!ended_) note(Anomaly::port_reuse);
}

void Flow::add(const FlowPacket& packet) {
  const std::size_t side = side_of(packet);
  count(packet, side);
  last_clock_ = packet.clock;
  const Decoded& decoded = packet.decoded;
  note_fragment(decoded, side);
  if (decoded.payload_length > decoded.payload.size()) {
    stream_.mark_truncated(side);
    note(Anomaly::truncated);
  }
  if (decoded.transport == Transport::tcp) {
    add_tcp(packet, side);
  } else if (decoded.transport == Transport::udp && !decoded.payload.empty()) {
    stream_.bytes(side, decoded.payload);
  }
}

void Flow::add_duplicate(const FlowPacket& packet) {
  ++record_.duplicates;
  last_clock_ = packet.clock;
}

// A datagram that is announced by its head and never becomes whole has payload that nobody saw.
void Flow::note_fragment(const Decoded& decoded, std::size_t side) {
  if (decoded.fragmentation == Fragmentation::head) ++open_datagrams_[side];
  if (decoded.fragmentation == Fragmentation::whole && open_datagrams_[side] > 0) {
    --open_datagrams_[side];
  }
  if (decoded.fragment_overlap) note(Anomaly::fragment_overlap);
  if (decoded.tiny_fragment) note(Anomaly::tiny_fragment);
}

void Flow::count(const FlowPacket& packet, std::size_t side) {
  record_.first = std::min(record_.first, packet.time);
  record_.last = std::max(record_.last, packet.time);
  ++record_.packets[side];
  record_.bytes[side] += packet.wire_length;
  record_.payload_bytes[side] += packet.decoded.payload_length;
  const std::int64_t ns_per_minute = 60 * ns_per_second;
  const std::int64_t minute = packet.clock.ns / ns_per_minute;
  if (record_.minutes.empty() || record_.minutes.back().minute != minute) {
    record_.minutes.push_back({.minute = minute});
  }
  ++record_.minutes.back().packets;
  record_.minutes.back().bytes += packet.wire_length;
}

void Flow::add_tcp(const FlowPacket& packet, std::size_t side) {
  const Decoded& decoded = packet.decoded;
  const TcpHeader& tcp = decoded.tcp;
  std::uint32_t sequence = tcp.sequence;
  if (tcp.has(TcpHeader::syn)) {
    note_syn(tcp, side);
    ++sequence;  // data on a SYN starts behind it (RFC 7413)
  }
  windows_[side] = std::max(windows_[side], tcp.window);
  const bool reset_fits = tcp.has(TcpHeader::rst) && accepts_reset(tcp, side);
  Delivery out(*this, side);
  tcp_[side].push(sequence, decoded.payload, decoded.payload_length, out);
  const bool fin_fits = tcp.has(TcpHeader::fin) && accepts(sequence + decoded.payload_length, side);
  const bool refused =
      (tcp.has(TcpHeader::rst) && !reset_fits) || (tcp.has(TcpHeader::fin) && !fin_fits);
  if (refused) note(Anomaly::out_of_window);
  fin_[side] = fin_[side] || fin_fits;
  rst_[side] = rst_[side] || reset_fits;
  ended_ = (fin_[0] && fin_[1]) || rst_[0] || rst_[1];
}

// Would the receiver take a control segment of `side` that stands at `sequence`
// (RFC 9293 3.10.7.4)? The capture may have missed window updates, so the largest window counts.
bool Flow::accepts(std::uint32_t sequence, std::size_t side) const {
  if (!tcp_[side].started()) return true;
  const std::size_t receiver = 1 - side;
  constexpr std::uint64_t least = 65'535, unknown_scale = std::uint64_t{1} << 30;
  std::uint64_t window = unknown_scale;
  if (syn_[0] && syn_[1]) {
    const bool scaled = shifts_[0] <= max_shift && shifts_[1] <= max_shift;
    window = std::uint64_t{windows_[receiver]} << (scaled ? shifts_[receiver] : 0);
  }
  const std::int32_t ahead = seq_distance(sequence, tcp_[side].next_sequence());
  return ahead >= 0 && static_cast<std::uint64_t>(ahead) <= std::max(window, least);
}

// The answer to a SYN is accepted by what it acknowledges (RFC 9293 3.10.7.3).
bool Flow::accepts_reset(const TcpHeader& tcp, std::size_t side) const {
  if (tcp_[side].started()) return accepts(tcp.sequence, side);
  const auto& syn = syn_[1 - side];
  if (!syn || !tcp.has(TcpHeader::ack)) return true;
  const std::int32_t ahead = seq_distance(tcp.acknowledgment, *syn);
  return ahead > 0 && seq_distance(tcp.acknowledgment, tcp_[1 - side].next_sequence()) <= 0;
}

void Flow::note_syn(const TcpHeader& tcp, std::size_t side) {
  if (!syn_[side]) {
    syn_[side] = tcp.sequence;
    shifts_[side] = tcp.window_shift;
    tcp_[side].start(tcp.sequence);
    stream_.set_from_start(side);
  }
  if (tcp.has(TcpHeader::ack)) {
    syn_ack_[side] = true;
    if (!opener_) opener_ = 1 - side;
  } else if (!opener_) {
    opener_ = side;
  }
  stream_.set_client_side(*opener_);
}

std::optional<std::size_t> Flow::client_by_port() const {
  const int first = server_likeness(ends_[0].port);
  const int second = server_likeness(ends_[1].port);
  if (first == second) return std::nullopt;
  return first > second ? 1 : 0;
}

Outcome Flow::tcp_outcome(std::size_t client) const {
  const std::size_t server = 1 - client;
  const bool answered = record_.packets[server] > 0;
  if (opener_ && !syn_ack_[server] && (refused_ || rst_[server])) return Outcome::refused;
  if (record_.packets[client] == 0) return Outcome::one_sided;
  if (!answered) {
    // A lone attempt; whether its target could have been heard is known at the end of the run.
    return opener_ && record_.payload_bytes[client] == 0 ? Outcome::blocked : Outcome::one_sided;
  }
  if (!opener_) return Outcome::midstream;
  const bool both = record_.payload_bytes[0] > 0 && record_.payload_bytes[1] > 0;
  return both ? Outcome::data : Outcome::handshake;
}

Outcome Flow::outcome(std::size_t client) const {
  if (record_.transport == Transport::tcp) return tcp_outcome(client);
  if (record_.packets[1 - client] == 0) {
    return refused_ ? Outcome::refused : Outcome::one_sided;
  }
  return Outcome::data;
}

ClosedFlow Flow::close() {
  for (std::size_t side = 0; side < 2; ++side) {
    Delivery out(*this, side);
    tcp_[side].flush(out);
    record_.retransmitted += tcp_[side].retransmitted();
    record_.anomalies[static_cast<std::size_t>(Anomaly::overlap_conflict)] +=
        static_cast<std::uint32_t>(tcp_[side].conflicts());
    if (open_datagrams_[side] > 0) {
      record_.anomalies[static_cast<std::size_t>(Anomaly::fragment_lost)] += open_datagrams_[side];
      stream_.mark_unreadable(side);
    }
  }
  const auto by_port = client_by_port();
  const auto by_content = stream_.client_side();
  const std::size_t client = by_content.value_or(by_port.value_or(0));
  if (opener_) {
    record_.direction_basis = DirectionBasis::syn;
  } else if (by_content) {
    record_.direction_basis = DirectionBasis::content;
  } else {
    record_.direction_basis = by_port ? DirectionBasis::port : DirectionBasis::first_packet;
  }
  if (record_.transport == Transport::icmp) {
    record_.app = "icmp";
    ends_[0].port = ends_[1].port = 0;
  } else {
    stream_.finish(client, record_);
  }
  record_.outcome = outcome(client);
  record_.client = ends_[client];
  record_.server = ends_[1 - client];
  if (client == 1) {
    std::swap(record_.packets[0], record_.packets[1]);
    std::swap(record_.bytes[0], record_.bytes[1]);
    std::swap(record_.payload_bytes[0], record_.payload_bytes[1]);
  }
  return std::move(record_);
}

}  // namespace pcapaudit
