// HTTP/1.x: what is recognised, what is read of it, how bodies end, what hostile input does.
#include <catch2/catch.hpp>

#include <string>

#include "support/feed.hpp"

namespace pcapaudit {

extern const DissectorSpec http;

namespace {

using Kind = Probe::Kind;
using Speaker = Probe::Speaker;
using test::Fed;
using test::feed;
using test::Piece;
constexpr Direction out = Direction::to_server;
constexpr Direction in = Direction::to_client;

HttpFacts facts_of(const Fed& fed) {
  REQUIRE(fed.records.size() == 1);
  return std::get<HttpFacts>(fed.records.front());
}

TEST_CASE("http: probe") {
  struct Case {
    std::string prefix;
    Kind want;
    Speaker speaker = Speaker::either;
    bool likely = false;
  };
  const Case cases[] = {
      {"G", Kind::need_more},
      {"GET ", Kind::need_more},
      {"GET /", Kind::need_more, Speaker::client, true},
      {"GET / HTTP/1.1\r\n", Kind::mine, Speaker::client},
      {"GET / HTTP/1.0\n", Kind::mine, Speaker::client},
      {"RPC_IN_DATA /rpc/rpcproxy.dll HTTP/1.1\r\n", Kind::mine, Speaker::client},
      {"X-OWN /x HTTP/1.1\r\n", Kind::mine, Speaker::client},
      {"GET /" + std::string(2000, 'a'), Kind::mine, Speaker::client},
      {"CONNECT a.example:443 HTTP/1.1\r\n", Kind::mine, Speaker::client},
      {"HTTP/1.1 200 OK", Kind::mine, Speaker::server},
      {"HTTP/1.1 20", Kind::need_more},
      {"HTTP/1.1 2x0 OK", Kind::not_mine},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Kind::not_mine},
      {"OPTIONS sip:a@b.example SIP/2.0\r\n", Kind::not_mine},
      {"OPTIONS rtsp://a.example/ RTSP/1.0\r\n", Kind::not_mine},
      {"GET / HTTP/2.0\r\n", Kind::not_mine},
      {"GET \x01\x02", Kind::not_mine},
      {"SSH-2.0-x\r\n", Kind::not_mine},
      {std::string("\x16\x03\x01", 3), Kind::not_mine},
      {"HELO a.example\r\n", Kind::not_mine},
  };
  for (const Case& c : cases) {
    CAPTURE(c.prefix);
    const Probe got = http.probe(as_bytes(c.prefix), Carrier::tcp);
    CHECK(got.kind == c.want);
    CHECK(got.speaker == c.speaker);
    CHECK(got.likely == c.likely);
  }
}

TEST_CASE("http: whether credentials went in clear") {
  const auto in_clear = [](const std::string& value) {
    const test::Fed fed =
        feed(http, {{out, "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: " + value + "\r\n\r\n"}});
    return std::get<HttpFacts>(fed.records.at(0)).credentials_in_clear;
  };
  CHECK(in_clear("Basic eDp5"));
  CHECK(in_clear("bearer abc"));
  CHECK_FALSE(in_clear("NTLM TlRM"));
  CHECK_FALSE(in_clear("Negotiate YII"));
  CHECK_FALSE(in_clear("Digest username=\"x\""));
}

TEST_CASE("http: facts of a conversation, however it is cut") {
  const std::vector<Piece> talk = {
      {out, "GET /meet/a?x=1 HTTP/1.1\r\nHost: meet.example\r\nUser-Agent: UA\r\n\r\n"},
      {in, "HTTP/1.1 401 Unauthorized\r\nServer: IIS\r\nContent-Length: 5\r\n\r\nhello"},
      {out,
       "POST http://web.example/abs#f HTTP/1.1\r\nAuthorization: Basic eDp5\r\n"
       "Transfer-Encoding: chunked\r\n\r\n4;ext=1\r\nabcd\r\n0\r\nTrailer: x\r\n\r\n"},
      {in,
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: https://b.example/\r\n"
       "Content-Length: 0\r\n\r\n"},
      {out, "HEAD / HTTP/1.1\r\nHost: meet.example\r\n\r\n"},
      {in, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"},
      {out, "GET /last HTTP/1.1\r\nHost: meet.example\r\n\r\n"},
      {in, "HTTP/1.1 200 OK\r\n\r\nuntil the end"},
  };
  const Fed whole = feed(http, talk);
  CHECK(whole.malformed.empty());
  const HttpFacts facts = facts_of(whole);
  using Texts = std::vector<std::string>;
  CHECK(facts.version == "1.1");
  CHECK(facts.requests == 4);
  CHECK(facts.responses == 5);
  CHECK(facts.methods.values == Texts{"GET", "POST", "HEAD"});
  CHECK(facts.hosts.values == Texts{"meet.example", "web.example"});
  CHECK(facts.paths.values == Texts{"/meet/a", "/abs", "/", "/last"});
  CHECK(facts.statuses.values == std::vector<std::uint32_t>{401, 100, 302, 200});
  CHECK(facts.locations.values == Texts{"https://b.example/"});
  CHECK(facts.authorization_schemes.values == Texts{"Basic"});
  CHECK(facts.credentials_in_clear);
  test::cut_everywhere(http, talk,
                       [&](const Fed& parts) { CHECK((parts.records == whole.records)); });
}

TEST_CASE("http: a tunnel and an upgrade hand the connection over") {
  const Fed tunnel = feed(http, {{out, "CONNECT b.example:443 HTTP/1.1\r\nHost: b.example\r\n\r\n"},
                                 {out, "\x16\x03\x01"},
                                 {in, "HTTP/1.1 200 Connection established\r\n\r\nrest"}});
  CHECK(tunnel.handed_over);
  CHECK(facts_of(tunnel).upgraded_to == "connect");
  CHECK(tunnel.rest[1] == "rest");

  const Fed refused = feed(http, {{out, "CONNECT b.example:443 HTTP/1.1\r\n\r\n"},
                                  {in, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"},
                                  {out, "GET / HTTP/1.1\r\n\r\n"}});
  CHECK_FALSE(refused.handed_over);
  CHECK(facts_of(refused).requests == 2);

  const Fed upgrade =
      feed(http, {{out, "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"},
                  {in, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"}});
  CHECK(upgrade.handed_over);
  CHECK(facts_of(upgrade).upgraded_to == "websocket");
}

TEST_CASE("http: hostile framing is malformed, never believed") {
  struct Case {
    const char* name;
    std::string message;
    const char* want;
  };
  const std::string post = "POST / HTTP/1.1\r\n";
  const Case cases[] = {
      {"negative length", post + "Content-Length: -1\r\n\r\n",
       "http: contradictory content lengths"},
      {"two lengths", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
       "http: contradictory content lengths"},
      {"length beyond 64 bits", post + "Content-Length: 99999999999999999999\r\n\r\n",
       "http: contradictory content lengths"},
      {"length beyond memory", post + "Content-Length: 18446744073709551615\r\n\r\n",
       "http: content length is out of range"},
      {"chunk size overflow", post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
       "http: bad chunk size"},
      {"chunk size no number", post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
       "http: bad chunk size"},
      {"endless header", post + "X: " + std::string(70'000, 'a'), "http: header block over 64 KiB"},
      {"rubbish behind a message", "GET / HTTP/1.1\r\n\r\n\x01\x02\x03 \r\n\r\n",
       "http: no start line where a message should begin"},
      {"same length twice", post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", ""},
      {"folded and bare", "GET / HTTP/1.1\nX: a\n b\nno colon\nHost: h\n\n", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CHECK(feed(http, {{out, c.message}}).malformed == c.want);
  }
}

TEST_CASE("http: wire text is made printable and lists are capped") {
  std::vector<Piece> talk;
  for (int i = 0; i < 70; ++i) {
    talk.push_back({out, "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\x1b\xff\r\n\r\n"});
  }
  const HttpFacts facts = facts_of(feed(http, talk));
  CHECK(facts.paths.values.size() == 64);
  CHECK(facts.paths.more == 6);
  CHECK(facts.hosts.values == std::vector<std::string>{"a\xef\xbf\xbd\xef\xbf\xbd"});
}

}  // namespace
}  // namespace pcapaudit
