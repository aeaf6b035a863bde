// HTTP/2 in clear: frames by hand, a recorded connection, hostile compression, the upgrade.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "dissectors/http/hpack.hpp"
#include "support/conversation.hpp"
#include "support/feed.hpp"
#include "support/packets.hpp"

namespace pcapaudit {
extern const DissectorSpec http2;
}

using namespace pcapaudit;
using namespace pcapaudit::test;

namespace {

constexpr auto c2s = Direction::to_server;
constexpr auto s2c = Direction::to_client;
using Texts = std::vector<std::string>;
const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string recorded(const std::string& name) {
  const auto tests = std::filesystem::path(PCAPAUDIT_TESTS);
  std::ifstream in(tests / "data" / "http2" / name, std::ios::binary);
  if (!in) throw std::runtime_error("no sample " + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  const std::string& payload) {
  std::string bytes;
  for (const int shift : {16, 8, 0}) bytes += static_cast<char>(payload.size() >> shift & 0xff);
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(stream >> shift & 0xff);
  return bytes + payload;
}
const std::string settings = frame(4, 0, 0, from_hex("0003 00000064"));

// RFC 7541 C.3: three requests on one connection, without Huffman coding. The second and third
// use what the first ones put into the table.
const std::string first = from_hex("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d");
const std::string second = from_hex("8286 84be 5808 6e6f 2d63 6163 6865");
const std::string third =
    from_hex("8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65");
// RFC 7541 C.6.1: a response, with Huffman coding.
const std::string answer = from_hex(
    "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e "
    "919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3");

HttpFacts facts_of(const Fed& fed) {
  REQUIRE(fed.records.size() == 1);
  return std::get<HttpFacts>(fed.records.front());
}

Probe probe(const std::string& bytes) {
  return http2.probe(as_bytes(bytes), Carrier::tcp);
}

}  // namespace

TEST_CASE("http2: the RFC's examples, in one frame each, padded, continued, however cut") {
  const std::string padded =
      frame(1, 0x4 | 0x8 | 0x20, 3,
            std::string("\x03", 1) + std::string(5, 'p') + second + std::string(3, '\0'));
  const std::string continued = frame(1, 0, 5, third.substr(0, 4)) +
                                frame(9, 0, 5, third.substr(4, 7)) +
                                frame(9, 0x4, 5, third.substr(11));
  const std::vector<Piece> talk = {
      {c2s, preface + settings + frame(1, 0x5, 1, first) + padded + continued},
      {s2c, settings + frame(1, 0x4, 1, answer) + frame(0, 0x1, 1, std::string(3000, 'd'))}};
  const Fed whole = feed(http2, talk);
  CHECK(whole.malformed.empty());
  const HttpFacts facts = facts_of(whole);
  CHECK(facts.version == "2");
  CHECK(facts.requests == 3);
  CHECK(facts.responses == 1);
  CHECK(facts.methods.values == Texts{"GET"});
  CHECK(facts.paths.values == Texts{"/", "/index.html"});
  CHECK(facts.hosts.values == Texts{"www.example.com"});
  CHECK(facts.statuses.values == std::vector<std::uint32_t>{302});
  CHECK(facts.locations.values == Texts{"https://www.example.com"});
  cut_everywhere(http2, talk, [&](const Fed& parts) { CHECK((parts.records == whole.records)); });
}

TEST_CASE("http2: a request has the answer of its own stream") {
  const std::string no_answer = "http2: a request without its answer";
  const auto ask = [](std::uint32_t stream) { return frame(1, 0x5, stream, from_hex("828684")); };
  const auto answered = [](std::uint32_t stream, const char* block = "88") {
    return frame(1, 0x5, stream, from_hex(block));
  };
  struct Row {
    const char* what;
    std::string asked, given;
    bool is_missing;
  };
  const Row rows[] = {
      {"each", ask(1) + ask(3), answered(3) + answered(1), false},
      {"two answers of one stream", ask(1) + ask(3), answered(1) + answered(1), true},
      {"a promised one answers nothing", ask(1), answered(2), true},
      {"an interim answer is none", ask(1), frame(1, 0x4, 1, from_hex("0803313030")), true},
      {"reset by the client", ask(1) + frame(3, 0, 1, std::string(4, '\0')), "", false},
      {"reset by the server", ask(1), frame(3, 0, 1, std::string(4, '\0')), false},
      {"another one was reset", ask(1) + frame(3, 0, 3, std::string(4, '\0')), "", true},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const std::string asked = preface + settings + row.asked, given = settings + row.given;
    for (const bool answers_first : {false, true}) {
      std::vector<Piece> talk = {{c2s, asked}, {s2c, given}};
      if (answers_first) talk = {{s2c, given}, {c2s, asked}};
      const Fed fed = feed(http2, talk);
      CHECK((fed.unread[index_of(s2c)] == no_answer) == row.is_missing);
    }
  }
}

TEST_CASE("http2: a recorded connection, as tshark reads it") {
  const std::vector<Piece> talk = {{c2s, recorded("prior.c2s")}, {s2c, recorded("prior.s2c")}};
  const Fed whole = feed(http2, talk);
  CHECK(whole.malformed.empty());
  const HttpFacts facts = facts_of(whole);
  CHECK(facts.requests == 2);
  CHECK(facts.responses == 2);
  CHECK(facts.paths.values == Texts{"/index.html", "/missing"});
  CHECK(facts.hosts.values == Texts{"127.0.0.1:18081"});
  CHECK(facts.statuses.values == std::vector<std::uint32_t>{200, 404});
  CHECK(facts.user_agents.values == Texts{"agent/1"});
  CHECK(facts.authorization_schemes.values == Texts{"Basic"});
  CHECK(facts.credentials_in_clear);
  CHECK(facts.servers.values.at(0).starts_with("nghttpd"));
  cut_everywhere(http2, talk, [&](const Fed& parts) { CHECK((parts.records == whole.records)); });
}

TEST_CASE("http2: behind an upgrade both records count") {
  Conversation talk("10.0.0.1", 51000, "10.0.0.2", 80);
  talk.open().data(0,
                   "GET /up HTTP/1.1\r\nHost: u.example\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                   "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n");
  talk.data(1, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" +
                   settings + frame(1, 0x5, 1, answer));
  talk.data(0, preface + settings + frame(1, 0x5, 3, first)).close();
  const auto flows = flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].app == "http");
  CHECK(flows[0].server_app.empty());
  REQUIRE(flows[0].records.size() == 2);
  const auto all = all_http(flows[0]);
  REQUIRE(all);
  CHECK(all->hosts.values == Texts{"u.example", "www.example.com"});
  CHECK(all->statuses.values == std::vector<std::uint32_t>{101, 302});
  CHECK(all->requests == 2);
}

TEST_CASE("http2: probe") {
  struct Case {
    std::string prefix;
    Probe::Kind want;
  };
  using Kind = Probe::Kind;
  const Case cases[] = {
      {preface, Kind::mine},
      {"PRI * HTTP/2.0\r\n", Kind::need_more},
      {"PRI * HTTP/1.1\r\n", Kind::not_mine},
      {settings, Kind::mine},
      {settings.substr(0, 5), Kind::need_more},
      {settings.substr(0, 12), Kind::need_more},
      {frame(4, 0, 0, ""), Kind::need_more},
      {frame(4, 0, 0, "") + frame(8, 0, 0, "abcd"), Kind::mine},
      {frame(4, 0, 0, "12345"), Kind::not_mine},                    // no whole setting
      {frame(4, 1, 0, ""), Kind::not_mine},                         // an answer comes later
      {frame(4, 0, 1, from_hex("0003 00000064")), Kind::not_mine},  // settings have no stream
      {frame(4, 0, 0, from_hex("7777 00000064")), Kind::not_mine},  // no such setting
      {frame(0, 0, 0, "x"), Kind::not_mine},
      {"GET / HTTP/1.1\r\n", Kind::not_mine},
      {std::string("\x16\x03\x01\x00\x50", 5), Kind::not_mine},
  };
  for (const Case& c : cases) {
    CAPTURE(c.prefix);
    CHECK(probe(c.prefix).kind == c.want);
  }
  CHECK(probe(preface).speaker == Probe::Speaker::client);
  CHECK(probe(settings).speaker == Probe::Speaker::server);
}

TEST_CASE("http2: hostile framing is malformed, and what came before is kept") {
  struct Case {
    std::string bytes, malformed;
  };
  const std::string open = frame(1, 0, 1, first.substr(0, 4));
  const Case cases[] = {
      {std::string("\x7f\xff\xff\x00\x00\x00\x00\x00\x01", 9), "http2: frame over 1 MiB"},
      {frame(9, 0x4, 1, first), "http2: continuation of nothing"},
      {open + frame(0, 0, 1, "x"), "http2: field block without its end"},
      {open + frame(9, 0x4, 3, "x"), "http2: field block without its end"},
      {frame(1, 0x4 | 0x8, 1, "\xff"), "http2: padding exceeds the frame"},
      {frame(1, 0x4 | 0x20, 1, "abc"), "http2: padding exceeds the frame"},
      {frame(1, 0x4, 1, "\xff\xff\xff\xff\xff"), "http2: field block cannot be read"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.malformed);
    const Fed fed = feed(http2, {{c2s, preface + frame(1, 0x5, 1, first) + c.bytes}});
    CHECK(fed.malformed == c.malformed);
    CHECK(facts_of(fed).requests == 1);
  }
}

TEST_CASE("http2: compression bombs are bounded") {
  // One entry of 4000 bytes, then a reference to it a thousand times: 4 MB out of 5 KB.
  std::string bomb = from_hex("40 01 61 7f a1 1e") + std::string(4000, 'b');
  bomb += std::string(1000, '\xbe');
  Hpack hpack;
  hpack.begin(as_bytes(bomb));
  std::size_t fields = 0;
  std::size_t bytes = 0;
  while (const auto field = hpack.next()) {
    ++fields;
    bytes += field->name.size() + field->value.size();
  }
  CHECK(hpack.problem() == Hpack::Problem::too_large);
  CHECK(bytes <= Hpack::max_inflated);
  Hpack many;
  const std::string references(Hpack::max_fields + 10, '\x82');
  many.begin(as_bytes(references));
  for (fields = 0; many.next(); ++fields) {
  }
  CHECK(fields == Hpack::max_fields);
  CHECK(many.problem() == Hpack::Problem::too_large);
}

TEST_CASE(
    "http2: a promised request is the server's, shows what it sends, keeps the table in step") {
  const std::string promise = frame(5, 0x4, 1, std::string("\0\0\0\2", 4) + first);
  const Fed fed =
      feed(http2, {{c2s, preface}, {s2c, settings + promise + frame(1, 0x4, 1, answer)}});
  CHECK(fed.malformed.empty());
  CHECK(facts_of(fed).requests == 0);
  CHECK(facts_of(fed).hosts.values == Texts{"www.example.com"});
  CHECK(facts_of(fed).paths.values == Texts{"/"});
  CHECK(facts_of(fed).statuses.values == std::vector<std::uint32_t>{302});
}

TEST_CASE("http2: what peers may read otherwise is told") {
  const auto literal = [](const std::string& name, const std::string& value) {
    return std::string("\x00", 1) + static_cast<char>(name.size()) + name +
           static_cast<char>(value.size()) + value;
  };
  const auto unread = [&](const std::string& begin, const std::string& block) {
    return feed(http2, {{c2s, begin + settings + frame(1, 0x5, 1, block)}});
  };
  CHECK(unread(preface, first).unread[0] == "");
  CHECK(unread("", first).unread[0] == "http2: no preface where the client begins");
  CHECK(unread(preface, first + literal(":path", "/b")).unread[0] ==
        "http2: a pseudo-header field twice");
  const Fed hosts = unread(preface, first + literal("host", "other.example"));
  CHECK(facts_of(hosts).hosts.values == Texts{"www.example.com", "other.example"});
  CHECK(unread(preface, first.substr(0, 2)).unread[0] == "http2: a request without method or path");
  const std::string tunnel = literal(":method", "CONNECT") + literal(":authority", "h:443");
  CHECK(unread(preface, tunnel).unread[0] == "http2: a tunnel, which is not read");
  CHECK(unread(preface, tunnel).unread[1] != "");

  const auto answered = [&](const std::string& frames) {
    return feed(http2,
                {{c2s, preface + settings + frame(1, 0x5, 1, first)}, {s2c, settings + frames}})
        .unread[1];
  };
  const std::string ok = frame(1, 0x5, 1, "\x88");
  CHECK(answered(ok) == "");
  CHECK(answered(frame(1, 0x4, 1, "\x88") + frame(1, 0x5, 1, literal("grpc-status", "0"))) == "");
  CHECK(answered(frame(1, 0x4, 1, literal(":status", "103")) + ok) == "");
  CHECK(answered("") == "http2: a request without its answer");
  CHECK(answered(frame(1, 0x4, 1, literal(":status", "103"))) ==
        "http2: a request without its answer");
  CHECK(answered(frame(1, 0x4, 1, literal("x", "y")) + ok) == "http2: an answer without a status");
  CHECK(answered(frame(1, 0x5, 1, literal(":status", "2OO")) + ok) ==
        "http2: a status that is no number");
  CHECK(answered(frame(1, 0x5, 1, literal(":status", "")) + ok) != "");
}

TEST_CASE("http2: a field block that never ends, and an answer to nothing, are told") {
  const std::string open = preface + settings + frame(1, 0x1, 1, first);
  CHECK(feed(http2, {{c2s, open}, {s2c, settings}}).unread[0] ==
        "http2: a field block without its end");
  const std::string answers = settings + frame(1, 0x5, 3, "\x88");
  CHECK(feed(http2, {{c2s, preface + settings}, {s2c, answers}}).unread[0] ==
        "http2: an answer without its request");
  // The first stream behind an upgrade belongs to the request that asked for it.
  CHECK(feed(http2, {{c2s, preface + settings}, {s2c, settings + frame(1, 0x5, 1, "\x88")}})
            .unread[0]
            .empty());
}
