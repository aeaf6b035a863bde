// Makes the packets of one TCP or UDP conversation for the flow table, without link or IP bytes.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "flow/flow_table.hpp"

namespace pcapaudit::test {

inline constexpr int client = 0;
inline constexpr int server = 1;

class Conversation {
 public:
  Conversation(std::string_view client_address, std::uint16_t client_port,
               std::string_view server_address, std::uint16_t server_port,
               Transport transport = Transport::tcp)
      : transport_(transport) {
    ends_[0] = {*IpAddress::parse(client_address), client_port};
    ends_[1] = {*IpAddress::parse(server_address), server_port};
  }

  // Seconds until the next packet.
  Conversation& wait(double seconds) {
    now_ns_ += static_cast<std::int64_t>(seconds * 1e9);
    return *this;
  }
  Conversation& open() {
    return flags(client, TcpHeader::syn).flags(server, TcpHeader::syn | TcpHeader::ack);
  }
  Conversation& close() {
    return flags(client, TcpHeader::fin | TcpHeader::ack)
        .flags(server, TcpHeader::fin | TcpHeader::ack);
  }

  // A segment without payload. SYN and FIN take one sequence number.
  Conversation& flags(int side, std::uint8_t bits) {
    FlowPacket& packet = add(side, "");
    packet.decoded.tcp.flags = bits;
    if ((bits & (TcpHeader::syn | TcpHeader::fin)) != 0) ++next_[side];
    return *this;
  }
  // The next bytes of a side, or a datagram.
  Conversation& data(int side, std::string_view bytes) {
    FlowPacket& packet = add(side, bytes);
    packet.decoded.tcp.flags = TcpHeader::ack | TcpHeader::psh;
    next_[side] += static_cast<std::uint32_t>(bytes.size());
    return *this;
  }
  // Bytes that were sent and not captured.
  Conversation& lose(int side, std::uint32_t bytes) {
    next_[side] += bytes;
    return *this;
  }
  Conversation& start_sequence(int side, std::uint32_t sequence) {
    next_[side] = sequence;
    return *this;
  }

  std::vector<FlowPacket>& packets() { return packets_; }

 private:
  FlowPacket& add(int side, std::string_view bytes) {
    texts_.emplace_back(bytes);
    FlowPacket packet;
    packet.id = packet.number = packets_.size() + 1;
    packet.time = packet.clock = Timestamp{now_ns_ += 1'000'000};
    packet.wire_length = static_cast<std::uint32_t>(54 + bytes.size());
    packet.decoded.transport = transport_;
    packet.decoded.source = ends_[side].address;
    packet.decoded.source_port = ends_[side].port;
    packet.decoded.destination = ends_[1 - side].address;
    packet.decoded.destination_port = ends_[1 - side].port;
    packet.decoded.tcp.sequence = next_[side];
    packet.decoded.tcp.acknowledgment = next_[1 - side];
    packet.decoded.payload = as_bytes(texts_.back());
    packet.decoded.payload_length = static_cast<std::uint32_t>(bytes.size());
    packets_.push_back(packet);
    return packets_.back();
  }

  Transport transport_;
  Endpoint ends_[2];
  std::uint32_t next_[2] = {1000, 5000};
  std::int64_t now_ns_ = 1'700'000'000'000'000'000;
  std::deque<std::string> texts_;
  std::vector<FlowPacket> packets_;
};

// Every flow that the packets make, in the order of their first packets.
std::vector<ClosedFlow> flows_of(const std::vector<FlowPacket>& packets);

}  // namespace pcapaudit::test
