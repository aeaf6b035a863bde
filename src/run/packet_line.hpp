// The way of a packet from a source to its flow, the same for files and for the wire: it gets its
// number in the run and is decoded; what gives no flow is counted, by capture.
//
// Owned by the reading thread. The payload of what it gives is a view of the packet's bytes, or
// owned by a datagram that was put together.
#pragma once

#include <cstdint>
#include <optional>

#include "capture/packet_source.hpp"
#include "flow/flow_table.hpp"
#include "net/decoder.hpp"

namespace pcapaudit {

class PacketLine {
 public:
  explicit PacketLine(const DecodeOptions& options) : decoder_(options) {}

  // nullopt: it is counted. `clock` says where the run's time stands with this packet.
  std::optional<FlowPacket> place(const PacketView& packet, std::uint32_t capture,
                                  Timestamp clock) {
    ++id_;
    const auto decoded = decoder_.decode(packet);
    if (!decoded) return std::nullopt;
    return FlowPacket{.id = id_,
                      .capture = capture,
                      .number = packet.number,
                      .time = packet.time,
                      .clock = clock,
                      .wire_length = packet.wire_length,
                      .decoded = *decoded};
  }

  // A break in the time line, or the end: fragments no longer wait for each other.
  void forget() { decoder_.forget(); }
  // Of the packets since the last call.
  DecoderCounters take_counters() { return decoder_.take_counters(); }

 private:
  Decoder decoder_;
  std::uint64_t id_ = 0;
};

}  // namespace pcapaudit
