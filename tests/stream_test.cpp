// What was read of each direction: every way in which bytes are not read, and what is harmless.
#include "flow/stream/stream.hpp"

#include <functional>

#include <catch2/catch.hpp>

#include "support/conversation.hpp"

using namespace pcapaudit;
using namespace std::string_literals;
using test::client;
using test::Conversation;
using test::server;

namespace {

constexpr std::uint8_t urgent = 0x20;  // a flag of TCP

const std::string request = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

Conversation web() {
  return {"192.0.2.10", 40000, "198.51.100.20", 80};
}

ClosedFlow only_flow(Conversation& talk) {
  const auto flows = test::flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  return flows[0];
}

// The last packet was cut by the snap length.
void cut_last(Conversation& talk, std::size_t kept) {
  Decoded& decoded = talk.packets().back().decoded;
  decoded.payload = Bytes(decoded.payload).first(kept);
}

}  // namespace

TEST_CASE("account: every cause, where it stands and in which direction") {
  struct Case {
    std::string_view what;
    std::function<void(Conversation&)> talk;
    std::size_t direction;
    ReadAccount want;
  };
  const Case cases[] = {
      {"whole, to server", [](Conversation& it) { it.open().data(client, request); }, 0, {}},
      {"whole, to client",
       [](Conversation& it) { it.open().data(client, request).data(server, answer); },
       1,
       {}},
      {"lost inside a body",
       [](Conversation& it) {
         it.open().data(client, request).data(server, answer.substr(0, answer.size() - 4));
         it.lose(server, 2).data(server, "lo").close();
       },
       1,
       {}},
      {"malformed",
       [](Conversation& it) { it.open().data(client, request).data(client, "nothing\r\n\r\n"); },
       0,
       {.end = Unread::malformed,
        .end_at = request.size(),
        .why = "http: no start line where a message should begin"}},
      {"no known start",
       [](Conversation& it) { it.open().data(client, "\1\2\3\4 nobody knows this").close(); },
       0,
       {.end = Unread::unknown_start}},
      {"another protocol than the other side's",
       [](Conversation& it) { it.open().data(client, request).data(server, "SSH-2.0-x\r\n"); },
       1,
       {.end = Unread::foreign}},
      {"cut by the snap length, and nothing behind it",
       [](Conversation& it) {
         it.open().data(client, request + request);
         cut_last(it, request.size() + 6);
       },
       0,
       {.end = Unread::snap_length, .end_at = request.size()}},
      {"cut by the snap length, and another message",
       [](Conversation& it) {
         it.open().data(client, request + request);
         cut_last(it, request.size() + 6);
         it.data(client, request);
       },
       0,
       {.hole = Unread::snap_length, .hole_at = request.size()}},
      {"lost, and another message",
       [](Conversation& it) {
         it.open().data(client, request).lose(client, 9).data(client, request).close();
       },
       0,
       {.hole = Unread::gap, .hole_at = request.size()}},
      {"lost, and no message behind it",
       [](Conversation& it) {
         it.open().data(client, request).lose(client, 9).data(client, "middle of it").close();
       },
       0,
       {.end = Unread::gap, .end_at = request.size()}},
      {"unfinished",
       [](Conversation& it) { it.open().data(client, request).data(client, "GET / HT"); },
       0,
       {.end = Unread::unfinished, .end_at = request.size()}},
      {"a message over its cap",
       [](Conversation& it) {
         it.open().data(client, request);
         it.data(client, "GET / HTTP/1.1\r\nA: " + std::string(1'100'000, 'x'));
       },
       0,
       {.end = Unread::malformed,
        .end_at = request.size(),
        .why = "http: header block over 1 MiB"}},
      {"passed over, and a message behind it",
       [](Conversation& it) { it.open().data(client, "\1\2\3 what").data(client, request); },
       0,
       {.hole = Unread::unknown_start}},
      {"line ends before the first message",
       [](Conversation& it) { it.open().data(client, "\r\n\n" + request).data(client, request); },
       0,
       {}},
      {"nothing but line ends",
       [](Conversation& it) { it.open().data(client, "\r\n\r\n").close(); },
       0,
       {.end = Unread::unfinished}},
      {"the head of the first answer lost",
       [](Conversation& it) {
         it.open()
             .data(client, request)
             .lose(server, 30)
             .data(server, "hello")
             .data(server, answer);
       },
       1,
       // What was captured behind the loss and begins no message may be anything.
       {.hole = Unread::unknown_start}},
      {"a loss between two answers",
       [](Conversation& it) {
         it.open().data(client, request).data(server, answer).lose(server, 30).data(server, answer);
       },
       1,
       {.hole = Unread::gap, .hole_at = answer.size()}},
      {"other bytes where a message should begin",
       [](Conversation& it) { it.open().data(client, request).data(client, "SSH-2.0-x\r\n"); },
       0,
       {.end = Unread::foreign,
        .end_at = request.size(),
        .why = "http: no start line where a message should begin"}},
      {"joined", [](Conversation& it) { it.data(client, request); }, 0, {.hole = Unread::joined}},
      {"fragments with different bytes",
       [](Conversation& it) {
         it.open().data(client, request).data(client, request);
         it.packets().back().decoded.fragment_overlap = true;
       },
       0,
       {.hole = Unread::unknown_start,
        .hole_at = request.size(),
        .why = "fragments that contradict each other: which were read?"}},
      {"an urgent byte",
       [](Conversation& it) {
         it.open().data(client, request);
         it.packets().back().decoded.tcp.flags |= urgent;
       },
       0,
       {.hole = Unread::unknown_start,
        .why = "urgent data: receivers take it out of the stream or not"}},
      {"an urgent byte behind the segment that says so",
       [](Conversation& it) {
         it.open().flags(client, TcpHeader::ack | urgent).data(client, request);
       },
       0,
       {.hole = Unread::unknown_start,
        .why = "urgent data: receivers take it out of the stream or not"}},
      {"an urgent byte in a body that nobody reads",
       [](Conversation& it) {
         it.open().data(client, request).data(server, answer.substr(0, answer.size() - 2));
         it.data(server, "lo");
         it.packets().back().decoded.tcp.flags |= urgent;
       },
       1,
       {}},
      {"other bytes again behind an acknowledgment that came before both",
       [](Conversation& it) {
         it.open().flags(server, TcpHeader::ack);
         it.packets().back().decoded.tcp.acknowledgment +=
             static_cast<std::uint32_t>(request.size());
         it.data(client, request).start_sequence(client, 1001);
         it.data(client, "GET /x" + request.substr(6));
       },
       0,
       {.hole = Unread::unknown_start,
        .hole_at = request.size(),
        .why = "bytes were sent again with others: which were read?"}},
      {"other bytes again, and then the capture ends inside the message",
       [](Conversation& it) {
         const std::string begun = request.substr(0, 20);
         it.open().data(client, begun).start_sequence(client, 1001).data(client, "GET /x");
       },
       0,
       {.hole = Unread::unknown_start,
        .end = Unread::unfinished,
        .why = "bytes were sent again with others: which were read?"}},
      {"other bytes again in a connection that was joined",
       [](Conversation& it) {
         it.data(client, request).start_sequence(client, 1000).data(client, "GET /x");
       },
       0,
       {.hole = Unread::unknown_start,
        .hole_at = request.size(),
        .why = "bytes were sent again with others: which were read?"}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    Conversation talk = web();
    c.talk(talk);
    const ReadAccount got = only_flow(talk).account[c.direction];
    CAPTURE(to_text(got.hole), got.hole_at, to_text(got.end), got.end_at, got.why);
    CHECK(got == c.want);
  }
}

TEST_CASE("account: ordinary retransmissions of bytes that nobody reads are no conflicts") {
  struct Case {
    std::string what, asked, begun;
  };
  const std::string ssh_start =
      "SSH-2.0-x\r\n" + "\x00\x00\x00\x3c\x0a\x14"s + std::string(58, '\x81');
  const Case cases[] = {
      {"a body until the end", request, "HTTP/1.1 200 OK\r\n\r\n"},
      {"a body with a length", request, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"},
      {"a protocol of which nothing more is read", ssh_start, ssh_start},
  };
  constexpr int segments = 40;  // more than are kept for comparing
  for (const Case& c : cases) {
    CAPTURE(c.what);
    Conversation talk = web();
    talk.open().data(client, c.asked).data(server, c.begun);
    const auto size = static_cast<std::uint32_t>(c.begun.size());
    for (int i = 0; i < segments; ++i) talk.data(server, std::string(1448, '\x82'));
    talk.start_sequence(server, 5001 + size).data(server, std::string(1448, '\x82'));
    const ClosedFlow flow = only_flow(talk);
    CHECK(flow.retransmitted == 1);
    CHECK(flow.account[1].is_whole());
  }
}

TEST_CASE("account: unknown bytes before a protocol do not use up the looks behind a loss in it") {
  Conversation talk = web();
  for (int i = 0; i < Stream::max_probes - 1; ++i) talk.data(client, "\x81\x82\x83");
  talk.data(client, request).lose(client, 10).data(client, "SSH-2.0-x\r\n").data(client, request);
  const ClosedFlow flow = only_flow(talk);
  CHECK(flow.app == "http");
  CHECK(flow.other_apps == std::vector<std::string>{"ssh"});
}

TEST_CASE("account: loss at the end") {
  SharedFacts shared;
  for (const bool is_body : {false, true}) {
    Stream stream(Carrier::tcp, shared);
    stream.set_client_side(0);
    stream.set_from_start(0);
    stream.set_from_start(1);
    const std::string post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";
    const std::string sent = is_body ? post : request;
    stream.bytes(0, as_bytes(sent));
    stream.gap(0, 9, Unread::tail_lost);
    ClosedFlow flow;
    stream.finish(0, flow);
    const ReadAccount lost{.end = Unread::tail_lost, .end_at = request.size()};
    CHECK(flow.account[0] == (is_body ? ReadAccount{} : lost));
  }
}

TEST_CASE("account: a hole that only control segments show, however large") {
  struct Ending {
    const char* what;
    void (*end)(Conversation&);
  };
  const Ending endings[] = {
      {"both close", [](Conversation& it) { it.close(); }},
      {"the client closes",
       [](Conversation& it) { it.flags(client, TcpHeader::fin | TcpHeader::ack); }},
      {"the server acknowledges", [](Conversation& it) { it.flags(server, TcpHeader::ack); }},
      {"the client resets", [](Conversation& it) { it.flags(client, TcpHeader::rst); }},
      {"the client resets, as answer",
       [](Conversation& it) { it.flags(client, TcpHeader::rst | TcpHeader::ack); }},
  };
  for (const Ending& ending : endings) {
    for (const std::uint32_t missing : {0U, 43U, 60'000U, 70'000U, 200'000U, 10'000'000U}) {
      INFO(ending.what << " behind " << missing);
      Conversation talk = web();
      talk.open().data(client, request).data(server, answer).lose(client, missing);
      ending.end(talk);
      const ReadAccount account = only_flow(talk).account[0];
      const bool is_whole = account.end == Unread::none && account.hole == Unread::none;
      CHECK(is_whole == (missing == 0));
    }
  }
}

TEST_CASE("account: a reset of the past, and one that bytes catch up with, show no hole") {
  Conversation talk = web();
  talk.open().data(client, request).data(server, answer).flags(client, TcpHeader::rst);
  talk.packets().back().decoded.tcp.sequence -= 10;
  CHECK(only_flow(talk).account[0] == ReadAccount{});
  Conversation late = web();
  late.open()
      .data(client, request)
      .data(server, answer)
      .data(client, request)
      .flags(client, TcpHeader::rst);
  std::swap(late.packets()[late.packets().size() - 2], late.packets().back());
  late.data(server, answer);
  const ReadAccount account = only_flow(late).account[0];
  CHECK((account.end == Unread::none && account.hole == Unread::none));
}

TEST_CASE(
    "account: an acknowledgment that comes before all that it speaks of shows the hole, too") {
  for (const std::uint32_t missing : {0U, 500U}) {
    INFO(missing);
    Conversation talk = web();
    talk.open()
        .data(client, request)
        .lose(client, missing)
        .flags(server, TcpHeader::ack)
        .data(server, answer);
    // The acknowledgment and the request before the opening.
    std::vector<FlowPacket> packets;
    for (const std::size_t place : {3, 2, 0, 1, 4}) packets.push_back(talk.packets()[place]);
    packets.back().decoded.tcp.acknowledgment -= missing;  // so it alone tells
    const auto flows = test::flows_of(packets);
    REQUIRE(flows.size() == 1);
    const bool client_is_first = flows[0].client.port == 40000;
    const ReadAccount& account = flows[0].account[client_is_first ? 0 : 1];
    const bool is_whole = account.end == Unread::none && account.hole == Unread::none;
    CHECK(is_whole == (missing == 0));
  }
}

TEST_CASE("account: a handover names what the connection became") {
  const auto become = [](const std::string& token, const std::string& first) {
    const std::string fields = "Upgrade: " + token + "\r\nConnection: Upgrade\r\n\r\n";
    Conversation talk = web();
    talk.open()
        .data(client, "GET / HTTP/1.1\r\nHost: a\r\n" + fields)
        .data(server, "HTTP/1.1 101 Switching\r\n" + fields)
        .data(server, first)
        .data(client, first);
    return only_flow(talk);
  };
  const ClosedFlow other = become("x", "SSH-2.0-any\r\n");
  CHECK(other.app == "http");
  CHECK(other.other_apps == std::vector<std::string>{"ssh"});
  // What the peers agreed on is known, though no dissector reads it; what it really is comes first.
  const ClosedFlow frames = become("WebSocket", "\x81\x05hello");
  CHECK(frames.other_apps == std::vector<std::string>{"websocket"});
  CHECK(frames.account[0].is_whole());
  CHECK(frames.account[1].is_whole());
  const ClosedFlow shell = become("websocket", "SSH-2.0-any\r\n");
  CHECK(shell.other_apps == std::vector<std::string>{"ssh"});
  const ClosedFlow unknown = become("x", "\x81\x05hello");
  CHECK(unknown.other_apps.empty());
  CHECK(!unknown.account[0].reaches_end());
}

TEST_CASE("stream: a start that is cut anywhere is recognised all the same") {
  for (const std::string& lead : {""s, "\r\n"s, "\r\n\r\n"s, "\n"s, "\0 "s}) {
    const std::string bytes = lead + request + "\r\n" + request;
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      CAPTURE(lead, cut);
      Conversation talk = web();
      talk.open().data(client, bytes.substr(0, cut)).data(client, bytes.substr(cut));
      talk.data(server, answer + answer);
      const ClosedFlow flow = only_flow(talk);
      CHECK(flow.app == "http");
      REQUIRE(flow.http() != nullptr);
      CHECK(flow.http()->requests == 2);
      CHECK(flow.account[0].is_whole());
    }
  }
}

TEST_CASE("stream: whichever side is recognised first, the other one is read behind it") {
  // The client begins with something that nobody knows, or was joined; so was the server.
  for (const bool client_first : {true, false}) {
    Conversation talk = web();
    if (client_first) talk.data(client, request);
    talk.data(server, "middle of a body");
    if (!client_first) talk.data(client, request);
    talk.data(server, answer);
    const ClosedFlow flow = only_flow(talk);
    CAPTURE(client_first);
    REQUIRE(flow.http() != nullptr);
    CHECK(flow.http()->requests == 1);
    CHECK(flow.http()->responses == 1);
    CHECK(flow.account[1] == ReadAccount{.hole = Unread::joined});
  }
  Conversation talk = web();
  talk.open();
  for (int i = 0; i < 2 * Stream::max_probes; ++i) talk.data(client, "\1\2\3");
  talk.data(server, answer).data(client, request);
  const ClosedFlow flow = only_flow(talk);
  REQUIRE(flow.http() != nullptr);
  CHECK(flow.http()->requests == 1);
  CHECK(flow.account[0] == ReadAccount{.hole = Unread::unknown_start});
}

TEST_CASE("stream: where a protocol breaks, another one may begin") {
  const std::string later = "SSH-2.0-OpenSSH_9\r\n";
  for (std::size_t cut = 0; cut < later.size(); ++cut) {
    CAPTURE(cut);
    Conversation talk = web();
    talk.open().data(client, request).data(server, answer);
    talk.data(client, later.substr(0, cut)).data(client, later.substr(cut));
    const ClosedFlow flow = only_flow(talk);
    CHECK(flow.app == "http");
    CHECK(flow.other_apps == std::vector<std::string>{"ssh"});
    CHECK(flow.account[0].end == Unread::foreign);
    CHECK(flow.account[0].end_at == request.size());
  }
}

TEST_CASE("stream: PostgreSQL's answer of one byte belongs to it, and TLS begins behind it") {
  const std::string ask("\0\0\0\x08\x04\xd2\x16\x2f", 8);
  Conversation talk("192.0.2.10", 40000, "198.51.100.20", 5432);
  const std::string hello("\x16\x03\x01\0\x2d\1\0\0\x29\3\3", 11);
  const std::string client_hello =
      hello + std::string(32, 'r') + std::string("\0\0\2\xc0\x2f\1\0", 7);
  const std::string server_hello = std::string("\x16\x03\x03\0\x2a\2\0\0\x26\3\3", 11) +
                                   std::string(32, 's') + std::string("\0\xc0\x2f\0", 4);
  talk.open().data(client, ask).data(server, "S").data(client, client_hello);
  talk.data(server, server_hello);
  const ClosedFlow flow = only_flow(talk);
  CHECK(flow.app == "postgresql");
  CHECK(flow.other_apps == std::vector<std::string>{"tls"});
  REQUIRE(flow.tls() != nullptr);
  CHECK(flow.tls()->client_hello);
  CHECK(flow.tls()->server_hello);
  CHECK(flow.account[1].is_whole());
}

namespace {

const std::string sip_request =
    "OPTIONS sip:b.example SIP/2.0\r\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\n"
    "From: <sip:a@a.example>;tag=1\r\nTo: <sip:b@b.example>\r\nCall-ID: 1\r\n"
    "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
const std::string sip_answer = "SIP/2.0 200 OK" + sip_request.substr(sip_request.find("\r\n"));
const std::string stun_request = "\0\1\0\0\x21\x12\xa4\x42"s + "123456789012";
const std::string dtls_hello = "\x16\xfe\xff\0\0\0\0\0\0\0\0\0\x19\1\0\0\x0d\0\0\0\0\0\0\0\x0d"s +
                               "\xfe\xfd"s + std::string(11, 'r');

ClosedFlow datagrams(const std::vector<std::pair<int, std::string>>& sent) {
  Conversation talk("192.0.2.10", 5060, "198.51.100.20", 5060, Transport::udp);
  for (const auto& [side, bytes] : sent) talk.data(side, bytes);
  return only_flow(talk);
}

}  // namespace

TEST_CASE("stream: what follows SIP over TCP is SIP, another protocol or unread") {
  struct Case {
    std::string_view what;
    std::string behind;
    Unread hole, end;
    std::vector<std::string> others;
  };
  const std::string junk(3000, '\xe7');
  std::string unended = sip_request;
  unended.replace(unended.find("Length: 0"), 9, "Length: 1000000");
  const Case cases[] = {
      {"keep-alives", "\r\n\r\n", Unread::none, Unread::none, {}},
      {"another message", sip_request, Unread::none, Unread::none, {}},
      {"a line, and a message", "v=0\r\n" + sip_request, Unread::malformed, Unread::none, {}},
      {"junk", junk, Unread::none, Unread::malformed, {}},
      {"junk and keep-alives", junk + "\r\n\r\n", Unread::none, Unread::malformed, {}},
      {"SSH", "SSH-2.0-OpenSSH_9\r\n", Unread::none, Unread::foreign, {"ssh"}},
      {"HTTP", request, Unread::none, Unread::foreign, {"http"}},
      {"HTTP, and a message", request + sip_request, Unread::none, Unread::foreign, {"http"}},
      {"a body that never ends", unended + junk, Unread::unknown_start, Unread::none, {}},
  };
  for (const Case& c : cases) {
    for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
      CAPTURE(c.what, cut);
      Conversation talk("192.0.2.10", 40000, "198.51.100.20", 5060);
      talk.open().data(client, sip_request).data(server, sip_answer);
      talk.data(client, c.behind.substr(0, cut)).data(client, c.behind.substr(cut)).close();
      const ClosedFlow flow = only_flow(talk);
      CHECK(flow.app == "sip");
      CHECK(flow.other_apps == c.others);
      CHECK(flow.account[0].hole == c.hole);
      CHECK(flow.account[0].end == c.end);
      CHECK(flow.account[1].is_whole());
    }
  }
}

TEST_CASE("stream: no number of unknown datagrams ends the search") {
  for (const std::string& before : {"\r\n\r\n"s, "\0"s, "\1\2\3\4what"s}) {
    for (const int count : {1, 32, 300}) {
      CAPTURE(before, count);
      std::vector<std::pair<int, std::string>> sent(static_cast<std::size_t>(count),
                                                    {client, before});
      sent.emplace_back(client, sip_request);
      const ClosedFlow flow = datagrams(sent);
      CHECK(flow.app == "sip");
      const bool is_blank = before.size() < 5;
      CHECK(flow.account[0].hole == (is_blank ? Unread::none : Unread::unknown_start));
      CHECK(flow.account[0].reaches_end());
    }
  }
}

TEST_CASE("stream: one good exchange does not speak for all datagrams") {
  struct Case {
    std::string_view what;
    std::string first, later;
    std::vector<std::string> others;
    Unread hole;
  };
  const std::string dns = "\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\7example\0\0\1\0\1"s;
  const std::string refused = "\x12\x34\x80\5\0\0\0\0\0\0\0\0"s;
  const std::string junk = "\xe7\1\2\3\4 nobody knows this";
  const Case cases[] = {
      {"DNS, DNS", dns, dns, {}, Unread::none},
      {"DNS, a refusal", dns, refused, {}, Unread::none},
      {"DNS, junk", dns, junk, {}, Unread::unknown_start},
      {"DNS, SIP", dns, sip_request, {"sip"}, Unread::foreign},
      {"SIP, SIP", sip_request, sip_request, {}, Unread::none},
      {"SIP, keep-alive", sip_request, "\r\n\r\n", {}, Unread::none},
      {"SIP, zeros", sip_request, std::string(4, '\0'), {}, Unread::none},
      {"SIP, STUN", sip_request, stun_request, {}, Unread::none},
      {"SIP, junk", sip_request, junk, {}, Unread::unknown_start},
      {"DTLS, DTLS", dtls_hello, "\x17\xfe\xfd\0\1\0\0\0\0\0\1\0\1x"s, {}, Unread::none},
      {"DTLS, SIP", dtls_hello, sip_request, {"sip"}, Unread::foreign},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    std::vector<std::pair<int, std::string>> sent = {{client, c.first}, {server, c.first}};
    for (int i = 0; i < 40; ++i) sent.emplace_back(i % 2 == 0 ? client : server, c.later);
    const ClosedFlow flow = datagrams(sent);
    CHECK(flow.other_apps == c.others);
    for (const ReadAccount& account : flow.account) {
      CHECK(account.hole == c.hole);
      CHECK(account.reaches_end());
    }
  }
}

TEST_CASE(
    "stream: a protocol that is known by its start does not speak for what begins behind it") {
  struct Case {
    std::string_view what;
    std::string first, behind;
    std::vector<std::string> others;
    Unread end;
  };
  const std::string ssh = "SSH-2.0-OpenSSH_9\r\n";
  const std::string packet = "\0\0\0\x0c\4\x14"s + std::string(10, 'k');
  const std::string dns = "\0\x1b\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\7example\0\0\1\0\1"s;
  const Case cases[] = {
      {"SSH, its key exchange, encrypted", ssh, packet + "\xe7\1\2\3", {}, Unread::none},
      {"SSH, HTTP", ssh, request, {"http"}, Unread::foreign},
      {"SSH, its key exchange, HTTP", ssh + packet, request, {"http"}, Unread::foreign},
      {"SSH, junk", ssh, std::string(40, '\xe7'), {}, Unread::malformed},
      {"DNS, DNS", dns, dns, {}, Unread::none},
      {"DNS, HTTP", dns, request, {"http"}, Unread::foreign},
      {"DNS, SSH", dns, ssh, {}, Unread::malformed},
      {"VNC, HTTP", "RFB 003.008\n", request, {"http"}, Unread::foreign},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    Conversation talk("192.0.2.10", 40000, "198.51.100.20", 9000);
    talk.open().data(server, c.first).data(client, c.first).data(client, c.behind).close();
    const ClosedFlow flow = only_flow(talk);
    CHECK(flow.other_apps == c.others);
    CHECK(flow.account[0].end == c.end);
    CHECK(flow.account[1].is_whole());
  }
}

TEST_CASE("stream: STUN does not name a flow that carries more, whatever the order") {
  struct Case {
    std::vector<std::pair<int, std::string>> sent;
    std::string app;
    std::vector<std::string> others;
  };
  const Case cases[] = {
      {{{client, stun_request}, {server, stun_request}}, "stun", {}},
      {{{client, stun_request}, {client, sip_request}}, "sip", {"stun"}},
      {{{server, stun_request}, {client, sip_request}, {server, stun_request}}, "sip", {"stun"}},
      {{{client, sip_request}, {server, stun_request}, {client, stun_request}}, "sip", {}},
      {{{client, stun_request}, {server, dtls_hello}, {client, dtls_hello}}, "dtls", {"stun"}},
      {{{client, dtls_hello}, {server, stun_request}, {server, dtls_hello}}, "dtls", {}},
  };
  for (const Case& c : cases) {
    const ClosedFlow flow = datagrams(c.sent);
    CHECK(flow.app == c.app);
    CHECK(flow.other_apps == c.others);
    CHECK(flow.server_app.empty());
    CHECK(flow.account[0].is_whole());
    CHECK(flow.account[1].is_whole());
  }
}
