// Builds what exchange.hpp describes.

#include "support/exchange.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <unistd.h>

#include "run/pipeline.hpp"
#include "support/packets.hpp"
#include "support/temp_dir.hpp"
#include "support/tls_bytes.hpp"

namespace pcapaudit::test {
namespace {

constexpr std::size_t segment_size = 1460;
constexpr std::int64_t step_ns = 1'000'000;
constexpr std::uint16_t client_port = 40000;
constexpr std::uint8_t tcp_protocol = 6, udp_protocol = 17;

class Sender {
 public:
  explicit Sender(std::vector<WirePacket>& out) : out_(out) {}

  void send(int side, std::uint8_t flags, std::string payload = "") {
    WirePacket packet{.side = side,
                      .flags = flags,
                      .sequence = next_[side],
                      .acknowledgment = (flags & TcpHeader::ack) != 0 ? next_[1 - side] : 0,
                      .payload = std::move(payload),
                      .ns = now_ += step_ns};
    next_[side] += static_cast<std::uint32_t>(packet.payload.size());
    if ((flags & (TcpHeader::syn | TcpHeader::fin)) != 0) ++next_[side];
    out_.push_back(std::move(packet));
  }

 private:
  std::vector<WirePacket>& out_;
  std::uint32_t next_[2] = {1'000'000, 3'000'000'000};
  std::int64_t now_ = 0;
};

class Flows final : public FlowSink {
 public:
  Result<void> accept(std::span<AuditedFlow> flows, std::span<const LatePacket>) override {
    for (AuditedFlow& flow : flows) taken.push_back(std::move(flow));
    return {};
  }
  Result<void> mark_unheard(std::span<const std::uint64_t>) override { return {}; }
  std::vector<AuditedFlow> taken;
};

std::string little(std::uint64_t value, int width) {
  std::string bytes = number(value, width);
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

}  // namespace

std::vector<WirePacket> packets_of(const Talk& talk) {
  std::vector<WirePacket> packets;
  Sender sender(packets);
  if (talk.is_udp()) {
    for (const TalkMessage& message : talk.messages) sender.send(message.side, 0, message.bytes);
    return packets;
  }
  constexpr std::uint8_t ack = TcpHeader::ack, push = TcpHeader::ack | TcpHeader::psh;
  sender.send(0, TcpHeader::syn);
  sender.send(1, TcpHeader::syn | ack);
  sender.send(0, ack);
  for (const TalkMessage& message : talk.messages) {
    for (std::size_t at = 0; at < message.bytes.size(); at += segment_size) {
      sender.send(message.side, push, message.bytes.substr(at, segment_size));
    }
    sender.send(1 - message.side, ack);
  }
  sender.send(0, TcpHeader::fin | ack);
  sender.send(1, TcpHeader::fin | ack);
  sender.send(0, ack);
  return packets;
}

std::vector<Frame> frames_of(const Talk& talk, const std::vector<WirePacket>& packets) {
  std::vector<Frame> frames;
  std::uint16_t identification = 1;
  for (const WirePacket& packet : packets) {
    const std::uint16_t ports[2] = {client_port, talk.server_port};
    const std::string transport =
        talk.is_udp()
            ? udp({.source_port = ports[packet.side], .destination_port = ports[1 - packet.side]},
                  packet.payload)
            : tcp({.source_port = ports[packet.side],
                   .destination_port = ports[1 - packet.side],
                   .sequence = packet.sequence,
                   .acknowledgment = packet.acknowledgment,
                   .flags = packet.flags,
                   .window = packet.window},
                  packet.payload);
    const char* addresses[2] = {client_address, server_address};
    frames.push_back({.side = packet.side,
                      .ip = ipv4({.protocol = talk.is_udp() ? udp_protocol : tcp_protocol,
                                  .source = addresses[packet.side],
                                  .destination = addresses[1 - packet.side],
                                  .identification = identification++},
                                 transport),
                      .vlans = {},
                      .before = {},
                      .ns = packet.ns});
  }
  return frames;
}

std::string capture_of(const std::vector<Frame>& frames) {
  constexpr std::uint64_t begin_s = 1'700'000'000;
  std::string file = little(0xa1b23c4d, 4) + little(2, 2) + little(4, 2) + little(0, 8) +
                     little(262'144, 4) + little(1, 4);
  for (const Frame& frame : frames) {
    std::vector<VlanTag> tags;
    for (const std::uint16_t id : frame.vlans) tags.push_back({.id = id});
    const std::string bytes = ethernet(frame.ethertype, frame.before + frame.ip, tags);
    const std::size_t captured = std::min(bytes.size(), frame.snap_length);
    const std::int64_t ns = frame.ns;
    const std::int64_t seconds = ns / ns_per_second - (ns % ns_per_second < 0 ? 1 : 0);
    file += little(begin_s + static_cast<std::uint64_t>(seconds), 4) +
            little(static_cast<std::uint64_t>(ns - seconds * ns_per_second), 4) +
            little(captured, 4) + little(bytes.size(), 4) + bytes.substr(0, captured);
  }
  return file;
}

std::vector<AuditedFlow> audited(const std::string& capture, const Policy& policy) {
  const TempDir folder;
  const std::string path = folder.write("exchange.pcap", capture);
  Flows flows;
  const auto summary = run({.inputs = {path},
                            .source = {},
                            .policy = &policy,
                            .workers = 0,
                            .progress = {},
                            .interrupted = nullptr},
                           flows);
  if (!summary) throw std::runtime_error(summary.error().what);
  return std::move(flows.taken);
}

}  // namespace pcapaudit::test
