// HTTP/1.x: what is recognised, what is read of it, how bodies end, what hostile input does.
#include <string>

#include <catch2/catch.hpp>

#include "support/conversation.hpp"
#include "support/feed.hpp"

namespace pcapaudit {

extern const DissectorSpec http;

namespace {

using Kind = Probe::Kind;
using Speaker = Probe::Speaker;
using test::Conversation;
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
      {"GET / HTTP/2.0\r\n", Kind::mine, Speaker::client},
      {"\r\n\n\r\n", Kind::need_more},
      {"\r\n\n\r\nGET / HTTP/1.1\r\n", Kind::mine, Speaker::client},
      {" \tGET / HTTP/1.1\n", Kind::mine, Speaker::client},
      {"GET\t/  HTTP/1.9 \r\n", Kind::mine, Speaker::client},
      {"get /x http/1.1\r\n", Kind::mine, Speaker::client},
      {"get /x ht", Kind::need_more},
      {"GET HTTP/1.1\r\n", Kind::mine, Speaker::client},
      {"GET /x\r\n", Kind::mine, Speaker::client},
      {"GET key\r\n", Kind::not_mine},
      {"SEARCH /x\r\n", Kind::not_mine},
      {"http/1.0 200", Kind::mine, Speaker::server},
      {"HTTP/1.2  302 Found", Kind::mine, Speaker::server},
      {"ICY 200 OK\r\n", Kind::mine, Speaker::server},
      {"ICY", Kind::need_more},
      {"PRI", Kind::need_more},
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

TEST_CASE("http: schemes and credentials, wherever they stand") {
  struct Case {
    std::string request;
    std::vector<std::string> schemes;
    bool in_clear;
  };
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  const Case cases[] = {
      {get + "Authorization: NTLM x, Basic eDp5\r\n\r\n", {"NTLM", "Basic"}, true},
      {get + "authorization:\tBASIC\teDp5\r\n\r\n", {"BASIC"}, true},
      {get + "Authorization: Basic\r\n eDp5\r\n\r\n", {"Basic"}, true},
      {get + "Authorization : Basic eDp5\r\n\r\n", {"Basic"}, true},
      {get + "Authorization: Digest realm=\"a, Basic b\", nonce=\"c\"\r\n\r\n", {"Digest"}, false},
      {get + "Authorization: Negotiate a\r\nProxy-Authorization: Basic eDp5\r\n\r\n",
       {"Negotiate", "Basic"},
       true},
      {get + "\r\n" + get + "Authorization: Basic eDp5\r\n\r\n", {"Basic"}, true},
      {get + "Authorization: eyJhbGciOiJIUzI1NiJ9\r\n\r\n", {"bare-token"}, true},
      {get + "Authorization: token c2VjcmV0\r\n\r\n", {"token"}, false},
      {get + "Authorization: hunter2 c2VjcmV0\r\n\r\n", {"unregistered"}, false},
      {"GET http://u:p@a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", {"userinfo"}, true},
      {"GET / HTTP/1.1\r\nHost: u:p@a.example\r\n\r\n", {"userinfo"}, true},
      {"CONNECT u:p@a.example:1 HTTP/1.1\r\nHost: a.example\r\n\r\n", {"userinfo"}, true},
      {"GET http://u@a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", {}, false},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: Basic "
       "eDp5\r\n\r\n",
       {"Basic"},
       true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.request);
    const std::vector<Piece> talk = {{out, c.request}};
    const Fed whole = feed(http, talk);
    CHECK(facts_of(whole).authorization_schemes.values == c.schemes);
    CHECK(facts_of(whole).credentials_in_clear == c.in_clear);
    test::cut_everywhere(http, talk, [&](const Fed& parts) { CHECK((parts == whole)); });
  }
}

TEST_CASE("http: requests as servers take them, and which of them are not plain") {
  struct Case {
    std::string request;
    std::vector<std::string> paths, hosts;
    bool plain;
  };
  const std::string rest = " HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string host = "\r\nHost: h\r\n\r\n";
  const Case cases[] = {
      {"GET /x" + rest, {"/x"}, {"h"}, true},
      {"\r\n\r\n\n\r\nGET /x" + rest, {"/x"}, {"h"}, true},
      {"GET /x HTTP/1.1\nHost: h\n\n", {"/x"}, {"h"}, true},
      {"GET /x HTTP/1.2" + host, {"/x"}, {"h"}, true},
      {"GET /x HTTP/1.9" + host, {"/x"}, {"h"}, true},
      {"VERYLONGMETHODNAMEWITHMORETHANTHIRTYTWOLETTERS /x" + rest, {"/x"}, {"h"}, true},
      {"GET http://h:80/x" + rest, {"/x"}, {"h"}, true},
      {"GET http://g/x" + rest, {"/x"}, {"h", "g"}, true},
      {"GET http://h?q=/x" + rest, {"/"}, {"h"}, true},
      {"GET http://h" + rest, {"/"}, {"h"}, true},
      {"GET /x HTTP/1.1\r\nHost: h:80\r\n\r\n", {"/x"}, {"h:80"}, true},
      {"GET /x HTTP/1.1\r\nHost: [fe80::1]:80\r\n\r\n", {"/x"}, {"[fe80::1]:80"}, true},
      {"GET /x HTTP/1.1\r\nHost: h_1.g-x:\r\n\r\n", {"/x"}, {"h_1.g-x:"}, true},
      {"GET /x HTTP/1.1\r\nHost: fe80::1\r\n\r\n", {"/x"}, {"fe80::1"}, false},
      {"GET /x HTTP/1.1\r\nHost: [h\r\n\r\n", {"/x"}, {"[h"}, false},
      {"GET /x HTTP/1.1\r\nHost: [::1]x\r\n\r\n", {"/x"}, {"[::1]x"}, false},
      {"GET http://h:x/y" + rest, {"/y"}, {"h", "h:x"}, false},
      {"GET /x HTTP/1.1\r\nHost: h:80.g\r\n\r\n", {"/x"}, {"h:80.g"}, false},
      {"GET /x HTTP/1.1\r\nHost: h, g\r\n\r\n", {"/x"}, {"h, g"}, false},
      {"GET /x HTTP/1.1\r\nHost: a\r\nHOST: b\r\n\r\n", {"/x"}, {"a", "b"}, true},
      {"GET  /x" + rest, {"/x"}, {"h"}, false},
      {"GET\t/x\tHTTP/1.1" + host, {"/x"}, {"h"}, false},
      {"GET /x HTTP/1.1 " + host, {"/x"}, {"h"}, false},
      {"\t GET /x" + rest, {"/x"}, {"h"}, false},
      {"GET /x http/1.1" + host, {"/x"}, {"h"}, false},
      {"GET /x HTTP/2.0" + host, {"/x"}, {"h"}, false},
      {"GET /x y" + rest, {"/x y", "/x"}, {"h"}, false},
      {"GET HTTP/1.1" + host, {}, {"h"}, false},
      {"GET x" + rest, {"x"}, {"h"}, false},
      {"GET /x\r\n", {"/x"}, {}, false},
      {"GET /x HTTP/1.1\r\nHost : h\r\n\r\n", {"/x"}, {"h"}, false},
      {"GET /x HTTP/1.1\r\n Host: h\r\n\r\n", {"/x"}, {"h"}, false},
      {"GET /x HTTP/1.1\r\nHost:\r\n h\r\n\r\n", {"/x"}, {"h"}, false},
      {"GET /x HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", {"/x"}, {"h"}, false},
      {std::string("GET /x HTTP/1.1\r\nHost: h\r\nA: \0b\r\n\r\n", 35), {"/x"}, {"h"}, false},
      {"GET /x HTTP/1.1\r\nHost: h\r\nA: b\rc: d\r\n\r\n", {"/x"}, {"h"}, false},
      {"GET /x" + rest + "GET /y\r\n", {"/x", "/y"}, {"h", ""}, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.request);
    const std::vector<Piece> talk = {{out, c.request}, {in, "HTTP/1.1 204 x\r\n\r\n"}};
    const Fed whole = feed(http, talk);
    CHECK(whole.malformed.empty());
    CHECK(facts_of(whole).paths.values == c.paths);
    CHECK(facts_of(whole).hosts.values == c.hosts);
    CHECK(facts_of(whole).statuses.values == std::vector<std::uint32_t>{204});
    CHECK(whole.unread[0].empty() == c.plain);
    // One answer for two requests.
    CHECK(whole.unread[1] == (c.hosts.size() > c.paths.size() - 1 && c.paths.size() > 1
                                  ? "http: a request without its answer"
                                  : ""));
    test::cut_everywhere(http, talk, [&](const Fed& parts) { CHECK((parts == whole)); });
  }
  const Fed deep = feed(http, {{out, "GET /" + std::string(2000, 'a') + "/../../x" + rest}});
  CHECK_FALSE(deep.unread[0].empty());
}

TEST_CASE("http: a request without a host is told beside those that name one") {
  const std::string with = "GET / HTTP/1.1\r\nHost: h\r\n\r\n", bare = "GET / HTTP/1.0\r\n\r\n";
  const std::string empty = "GET / HTTP/1.1\r\nHost:\r\n\r\n";
  struct Case {
    std::string requests;
    std::vector<std::string> hosts;
  };
  const Case cases[] = {
      {with, {"h"}},
      {bare, {}},
      {empty, {}},
      {with + bare, {"h", ""}},
      {empty + with, {"h", ""}},
      {"GET http://h/ HTTP/1.0\r\n\r\n" + with, {"h"}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.requests);
    CHECK(facts_of(feed(http, {{out, c.requests}})).hosts.values == c.hosts);
  }
}

TEST_CASE("http: answers as clients take them, and which of them are not plain") {
  struct Case {
    std::string answer;
    std::vector<std::uint32_t> statuses;
    std::vector<std::string> locations;
    bool plain;
  };
  const std::string to = "\r\nLocation: https://b/\r\nContent-Length: 0\r\n\r\n";
  const Case cases[] = {
      {"HTTP/1.1 302 Found" + to, {302}, {"https://b/"}, true},
      {"\r\n\r\nHTTP/1.1 302" + to, {302}, {"https://b/"}, true},
      {"HTTP/1.4 302 " + to, {302}, {"https://b/"}, true},
      {"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nlocation: /c\r\n\r\n", {200}, {"/c"}, true},
      {"HTTP/1.0  302 Found" + to, {302}, {"https://b/"}, false},
      {"HTTP/1.0\t302 Found" + to, {302}, {"https://b/"}, false},
      {"http/1.1 302 Found" + to, {302}, {"https://b/"}, false},
      {"ICY 302 Found" + to, {302}, {"https://b/"}, false},
      {"HTTP/1.1 302Found" + to, {302}, {"https://b/"}, false},
      {"HTTP/1.1 302 Found\r\nLOCATION : https://b/\r\n\r\n", {302}, {"https://b/"}, false},
      {"HTTP/1.1 302 Found\r\nLocation:\r\n\thttps://b/\r\n\r\n", {302}, {"https://b/"}, false},
      // A redirection to nowhere whose body is its content.
      {"HTTP/1.1 302 Found\r\nContent-Length: 1\r\n\r\nx", {302}, {""}, true},
      {"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", {302}, {}, true},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 1\r\n\r\n", {304}, {}, true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.answer);
    const std::vector<Piece> talk = {{out, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"}, {in, c.answer}};
    const Fed whole = feed(http, talk);
    CHECK(whole.malformed.empty());
    CHECK(facts_of(whole).statuses.values == c.statuses);
    CHECK(facts_of(whole).locations.values == c.locations);
    CHECK(whole.unread[1].empty() == c.plain);
    CHECK(whole.unread[0] == "");
    test::cut_everywhere(http, talk, [&](const Fed& parts) { CHECK((parts == whole)); });
  }
}

TEST_CASE("http: an answer of HTTP/0.9 is all that the server sends") {
  const std::vector<Piece> talk = {{out, "GET /x\r\n"}, {in, "<p>HTTP/1.1 200 OK\r\n\r\n"}};
  const Fed bare = feed(http, talk);
  CHECK(facts_of(bare).version == "0.9");
  CHECK(facts_of(bare).responses == 1);
  CHECK(facts_of(bare).statuses.empty());
  CHECK_FALSE(bare.unread[1].empty());
  test::cut_everywhere(http, talk, [&](const Fed& parts) { CHECK((parts == bare)); });
}

TEST_CASE("http: framing that peers read differently is read on and not called whole") {
  struct Case {
    std::string message;
    bool plain;
  };
  const std::string post = "POST /a HTTP/1.1\r\nHost: h\r\n";
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::string chunk = "\r\n2\r\nab\r\n0\r\n\r\n";
  const Case cases[] = {
      {post + "Content-Length: 2\r\n\r\nab", true},
      {post + "Content-Length: 2, 2\r\nContent-Length: 2\r\n\r\nab", true},
      {post + chunked + chunk, true},
      {post + "Transfer-Encoding: gzip , CHUNKED\r\n" + chunk, true},
      {post + "Transfer-Encoding: gzip\r\n" + chunked + chunk, true},
      {post + chunked + "\r\n2  \r\nab\r\n000\r\n\r\n", true},
      {post + chunked + "\r\n2;" + std::string(9000, 'x') + "\r\nab\r\n0\r\n\r\n", true},
      {post + chunked + "Content-Length: 5\r\n" + chunk, false},
      {post + "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nab", false},
      {post + "Transfer-Encoding: identity, chunked\r\n" + chunk, false},
      {post + "Transfer-Encoding : chunked\r\n" + chunk, false},
      {"POST /a HTTP/1.0\r\n" + chunked + chunk, false},
      {post + chunked + "\r\n 2\r\nab\r\n0\r\n\r\n", false},
      {post + chunked + "\r\n2\nab\r\n0\r\n\r\n", false},
      {post + chunked + "\r\n2\r\nab\n0\r\n\r\n", false},
      {post + chunked + "\r\n2;a\rb\r\nab\r\n0\r\n\r\n", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.message);
    const std::vector<Piece> talk = {{out, c.message + "GET /b HTTP/1.1\r\nHost: h\r\n\r\n"}};
    const Fed whole = feed(http, talk);
    CHECK(whole.malformed.empty());
    CHECK(facts_of(whole).paths.values == std::vector<std::string>{"/a", "/b"});
    CHECK(whole.unread[0].empty() == c.plain);
    if (c.message.size() > 1000) continue;
    test::cut_everywhere(http, talk, [&](const Fed& parts) { CHECK((parts == whole)); });
  }
}

TEST_CASE("http: a body that was announced and refused, and what comes in its place") {
  const std::string next = "GET /b HTTP/1.1\r\nHost: h\r\n\r\n", body(next.size(), 'b');
  const std::string asks =
      "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: " +
      std::to_string(next.size()) + "\r\n\r\n";
  const std::string refusal = "HTTP/1.1 417 x\r\nContent-Length: 0\r\n\r\n";
  const std::string go = "HTTP/1.1 100 x\r\n\r\n", done = "HTTP/1.1 204 x\r\n\r\n";
  struct Case {
    const char* name;
    std::vector<Piece> talk;
    bool plain;
  };
  const Case cases[] = {
      {"sent when it was asked for", {{out, asks}, {in, go}, {out, body}, {in, done}}, true},
      {"sent at once", {{out, asks + body}, {in, done}}, true},
      {"refused and not sent", {{out, asks}, {in, refusal}}, true},
      {"refused and sent", {{out, asks}, {in, refusal}, {out, body}}, false},
      {"a request in its place", {{out, asks}, {in, refusal}, {out, next}, {in, done}}, false},
      {"a request that nobody waited with", {{out, asks + next}, {in, done}}, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CHECK(feed(http, c.talk).unread[0].empty() == c.plain);
  }
}

TEST_CASE("http: a head of 1 MiB is read, however it arrives") {
  const std::string request = "GET /x HTTP/1.1\r\nX: " + std::string(1'000'000, 'a') +
                              "\r\nHost: h\r\nAuthorization: Basic eDp5\r\n\r\n";
  CHECK(facts_of(feed(http, {{out, request}})).credentials_in_clear);
  Conversation talk("10.0.0.1", 51000, "10.0.0.2", 80);
  talk.open();
  for (std::size_t at = 0; at < request.size(); at += 1460) {
    talk.data(test::client, request.substr(at, 1460));
  }
  const auto flows = test::flows_of(talk.data(test::server, "HTTP/1.1 204 x\r\n\r\n").packets());
  REQUIRE(flows.size() == 1);
  REQUIRE(flows[0].http() != nullptr);
  CHECK(flows[0].http()->credentials_in_clear);
  CHECK(flows[0].http()->hosts.values == std::vector<std::string>{"h"});
}

TEST_CASE("http: any number of pipelined requests keep their answers") {
  std::string requests, answers;
  for (int i = 0; i < 1000; ++i) {
    const bool head = i % 3 == 0;
    requests += head ? "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" : "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    answers += head ? "HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\n"
                    : "HTTP/1.1 201 x\r\nContent-Length: 2\r\n\r\nab";
  }
  const Fed fed = feed(http, {{out, requests + "CONNECT c:1 HTTP/1.1\r\n\r\n"},
                              {in, answers + "HTTP/1.1 200 x\r\n\r\nrest"}});
  CHECK(fed.malformed.empty());
  CHECK(fed.unread[1] == "");
  CHECK(facts_of(fed).responses == 1001);
  CHECK(facts_of(fed).statuses.values == std::vector<std::uint32_t>{200, 201});
  CHECK(fed.rest[1] == "rest");
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

  const Fed unasked = feed(http, {{out, "GET /ws HTTP/1.1\r\nHost: h\r\n\r\n"},
                                  {in, "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n"},
                                  {in, "HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n"}});
  CHECK_FALSE(unasked.handed_over);
  CHECK(facts_of(unasked).upgraded_to.empty());
  CHECK(facts_of(unasked).responses == 2);
  CHECK_FALSE(unasked.unread[1].empty());
}

TEST_CASE("http: what a tunnel carries in clear is a record of its own") {
  Conversation talk("10.0.0.1", 51000, "10.0.0.2", 3128);
  talk.open().data(test::client, "CONNECT b.example:80 HTTP/1.1\r\nHost: b.example\r\n\r\n");
  talk.data(test::server, "HTTP/1.1 200 Connection established\r\n\r\n");
  talk.data(test::client, "GET /inside HTTP/1.1\r\nHost: c.example\r\n\r\n");
  talk.data(test::server, "HTTP/1.1 204 x\r\n\r\n").close();
  const auto flows = test::flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  REQUIRE(flows[0].records.size() == 2);
  const auto* inside = std::get_if<HttpFacts>(&flows[0].records[1]);
  REQUIRE(inside != nullptr);
  CHECK(inside->paths.values == std::vector<std::string>{"/inside"});
  CHECK(inside->statuses.values == std::vector<std::uint32_t>{204});
  CHECK(flows[0].account[0].is_whole());
  CHECK(flows[0].account[1].is_whole());
}

TEST_CASE("http: doubts are holes of a flow's account, in their direction") {
  const auto accounts = [](const std::string& request, const std::string& answer) {
    Conversation talk("10.0.0.1", 51000, "10.0.0.2", 80);
    talk.open().data(test::client, request).data(test::server, answer).close();
    return test::flows_of(talk.packets()).at(0).account;
  };
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n", answer = "HTTP/1.1 204 x\r\n\r\n";
  CHECK(accounts("\r\n\r\n" + get, answer)[0].is_whole());
  CHECK(accounts(get, "\r\n" + answer)[1].is_whole());
  CHECK(accounts(" " + get, answer)[0].hole == Unread::malformed);
  CHECK(accounts(" " + get, answer)[0].reaches_end());
  CHECK(accounts(get, "HTTP/1.0  204 x\r\n\r\n")[1].hole == Unread::malformed);
  CHECK_FALSE(accounts(get + "SSH-2.0-x\r\n", answer)[0].reaches_end());
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
      {"chunk size with a prefix", post + "Transfer-Encoding: chunked\r\n\r\n0x2\r\n",
       "http: bad chunk size"},
      {"chunk size of 32 bits", post + "Transfer-Encoding: chunked\r\n\r\n100000002\r\n",
       "http: bad chunk size"},
      {"length with a sign", post + "Content-Length: +1\r\n\r\n",
       "http: contradictory content lengths"},
      {"chunked and then something else", post + "Transfer-Encoding: chunked, identity\r\n\r\n",
       "http: transfer codings that do not end in chunked"},
      {"the same in two fields",
       post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
       "http: transfer codings that do not end in chunked"},
      {"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
       "http: chunked more than once"},
      {"no chunked at all", post + "Transfer-Encoding: xchunked\r\n\r\n",
       "http: transfer codings that do not end in chunked"},
      {"endless header", post + "X: " + std::string(1'100'000, 'a'),
       "http: header block over 1 MiB"},
      {"another protocol behind a message", "GET / HTTP/1.1\r\n\r\nSSH-2.0-x\r\n",
       "http: no start line where a message should begin"},
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

TEST_CASE("http: an answer without its request: the server read another one") {
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  const std::string extra = "http: an answer without its request";
  const auto doubt = [](const std::string& asked, const std::string& given) {
    return pcapaudit::test::feed(pcapaudit::http, {{pcapaudit::Direction::to_server, asked},
                                                   {pcapaudit::Direction::to_client, given}})
        .unread[0];
  };
  CHECK(doubt(get, ok).empty());
  CHECK(doubt(get + get, ok + ok).empty());
  CHECK(doubt(get, ok + ok) == extra);
  CHECK(doubt("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(get.size()) +
                  "\r\n\r\n" + get,
              ok + ok) == extra);
  CHECK(doubt(get, "HTTP/1.1 100 Continue\r\n\r\n" + ok).empty());
  // A server that waited in vain says so and closes (RFC 9110 15.5.9).
  CHECK(doubt(get, ok + "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n").empty());
}
