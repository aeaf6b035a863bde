// One open flow: counters, TCP state, reassembly and the stream above it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "flow/closed_flow.hpp"
#include "flow/ended_connection.hpp"
#include "flow/flow_key.hpp"
#include "flow/flow_table.hpp"
#include "flow/opening.hpp"
#include "flow/stream/stream.hpp"
#include "flow/stream/tcp_reassembler.hpp"

namespace pcapaudit {

class Flow {
 public:
  Flow(const FlowPacket& first, const FlowKey& key, SharedFacts& shared);

  // Side 0 sent the flow's first packet.
  const FlowKey& key() const {
    return rare_ != nullptr && rare_->icmp_key ? *rare_->icmp_key : ends_;
  }
  void add(const FlowPacket& packet);

  // To which connection a packet of these ends belongs.
  enum class Place : std::uint8_t {
    here,
    opens,     // a SYN of another connection: this one is over, or was never opened
    doubtful,  // a SYN inside an open connection: see hold()
    confirms,  // the SYN that is held opened another connection, and this packet belongs to it
  };
  Place place(const FlowPacket& packet) const;
  // Keeps a doubtful SYN apart.
  void hold(const FlowPacket& packet);
  // The SYN that is held, if any.
  std::unique_ptr<Opening> take_opening();
  // The same at the flow's end, unless the connection went on behind it: then the SYN was nothing
  // but a packet of this flow.
  std::unique_ptr<Opening> take_last_opening();

  // Silent for so long that the next packet has to go on where the numbers stopped.
  bool is_idle(Timestamp clock) const;
  bool goes_on(const FlowPacket& packet) const;
  // Nothing belongs to it any more.
  bool expired(Timestamp clock) const;
  // A connection seen from its first SYN to the acknowledgment of both FINs, with nothing missing
  // and nothing odd: later packets of it can only repeat what is known.
  bool is_complete() const;
  void add_duplicate(const FlowPacket& packet);
  void mark_refused() { refused_ = true; }
  void mark_port_reuse();
  // Does a packet that came in another network, between the same ends, belong to this flow all the
  // same? `surely`: its direction was seen in that network before. `perhaps`: its numbers go on
  // where this flow's do, or it answers a flow that nobody answered.
  enum class Joins : std::uint8_t { no, perhaps, surely };
  Joins joins(const FlowPacket& packet) const;
  // Adds it, and remembers the network for its direction.
  void join(const FlowPacket& packet);
  // Bytes that wait to be read or compared, as of the last settle().
  std::size_t held() const { return held_; }
  // Counts them anew; answers by how much they changed.
  std::ptrdiff_t settle();
  // Gives them up, which is noted.
  void release();
  void mark_evicted() { stream_.count(Anomaly::evicted); }
  // Neither the client's peer nor an ICMP error has said anything so far.
  bool is_unanswered() const { return (packets_[0] == 0 || packets_[1] == 0) && !refused_; }
  std::uint64_t id() const { return id_; }
  Timestamp last_clock() const { return last_clock_; }

  // What recognises repeated packets once it is closed. The connection must be complete.
  EndedConnection tombstone(std::uint64_t hash) const;
  ClosedFlow close();

 private:
  class Delivery;

  std::size_t side_of(const FlowPacket& packet) const;
  void count(const FlowPacket& packet, std::size_t side);
  void add_tcp(const FlowPacket& packet, std::size_t side);
  void note_syn(const TcpHeader& tcp, std::size_t side);
  void push(const Decoded& decoded, std::uint32_t sequence, std::size_t side);
  void note_outside(std::uint32_t sequence, std::size_t side);
  void note_acknowledgment(const TcpHeader& tcp, std::size_t peer);
  void note_reset(const TcpHeader& tcp, std::size_t side);
  bool is_own_syn(const Decoded& decoded, std::size_t side) const;
  bool confirms_opening(const Decoded& decoded, std::size_t side) const;
  void add_stray(const FlowPacket& packet);
  std::uint64_t window_of(std::size_t receiver) const;
  bool is_near(std::uint32_t sequence, std::size_t side) const;
  void note_sctp(const Decoded& decoded, std::size_t side);
  bool accepts(std::uint32_t sequence, std::size_t side) const;
  bool continues_by_numbers(const TcpHeader& tcp, std::size_t side) const;
  bool accepts_reset(const TcpHeader& tcp, std::size_t side) const;
  void flush(std::size_t side);
  void note_fragment(const Decoded& decoded, std::size_t side);
  std::vector<MinuteTraffic> minutes() const;
  std::optional<std::size_t> opener() const;
  std::optional<std::size_t> client_by_port() const;
  std::size_t client() const;
  Outcome outcome(std::size_t client) const;
  Outcome tcp_outcome(std::size_t client) const;

  // What was counted before a minute began.
  struct MinuteMark {
    std::int64_t minute = 0;  // the one that ended
    std::uint64_t packets = 0, bytes = 0;
  };
  // Beside that of its key. A connection is shown in two when a mirror port tags each direction
  // with its own VLAN, or sees its packets before and behind a router; tunnels name each direction
  // anew.
  struct OtherNetwork {
    std::uint32_t network = 0;
    std::array<bool, 2> sides{};  // whose packets were seen in it
  };
  // A path that changes more often is followed by its numbers, packet by packet.
  static constexpr std::size_t max_networks = 8;
  // What few flows have.
  struct Rare {
    std::optional<FlowKey> icmp_key;  // ICMP is keyed by more than its ends
    std::uint8_t icmp_type = 0, icmp_code = 0;
    std::array<std::uint32_t, 2> open_datagrams{};  // heads of fragmented ones, not yet whole
    std::unique_ptr<Opening> opening;
    bool went_on = false;  // packets of this connection came behind `opening`
    // The last one that came before any byte of the side that it acknowledges.
    std::array<std::optional<std::uint32_t>, 2> early_acknowledgment{};
    std::array<std::optional<std::uint32_t>, 2> reset_at{};  // the last inexact one of a side
    std::vector<OtherNetwork> networks;
  };
  Rare& rare() {
    if (rare_ == nullptr) rare_ = std::make_unique<Rare>();
    return *rare_;
  }
  std::uint32_t open_datagrams(std::size_t side) const {
    return rare_ == nullptr ? 0 : rare_->open_datagrams[side];
  }

  static constexpr std::uint8_t max_shift = 14;  // RFC 7323 2.3
  static constexpr std::int8_t unknown_side = -1;

  // Ordered so that no padding lies between them: very many of these are open.
  FlowKey ends_;  // side 0 is `one`
  std::uint8_t vlan_count_;
  Tunnel tunnel_;
  std::int8_t opener_ = unknown_side;  // side that sent the SYN without ACK
  bool refused_ = false;               // an ICMP error answered it
  std::uint32_t capture_;
  std::uint32_t held_ = 0;
  std::uint32_t gaps_ = 0, duplicates_ = 0;
  std::uint32_t tunnel_id_;
  std::array<std::uint16_t, Decoded::max_vlans> vlans_{};
  std::array<std::uint16_t, 2> windows_{};  // largest that each side advertised, unscaled
  std::unique_ptr<Rare> rare_;
  std::uint64_t id_, first_packet_;
  Timestamp first_, last_, last_clock_;
  std::array<std::uint64_t, 2> packets_{}, bytes_{}, payload_bytes_{};  // by side
  std::int64_t minute_ = 0;                         // of the capture clock, since 1970-01-01T00:00Z
  std::unique_ptr<std::vector<MinuteMark>> marks_;  // none: all in one minute
  Stream stream_;
  std::array<TcpReassembler, 2> tcp_;
  std::array<std::uint32_t, 2> syn_sequence_{};  // valid where known_
  std::array<std::uint32_t, 2> fin_sequence_{};  // valid where fin_
  std::array<std::uint8_t, 2> shifts_{TcpHeader::no_shift, TcpHeader::no_shift};
  // known_: the number of its SYN, which was captured (syn_) or which the SYN-ACK acknowledges.
  std::array<bool, 2> known_{}, syn_{}, syn_ack_{}, fin_{}, fin_acknowledged_{}, rst_{};
  bool talked_ = false;      // there was more than SYNs and RSTs
  bool reset_seen_ = false;  // within the window, but not exact: perhaps the end (RFC 5961 3.2)
  bool ended_ = false;
};

}  // namespace pcapaudit
