// One TCP flow's state: whose SYN is whose, what a receiver takes, what is proven to be missing.
#include <algorithm>
#include <utility>

#include "flow/flow.hpp"

namespace pcapaudit {

// Hands reassembled bytes of one side to the stream.
class Flow::Delivery final : public TcpReassembler::Output {
 public:
  Delivery(Flow& flow, std::size_t side) : flow_(flow), side_(side) {}
  void bytes(Bytes in_order) override { flow_.stream_.bytes(side_, in_order); }
  std::size_t unread(std::size_t count) const override {
    return flow_.stream_.unread(side_, count);
  }
  void gap(std::uint64_t missing, Unread cause) override {
    ++flow_.gaps_;
    flow_.stream_.count(Anomaly::gap);
    flow_.stream_.gap(side_, missing, cause);
  }

 private:
  Flow& flow_;
  std::size_t side_;
};

Flow::Place Flow::place(const FlowPacket& packet) const {
  const Decoded& decoded = packet.decoded;
  if (decoded.transport != Transport::tcp) return Place::here;
  const TcpHeader& tcp = decoded.tcp;
  const bool holds = rare_ != nullptr && rare_->opening != nullptr;
  if (!holds && !tcp.has(TcpHeader::syn)) return Place::here;
  const std::size_t side = side_of(packet);
  if (holds && confirms_opening(decoded, side)) return Place::confirms;
  if (!tcp.has(TcpHeader::syn) || is_own_syn(decoded, side)) return Place::here;
  const bool is_open = talked_ || syn_ack_[0] || syn_ack_[1];
  if (ended_ || !is_open) return tcp.has(TcpHeader::ack) && !ended_ ? Place::here : Place::opens;
  return Place::doubtful;
}

// A SYN is the connection's own when its number is; a SYN-ACK also by what it acknowledges.
bool Flow::is_own_syn(const Decoded& decoded, std::size_t side) const {
  const TcpHeader& tcp = decoded.tcp;
  const std::size_t peer = 1 - side;
  if (known_[side]) {
    if (tcp.sequence == syn_sequence_[side]) return true;
    // The SYN-ACK has acknowledged the data of this SYN, too (RFC 7413).
    return !syn_[side] && tcp.sequence + decoded.payload_length == syn_sequence_[side];
  }
  if (tcp_[side].started()) return tcp.sequence + 1 == tcp_[side].first_sequence();
  if (tcp.has(TcpHeader::ack) && known_[peer]) {
    return seq_distance(tcp.acknowledgment, syn_sequence_[peer]) > 0 &&
           seq_distance(tcp.acknowledgment, tcp_[peer].next_sequence()) <= 0;
  }
  return !talked_;  // the first one, or both sides open at once (RFC 9293 3.5)
}

// The SYN that is held is none of this connection's when its receiver answers it as a new one, or
// when its sender goes on from it. Numbers within the window of this connection prove nothing:
// there a forged SYN meets the acknowledgments and bytes of this connection.
bool Flow::confirms_opening(const Decoded& decoded, std::size_t side) const {
  const TcpHeader& tcp = decoded.tcp;
  const Opening& opening = *rare_->opening;
  const bool is_far = !is_near(opening.next_sequence(), opening.side());
  if (side == opening.side()) {
    const bool is_alone = packets_[1 - side] == 0;
    const bool again = opening.repeats(side, tcp);
    if (again) return ended_;
    return (is_far || is_alone) && !tcp.has(TcpHeader::syn) && opening.leads_to(tcp.sequence);
  }
  if (!tcp.has(TcpHeader::ack) || !opening.leads_to(tcp.acknowledgment)) return false;
  return is_far || (tcp.has(TcpHeader::syn) && !opening.is_answer());
}

void Flow::hold(const FlowPacket& packet) {
  Rare& rare = this->rare();
  const std::size_t side = side_of(packet);
  if (rare.opening != nullptr && rare.opening->repeats(side, packet.decoded.tcp)) {
    if (!rare.opening->add(packet)) add_stray(packet);
    return;
  }
  if (rare.opening != nullptr) rare.opening->each([&](const FlowPacket& it) { add_stray(it); });
  rare.opening = std::make_unique<Opening>(packet, side);
  rare.went_on = false;
}

std::unique_ptr<Opening> Flow::take_opening() {
  return rare_ == nullptr ? nullptr : std::move(rare_->opening);
}

std::unique_ptr<Opening> Flow::take_last_opening() {
  std::unique_ptr<Opening> opening = take_opening();
  if (opening == nullptr || !rare_->went_on) return opening;
  opening->each([&](const FlowPacket& it) { add_stray(it); });
  return nullptr;
}

// Counts for the flow, and changes nothing.
void Flow::add_stray(const FlowPacket& packet) {
  count(packet, side_of(packet));
  stream_.count(Anomaly::out_of_window);
}

bool Flow::goes_on(const FlowPacket& packet) const {
  const TcpHeader& tcp = packet.decoded.tcp;
  const std::size_t side = side_of(packet);
  if (tcp.has(TcpHeader::syn)) return true;  // place() tells
  if (tcp_[side].started()) return is_near(tcp.sequence, side);
  return tcp.has(TcpHeader::ack) && tcp_[1 - side].started() &&
         is_near(tcp.acknowledgment, 1 - side);
}

void Flow::add_tcp(const FlowPacket& packet, std::size_t side) {
  const Decoded& decoded = packet.decoded;
  const TcpHeader& tcp = decoded.tcp;
  std::uint32_t sequence = tcp.sequence;
  if (rare_ != nullptr) rare_->went_on = true;
  if (tcp.has(TcpHeader::syn)) {
    // An answer to another SYN than the one captured here.
    if (!is_own_syn(decoded, side)) return stream_.count(Anomaly::out_of_window);
    note_syn(tcp, side);
    ++sequence;  // data on a SYN starts behind it (RFC 7413)
  } else if (!tcp.has(TcpHeader::rst)) {
    talked_ = true;
  }
  windows_[side] = std::max(windows_[side], tcp.window);
  const std::size_t peer = 1 - side;
  if (tcp.has(TcpHeader::ack)) note_acknowledgment(tcp, peer);
  if (tcp.has(TcpHeader::rst)) note_reset(tcp, side);
  push(decoded, sequence, side);
  if (tcp.has(TcpHeader::fin)) {
    const std::uint32_t end = sequence + decoded.payload_length;
    if (accepts(end, side)) {
      fin_[side] = true;
      fin_sequence_[side] = end;
    } else {
      note_outside(end, side);
    }
  }
  ended_ = (fin_[0] && fin_[1]) || rst_[0] || rst_[1];
}

void Flow::push(const Decoded& decoded, std::uint32_t sequence, std::size_t side) {
  Delivery out(*this, side);
  TcpReassembler& tcp = tcp_[side];
  const std::uint32_t conflicts = tcp.conflicts();
  // RFC 6093 3: receivers differ. The urgent byte may lie behind this segment (RFC 9293 3.8.5).
  constexpr std::uint8_t urgent = 0x20;
  const std::size_t reach = std::max(decoded.payload_length, std::uint32_t{1});
  if (decoded.tcp.has(urgent) && stream_.unread(side, reach) < reach) {
    stream_.note_hole(side, Unread::unknown_start,
                      "urgent data: receivers take it out of the stream or not");
  }
  if (!tcp.push(sequence, decoded.payload, decoded.payload_length, out)) {
    // They were captured and not read. Without the SYN it may be the capture that came too late.
    if (known_[side]) stream_.count(Anomaly::out_of_window);
    stream_.note_hole(side, Unread::unknown_start, "bytes outside of the connection's window");
  }
  if (tcp.conflicts() != conflicts) {
    // What the receiver read may be anything.
    stream_.note_hole(side, Unread::unknown_start,
                      "bytes were sent again with others: which were read?");
  }
}

void Flow::note_acknowledgment(const TcpHeader& tcp, std::size_t peer) {
  if (!tcp_[peer].started()) {
    rare().early_acknowledgment[peer] = tcp.acknowledgment;
    return;
  }
  if (fin_[peer] && tcp.acknowledgment == tcp_[peer].next_sequence() + 1) {
    fin_acknowledged_[peer] = true;
  }
  if (is_near(tcp.acknowledgment, peer)) {
    tcp_[peer].acknowledge(tcp.acknowledgment);
  } else if (!tcp.has(TcpHeader::rst)) {
    note_outside(tcp.acknowledgment, peer);
  }
}

// A control segment that places the bytes of `side` where none was captured, further on than its
// receiver takes: it is forged, or the capture has a hole. As with bytes there, nobody can tell.
void Flow::note_outside(std::uint32_t sequence, std::size_t side) {
  stream_.count(Anomaly::out_of_window);
  if (seq_distance(sequence, tcp_[side].next_sequence()) > 0) {
    stream_.note_hole(side, Unread::unknown_start, "segments beyond the connection's window");
  }
}

// Only an exact one ends the connection (RFC 5961 3.2); what the capture missed may make an exact
// one look like one within the window.
void Flow::note_reset(const TcpHeader& tcp, std::size_t side) {
  if (!accepts_reset(tcp, side)) {
    if (tcp_[side].started()) return note_outside(tcp.sequence, side);
    return stream_.count(Anomaly::out_of_window);
  }
  if (!tcp_[side].started() || tcp_[side].is_next(tcp.sequence)) {
    rst_[side] = true;
  } else {
    reset_seen_ = true;
    rare().reset_at[side] = tcp.sequence;
  }
}

// What the receiver may take ahead of what it has, in bytes. The capture may have missed window
// updates, so the largest window counts.
std::uint64_t Flow::window_of(std::size_t receiver) const {
  constexpr std::uint64_t least = 65'535, unknown_scale = std::uint64_t{1} << 30;
  if (!syn_[0] || !syn_[1]) return unknown_scale;
  const bool scaled = shifts_[0] <= max_shift && shifts_[1] <= max_shift;
  return std::max(std::uint64_t{windows_[receiver]} << (scaled ? shifts_[receiver] : 0), least);
}

// Within a window of the next byte of `side`, before it or behind.
bool Flow::is_near(std::uint32_t sequence, std::size_t side) const {
  if (!tcp_[side].started()) return false;
  const std::int64_t ahead = seq_distance(sequence, tcp_[side].next_sequence());
  return static_cast<std::uint64_t>(ahead < 0 ? -ahead : ahead) <= window_of(1 - side);
}

// Would the receiver take a control segment of `side` that stands at `sequence`
// (RFC 9293 3.10.7.4)?
bool Flow::accepts(std::uint32_t sequence, std::size_t side) const {
  if (!tcp_[side].started()) return true;
  return seq_distance(sequence, tcp_[side].next_sequence()) >= 0 && is_near(sequence, side);
}

// The answer to a SYN is accepted by what it acknowledges (RFC 9293 3.10.7.3).
bool Flow::accepts_reset(const TcpHeader& tcp, std::size_t side) const {
  if (tcp_[side].started()) return accepts(tcp.sequence, side);
  if (!known_[1 - side] || !tcp.has(TcpHeader::ack)) return true;
  const std::int32_t ahead = seq_distance(tcp.acknowledgment, syn_sequence_[1 - side]);
  return ahead > 0 && seq_distance(tcp.acknowledgment, tcp_[1 - side].next_sequence()) <= 0;
}

void Flow::note_syn(const TcpHeader& tcp, std::size_t side) {
  const auto know = [&](std::size_t whose, std::uint32_t sequence) {
    if (std::exchange(known_[whose], true)) return;
    syn_sequence_[whose] = sequence;
    tcp_[whose].start(sequence);
  };
  know(side, tcp.sequence);
  if (!std::exchange(syn_[side], true)) {
    shifts_[side] = tcp.window_shift;
    // Without its SYN a stream may have begun earlier: with data on the SYN (RFC 7413).
    if (tcp_[side].first_sequence() == tcp.sequence + 1) stream_.set_from_start(side);
  }
  const std::size_t peer = 1 - side;
  if (tcp.has(TcpHeader::ack)) {
    syn_ack_[side] = true;
    know(peer, tcp.acknowledgment - 1);
    if (!opener()) opener_ = static_cast<std::int8_t>(peer);
  } else if (!opener()) {
    opener_ = static_cast<std::int8_t>(side);
  }
  stream_.set_client_side(*opener());
}

// What is left of a side's bytes at the end, and what is missing behind them.
void Flow::flush(std::size_t side) {
  Delivery out(*this, side);
  if (rare_ != nullptr && rare_->early_acknowledgment[side] &&
      is_near(*rare_->early_acknowledgment[side], side)) {
    tcp_[side].acknowledge(*rare_->early_acknowledgment[side]);
  }
  tcp_[side].flush(out);
  if (fin_acknowledged_[side]) return;
  std::optional<std::uint32_t> fin;
  if (fin_[side]) fin = fin_sequence_[side];
  // Whoever resets stands behind what it sent (RFC 9293 3.10.4).
  if (!fin && rare_ != nullptr) fin = rare_->reset_at[side];
  if (const std::uint64_t missing = tcp_[side].missing_at_end(fin)) {
    out.gap(missing, Unread::tail_lost);
  }
}

}  // namespace pcapaudit
