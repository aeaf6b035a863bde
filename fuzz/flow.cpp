// Segments in any order, with any flags, through the flow table: no packet and no byte is invented.
#include <array>

#include "support/conversation.hpp"
#include "target.hpp"

namespace pcapaudit::fuzz {

// A record is side and transport, flags, sequence (relative, two bytes), time step, length,
// payload.
void run(Bytes input) {
  ByteReader reader(input);
  std::vector<FlowPacket> packets;
  constexpr std::size_t most_packets = 400;
  std::int64_t now = 1'700'000'000'000'000'000;
  std::uint64_t payload = 0, copies = 0;
  while (reader.remaining() >= 6 && packets.size() < most_packets) {
    const std::uint8_t kind = reader.u8();
    const std::uint8_t flags = reader.u8();
    const std::uint16_t sequence = reader.u16();
    now += std::int64_t{reader.u8()} * 300'000'000;
    const Bytes bytes = reader.take(std::min<std::size_t>(reader.u8(), reader.remaining()));
    FlowPacket packet;
    packet.id = packet.number = packets.size() + 1;
    packet.time = packet.clock = Timestamp{now};
    packet.decoded.transport = (kind & 2U) != 0 ? Transport::udp : Transport::tcp;
    const bool from_server = (kind & 1U) != 0;
    packet.decoded.source = *IpAddress::parse(from_server ? "10.0.0.2" : "10.0.0.1");
    packet.decoded.destination = *IpAddress::parse(from_server ? "10.0.0.1" : "10.0.0.2");
    packet.decoded.source_port = from_server ? 80 : 51000;
    packet.decoded.destination_port = from_server ? 51000 : 80;
    packet.decoded.tcp.flags = flags;
    packet.decoded.tcp.sequence = 0xffff8000U + sequence;
    packet.decoded.tcp.window = 1000;
    packet.decoded.payload = bytes;
    packet.decoded.payload_length = static_cast<std::uint32_t>(bytes.size() + (kind >> 6));
    packet.wire_length = packet.decoded.payload_length + 54;
    packet.decoded.duplicate = (kind & 4U) != 0 && !packets.empty();
    copies += packet.decoded.duplicate ? 1 : 0;
    payload += packet.decoded.duplicate ? 0 : packet.decoded.payload_length;
    packets.push_back(packet);
  }
  std::uint64_t seen = 0, bytes = 0, duplicates = 0;
  for (const ClosedFlow& flow : test::flows_of(packets)) {
    seen += flow.packets[0] + flow.packets[1];
    duplicates += flow.duplicates;
    bytes += flow.payload_bytes[0] + flow.payload_bytes[1];
    require(flow.first <= flow.last, "a flow ends before it begins");
    require(!flow.app.empty(), "a flow has no application");
  }
  require(seen + copies == packets.size(), "packets of flows are not the packets given");
  require(duplicates <= copies, "more copies than there were");
  require(bytes == payload, "payload of flows is not the payload given");
}

std::vector<std::string> seeds() {
  const auto record = [](std::uint8_t kind, std::uint8_t flags, std::uint16_t sequence,
                         const std::string& text) {
    std::string bytes;
    for (const unsigned value : {unsigned{kind}, unsigned{flags}, sequence >> 8 & 0xffU,
                                 sequence & 0xffU, 1U, static_cast<unsigned>(text.size())}) {
      bytes += static_cast<char>(value);
    }
    return bytes + text;
  };
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
  const std::string open = record(0, 0x02, 0, "") + record(1, 0x12, 0, "");
  return {open + record(0, 0x18, 1, get) + record(1, 0x18, 1, ok) + record(0, 0x11, 30, "") +
              record(1, 0x11, 50, ""),
          open + record(0, 0x18, 20, get.substr(19)) + record(0, 0x18, 1, get.substr(0, 19)),
          open + record(0, 0x18, 1, get) + record(0, 0x18, 1, "XXX" + get.substr(3)) +
              record(1, 0x04, 1, ""),
          record(0, 0x18, 0x7ff0, get) + record(1, 0x18, 1, ok) + record(0, 0x02, 9, ""),
          record(2, 0, 0, "\x12\x34") + record(3, 0, 0, "answer") + record(6, 0, 0, "copy")};
}

}  // namespace pcapaudit::fuzz
