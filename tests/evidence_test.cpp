// The packet ring, the pcapng writer and the slices of findings.
#include "monitor/live/evidence.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numeric>

#include <catch2/catch.hpp>

#include "capture/packet_source.hpp"
#include "monitor/live/packet_ring.hpp"
#include "support/packets.hpp"
#include "support/temp_dir.hpp"

using namespace pcapaudit;
using test::view_of;

namespace {

PacketView numbered(std::string_view bytes, std::uint64_t number, std::int64_t second = 0) {
  PacketView view = view_of(bytes);
  view.number = number;
  view.time = {second * ns_per_second};
  return view;
}

struct Kept {
  std::uint64_t number;
  std::string bytes;
  bool operator==(const Kept&) const = default;
};

std::vector<Kept> kept(const PacketRing& ring, std::uint64_t hash, std::int64_t from = 0,
                       std::int64_t to = 1000) {
  std::vector<Kept> packets;
  ring.each(hash, {from * ns_per_second}, {to * ns_per_second}, [&](const PacketView& it) {
    packets.push_back({it.number, std::string(as_text(it.bytes))});
  });
  return packets;
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  ::pclose(pipe);
  return text;
}

struct TemporaryFile {
  test::TempDir folder;
  std::string path;
  explicit TemporaryFile(const std::string& content) : path(folder.write("file", content)) {}
};

}  // namespace

TEST_CASE("packet ring: gives back what was put in, by flow and time") {
  PacketRing ring(4096);
  ring.add(numbered("one", 1, 1), 7, true);
  ring.add(numbered("other", 2, 2), 8, true);
  ring.add(numbered("two", 3, 3), 7, false);
  CHECK(kept(ring, 7) == std::vector<Kept>{{1, "one"}, {3, "two"}});
  CHECK(kept(ring, 7, 2) == std::vector<Kept>{{3, "two"}});
  CHECK(kept(ring, 8, 0, 1).empty());
  CHECK(kept(ring, 9).empty());
}

TEST_CASE("packet ring: the newest packets stay, in order, whatever their sizes and the cap") {
  for (const std::size_t cap : {200UL, 333UL, 1000UL, 1024UL, 4096UL}) {
    PacketRing ring(cap);
    for (std::uint64_t i = 0; i < 500; ++i) {
      CAPTURE(cap, i);
      const std::string bytes(i * 37 % 90, static_cast<char>('a' + i % 26));
      ring.add(numbered(bytes, i), 7, true);
      const auto packets = kept(ring, 7);
      REQUIRE_FALSE(packets.empty());
      REQUIRE(packets.back() == Kept{i, bytes});
      for (std::size_t k = 1; k < packets.size(); ++k) {
        REQUIRE(packets[k].number == packets[k - 1].number + 1);
      }
      REQUIRE(ring.bytes() <= cap);
      const auto held =
          std::accumulate(packets.begin(), packets.end(), std::size_t{0},
                          [](std::size_t sum, const Kept& it) { return sum + it.bytes.size(); });
      REQUIRE(ring.bytes() >= held);
    }
    // Not only the very last one: a third of the room at least is in use.
    CHECK(ring.bytes() > cap / 3);
  }
}

TEST_CASE("packet ring: of a flow only the head is kept, until it opens again") {
  PacketRing ring(1 << 20);
  for (std::uint64_t i = 0; i < 100; ++i) ring.add(numbered("x", i), 7, i == 0);
  CHECK(kept(ring, 7).size() == PacketRing::head_packets);
  CHECK(ring.passed_over() == 100 - PacketRing::head_packets);
  ring.add(numbered("again", 100), 7, true);
  CHECK(kept(ring, 7).back() == Kept{100, "again"});
}

TEST_CASE("packet ring: a packet that is larger than the ring, and a ring without room") {
  PacketRing small(64);
  small.add(numbered(std::string(100, 'x'), 1), 7, true);
  CHECK(kept(small, 7).empty());
  PacketRing none(0);
  none.add(numbered("x", 1), 7, true);
  CHECK(kept(none, 7).empty());
}

namespace {

// Two flows and an ICMP error about the first.
struct Conversation {
  std::string query = test::ethernet(
      0x0800, test::ipv4({.protocol = 17, .source = "10.0.0.1", .destination = "10.0.0.2"},
                         test::udp({.source_port = 4000, .destination_port = 53}, "query")));
  std::string answer = test::ethernet(
      0x0800, test::ipv4({.protocol = 17, .source = "10.0.0.2", .destination = "10.0.0.1"},
                         test::udp({.source_port = 53, .destination_port = 4000}, "answer")));
  std::string stranger = test::ethernet(
      0x0800, test::ipv4({.protocol = 17, .source = "10.0.0.3", .destination = "10.0.0.2"},
                         test::udp({.source_port = 4000, .destination_port = 53}, "query")));
  std::string refusal = test::ethernet(
      0x0800, test::ipv4({.protocol = 1, .source = "10.0.0.254", .destination = "10.0.0.1"},
                         test::icmp(3, 3, 0, as_payload())));
  static std::string as_payload() {
    return test::ipv4({.protocol = 17, .source = "10.0.0.1", .destination = "10.0.0.2"},
                      test::udp({.source_port = 4000, .destination_port = 53}, ""));
  }
};

EvidenceSubject subject() {
  EvidenceSubject it;
  it.finding = "V-7A21";
  it.kind = "undocumented";
  it.text = "no documented flow";
  it.flows_in_all = 3;
  it.flows = {{.id = 17,
               .transport = Transport::udp,
               .client = {.address = *IpAddress::parse("10.0.0.1"), .port = 4000},
               .server = {.address = *IpAddress::parse("10.0.0.2"), .port = 53},
               .first = {100 * ns_per_second},
               .last = {200 * ns_per_second}}};
  return it;
}

void add(EvidenceSlice& slice, std::string_view bytes, std::uint64_t number, std::int64_t second) {
  const PacketView packet = numbered(bytes, number, second);
  const auto decoded = decode(packet);
  REQUIRE(decoded);
  slice.add(packet, *decoded, "x.pcap");
}

}  // namespace

TEST_CASE("evidence: a slice holds its flow in its time and errors about it; tshark reads it") {
  const Conversation packets;
  EvidenceSlice slice(subject(), {}, "0.1.0");
  add(slice, packets.query, 5, 99);  // before the flow
  add(slice, packets.query, 6, 100);
  add(slice, packets.stranger, 7, 101);
  add(slice, packets.answer, 8, 102);
  add(slice, packets.refusal, 9, 103);
  add(slice, packets.query, 10, 201);  // behind it
  CHECK(slice.packets() == 3);
  CHECK(slice.flows_without_packets().empty());

  const TemporaryFile file(slice.bytes());
  auto source = open_capture(file.path, {});
  REQUIRE(source);
  std::vector<std::string> read;
  while (const PacketView* packet = (*source)->next()) {
    read.emplace_back(as_text(packet->bytes));
    CHECK(packet->time >= Timestamp{100 * ns_per_second});
  }
  CHECK(read == std::vector<std::string>{packets.query, packets.answer, packets.refusal});
  CHECK_FALSE((*source)->facts().damage);

  if (output_of("command -v tshark").empty()) return;
  CHECK(output_of("tshark -r " + file.path +
                  " -T fields -e frame.number -e frame.time_epoch -e frame.comment 2>/dev/null") ==
        "1\t100.000000000\tV-7A21: flow 17, its packet 1; packet 6 of x.pcap; 10.0.0.1:4000 to "
        "10.0.0.2:53 udp; no documented flow\n"
        "2\t102.000000000\tV-7A21: flow 17, its packet 2; packet 8 of x.pcap\n"
        "3\t103.000000000\tV-7A21: flow 17, its packet 3; packet 9 of x.pcap\n");
  const std::string about = output_of("capinfos " + file.path);
  CHECK(about.find("pcapaudit 0.1.0") != std::string::npos);
  CHECK(about.find("Evidence for V-7A21 (undocumented), 1 of 3 flows: no documented flow") !=
        std::string::npos);
}

TEST_CASE("evidence: limits are kept and what is left out is counted") {
  const Conversation packets;
  EvidenceSlice few(subject(), {.packets_per_flow = 2}, "");
  for (std::uint64_t i = 0; i < 5; ++i) add(few, packets.query, i, 150);
  CHECK(few.packets() == 2);
  CHECK(few.left_out() == 3);
  EvidenceSlice small(subject(), {.bytes = 10}, "");
  add(small, packets.query, 1, 150);
  CHECK(small.packets() == 0);
  CHECK(small.left_out() == 1);
  CHECK(small.flows_without_packets() == std::vector<std::uint64_t>{17});
}

TEST_CASE("evidence: packets of different link types in one file") {
  PcapngWriter writer("t", "");
  const std::string ip = test::ipv4({}, test::udp({}, "x"));
  writer.add(view_of(ip, LinkType{101}), "tun0", "");
  const std::string frame = test::ethernet(0x0800, ip);
  writer.add(view_of(frame), "eth0", "");
  writer.add(view_of(ip, LinkType{101}), "tun0", "");
  const TemporaryFile file(writer.bytes());
  auto source = open_capture(file.path, {});
  REQUIRE(source);
  std::vector<std::uint32_t> links;
  while (const PacketView* packet = (*source)->next()) {
    links.push_back(static_cast<std::uint32_t>(packet->link_type));
  }
  CHECK(links == std::vector<std::uint32_t>{101, 1, 101});
  REQUIRE((*source)->facts().interfaces.size() == 2);
  CHECK((*source)->facts().interfaces[1].name == "eth0");
}
