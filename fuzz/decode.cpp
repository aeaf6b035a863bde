// Packets of every link type through the decoder and its memory: two bytes of length and one that
// chooses the link type, then the packet, again and again.
#include <pcapaudit/net/decoder.hpp>

#include "support/packet_samples.hpp"
#include "target.hpp"

namespace pcapaudit::fuzz {
namespace {

constexpr std::uint32_t link_types[] = {0,   1,   6,   9,   10,  12,  50,  51,  101,
                                        104, 105, 107, 108, 109, 113, 119, 127, 141,
                                        149, 163, 192, 228, 229, 258, 276, 277};

std::string record(std::size_t link, const std::string& packet) {
  std::string bytes;
  bytes += static_cast<char>(packet.size() >> 8);
  bytes += static_cast<char>(packet.size() & 0xff);
  bytes += static_cast<char>(link);
  return bytes + packet;
}

}  // namespace

void run(Bytes input) {
  Decoder decoder((input.size() & 1U) != 0);
  ByteReader reader(input);
  std::uint64_t number = 0;
  DecoderCounters sum;
  while (reader.remaining() > 3) {
    const std::size_t size = std::min<std::size_t>(reader.u16(), reader.remaining() - 1);
    const std::uint8_t choice = reader.u8();
    PacketView packet;
    packet.number = ++number;
    packet.time.ns = static_cast<std::int64_t>(number) * 1'000'000;
    packet.link_type = LinkType{link_types[choice % std::size(link_types)]};
    packet.bytes = reader.take(size);
    packet.wire_length = static_cast<std::uint32_t>(size + (choice >> 6));
    const auto decoded = decoder.decode(packet);
    if (decoded) {
      require(decoded->payload_length >= decoded->payload.size(),
              "payload is longer than its length");
      std::size_t zeros = 0;
      for (const std::uint8_t byte : decoded->payload) zeros += byte == 0 ? 1U : 0U;
      require(zeros <= decoded->payload.size(), "payload can be read");
    }
  }
  decoder.forget();
  sum = decoder.take_counters();
  require(sum.reassembled + sum.incomplete <= sum.fragments, "more datagrams than fragments");
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
  return all;
}

}  // namespace pcapaudit::fuzz
