// Packets of every link type over the line of a capture's file: decoder with its memory, a batch,
// a worker. Two bytes of length and one that chooses the link type, then the packet, again and
// again.
#include <memory>

#include "net/decoder.hpp"
#include "run/worker.hpp"
#include "support/packet_samples.hpp"
#include "target.hpp"

namespace pcapaudit::fuzz {
namespace {

constexpr std::uint32_t link_types[] = {0,   1,   6,   9,   10,  12,  50,  51,  101, 104, 105,
                                        107, 108, 109, 113, 117, 119, 127, 138, 149, 163, 166,
                                        192, 204, 205, 228, 229, 240, 258, 276, 277};

std::string record(std::size_t link, const std::string& packet) {
  std::string bytes;
  bytes += static_cast<char>(packet.size() >> 8);
  bytes += static_cast<char>(packet.size() & 0xff);
  bytes += static_cast<char>(link);
  return bytes + packet;
}

// Decoded packets wait in a batch, and each is freed as soon as the batch lets go of it.
class Line {
 public:
  explicit Line(bool verify_checksums) : decoder_({.verify_checksums = verify_checksums}) {}

  void add(PacketView packet) {
    const auto owner =
        std::make_shared<const std::vector<std::uint8_t>>(packet.bytes.begin(), packet.bytes.end());
    packet.bytes = *owner;
    const auto decoded = decoder_.decode(packet);
    if (!decoded) return;
    require(decoded->payload_length >= decoded->payload.size(),
            "payload is longer than its length");
    batch_.add({.id = packet.number,
                .number = packet.number,
                .time = packet.time,
                .clock = packet.time,
                .wire_length = packet.wire_length,
                .decoded = *decoded},
               owner);
    if (batch_.is_full()) hand_over();
  }

  void finish(std::uint64_t packets) {
    decoder_.forget();
    batch_.closes_all = true;
    hand_over();
    const DecoderCounters sum = decoder_.take_counters();
    std::uint64_t others = 0;
    for (const std::uint64_t count : sum.issues) others += count;
    require(sum.reassembled + sum.incomplete <= sum.fragments, "more datagrams than fragments");
    require(sum.decoded + others == packets, "a packet is counted twice, or not at all");
    require(in_flows_ <= sum.decoded, "flows have packets that were not decoded");
  }

 private:
  void hand_over() {
    worker_.work(batch_, [this](const EndedFlows& ended) {
      for (const AuditedFlow& it : ended.flows)
        in_flows_ += it.flow.packets[0] + it.flow.packets[1];
    });
    batch_.clear();
  }

  Decoder decoder_;
  Worker worker_{nullptr};
  PacketBatch batch_;
  std::uint64_t in_flows_ = 0;
};

std::string fragment(std::string_view datagram, std::size_t offset, std::size_t size, bool last) {
  constexpr std::uint16_t more = 0x2000;
  const auto bits = static_cast<std::uint16_t>(offset / 8 | (last ? 0 : more));
  return test::ethernet(0x0800, test::ipv4({.fragment = bits}, datagram.substr(offset, size)));
}

}  // namespace

void run(Bytes input) {
  Line line((input.size() & 1U) != 0);
  ByteReader reader(input);
  std::uint64_t number = 0;
  while (reader.remaining() > 3) {
    const std::size_t size = std::min<std::size_t>(reader.u16(), reader.remaining() - 1);
    const std::uint8_t choice = reader.u8();
    PacketView packet;
    packet.number = ++number;
    packet.time.ns = static_cast<std::int64_t>(number) * 1'000'000;
    packet.link_type = LinkType{link_types[choice % std::size(link_types)]};
    packet.bytes = reader.take(size);
    packet.wire_length = static_cast<std::uint32_t>(size + (choice >> 6));
    line.add(packet);
  }
  line.finish(number);
}

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  auto samples = test::link_samples();
  for (auto& sample : test::tunnel_samples()) samples.push_back(std::move(sample));
  for (const auto& sample : samples) {
    std::size_t link = 1;
    for (std::size_t i = 0; i < std::size(link_types); ++i) {
      if (LinkType{link_types[i]} == sample.link) link = i;
    }
    all.push_back(record(link, sample.bytes) + record(link, sample.bytes));
  }
  const std::string datagram =
      test::udp({.source_port = 5060, .destination_port = 5060},
                "OPTIONS sip:b SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n");
  const std::string first = record(1, fragment(datagram, 0, 24, false));
  const std::string second = record(1, fragment(datagram, 24, 16, false));
  const std::string last = record(1, fragment(datagram, 40, datagram.size() - 40, true));
  for (const auto& order : {first + second + last, last + second + first, last + first + second,
                            second + second + last + first}) {
    all.push_back(order + record(1, test::inner_frame()));
  }
  return all;
}

}  // namespace pcapaudit::fuzz
