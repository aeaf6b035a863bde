// SIP over UDP and TCP: what is recognised, what is read of it, how messages are framed.
#include <catch2/catch.hpp>

#include <string>

#include "support/feed.hpp"

namespace pcapaudit {

extern const DissectorSpec sip;

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
      {"\r\n\r\n", Carrier::udp, Kind::not_mine},
      {std::string("\0\0\0\0", 4), Carrier::udp, Kind::not_mine},
  };
  for (const Case& c : cases) {
    CAPTURE(c.prefix);
    CHECK(sip.probe(as_bytes(c.prefix), c.carrier).kind == c.want);
  }
  CHECK(sip.probe(as_bytes(invite), Carrier::tcp).speaker == Probe::Speaker::client);
  CHECK(sip.probe(as_bytes(ringing), Carrier::tcp).speaker == Probe::Speaker::server);
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

TEST_CASE("sip: hostile framing is malformed") {
  CHECK(feed(sip, {{out, "INVITE sip:a@b SIP/2.0\r\nContent-Length: -4\r\n\r\n"}}).malformed ==
        "sip: bad content length");
  CHECK(feed(sip, {{out, "INVITE sip:a@b SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n"}})
            .malformed == "sip: bad content length");
  CHECK(feed(sip, {{out, "INVITE sip:a@b SIP/2.0\r\nX: " + std::string(70'000, 'a')}}).malformed ==
        "sip: header block over 64 KiB");
  CHECK(feed(sip, {{out, invite + "garbage\r\n\r\n"}}).malformed ==
        "sip: no start line where a message should begin");
}

}  // namespace
}  // namespace pcapaudit
