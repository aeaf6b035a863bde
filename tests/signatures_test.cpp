// Other protocols are named by their first bytes, and nothing is named on a guess.
#include <string>

#include <catch2/catch.hpp>

#include "support/conversation.hpp"
#include "support/feed.hpp"
#include "support/tls_bytes.hpp"

namespace pcapaudit {

extern const DissectorSpec signatures;

namespace {

using std::string_literals::operator""s;

// What the bytes are named, "more" when undecided, "" when nothing.
std::string name_of(const std::string& bytes, Carrier carrier) {
  const Probe probe = signatures.probe(as_bytes(bytes), carrier);
  if (probe.kind == Probe::Kind::need_more) return "more";
  if (probe.kind == Probe::Kind::not_mine) return "";
  const auto fed = test::feed(signatures, {{Direction::to_server, bytes}}, carrier);
  REQUIRE(fed.records.size() == 1);
  return std::get<GenericFacts>(fed.records[0]).protocol;
}

// A DNS query for a.example, type A: RFC 1035 4.1.
const std::string dns_query =
    "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01"
    "a\x07"
    "example\x00\x00\x01\x00\x01"s;

TEST_CASE("signatures: first bytes and their names") {
  struct Case {
    std::string bytes;
    Carrier carrier;
    const char* want;
  };
  const Case cases[] = {
      {"SSH-2.0-OpenSSH_9.2\r\n", Carrier::tcp, "ssh"},
      {"SSH-", Carrier::tcp, "more"},
      {"220 mail.example ESMTP Postfix\r\n", Carrier::tcp, "smtp"},
      {"220 Welcome to the FTP server\r\n", Carrier::tcp, "ftp"},
      {"220 something else\r\n", Carrier::tcp, ""},
      {"EHLO a.example\r\n", Carrier::tcp, "smtp"},
      {"+OK ready\r\n", Carrier::tcp, "pop3"},
      {"* OK IMAP4rev1\r\n", Carrier::tcp, "imap"},
      {"OPTIONS rtsp://a.example/ RTSP/1.0\r\n", Carrier::tcp, "rtsp"},
      {"RFB 003.008\n", Carrier::tcp, "vnc"},
      {dns_query, Carrier::udp, "dns"},
      {"\x00\x1b"s + dns_query, Carrier::tcp, "dns"},
      {"\x00\x01\x00\x00\x21\x12\xa4\x42"s + "123456789012", Carrier::udp, "stun"},
      {"\x00\x00\x00\x20\xfeSMB"s, Carrier::tcp, "smb"},
      {"\x05\x00\x0b\x03\x10\x00\x00\x00\x48\x00\x00\x00\x01\x00\x00\x00"s, Carrier::tcp, "msrpc"},
      {"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"s,
       Carrier::tcp, "rdp"},
      {"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"s, Carrier::tcp, "ldap"},
      {"\x30\x10\x02\x01\x01\x04\x06public\xa0\x03\x02\x01\x01"s, Carrier::udp, "snmp"},
      {"\x23" + std::string(47, '\0'), Carrier::udp, "ntp"},
      {"M-SEARCH * HTTP/1.1\r\n", Carrier::udp, "ssdp"},
      {"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x50\x01"s, Carrier::udp, "dtls"},
      {"PROXY TCP4 10.0.0.1 10.0.0.2 51000 443\r\n", Carrier::tcp, "proxy-protocol"},
      {"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c"s, Carrier::tcp, "proxy-protocol"},
      {"a001 CAPABILITY\r\n", Carrier::tcp, "imap"},
      {"hello CAPABILITY\r\n", Carrier::tcp, ""},  // a tag has a number
      {"<34>Oct 11 22:14:15 mymachine su: x", Carrier::udp, "syslog"},
      {"<165>1 2003-10-11T22:14:15.003Z a", Carrier::udp, "syslog"},
      {"<192>1 2003-10-11T22:14:15.003Z a", Carrier::udp, ""},  // no such priority
      {"74 <165>1 2003-10-11T22:14:15.003Z a evntslog", Carrier::tcp, "syslog"},
      {"\x81\x00\x00\x44\x20"s + std::string(67, 'A'), Carrier::tcp, "netbios"},
      {"\x00\x00\x00\x08\x04\xd2\x16\x2f"s, Carrier::tcp, "postgresql"},
      {"\x00\x00\x00\x1a\x00\x03\x00\x00user\0bob\0database\0"s, Carrier::tcp, "postgresql"},
      {"\x4a\x00\x00\x00\x0a"s + "5.7.26\0"s + std::string(60, 'x'), Carrier::tcp, "mysql"},
      {"\x05\x02\x00\x02"s, Carrier::tcp, "socks"},
      {"\x04\x01\x01\xbb\xc0\x00\x02\x01user\0"s, Carrier::tcp, "socks"},
      // MS-TDS 4.1: the pre-login request's head.
      {"\x12\x01\x00\x2f\x00\x00\x01\x00\x00\x00\x1a\x00\x06\x01\x00\x20\x00\x01"s, Carrier::tcp,
       "tds"},
      {"\x04\x01\x00\x2b\x00\x00\x01\x00\x00\x00\x1a\x00\x06\x01\x00\x20"s, Carrier::tcp, "tds"},
      // MS-TURN: an allocate request in the multiplexed framing.
      {"\xff\x10\x00\x20\x00\x03\x00\x0c"s + std::string(28, 'x'), Carrier::tcp, "ms-turn"},
      {"\xff\x10\x00\x20\xff\xff\xff\xff"s + std::string(28, '\xff'), Carrier::tcp, ""},
      // RFC 2865 7.1: the first example's Access-Request.
      {"\x01\x00\x00\x38\x0f\x40\x3f\x94\x73\x97\x80\x57\xbd\x83\xd5\xcb\x98\xf4\x22\x7a\x01\x06"
       "\x6e"
       "\x65\x6d\x6f\x02\x12\x0d\xbe\x70\x8d\x93\xd4\x13\xce\x31\x96\xe4\x3f\x78\x2a\x0a\xee\x04"
       "\x06"
       "\xc0\xa8\x01\x10\x05\x06\x00\x00\x00\x03"s,
       Carrier::udp, "radius"},
      {"\x01\x00\x00\x18"s + std::string(16, 'a') + "\x01\x05\x61\x62"s, Carrier::udp, ""},
      // A NetBIOS name query for "*" (RFC 1002 15.1).
      {"\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x20"
       "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x21\x00\x01"s,
       Carrier::udp, "netbios"},
      // A receiver report with one block, and a source description behind it.
      {"\x81\xc9\x00\x07"s + std::string(28, 'r') + "\x81\xca\x00\x02"s + "ssssssss", Carrier::udp,
       "rtcp"},
      {"\x81\xc9\x00\x07"s + std::string(27, 'r'), Carrier::udp, ""},
      {"\x6a\x81\x90\x30\x81\x8d\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a"s, Carrier::udp,
       "kerberos"},
      {"\x00\x01\x00\x00"s + std::string(16, 't'), Carrier::udp, "stun"},  // RFC 3489
      // Other dissectors' protocols, and nothing at all.
      {"GET / HTTP/1.1\r\n", Carrier::tcp, ""},
      {"\x16\x03\x01\x00\x50\x01\x00\x00\x4c\x03\x03"s, Carrier::tcp, ""},
      {"INVITE sip:a@b SIP/2.0\r\n", Carrier::tcp, ""},
      {std::string(64, '\xff'), Carrier::tcp, ""},
      {std::string(64, '\xff'), Carrier::udp, ""},
      {"hello world, this is text", Carrier::udp, ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.bytes);
    CHECK(name_of(c.bytes, c.carrier) == c.want);
  }
}

TEST_CASE("signatures: both SSH banners are kept, however they are cut") {
  const std::vector<test::Piece> talk = {{Direction::to_client, "SSH-2.0-server\r\nkeys"},
                                         {Direction::to_server, "SSH-2.0-client\n"}};
  // Byte by byte the engine probes first; a dissector is made once the name is sure.
  const auto whole = test::feed(signatures, talk);
  REQUIRE(whole.records.size() == 1);
  const auto& facts = std::get<GenericFacts>(whole.records[0]);
  CHECK(facts.protocol == "ssh");
  CHECK(facts.fields == std::vector<GenericField>{{"server_version", "SSH-2.0-server"},
                                                  {"client_version", "SSH-2.0-client"}});
}

using test::client;
using test::Conversation;
using test::flows_of;
using test::server;

// The bytes of the TLS handshake behind each side's own words.
std::vector<ClosedFlow> upgraded(std::uint16_t port, const std::vector<test::Piece>& before,
                                 std::size_t cut) {
  Conversation talk("10.0.0.1", 51000, "10.0.0.2", port);
  talk.open();
  const auto send = [&](int side, const std::string& bytes) {
    for (std::size_t i = 0; i < bytes.size(); i += cut) talk.data(side, bytes.substr(i, cut));
  };
  for (const test::Piece& piece : before) {
    send(piece.dir == Direction::to_server ? client : server, piece.bytes);
  }
  const std::string hello = test::tls_file("tls12_mutual.c2s");
  const std::size_t first =
      5U + static_cast<unsigned char>(hello[3]) * 256U + static_cast<unsigned char>(hello[4]);
  send(client, hello.substr(0, first));
  send(server, test::tls_file("tls12_mutual.s2c"));
  send(client, hello.substr(first));
  talk.close();
  return flows_of(talk.packets());
}

TEST_CASE("signatures: TLS behind a protocol that asks for it, however it is cut") {
  constexpr auto out = Direction::to_server;
  constexpr auto in = Direction::to_client;
  struct Case {
    const char* app;
    std::uint16_t port;
    std::vector<test::Piece> talk;
  };
  const Case cases[] = {
      {"smtp",
       25,
       {{in, "220 mail.example ESMTP\r\n"},
        {out, "EHLO a.example\r\n"},
        {in, "250-mail.example\r\n250 STARTTLS\r\n"},
        {out, "STARTTLS\r\n"},
        {in, "220 go ahead\r\n"}}},
      {"imap", 143, {{in, "* OK ready\r\n"}, {out, "a1 STARTTLS\r\n"}, {in, "a1 OK begin\r\n"}}},
      {"pop3", 110, {{in, "+OK ready\r\n"}, {out, "STLS\r\n"}, {in, "+OK begin\r\n"}}},
      {"ftp", 21, {{in, "220 FTP here\r\n"}, {out, "AUTH TLS\r\n"}, {in, "234 begin\r\n"}}},
      {"xmpp",
       5222,
       {{out, "<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>"},
        {in, "<stream:stream xmlns:stream='http://etherx.jabber.org/streams'><stream:features/>"},
        {out, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"},
        {in, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"}}},
      {"ldap",
       389,
       {{out,
         "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
         "1.3.6.1.4.1.1466.20037"s},
        {in, "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"s}}},
      {"rdp",
       3389,
       {{out, "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"s},
        {in, "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x1f\x08\x00\x02\x00\x00\x00"s}}},
      {"postgresql", 5432, {{out, "\x00\x00\x00\x08\x04\xd2\x16\x2f"s}, {in, "S"}}},
      {"socks",
       1080,
       {{out, "\x05\x01\x00"s},
        {in, "\x05\x00"s},
        {out, "\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb"s},
        {in, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s}}},
  };
  for (const Case& c : cases) {
    for (const std::size_t cut : {std::size_t{1}, std::size_t{7}, std::size_t{1400}}) {
      // A greeting of SOCKS is only told from other bytes by the segment's end.
      if (c.app == "socks"s && cut != 1400) continue;
      CAPTURE(c.app, cut);
      const auto flows = upgraded(c.port, c.talk, cut);
      REQUIRE(flows.size() == 1);
      CHECK(flows[0].app == c.app);
      CHECK(flows[0].server_app.empty());
      REQUIRE(flows[0].tls() != nullptr);
      CHECK(flows[0].tls()->sni == "server.example");
      CHECK(flows[0].tls()->mutual == MutualTls::proven);
    }
  }
}

TEST_CASE("signatures: a header before a connection is not the connection") {
  const auto flows =
      upgraded(443, {{Direction::to_server, "PROXY TCP4 10.0.0.9 10.0.0.2 51000 443\r\n"}}, 1400);
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].app == "tls");
  CHECK(flows[0].other_apps == std::vector<std::string>{"proxy-protocol"});
  REQUIRE(flows[0].tls() != nullptr);
}

TEST_CASE("signatures: without STARTTLS there is no TLS") {
  Conversation talk("10.0.0.1", 51000, "10.0.0.2", 25);
  talk.open().data(server, "220 mail.example ESMTP\r\n").data(client, "EHLO a\r\n");
  talk.data(server, "250 ok\r\n").data(client, "DATA\r\n" + std::string(70'000, 'x') + "\r\n");
  talk.close();
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].app == "smtp");
  CHECK(flows[0].tls() == nullptr);
  CHECK(flows[0].malformed_why.empty());
}

TEST_CASE("signatures: RTP takes three datagrams that agree") {
  const auto packet = [](std::uint16_t sequence, char source) {
    return "\x80\x00"s + static_cast<char>(sequence >> 8) + static_cast<char>(sequence & 0xff) +
           "\0\0\0\1"s + "abc" + source + std::string(160, 'v');
  };
  const auto app_of = [&](const std::vector<std::string>& datagrams) {
    Conversation talk("10.0.0.1", 50000, "10.0.0.2", 50002, Transport::udp);
    for (const std::string& bytes : datagrams) talk.data(client, bytes);
    return flows_of(talk.packets()).at(0).app;
  };
  CHECK(app_of({packet(7, 'd'), packet(8, 'd'), packet(9, 'd')}) == "rtp");
  CHECK(app_of({packet(65'535, 'd'), packet(0, 'd'), packet(1, 'd')}) == "rtp");
  CHECK(app_of({packet(7, 'd'), packet(8, 'd')}) == "unknown");
  CHECK(app_of({packet(7, 'd'), packet(8, 'e'), packet(9, 'f')}) == "unknown");
  CHECK(app_of({packet(7, 'd'), packet(999, 'd'), packet(5000, 'd')}) == "unknown");
}

TEST_CASE("signatures: two protocols of the table in one connection are a mismatch") {
  Conversation talk("10.0.0.1", 51000, "10.0.0.2", 25);
  talk.open().data(server, "SSH-2.0-OpenSSH_9.2\r\n").data(client, "EHLO a.example\r\n").close();
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].app == "smtp");
  CHECK(flows[0].server_app == "ssh");
}

TEST_CASE("signatures: no prefix of any length reads too far") {
  const std::string hostile = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x3f"s;
  for (std::size_t size = 1; size <= hostile.size(); ++size) {
    for (const Carrier carrier : {Carrier::tcp, Carrier::udp}) {
      const std::string exact(hostile.data(), size);
      CHECK(signatures.probe(as_bytes(exact), carrier).kind != Probe::Kind::mine);
    }
  }
}

}  // namespace

TEST_CASE("dns: what stands behind a message in its datagram is told") {
  const auto doubt = [](const std::string& datagram) {
    return test::feed(signatures, {{Direction::to_server, datagram}}, Carrier::udp).unread[0];
  };
  // One question and an OPT record (RFC 6891).
  const std::string edns = [] {
    std::string text = dns_query;
    text[11] = 1;
    return text + std::string("\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00", 11);
  }();
  CHECK(doubt(dns_query).empty());
  CHECK(doubt(edns).empty());
  CHECK(doubt(dns_query + std::string(8, '\0')).empty());
  CHECK(doubt(dns_query + "GET / HTTP/1.1\r\n\r\n") == "dns: bytes behind the message");
  CHECK(doubt(edns + "x") == "dns: bytes behind the message");
  // A message that is cut has nothing behind it.
  CHECK(doubt(edns.substr(0, edns.size() - 1)).empty());
}

}  // namespace pcapaudit
