// Packets become flows: who opened it, how it went, what it carried, when it ended.
#include <algorithm>

#include <catch2/catch.hpp>

#include "support/conversation.hpp"

namespace pcapaudit {
namespace {

using test::client;
using test::Conversation;
using test::flows_of;
using test::server;

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

Conversation web() {
  return {"10.0.0.1", 51000, "10.0.0.2", 80};
}

std::string line(const ClosedFlow& flow) {
  return to_text(flow.client.address) + ":" + std::to_string(flow.client.port) + " " +
         to_text(flow.server.address) + ":" + std::to_string(flow.server.port) + " " +
         std::string(to_text(flow.direction_basis)) + " " + std::string(to_text(flow.outcome)) +
         " " + flow.app;
}

std::uint32_t count(const ClosedFlow& flow, Anomaly anomaly) {
  return flow.anomalies[static_cast<std::size_t>(anomaly)];
}

TEST_CASE("flow: a whole HTTP connection") {
  auto talk = web();
  talk.open().data(client, get).data(server, ok).close();
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(line(flows[0]) == "10.0.0.1:51000 10.0.0.2:80 syn data http");
  CHECK(flows[0].packets == std::array<std::uint64_t, 2>{3, 3});
  CHECK(flows[0].payload_bytes == std::array<std::uint64_t, 2>{get.size(), ok.size()});
  REQUIRE(flows[0].http() != nullptr);
  CHECK(flows[0].http()->hosts.values == std::vector<std::string>{"a.example"});
  CHECK(flows[0].http()->statuses.values == std::vector<std::uint32_t>{200});
}

TEST_CASE("flow: the order of a connection's segments does not matter") {
  auto talk = web();
  talk.open();
  for (std::size_t i = 0; i < get.size(); i += 7) talk.data(client, get.substr(i, 7));
  talk.data(server, ok);
  auto& packets = talk.packets();
  std::reverse(packets.begin() + 2, packets.end() - 1);
  const auto flows = flows_of(packets);
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].app == "http");
  CHECK(flows[0].gaps == 0);
  CHECK(flows[0].http()->requests == 1);
}

TEST_CASE("flow: outcomes of an attempt") {
  auto unanswered = web();
  unanswered.flags(client, TcpHeader::syn);
  CHECK(line(flows_of(unanswered.packets())[0]) == "10.0.0.1:51000 10.0.0.2:80 syn blocked none");

  auto refused = web();
  refused.flags(client, TcpHeader::syn).flags(server, TcpHeader::rst | TcpHeader::ack);
  CHECK(line(flows_of(refused.packets())[0]) == "10.0.0.1:51000 10.0.0.2:80 syn refused none");

  auto opened = web();
  opened.open().close();
  CHECK(line(flows_of(opened.packets())[0]) == "10.0.0.1:51000 10.0.0.2:80 syn handshake none");

  auto reset = web();
  reset.open().data(client, get).flags(server, TcpHeader::rst);
  CHECK(line(flows_of(reset.packets())[0]) == "10.0.0.1:51000 10.0.0.2:80 syn handshake http");

  auto half = web();
  half.data(client, get);
  CHECK(line(flows_of(half.packets())[0]) == "10.0.0.1:51000 10.0.0.2:80 content one-sided http");
}

TEST_CASE("flow: an ICMP unreachable refuses the attempt it quotes") {
  auto talk = web();
  talk.flags(client, TcpHeader::syn);
  FlowPacket error = talk.packets().front();
  error.id = error.number = 2;
  error.decoded = {};
  error.decoded.transport = Transport::icmp;
  error.decoded.source = *IpAddress::parse("10.0.0.254");
  error.decoded.destination = *IpAddress::parse("10.0.0.1");
  error.decoded.icmp_type = 3;
  error.decoded.icmp_code = 13;
  error.decoded.quoted = QuotedPacket{.transport = Transport::tcp,
                                      .source = *IpAddress::parse("10.0.0.1"),
                                      .destination = *IpAddress::parse("10.0.0.2"),
                                      .source_port = 51000,
                                      .destination_port = 80};
  talk.packets().push_back(error);
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 2);
  CHECK(flows[0].outcome == Outcome::refused);
  CHECK(flows[1].transport == Transport::icmp);
  CHECK(flows[1].app == "icmp");
}

TEST_CASE("flow: without a SYN the content says who is the client") {
  auto talk = web();
  talk.data(server, ok).data(client, get);
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(line(flows[0]) == "10.0.0.1:51000 10.0.0.2:80 content midstream http");
  CHECK(flows[0].packets == std::array<std::uint64_t, 2>{1, 1});
}

TEST_CASE("flow: without SYN and content the port says it, else the first packet") {
  auto by_port = web();
  by_port.data(server, "\x01\x02\x03").data(client, "\x04");
  CHECK(line(flows_of(by_port.packets())[0]) ==
        "10.0.0.1:51000 10.0.0.2:80 port midstream unknown");

  Conversation neither("10.0.0.1", 51000, "10.0.0.2", 52000);
  neither.data(server, "\x01\x02\x03").data(client, "\x04");
  CHECK(line(flows_of(neither.packets())[0]) ==
        "10.0.0.2:52000 10.0.0.1:51000 first-packet midstream unknown");
}

TEST_CASE("flow: a SYN-ACK tells the client even when the SYN was lost") {
  Conversation talk("10.0.0.1", 80, "10.0.0.2", 51000);  // ports point the wrong way on purpose
  talk.flags(server, TcpHeader::syn | TcpHeader::ack).data(client, get);
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(line(flows[0]).starts_with("10.0.0.1:80 10.0.0.2:51000 syn"));
}

TEST_CASE("flow: a new SYN on the same ports is a new flow, the same SYN again is not") {
  auto talk = web();
  talk.open().data(client, get).data(server, ok);
  talk.start_sequence(client, 77'000).start_sequence(server, 99'000).open();
  talk.data(client, get).data(server, ok).close();
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 2);
  CHECK(count(flows[0], Anomaly::port_reuse) == 1);
  CHECK(flows[1].http()->requests == 1);

  auto repeated = web();
  repeated.flags(client, TcpHeader::syn).start_sequence(client, 1000).wait(1).open();
  CHECK(flows_of(repeated.packets()).size() == 1);
}

TEST_CASE("flow: a SYN inside an open connection is no new one by itself") {
  constexpr std::uint8_t syn = TcpHeader::syn, ack = TcpHeader::ack, rst = TcpHeader::rst;
  const auto opened = [] {
    auto talk = web();
    talk.open().data(client, get).data(server, ok);
    return talk;
  };
  const auto client_next = 1001 + static_cast<std::uint32_t>(get.size());
  const auto server_next = 5001 + static_cast<std::uint32_t>(ok.size());

  // Forged, anywhere in the circle: the server answers for the old connection, which goes on.
  for (const std::uint32_t forged :
       {77'000U, 1000U, client_next - 1, client_next, client_next + 99, 0x22222222U, 0xf0000000U}) {
    CAPTURE(forged);
    auto talk = opened();
    talk.start_sequence(client, forged).flags(client, syn);
    talk.start_sequence(client, client_next).flags(server, ack).data(client, get);
    talk.data(server, ok).close();
    const auto flows = flows_of(talk.packets());
    REQUIRE(flows.size() == 1);
    CHECK(flows[0].http()->requests == 2);
    CHECK(flows[0].http()->responses == 2);
    CHECK(flows[0].packets[0] == 5);
  }

  // The server has forgotten the old one; in its window or not.
  for (const std::uint32_t number : {77'000U, client_next + 99, 0xf0000000U}) {
    CAPTURE(number);
    auto talk = opened();
    talk.start_sequence(client, number).start_sequence(server, 99'000).open();
    talk.data(client, get).data(server, ok).close();
    const auto flows = flows_of(talk.packets());
    REQUIRE(flows.size() == 2);
    CHECK(flows[1].direction_basis == DirectionBasis::syn);
    CHECK(flows[1].http()->requests == 1);
    CHECK(flows[1].gaps == 0);
  }

  // Refused as a new one; never answered; and the challenge that ends the old one (RFC 5961 4.2).
  auto refused = opened();
  refused.start_sequence(client, 700'000).flags(client, syn).flags(server, rst | ack);
  REQUIRE(flows_of(refused.packets()).size() == 2);
  CHECK(flows_of(refused.packets())[1].outcome == Outcome::refused);

  auto unanswered = opened();
  unanswered.start_sequence(client, 700'000).flags(client, syn);
  unanswered.start_sequence(client, 700'000).flags(client, syn);
  REQUIRE(flows_of(unanswered.packets()).size() == 2);
  CHECK(flows_of(unanswered.packets())[1].packets[0] == 2);

  auto challenged = opened();
  challenged.start_sequence(client, 700'000).flags(client, syn);
  challenged.start_sequence(client, client_next).flags(server, ack).flags(client, rst);
  challenged.start_sequence(client, 700'000).start_sequence(server, server_next + 99'000).open();
  challenged.data(client, get).data(server, ok).close();
  const auto flows = flows_of(challenged.packets());
  REQUIRE(flows.size() == 2);
  CHECK(flows[1].http()->requests == 1);
}

TEST_CASE("flow: a late SYN belongs to the connection whose SYN-ACK acknowledges it") {
  auto talk = web();
  talk.open().data(client, get).data(server, ok).close().flags(client, TcpHeader::ack);
  const auto packets = talk.packets();
  for (std::size_t place = 1; place <= packets.size() - 1; ++place) {
    CAPTURE(place);
    auto late = packets;
    std::rotate(late.begin(), late.begin() + 1,
                late.begin() + 1 + static_cast<std::ptrdiff_t>(place));
    const auto flows = flows_of(late);
    REQUIRE(flows.size() == 1);
    CHECK(flows[0].outcome == Outcome::data);
    CHECK(flows[0].gaps == 0);
  }
}

TEST_CASE("flow: what comes on the ports of a closed connection with other numbers is another") {
  auto talk = web();
  talk.open().data(client, get).data(server, ok).close().flags(client, TcpHeader::ack);
  talk.start_sequence(client, 900'000).data(client, get);  // its SYN was not captured
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 2);
  CHECK(flows[1].http()->requests == 1);
}

TEST_CASE("flow: bytes lost at the end are a gap when FIN or an acknowledgment proves it") {
  struct Case {
    std::string_view name;
    bool lost, acknowledged, fin;
    std::uint64_t gaps;
  };
  const Case cases[] = {{"nothing lost", false, true, true, 0},
                        {"FIN and acknowledgment", true, true, true, 1},
                        {"FIN alone", true, false, true, 1},
                        {"acknowledgment alone", true, true, false, 1},
                        {"no proof", true, false, false, 0}};
  for (const Case& c : cases) {
    CAPTURE(c.name);
    auto talk = web();
    talk.open().data(client, get).data(server, "HTTP/1.1 200 OK\r\n\r\n12");
    if (c.lost) talk.lose(server, 10);
    if (c.acknowledged) talk.flags(client, TcpHeader::ack);
    if (c.fin) talk.flags(server, TcpHeader::fin | TcpHeader::ack);
    CHECK(flows_of(talk.packets())[0].gaps == c.gaps);
  }
  // An acknowledgment that was captured before its bytes is no loss, and a FIN that was not
  // captured takes one number.
  auto early = web();
  early.open().data(client, get).data(server, ok);
  early.flags(client, TcpHeader::ack);
  std::swap(early.packets()[3], early.packets()[4]);
  CHECK(flows_of(early.packets())[0].gaps == 0);
  early.lose(server, 1).flags(client, TcpHeader::ack);
  CHECK(flows_of(early.packets())[0].gaps == 0);
}

TEST_CASE("flow: silence ends a TCP connection only where its numbers do not go on") {
  struct Case {
    std::string_view name;
    double seconds;
    std::uint32_t server_sequence;  // of what comes behind the pause; 5001 goes on
    std::size_t want;
  };
  const Case cases[] = {{"numbers go on", 3700, 5001, 1},
                        {"for days", 4 * 86'400, 5001, 1},
                        {"too long for anybody", 6 * 86'400, 5001, 2},
                        {"other numbers", 3700, 700'000'000, 2},
                        {"other numbers at once", 10, 700'000'000, 1}};
  for (const Case& c : cases) {
    CAPTURE(c.name);
    auto talk = web();
    talk.open().data(client, get).wait(c.seconds);
    talk.start_sequence(server, c.server_sequence).data(server, ok);
    CHECK(flows_of(talk.packets()).size() == c.want);
  }
  auto attempt = web();
  attempt.flags(client, TcpHeader::syn).wait(3700).start_sequence(client, 1000).open();
  CHECK(flows_of(attempt.packets()).size() == 2);
}

TEST_CASE("flow: sweeps for memory change nothing") {
  // A stranger's packets let the clock go on and idle flows be looked for.
  for (const double pause : {3700.0, 86'400.0 * 6}) {
    CAPTURE(pause);
    auto talk = web();
    talk.open().data(client, get).wait(pause).data(server, ok).close();
    Conversation other("10.9.9.9", 1, "10.9.9.8", 2, Transport::udp);
    other.data(client, "x").wait(pause / 2).data(client, "x").wait(pause / 2 - 1).data(client, "x");
    std::vector<FlowPacket> both = talk.packets();
    for (FlowPacket packet : other.packets()) {
      packet.id += 100;
      both.push_back(packet);
    }
    std::stable_sort(both.begin(), both.end(),
                     [](const FlowPacket& a, const FlowPacket& b) { return a.time < b.time; });
    const auto alone = flows_of(talk.packets());
    FlowTable table;
    for (const FlowPacket& packet : both) table.add({&packet, 1});
    while (table.close_some()) {
    }
    auto mixed = table.take_closed();
    std::erase_if(mixed, [](const ClosedFlow& it) { return it.transport == Transport::udp; });
    CHECK(mixed.size() == alone.size());
  }
}

TEST_CASE("flow: a SIP registration lasts an hour, other datagrams ten minutes") {
  Conversation sip("10.0.0.1", 40000, "10.0.0.2", 5060, Transport::udp);
  sip.data(client, "REGISTER sip:a SIP/2.0\r\n\r\n").wait(3500);
  sip.data(server, "INVITE sip:b SIP/2.0\r\n\r\n");
  CHECK(flows_of(sip.packets()).size() == 1);
  sip.wait(3700).data(server, "INVITE sip:b SIP/2.0\r\n\r\n");
  const auto calls = flows_of(sip.packets());
  REQUIRE(calls.size() == 2);
  // Who asks has not opened.
  CHECK(line(calls[1]) == "10.0.0.1:40000 10.0.0.2:5060 port one-sided sip");

  Conversation udp("10.0.0.1", 51000, "10.0.0.2", 9999, Transport::udp);
  udp.data(client, "a").wait(599).data(server, "b").wait(601).data(client, "c");
  const auto flows = flows_of(udp.packets());
  REQUIRE(flows.size() == 2);
  CHECK(flows[0].outcome == Outcome::data);
}

TEST_CASE("flow: bytes lost inside a skipped body are harmless, inside a header they are not") {
  auto body = web();
  body.open().data(client, get).data(server, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
  body.lose(server, 100).data(client, get).data(server, ok).close();
  const auto whole = flows_of(body.packets());
  REQUIRE(whole.size() == 1);
  CHECK(whole[0].gaps == 1);
  CHECK(whole[0].http()->responses == 2);

  auto header = web();
  header.open().data(client, get).data(server, "HTTP/1.1 200 OK\r\nContent-").lose(server, 20);
  header.data(server, "rest").data(client, get).close();
  const auto broken = flows_of(header.packets());
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].http()->requests == 2);
  // What was captured of the header tells the status; its fields are lost.
  CHECK(broken[0].http()->responses == 1);
  CHECK(broken[0].http()->statuses.values == std::vector<std::uint32_t>{200});
}

TEST_CASE("flow: after a loss HTTP goes on at the next message, on both sides") {
  auto talk = web();
  talk.open().data(client, "GET /a HTTP/1.1\r\nHost: a.exa").lose(client, 900);
  talk.data(client, "rest of it\r\n\r\n").data(server, ok);
  talk.data(client, "GET /b HTTP/1.1\r\nHost: b.example\r\n\r\n").data(server, ok).close();
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].gaps == 1);
  CHECK(flows[0].http()->requests == 2);
  CHECK(flows[0].http()->responses == 2);
  CHECK(flows[0].http()->hosts.values == std::vector<std::string>{"b.example"});
}

TEST_CASE("flow: a message that the capture cut off is named by what is there of it") {
  auto cut = web();
  cut.open().data(client, "POST /long/path/that/goes/on");
  cut.packets().back().decoded.payload_length += 1000;  // snap length
  const auto flows = flows_of(cut.packets());
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].app == "http");
  CHECK(count(flows[0], Anomaly::truncated) > 0);

  auto nothing = web();  // too little to claim anything
  nothing.open().data(client, "PO");
  CHECK(flows_of(nothing.packets())[0].app == "unknown");
}

TEST_CASE("flow: RST and FIN that the receiver would not take do not end a connection") {
  struct Case {
    std::string_view name;
    std::uint8_t bits;
    std::uint32_t sequence;  // of the server; 5001 is expected after its SYN-ACK
    bool taken;
    std::uint32_t out_of_window = 1;
  };
  const std::uint8_t rst = TcpHeader::rst, fin = TcpHeader::fin | TcpHeader::ack;
  const Case cases[] = {{"reset in place", rst, 5001, true, 0},
                        {"reset within the window", rst, 5001 + 60'000, false, 0},
                        {"reset far ahead", rst, 5001 + 10'000'000, false},
                        {"reset behind", rst, 4000, false},
                        {"fin far ahead", fin, 5001 + 10'000'000, false}};
  for (const Case& c : cases) {
    CAPTURE(c.name);
    auto talk = web();
    talk.open().data(client, get);
    talk.flags(server, c.bits);
    talk.packets().back().decoded.tcp.sequence = c.sequence;
    talk.start_sequence(server, 5001).data(server, ok);
    // Another connection on the same ports: reuse is only news when the old one had not ended.
    talk.wait(5).start_sequence(client, 700'000).start_sequence(server, 800'000).open();
    const auto flows = flows_of(talk.packets());
    REQUIRE(flows.size() == 2);
    CHECK(count(flows[0], Anomaly::port_reuse) == (c.taken ? 0U : 1U));
    CHECK(count(flows[0], Anomaly::out_of_window) == c.out_of_window);
    CHECK(flows[0].http()->responses == 1);
  }
}

TEST_CASE("flow: a reset that answers another SYN refuses nothing") {
  auto talk = web();
  talk.flags(client, TcpHeader::syn).flags(server, TcpHeader::rst | TcpHeader::ack);
  talk.packets().back().decoded.tcp.acknowledgment = 99'999;
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].outcome == Outcome::handshake);
  CHECK(count(flows[0], Anomaly::out_of_window) == 1);
}

TEST_CASE("flow: both sides open at once (RFC 9293 figure 8)") {
  auto talk = web();
  talk.flags(client, TcpHeader::syn).flags(server, TcpHeader::syn);
  talk.start_sequence(client, 1000).flags(client, TcpHeader::syn | TcpHeader::ack);
  talk.start_sequence(server, 5000).flags(server, TcpHeader::syn | TcpHeader::ack);
  talk.data(client, get).data(server, ok).close();
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(line(flows[0]) == "10.0.0.1:51000 10.0.0.2:80 syn data http");
  CHECK(flows[0].gaps == 0);
}

TEST_CASE("flow: window probes and keep-alives carry nothing new") {
  auto talk = web();
  talk.open().data(client, get).data(server, ok);
  const auto end = 1001 + static_cast<std::uint32_t>(get.size());
  talk.start_sequence(client, end - 1).data(client, get.substr(get.size() - 1));  // keep-alive
  talk.data(client, "G");                                                         // window probe
  talk.start_sequence(client, end).data(client, get).data(server, ok).close();
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].gaps == 0);
  CHECK(flows[0].retransmitted == 0);
  CHECK(count(flows[0], Anomaly::overlap_conflict) == 0);
  CHECK(flows[0].http()->requests == 2);
}

TEST_CASE("flow: a segment that is sent again with other bytes is counted, the first one wins") {
  auto talk = web();
  talk.open().data(client, get);
  std::string forged(get);
  forged[5] = 'X';
  talk.start_sequence(client, 1001).data(client, forged).data(server, ok).close();
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(count(flows[0], Anomaly::overlap_conflict) == 1);
  CHECK(flows[0].retransmitted == 1);
  CHECK(flows[0].http()->requests == 1);
}

TEST_CASE("flow: sequence numbers may wrap within a message") {
  auto talk = web();
  talk.start_sequence(client, 0xfffffff0).open();
  for (std::size_t i = 0; i < get.size(); i += 5) talk.data(client, get.substr(i, 5));
  talk.data(server, ok).close();
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].gaps == 0);
  CHECK(flows[0].http()->requests == 1);
}

TEST_CASE("flow: a datagram whose fragments are missing is payload that nobody can judge") {
  Conversation talk("10.0.0.1", 51000, "10.0.0.2", 9999, Transport::udp);
  talk.data(client, "");
  talk.packets().back().decoded.fragmentation = Fragmentation::head;
  const auto lost = flows_of(talk.packets());
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].app == "unknown");
  CHECK(count(lost[0], Anomaly::fragment_lost) == 1);

  talk.data(client, "whole");
  talk.packets().back().decoded.fragmentation = Fragmentation::whole;
  CHECK(count(flows_of(talk.packets())[0], Anomaly::fragment_lost) == 0);
}

TEST_CASE("flow: a mirrored copy is counted apart from the flow's packets") {
  auto talk = web();
  talk.open().data(client, get);
  FlowPacket copy = talk.packets().back();
  copy.id = copy.number = 4;
  copy.decoded.duplicate = true;
  talk.packets().push_back(copy);
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].duplicates == 1);
  CHECK(flows[0].packets == std::array<std::uint64_t, 2>{2, 1});
  CHECK(flows[0].payload_bytes[0] == get.size());
  CHECK(flows[0].retransmitted == 0);
}

namespace networks {

constexpr std::uint32_t one = 10, two = 20;

// Both directions in a network, or each in its own.
std::vector<FlowPacket> in(std::vector<FlowPacket> packets, std::uint32_t of_client,
                           std::uint32_t of_server) {
  for (FlowPacket& packet : packets) {
    const bool from_client = packet.decoded.source == *IpAddress::parse("10.0.0.1");
    const std::uint32_t network = from_client ? of_client : of_server;
    packet.decoded.network = network;
    packet.decoded.vlans[0] = static_cast<std::uint16_t>(network);
    packet.decoded.vlan_count = network == 0 ? 0 : 1;
  }
  return packets;
}

// One packet of each in turn.
std::vector<FlowPacket> mixed(const std::vector<std::vector<FlowPacket>>& lists) {
  std::vector<FlowPacket> all;
  for (std::size_t i = 0; i < lists.front().size(); ++i) {
    for (const auto& list : lists) {
      if (i < list.size()) all.push_back(list[i]);
    }
  }
  Timestamp now = all.front().time;
  for (FlowPacket& packet : all) {
    packet.id = packet.number = static_cast<std::uint64_t>(&packet - all.data()) + 1;
    packet.time = packet.clock = Timestamp{now.ns += 1'000'000};
  }
  return all;
}

Conversation whole(std::string_view path, std::uint32_t sequence = 1000) {
  auto talk = web();
  talk.start_sequence(client, sequence).start_sequence(server, sequence + 4000);
  talk.open().data(client, "GET " + std::string(path) + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
  talk.data(server, ok).close();
  return talk;
}

}  // namespace networks

TEST_CASE("flow: the same addresses and ports in two networks are two connections") {
  using namespace networks;
  // Even with the same sequence numbers.
  for (const std::uint32_t sequence : {1000U, 700'000U}) {
    CAPTURE(sequence);
    auto a = whole("/a"), b = whole("/b", sequence);
    const auto flows = flows_of(mixed({in(a.packets(), one, one), in(b.packets(), two, two)}));
    REQUIRE(flows.size() == 2);
    CHECK(flows[0].http()->paths.values == std::vector<std::string>{"/a"});
    CHECK(flows[1].http()->paths.values == std::vector<std::string>{"/b"});
    for (const ClosedFlow& flow : flows) {
      CHECK(flow.outcome == Outcome::data);
      CHECK(flow.packets == std::array<std::uint64_t, 2>{3, 3});
      CHECK(flow.retransmitted == 0);
    }
    CHECK(flows[0].vlans == std::vector<std::uint16_t>{one});
    CHECK(flows[1].vlans == std::vector<std::uint16_t>{two});
  }
}

TEST_CASE("flow: one connection whose directions are in two networks") {
  using namespace networks;
  auto talk = whole("/a");
  for (const auto& [of_client, of_server] :
       {std::pair{one, two}, std::pair{two, one}, std::pair{0U, two}, std::pair{one, 0U}}) {
    auto packets = in(talk.packets(), of_client, of_server);
    const auto flows = flows_of(packets);
    REQUIRE(flows.size() == 1);
    CHECK(line(flows[0]) == "10.0.0.1:51000 10.0.0.2:80 syn data http");
    CHECK(flows[0].packets == std::array<std::uint64_t, 2>{3, 3});
    // The answer came first out of the mirror's queues.
    std::swap(packets[0].decoded, packets[1].decoded);
    CHECK(flows_of(packets).size() == 1);
    // Without its start.
    packets.erase(packets.begin(), packets.begin() + 2);
    CHECK(flows_of(packets).size() == 1);
  }
}

TEST_CASE("flow: a new connection on the same ports, across two networks") {
  using namespace networks;
  auto first = whole("/a"), second = whole("/b", 700'000);
  auto packets = first.packets();
  for (FlowPacket packet : second.packets()) {
    packet.id = packet.number = packets.size() + 1;
    packet.time = packet.clock = Timestamp{packets.back().time.ns + 1'000'000};
    packets.push_back(packet);
  }
  for (const bool server_first : {false, true}) {
    auto tagged = in(packets, one, two);
    if (server_first) tagged.erase(tagged.begin());
    const auto flows = flows_of(tagged);
    REQUIRE(flows.size() == 2);
    CHECK(flows[1].http()->paths.values == std::vector<std::string>{"/b"});
    CHECK(flows[1].packets == std::array<std::uint64_t, 2>{3, 3});
  }
}

TEST_CASE("flow: copies of its packets in another network belong to the connection") {
  using namespace networks;
  auto talk = whole("/a");
  // A port that mirrors both sides of a router: each packet comes in and goes out.
  auto seen = in(talk.packets(), one, two);
  auto again = in(talk.packets(), two, one);
  for (FlowPacket& packet : again) packet.decoded.duplicate = true;
  const auto flows = flows_of(mixed({seen, again}));
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].packets == std::array<std::uint64_t, 2>{3, 3});
  CHECK(flows[0].duplicates == 6);
  // A packet of which only the second copy was captured.
  auto gaps = mixed({seen, again});
  gaps.erase(gaps.begin() + 4);
  gaps[4].decoded.duplicate = false;
  const auto patched = flows_of(gaps);
  REQUIRE(patched.size() == 1);
  CHECK(patched[0].packets == std::array<std::uint64_t, 2>{3, 3});
  CHECK(patched[0].gaps == 0);
}

TEST_CASE("flow: datagrams in two networks") {
  using namespace networks;
  auto talk = Conversation("10.0.0.1", 5060, "10.0.0.2", 5060, Transport::udp);
  talk.data(client, "a").data(server, "b").data(client, "c").data(server, "d");
  CHECK(flows_of(in(talk.packets(), one, two)).size() == 1);
  // Two conversations, of which the second begins from the other end.
  auto other = talk.packets();
  other.erase(other.begin());
  const auto flows = flows_of(mixed({in(talk.packets(), one, one), in(other, two, two)}));
  REQUIRE(flows.size() >= 2);
  std::uint64_t packets = 0;
  for (const ClosedFlow& flow : flows) packets += flow.packets[0] + flow.packets[1];
  CHECK(packets == 7);
  CHECK(flows_of(mixed({in(talk.packets(), one, one), in(talk.packets(), two, two)})).size() == 2);
}

TEST_CASE("flow: the same addresses in very many networks stay apart") {
  using namespace networks;
  std::vector<std::vector<FlowPacket>> lists;
  auto talk = whole("/a");
  for (std::uint32_t network = 1; network <= 40; ++network) {
    lists.push_back(in(talk.packets(), network, network));
  }
  const auto flows = flows_of(mixed(lists));
  REQUIRE(flows.size() == 40);
  for (const ClosedFlow& flow : flows) {
    CHECK(flow.packets == std::array<std::uint64_t, 2>{3, 3});
  }
}

TEST_CASE("flow: protocols without ports are conversations of two hosts") {
  auto talk = Conversation("10.0.0.1", 0, "10.0.0.2", 0, Transport::esp);
  talk.data(client, "a").data(server, "b").data(client, "c");
  auto other = Conversation("10.0.0.1", 0, "10.0.0.2", 0, Transport::gre);
  other.data(server, "x");
  const auto flows = flows_of(networks::mixed({talk.packets(), other.packets()}));
  REQUIRE(flows.size() == 2);
  CHECK(line(flows[0]) == "10.0.0.1:0 10.0.0.2:0 first-packet data esp");
  CHECK(line(flows[1]) == "10.0.0.2:0 10.0.0.1:0 first-packet one-sided gre");
}

TEST_CASE("flow: who opens an SCTP association") {
  const auto chunk = [](char type) { return std::string(1, type) + std::string("\0\0\x04", 3); };
  const auto association = [] {
    return Conversation("10.0.0.1", 51000, "10.0.0.2", 3868, Transport::sctp);
  };
  auto opened = association();
  opened.data(client, chunk(1)).data(server, chunk(2)).data(client, chunk(10));
  CHECK(line(flows_of(opened.packets())[0]) == "10.0.0.1:51000 10.0.0.2:3868 syn data sctp");
  auto answer_first = association();
  answer_first.data(server, chunk(2)).data(client, chunk(10));
  CHECK(line(flows_of(answer_first.packets())[0]) == "10.0.0.1:51000 10.0.0.2:3868 syn data sctp");
  auto refused = association();
  refused.data(client, chunk(1)).data(server, chunk(6));
  CHECK(line(flows_of(refused.packets())[0]) == "10.0.0.1:51000 10.0.0.2:3868 syn refused sctp");
}

TEST_CASE("flow: client and server that speak different protocols are both named") {
  auto talk = web();
  talk.open().data(server, "SSH-2.0-OpenSSH_9.2\r\n").data(client, get).close();
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].app == "http");
  CHECK(flows[0].server_app == "ssh");
  CHECK(count(flows[0], Anomaly::protocol_mismatch) == 1);
}

TEST_CASE("flow: CONNECT hands the rest of the connection to the next protocol") {
  Conversation talk("10.0.0.1", 51000, "10.0.0.2", 8080);
  talk.open().data(client, "CONNECT b.example:22 HTTP/1.1\r\nHost: b.example:22\r\n\r\n");
  talk.data(server, "HTTP/1.1 200 OK\r\n\r\n").data(server, "SSH-2.0-x\r\n");
  talk.data(client, "SSH-2.0-y\r\n").close();
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].app == "http");
  REQUIRE(flows[0].records.size() == 2);
  CHECK(std::get<GenericFacts>(flows[0].records[1]).protocol == "ssh");
}

TEST_CASE("flow: traffic is counted per minute of the capture") {
  auto talk = web();
  talk.open().wait(61).data(client, get).close();
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows[0].minutes.size() == 2);
  CHECK(flows[0].minutes[0].packets == 2);
  CHECK(flows[0].minutes[1].packets == 3);
}

}  // namespace
}  // namespace pcapaudit
