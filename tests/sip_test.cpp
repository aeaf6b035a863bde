// SIP over UDP and TCP: what is recognised, what is read of it, how messages are framed.
#include <string>

#include <catch2/catch.hpp>

#include "support/feed.hpp"

namespace pcapaudit {

extern const DissectorSpec sip;
extern const DissectorSpec sip_websocket;

namespace {

using Kind = Probe::Kind;
using test::Fed;
using test::feed;
using test::Piece;
constexpr Direction out = Direction::to_server;
constexpr Direction in = Direction::to_client;

const std::string invite =
    "INVITE sip:bob@b.example SIP/2.0\r\n"
    "Via: SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK1\r\n"
    "f: \"Alice\" <sip:alice@a.example>;tag=1\r\n"
    "t: <sip:bob@b.example:5061>\r\n"
    "CSeq: 1 INVITE\r\n"
    "User-Agent: UCCAPI/15.0 OC/15.0 (Microsoft Lync)\r\n"
    "l: 4\r\n\r\nv=0\n";
const std::string ringing =
    "SIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\nServer: RTC/5.0\r\nContent-Length: 0\r\n\r\n";

SipFacts facts_of(const Fed& fed) {
  REQUIRE(fed.records.size() == 1);
  return std::get<SipFacts>(fed.records.front());
}

TEST_CASE("sip: probe") {
  struct Case {
    std::string prefix;
    Carrier carrier;
    Kind want;
  };
  const Case cases[] = {
      {"INVITE sip:a@b SIP/2.0\r\n", Carrier::tcp, Kind::mine},
      {"BENOTIFY sip:a@b SIP/2.0\r\n", Carrier::udp, Kind::mine},
      {"OPTIONS sip:a", Carrier::tcp, Kind::need_more},
      {"OPTIONS ", Carrier::tcp, Kind::need_more},
      {"SIP/2.0 200", Carrier::tcp, Kind::mine},
      {"SIP/2.0 200 OK\r\n", Carrier::udp, Kind::mine},
      {"SIP/2.0 999 No\r\n", Carrier::udp, Kind::not_mine},
      {"OPTIONS * HTTP/1.1\r\n", Carrier::tcp, Kind::not_mine},
      {"OPTIONS /x", Carrier::tcp, Kind::not_mine},
      {"GET / HTTP/1.1\r\n", Carrier::udp, Kind::not_mine},
      {"\r\n\r\n", Carrier::udp, Kind::need_more},
      {std::string("\0\0\0\0", 4), Carrier::udp, Kind::need_more},
      {"\r\n\r\n", Carrier::tcp, Kind::need_more},
      {"\r\n\r\nINVITE sip:a@b SIP/2.0\r\n", Carrier::tcp, Kind::mine},
      {"\r\nSIP/2.0 200 OK\r\n", Carrier::udp, Kind::mine},
      {"OPTIONS sip:a@b sip/2.0\r\n", Carrier::udp, Kind::mine},
      {"sIP/2.0\t200 OK\n", Carrier::udp, Kind::mine},
      {"!interesting-Method0123456789_*+`.%indeed'~ sip:a@b SIP/2.0\r\n", Carrier::udp, Kind::mine},
      {"OPTIONS unknown:whatever SIP/2.0\r\n", Carrier::tcp, Kind::mine},
      {"OPTIONS unknown:what", Carrier::tcp, Kind::need_more},
      {"OPTIONS  sip:a@b  SIP/2.0 \r\n", Carrier::udp, Kind::mine},
      {"SIP/2.0 100 \r\n", Carrier::udp, Kind::mine},
      {"SIP/2.0 4294967301 x\r\n", Carrier::udp, Kind::not_mine},
      {"OPTIONS sip:a@b SIP/7.0\r\n", Carrier::udp, Kind::not_mine},
  };
  for (const Case& c : cases) {
    CAPTURE(c.prefix);
    CHECK(sip.probe(as_bytes(c.prefix), c.carrier).kind == c.want);
  }
  // Both ends send requests.
  CHECK(sip.probe(as_bytes(invite), Carrier::tcp).speaker == Probe::Speaker::either);
  CHECK(sip.probe(as_bytes(ringing), Carrier::tcp).speaker == Probe::Speaker::either);
}

TEST_CASE("sip: facts over TCP, with keep-alives, however it is cut") {
  const std::vector<Piece> talk = {{out, invite + "\r\n\r\n" + invite},
                                   {in, ringing + "\r\n" + ringing}};
  const Fed whole = feed(sip, talk);
  CHECK(whole.malformed.empty());
  const SipFacts facts = facts_of(whole);
  using Texts = std::vector<std::string>;
  CHECK(facts.requests == 2);
  CHECK(facts.responses == 2);
  CHECK(facts.methods.values == Texts{"INVITE"});
  CHECK(facts.statuses.values == std::vector<std::uint32_t>{180});
  CHECK(facts.transport == "TLS");
  CHECK(facts.user_agents.values == Texts{"UCCAPI/15.0 OC/15.0 (Microsoft Lync)"});
  CHECK(facts.servers.values == Texts{"RTC/5.0"});
  CHECK(facts.from_domains.values == Texts{"a.example"});
  CHECK(facts.to_domains.values == Texts{"b.example"});
  CHECK(facts.lync_signs);
  test::cut_everywhere(sip, talk,
                       [&](const Fed& parts) { CHECK((parts.records == whole.records)); });
}

TEST_CASE("sip: over UDP a datagram is a message, whatever its length field says") {
  const std::string no_body =
      "MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nContent-Length: 0\r\n\r\nmore";
  const std::string stun(
      "\x00\x01\x00\x00\x21\x12\xa4\x42"
      "123456789012",
      20);
  const Fed fed =
      feed(sip, {{out, no_body}, {out, "\r\n\r\n"}, {out, stun}, {out, no_body}}, Carrier::udp);
  CHECK(fed.malformed.empty());
  CHECK(facts_of(fed).requests == 2);
  CHECK(facts_of(fed).transport == "UDP");
}

TEST_CASE("sip: methods come from CSeq when no request was captured") {
  CHECK(facts_of(feed(sip, {{in, ringing}})).methods.values == std::vector<std::string>{"INVITE"});
}

TEST_CASE("sip: requests and answers by transaction") {
  const auto request = [](std::string_view method, std::string_view branch) {
    return std::string(method) +
           " sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;rport;branch=" + std::string(branch) +
           "\r\nCSeq: 1 " + std::string(method) + "\r\n\r\n";
  };
  const auto answer = [](int status, std::string_view method, std::string_view branch) {
    return "SIP/2.0 " + std::to_string(status) +
           " x\r\nv: SIP/2.0/UDP h;branch=" + std::string(branch) + "\r\nCSeq: 1 " +
           std::string(method) + "\r\n\r\n";
  };
  const SipFacts facts = facts_of(feed(sip,
                                       {{out, request("INVITE", "z9hG4bK1")},
                                        {out, request("INVITE", "z9hG4bK1")},  // sent again
                                        {in, answer(180, "INVITE", "z9hG4bK1")},
                                        {in, answer(200, "INVITE", "z9hG4bK1")},
                                        {in, answer(200, "INVITE", "z9hG4bK1")},
                                        {out, request("ACK", "z9hG4bK2")},
                                        {out, request("OPTIONS", "z9hG4bK3")},
                                        {out, request("CANCEL", "z9hG4bK4")},
                                        {in, answer(100, "CANCEL", "z9hG4bK4")}},
                                       Carrier::udp));
  CHECK(facts.requests == 5);
  CHECK(facts.responses == 4);
  CHECK(facts.transactions == 3);
  CHECK(facts.answered == 1);
}

TEST_CASE("sip: session descriptions name the endpoints of media") {
  const std::string sdp =
      "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
      "m=audio 5004 RTP/AVP 0\r\na=rtcp:5007\r\n"
      "m=video 49170/2 RTP/AVP 31\r\nc=IN IP6 2001:db8::7\r\n"
      "m=text 0 RTP/AVP 98\r\n"   // refused
      "m=audio 9 RTP/SAVP 0\r\n"  // ICE
      "a=candidate:1 1 UDP 2130706431 198.51.100.4 50010 typ host\r\n"
      "a=candidate:2 1 UDP broken\r\n"
      "m=audio 5010 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n";  // on hold
  const std::vector<std::string> want = {"audio 192.0.2.1:5004", "audio 192.0.2.1:5007",
                                         "video [2001:db8::7]:49170", "audio 198.51.100.4:50010"};
  const std::string head =
      "INVITE sip:a@b SIP/2.0\r\nContent-Type: application/sdp\r\nContent-Length: " +
      std::to_string(sdp.size()) + "\r\n\r\n";
  const std::vector<Piece> talk = {{out, head + sdp + invite}};
  const Fed whole = feed(sip, talk);
  CHECK(facts_of(whole).media.values == want);
  CHECK(facts_of(whole).requests == 2);
  test::cut_everywhere(sip, talk,
                       [&](const Fed& parts) { CHECK((parts.records == whole.records)); });
  // A datagram's body is what is left of it.
  CHECK(facts_of(feed(sip, {{out, head + sdp}}, Carrier::udp)).media.values == want);
}

TEST_CASE("sip: signs of Lync") {
  const auto with = [](const std::string& field) {
    return facts_of(feed(sip, {{out, "REGISTER sip:a@b SIP/2.0\r\n" + field + "\r\n\r\n"}}))
        .lync_signs;
  };
  for (const char* const field :
       {"From: <sip:a@b>;tag=1;epid=abcdef", "Event: vnd-microsoft-roaming-self",
        "Supported: gruu-10, adhoclist, msrtc-event-categories", "ms-keep-alive: UAC;hop-hop=yes",
        "Content-Type: application/msrtc-media-relay-auth+xml", "Server: RTC/6.0",
        "Authorization: TLS-DSK qop=\"auth\"", "Record-Route: <sip:p;ms-route-sig=x>"}) {
    CAPTURE(field);
    CHECK(with(field));
  }
  for (const char* const field : {"From: <sip:a@b>;tag=1", "Server: Asterisk", "Supported: timer",
                                  "Content-Type: application/sdp", "Event: presence"}) {
    CAPTURE(field);
    CHECK_FALSE(with(field));
  }
}

// A WebSocket frame (RFC 6455 5.2).
std::string frame(std::uint8_t first, const std::string& payload, bool masked) {
  std::string bytes(1, static_cast<char>(first));
  const char bit = masked ? '\x80' : '\0';
  if (payload.size() < 126) {
    bytes += static_cast<char>(bit | static_cast<char>(payload.size()));
  } else {
    bytes += static_cast<char>(bit | 126);
    bytes += static_cast<char>(payload.size() >> 8);
    bytes += static_cast<char>(payload.size() & 0xff);
  }
  const std::string key = "\x11\x22\x33\x44";
  if (masked) bytes += key;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    bytes += masked ? static_cast<char>(payload[i] ^ key[i % 4]) : payload[i];
  }
  return bytes;
}

TEST_CASE("sip: over WebSocket, in one frame or several, however it is cut") {
  const std::vector<Piece> talk = {
      {out, frame(0x01, invite.substr(0, 20), true) + frame(0x89, "ping", true) +
                frame(0x80, invite.substr(20), true) + frame(0x81, "\r\n\r\n", true)},
      {in, frame(0x82, ringing, false) + frame(0x88, "", false)}};
  const Fed whole = feed(sip_websocket, talk);
  CHECK(whole.malformed.empty());
  const SipFacts facts = facts_of(whole);
  CHECK(facts.methods.values == std::vector<std::string>{"INVITE"});
  CHECK(facts.statuses.values == std::vector<std::uint32_t>{180});
  CHECK(facts.requests == 1);
  test::cut_everywhere(sip_websocket, talk,
                       [&](const Fed& parts) { CHECK((parts.records == whole.records)); });
}

TEST_CASE("sip: WebSocket probe") {
  const auto probe = [](const std::string& bytes) {
    return sip_websocket.probe(as_bytes(bytes), Carrier::tcp);
  };
  CHECK(probe(frame(0x81, invite, true)) == Probe::mine(Probe::Speaker::client));
  CHECK(probe(frame(0x81, ringing, false)) == Probe::mine(Probe::Speaker::server));
  CHECK(probe(frame(0x81, "{\"json\": 1}", false)).kind == Kind::not_mine);
  CHECK(probe(frame(0xc1, invite, true)).kind == Kind::not_mine);  // compressed
  CHECK(probe("GET / HTTP/1.1\r\n").kind == Kind::not_mine);
  CHECK(probe("\x81").kind == Kind::need_more);
  for (std::size_t size = 1; size < 12; ++size) {
    CAPTURE(size);
    CHECK(probe(frame(0x81, invite, true).substr(0, size)).kind == Kind::need_more);
  }
}

TEST_CASE("sip: where a length is missing or wrong the next start line goes on") {
  struct Case {
    const char* name;
    std::string length, body;
    bool plain;
  };
  const std::string sdp = "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 5004 RTP/AVP 0\r\n";
  const Case cases[] = {
      {"right", "Content-Length: 49\r\n", sdp, true},
      {"compact and padded", "l  :   49  \r\n", sdp, true},
      {"no body", "", "", true},
      {"no body, keep-alive", "", "\r\n\r\n", true},
      {"missing", "", sdp, false},
      {"too short", "Content-Length: 7\r\n", sdp, false},
      {"too long", "Content-Length: 90\r\n", sdp, false},
      {"nothing of it there", "Content-Length: 90\r\n", "", false},
      {"negative", "Content-Length: -4\r\n", sdp, false},
      {"beyond 64 bits", "Content-Length: 99999999999999999999\r\n", sdp, false},
      {"no number", "Content-Length: 5x\r\n", sdp, false},
      {"two", "Content-Length: 49\r\nl: 0\r\n", sdp, false},
      {"garbage", "Content-Length: 0\r\n", "garbage\r\n\r\n", false},
  };
  const std::string via = "Via: SIP/2.0/TCP h;branch=z9hG4bK1\r\n";
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const std::vector<Piece> talk = {
        {out, "INVITE sip:a@b SIP/2.0\r\n" + via + "Content-Type: application/sdp\r\n" + c.length +
                  "\r\n" + c.body + "BYE sip:a@b SIP/2.0\r\n" + via + "Content-Length: 0\r\n\r\n"}};
    const Fed whole = feed(sip, talk);
    CHECK(whole.malformed.empty());
    CHECK(facts_of(whole).methods.values == std::vector<std::string>{"INVITE", "BYE"});
    CHECK(whole.unread[0].empty() == c.plain);
    test::cut_everywhere(sip, talk, [&](const Fed& parts) {
      CHECK(facts_of(parts).methods == facts_of(whole).methods);
      CHECK(parts.unread[0].empty() == c.plain);
    });
  }
  // A body may hold a message (RFC 3420).
  const std::string notify =
      "NOTIFY sip:a@b SIP/2.0\r\nContent-Type: message/sipfrag\r\nContent-Length: 16\r\n\r\n"
      "SIP/2.0 200 OK\r\n";
  const Fed fragment = feed(sip, {{out, notify + notify}});
  CHECK(fragment.unread[0] == "");
  CHECK(facts_of(fragment).requests == 2);
  CHECK(facts_of(fragment).responses == 0);
}

TEST_CASE("sip: what not all peers take is read and not called whole") {
  const auto unread = [](const std::string& message, Carrier carrier) {
    return feed(sip, {{out, message}}, carrier).unread[0];
  };
  const std::string rest = "\r\nCSeq: 1 INVITE\r\nl: 0\r\n\r\n";
  CHECK(unread("INVITE sip:a@b SIP/2.0" + rest, Carrier::udp) == "");
  CHECK(unread("INVITE sip:a@b SIP/2.0" + rest + "\r\n", Carrier::udp) == "");
  CHECK(unread("INVITE sip:a@b  SIP/2.0" + rest, Carrier::tcp) != "");
  CHECK(unread("INVITE sip:a@b SIP/2.0 " + rest, Carrier::udp) != "");
  CHECK(unread("INVITE sip:a@b; lr SIP/2.0" + rest, Carrier::udp) != "");
  // RFC 4475 3.1.1.8: by RFC 3261 18.3 the second message is to be discarded.
  CHECK(unread("INVITE sip:a@b SIP/2.0" + rest + "INVITE sip:a@b SIP/2.0" + rest, Carrier::udp) !=
        "");
}

TEST_CASE("sip: hostile framing is malformed") {
  CHECK(feed(sip, {{out, "INVITE sip:a@b SIP/2.0\r\nX: " + std::string(70'000, 'a')}}).malformed ==
        "sip: header block over 64 KiB");
}

TEST_CASE("sip: on a stream, lengths that nobody can agree on leave a hole") {
  const auto message = [](const std::string& lengths) {
    return "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nCSeq: 1 OPTIONS\r\n" +
           lengths + "\r\n";
  };
  struct Sink final : RecordSink {
    Unread cause = Unread::none;
    void emit(AppRecord) override {}
    SharedCertificate certificate(Bytes) override { return SharedCertificate(nullptr); }
    void note_unread(Direction, Unread why, std::string_view) override { cause = why; }
  };
  for (const char* lengths :
       {"Content-Length: -1\r\n", "Content-Length: 18446744073709551615\r\n",
        "Content-Length: 500\r\nl: 0\r\n", "l: 0\r\nContent-Length: 500\r\n"}) {
    INFO(lengths);
    Sink sink;
    const auto dissector = sip.make(Carrier::tcp);
    const std::string text = message(lengths);
    (void)dissector->consume(Direction::to_server, as_bytes(text), sink);
    CHECK(sink.cause == Unread::unknown_start);
  }
}

}  // namespace
}  // namespace pcapaudit
