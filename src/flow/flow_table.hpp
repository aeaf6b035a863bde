// All open flows of one worker: packets in, closed flows out.
//
// Used by one thread. Memory grows with the number of open flows, up to a cap if one is given; each
// flow's own buffers are capped (TcpReassembler, Stream). As long as no cap on all flows is
// reached, results do not depend on how flows are spread over tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <pcapaudit/app/dissector.hpp>

#include "flow/closed_flow.hpp"
#include "flow/flow_key.hpp"
#include "net/packet.hpp"

namespace pcapaudit {

// A decoded packet with its place in the run. The payload view is valid during add() only.
struct FlowPacket {
  std::uint64_t id = 0;       // number in the whole run, from 1
  std::uint32_t capture = 0;  // index of its input
  std::uint64_t number = 0;   // in that input
  Timestamp time;             // as captured
  Timestamp clock;            // capture clock: the greatest time seen so far in the run
  std::uint32_t wire_length = 0;
  Decoded decoded;
};

// For all flows of a table together; 0: any.
struct FlowLimits {
  std::size_t max_flows = 0;
  std::size_t max_bytes = 0;  // of flows and what waits in them to be read
};

class FlowTable {
 public:
  // A flow is split when its next packet comes later than this after its last one, on the
  // capture clock. SIP and HTTP keep-alives are minutes apart, so TCP gets an hour, and what goes
  // on with the numbers of the connection belongs to it later, too: a connection does not end by
  // silence (RFC 9293 3.8.4).
  static constexpr std::int64_t tcp_idle_ns = 3600 * ns_per_second;
  // Open TCP connections are forgotten after this, so that those whose end was not captured do not
  // fill a monitor; as long as firewalls remember them (Linux nf_conntrack: five days).
  static constexpr std::int64_t tcp_forgotten_ns = 5 * 86'400 * ns_per_second;
  static constexpr std::int64_t udp_idle_ns = 600 * ns_per_second;
  // A server may call a client as long as it is registered: an hour (RFC 3261 10.2.1.1).
  static constexpr std::int64_t sip_idle_ns = 3600 * ns_per_second;
  static constexpr std::int64_t icmp_idle_ns = 60 * ns_per_second;
  // Tunnels between two hosts are up for days and may be silent for long.
  static constexpr std::int64_t other_idle_ns = 3600 * ns_per_second;
  // After FIN both ways or RST, late segments still belong to the flow for this long. A connection
  // that ended in good order is closed at once; what comes later of it is a LatePacket.
  static constexpr std::int64_t closed_linger_ns = 60 * ns_per_second;
  // How often idle flows are looked for; only memory depends on it.
  static constexpr std::int64_t sweep_interval_ns = 20 * ns_per_second;
  // Flows that are closed at a time, so that a million idle ones do not become a million records.
  static constexpr std::size_t closed_portion = 512;

  // What an open flow takes without what waits in it (docs/performance.md).
  static constexpr std::size_t flow_bytes = 700;

  // Beyond a limit what is least valuable goes, which is noted as an anomaly: first what waits in
  // flows to be read, then flows; of either an attempt without answer before a conversation, ends
  // that nobody knows before others, the longer silent one first, as far as a look at a few flows
  // tells.
  // `tls_keys`: secrets with which connections are decrypted; null: none.
  explicit FlowTable(const FlowLimits& limits = {}, DissectorList dissectors = all_dissectors(),
                     std::shared_ptr<const TlsKeyStore> tls_keys = nullptr);
  ~FlowTable();
  FlowTable(FlowTable&&) noexcept;
  FlowTable& operator=(FlowTable&&) noexcept;

  void add(std::span<const FlowPacket> packets);
  // The capture clock went on without packets: idle flows end, a portion of them.
  void advance(Timestamp clock);
  // Ends flows, a portion of them: the end of the input, or a break in its time line. True while
  // there are more.
  bool close_some();
  // Whose flows are worth more than others'; may be empty.
  using IsKnown = std::function<bool(const FlowKey&)>;
  void set_known(IsKnown is_known);
  // Flows that ended since the last call, in the order in which they ended.
  std::vector<ClosedFlow> take_closed();
  // Late packets of flows that ended before, since the last call. Their flows come first.
  std::vector<LatePacket> take_late();
  std::size_t open_flows() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pcapaudit
