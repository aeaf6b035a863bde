// Other protocols are named by their first bytes, and nothing is named on a guess.
#include <catch2/catch.hpp>

#include <string>

#include "support/feed.hpp"

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
      {"\xc3\x00\x00\x00\x01\x08"s + "12345678", Carrier::udp, "quic"},
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
}  // namespace pcapaudit
