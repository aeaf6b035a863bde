// Packets become flows: who opened it, how it went, what it carried, when it ended.
#include <catch2/catch.hpp>

#include <algorithm>

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

TEST_CASE("flow: a quiet flow ends on the capture's own clock") {
  auto talk = web();
  talk.open().data(client, get).wait(3700).data(server, ok);
  CHECK(flows_of(talk.packets()).size() == 2);

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
  };
  const std::uint8_t rst = TcpHeader::rst, fin = TcpHeader::fin | TcpHeader::ack;
  const Case cases[] = {{"reset in place", rst, 5001, true},
                        {"reset within the window", rst, 5001 + 60'000, true},
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
    CHECK(count(flows[0], Anomaly::out_of_window) == (c.taken ? 0U : 1U));
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
