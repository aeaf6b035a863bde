// TLS: facts of recorded and of built handshakes, probing, and streams cut everywhere.
#include <algorithm>
#include <tuple>

#include <catch2/catch.hpp>

#include "support/feed.hpp"
#include "support/tls_bytes.hpp"

namespace pcapaudit {
extern const DissectorSpec tls;
}

using namespace pcapaudit;
using namespace pcapaudit::test;

namespace {

constexpr auto c2s = Direction::to_server;
constexpr auto s2c = Direction::to_client;
constexpr SeenDirection full{.from_start = true};
const SeenStream from_start{full, full};

// The client's first record, all of the server's, the rest of the client's.
std::vector<Piece> sample(const std::string& name) {
  const std::string client = tls_file(name + ".c2s");
  const auto high = static_cast<unsigned char>(client.at(3));
  const auto low = static_cast<unsigned char>(client.at(4));
  const std::size_t first = 5U + high * 256U + low;
  return {
      {c2s, client.substr(0, first)}, {s2c, tls_file(name + ".s2c")}, {c2s, client.substr(first)}};
}

// The same of a TLS 1.3 connection, in the order of its flights: what the server sent behind its
// Finished, which has this size under AES-256, comes last.
std::vector<Piece> flights(const std::string& name) {
  std::vector<Piece> pieces = sample(name);
  const std::string server = pieces[1].bytes;
  constexpr std::size_t header = 5, finished = 69;
  for (std::size_t at = 0; at + header <= server.size();) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(server.at(at + i)); };
    const std::size_t length = byte(3) * 256U + byte(4);
    const bool is_finished = byte(0) == 23 && length == finished;
    at += header + length;
    if (!is_finished) continue;
    pieces[1].bytes = server.substr(0, at);
    pieces.push_back({s2c, server.substr(at)});
    break;
  }
  return pieces;
}

TlsFacts facts_of(const Fed& fed) {
  REQUIRE(fed.records.size() == 1);
  return std::get<TlsFacts>(fed.records.front());
}
TlsFacts facts_of(const std::vector<Piece>& pieces, const SeenStream& seen = from_start) {
  return facts_of(feed(tls, pieces, Carrier::tcp, seen));
}

Probe probe(const std::string& bytes) {
  return tls.probe(as_bytes(bytes), Carrier::tcp);
}

const std::string change_cipher = record(20, "\x01");
const std::string certificate_list = message(11, sized(3, sized(3, "not a certificate")));
const std::string empty_list = message(11, sized(3, ""));
const std::string request = message(13, "\x01\x01" + std::string(4, '\0'));
const std::string done = message(14, "");
const std::string key_exchange = message(16, std::string(66, 'k'));
const std::string verify = message(15, std::string(70, 'v'));
const std::string data = record(23, std::string(40, 'd'));
const std::string finished_record = record(22, std::string(40, 'f'));

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// The same stream with its handshake messages in clear divided over records of `size` bytes.
std::string divided(const std::string& stream, std::size_t size) {
  std::string out;
  bool clear = true;
  for (std::size_t at = 0; at < stream.size();) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(stream.at(at + i)); };
    const std::size_t length = byte(3) * 256U + byte(4);
    const std::string body = stream.substr(at + 5, length);
    clear = clear && byte(0) == 22;
    if (clear) {
      for (std::size_t i = 0; i < length; i += size) {
        out += record(22, body.substr(i, size), byte(1) * 256U + byte(2));
      }
    } else {
      out += stream.substr(at, 5 + length);
    }
    at += 5 + length;
  }
  return out;
}

}  // namespace

TEST_CASE("tls: each version has a name of its own, which leads back to it") {
  for (std::uint32_t i = 1; i <= 0xffff; ++i) {
    const auto version = static_cast<std::uint16_t>(i);
    if (tls_version_named(tls_version_name(version)) != version) FAIL(tls_version_name(version));
  }
  for (const char* name : {"", "TLS", "TLSv1.3-draft", "0x", "0x12345", "TLSv1.2 ", "0x03 "}) {
    CAPTURE(name);
    const bool is_family = std::string_view(name) == "TLSv1.3-draft";
    CHECK(tls_version_named(name) == (is_family ? 0x7f00 : 0));
  }
}

TEST_CASE("tls: recorded handshakes") {
  struct Case {
    std::string name;
    std::uint16_t version, cipher;
    std::string alpn, ja3;
    bool resumed, established, requested, sent;
    MutualTls mutual;
    MutualReason reason;
    TlsFlight sizes = TlsFlight::none;
  };
  using M = MutualTls;
  using R = MutualReason;
  using F = TlsFlight;
  const Case cases[] = {
      {"tls10", 0x0301, 0xc00a, "", "4e9d43688ef48b6b1fbe71f290acfc8f", false, true, false, false,
       M::not_requested, R::none},
      {"tls12", 0x0303, 0xc02c, "http/1.1", "22558766122974704364c9c75c5cce0a", false, true, false,
       false, M::not_requested, R::none},
      {"tls12_mutual", 0x0303, 0xc02c, "", "871a754af286dfb70c1b53c6887c62e0", false, true, true,
       true, M::proven, R::none},
      {"tls12_declined", 0x0303, 0xc02c, "", "871a754af286dfb70c1b53c6887c62e0", false, true, true,
       false, M::declined, R::none},
      {"tls12_refused", 0x0303, 0xc02c, "", "871a754af286dfb70c1b53c6887c62e0", false, false, true,
       false, M::declined, R::none},
      {"tls12_ticket", 0x0303, 0xc02c, "", "871a754af286dfb70c1b53c6887c62e0", true, true, false,
       false, M::undeterminable, R::resumed},
      {"tls12_id", 0x0303, 0xc02c, "", "2c4428422b734ef16cdbf05bc5d82e08", true, true, false, false,
       M::undeterminable, R::resumed},
      {"tls13", 0x0304, 0x1302, "", "9dffdb8b608a430b774a2ff7d36c1a0c", false, true, false, false,
       M::indicated_absent, R::none, F::not_requested},
      {"tls13_mutual", 0x0304, 0x1302, "", "f146948b4a599d4d7ddf071b74696983", false, true, false,
       false, M::indicated, R::none, F::ecdsa_256},
      {"tls13_retry", 0x0304, 0x1302, "", "b76a0e4d93920eb9a4ff1bb9c8879387", false, true, false,
       false, M::indicated_absent, R::none, F::not_requested},
      {"tls13_resumed", 0x0304, 0x1302, "", "5d70a188544fb769122c0d9b2509a405", true, true, false,
       false, M::undeterminable, R::resumed},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const Fed fed = feed(tls, c.version == 0x0304 ? flights(c.name) : sample(c.name));
    CHECK(fed.malformed == "");
    const TlsFacts facts = facts_of(fed);
    CHECK(facts.client_hello);
    CHECK(facts.server_hello);
    CHECK(facts.sni == "server.example");
    CHECK(facts.version == c.version);
    CHECK(facts.offered_version == c.version);
    CHECK(facts.cipher == c.cipher);
    CHECK(facts.alpn == c.alpn);
    CHECK(facts.ja3 == c.ja3);
    CHECK(facts.resumed == c.resumed);
    CHECK(facts.established == c.established);
    CHECK(facts.certificate_requested == c.requested);
    CHECK(facts.client_certificate_sent == c.sent);
    CHECK(facts.client_certificate_verify == c.sent);
    CHECK(facts.mutual == c.mutual);
    CHECK(facts.mutual_reason == c.reason);
    CHECK(facts.mutual_sizes == c.sizes);
    const bool chain_visible = c.version < 0x0304 && !c.resumed;
    CHECK(facts.server_chain.size() == (chain_visible ? 2 : 0));
    if (chain_visible) CHECK(facts.server_chain.front()->san.at(0) == "server.example");
  }
}

TEST_CASE("tls: JA4 of recorded hellos") {  // by a separate script, from the fields tshark shows
  CHECK(facts_of(sample("tls12")).ja4 == "t12d2808h1_d943125447b4_e7e480e5a997");
  CHECK(facts_of(sample("tls13")).ja4 == "t13d0411h2_16476d049b0b_78f1d400d464");
  CHECK(facts_of(sample("tls12_mutual")).ja4 == "t12d280700_d943125447b4_e7e480e5a997");
}

TEST_CASE("tls: the group of the key exchange, as tshark shows it") {
  for (const std::string name : {"tls10", "tls12", "tls13", "tls13_resumed"}) {
    CAPTURE(name);
    CHECK(facts_of(sample(name)).group == 0x001d);
    CHECK_FALSE(facts_of(sample(name)).retry_request);
  }
  CHECK(facts_of(sample("tls13_retry")).group == 0x0018);
  CHECK(facts_of(sample("tls13_retry")).retry_request);
  CHECK(facts_of(sample("tls12_ticket")).group == 0);  // resumed: there is no key exchange
  CHECK(tls_group_name(0x001d) == "x25519");
  CHECK(tls_group_name(0x11ec) == "X25519MLKEM768");
  CHECK(tls_group_name(0xfefe) == "0xfefe");
}

TEST_CASE("tls: hidden names and early data are told by extensions") {
  const auto extension = [](std::size_t type, std::string_view body) {
    return number(type, 2) + sized(2, body);
  };
  struct Case {
    std::string extensions;
    HiddenName hidden;
    bool early;
  };
  const Case cases[] = {{extension(0xfe0d, "x"), HiddenName::ech, false},
                        {extension(0xfe0a, "x"), HiddenName::ech, false},
                        {extension(0xffce, "x"), HiddenName::esni, false},
                        {extension(0x002a, ""), HiddenName::none, true},
                        {extension(0xfe0e, "x"), HiddenName::none, false}};
  for (const Case& c : cases) {
    const std::string hello = record(22, client_hello({.extensions = c.extensions}));
    CHECK(facts_of({{c2s, hello}}).hidden_name == c.hidden);
    CHECK(facts_of({{c2s, hello}}).early_data == c.early);
  }
}

TEST_CASE("tls: a second handshake behind encryption leaves mutual TLS open") {
  const std::string client = record(22, client_hello()) + record(22, key_exchange) + change_cipher +
                             record(22, std::string(40, 'f')) + data;
  const std::string server = record(22, server_hello() + certificate_list + done) + change_cipher +
                             record(22, std::string(40, 'f')) + data;
  CHECK(facts_of({{c2s, client}, {s2c, server}}).mutual == MutualTls::not_requested);
  const std::string again = record(22, std::string(200, 'h'));
  for (const auto& pieces : {std::vector<Piece>{{c2s, client + again}, {s2c, server}},
                             std::vector<Piece>{{s2c, server}, {c2s, client + again}}}) {
    const TlsFacts facts = facts_of(pieces);
    CHECK(facts.renegotiated);
    CHECK(facts.mutual == MutualTls::undeterminable);
    CHECK(facts.mutual_reason == MutualReason::renegotiated);
  }
}

TEST_CASE("tls: a second handshake in clear is told, and a retried hello is none") {
  const std::string end = change_cipher + finished_record + data;
  const std::string client = record(22, client_hello()) + record(22, key_exchange) + end;
  const std::string server = record(22, server_hello() + certificate_list + done) + end;
  const HelloParts parts{.extensions = number(43, 2) + sized(2, number(0x0304, 2))};
  const std::string modern_client = record(22, client_hello()) + change_cipher + data;
  const std::string modern_server = record(22, server_hello(parts)) + change_cipher + data;
  struct Case {
    std::string client, server;
    bool of_client, of_server;
  };
  const Case cases[] = {
      {client, server, false, false},
      {client + client, server + server, true, true},
      {client + record(22, client_hello()), server, true, false},
      {client, server + record(22, server_hello()), false, true},
      {client + divided(client, 1), server + divided(server, 1), true, true},
      {client + change_cipher, server, true, false},
      {client + modern_client, server + modern_server, true, true},
      {modern_client, modern_server, false, false},
      {modern_client + client, modern_server + server, true, true},
      {client + record(22, std::string(200, 'h')), server, false, false},
      {record(22, client_hello()) + client, server, true, false},
  };
  for (const Case& c : cases) {
    CAPTURE(&c - cases);
    const Fed fed = feed(tls, {{c2s, c.client}, {s2c, c.server}});
    CHECK(fed.unread[0].empty() != c.of_client);
    CHECK(fed.unread[1].empty() != c.of_server);
    const Fed turned = feed(tls, {{s2c, c.server}, {c2s, c.client}});
    CHECK(turned.unread[0].empty() != c.of_client);
  }
  for (const std::string name : {"tls10", "tls12", "tls12_mutual", "tls12_ticket", "tls13_retry"}) {
    CAPTURE(name);
    CHECK(feed(tls, sample(name)).unread == std::array<std::string, 2>{});
  }
}

TEST_CASE("tls: a certificate is proven once the server goes on behind it") {
  const std::vector<Piece> talk = sample("tls12_mutual");
  const std::string client = talk[0].bytes + talk[2].bytes, server = talk[1].bytes;
  // The server's flight up to its ServerHelloDone: it ends before the first ChangeCipherSpec.
  const std::string before = server.substr(0, server.find("\x14\x03\x03" + std::string("\0\1", 2)));
  REQUIRE(before.size() < server.size());
  const auto mutual = [&](const std::string& of_server) {
    const TlsFacts facts = facts_of({{c2s, client}, {s2c, of_server}});
    return std::string(to_text(facts.mutual)) + " " + std::string(to_text(facts.mutual_reason));
  };
  CHECK(mutual(server) == "proven ");
  CHECK(mutual(before) == "undeterminable truncated");
  CHECK(mutual(before + record(21, "\x02\x2a")) == "undeterminable aborted");
}

TEST_CASE("tls: chains, offered ALPN and alerts of recorded handshakes") {
  const TlsFacts mutual = facts_of(sample("tls12_mutual"));
  REQUIRE(mutual.client_chain.size() == 1);
  CHECK(mutual.client_chain[0]->subject == "CN=client.example,O=Lab\\, Inc.");
  CHECK(mutual.server_chain[1]->subject == "CN=Lab CA,O=Lab\\, Inc.,C=XX");
  CHECK(facts_of(sample("tls13")).alpn_offered == std::vector<std::string>{"h2", "http/1.1"});
  const TlsFacts refused = facts_of(sample("tls12_refused"));
  CHECK(refused.alerts ==
        std::vector<TlsAlert>{{.from_client = false, .level = 2, .description = 40}});
}

TEST_CASE("tls: the order in which the directions arrive does not matter") {
  for (const std::string name : {"tls12_mutual", "tls12_id", "tls13_retry"}) {
    CAPTURE(name);
    const std::vector<Piece> client_first{{c2s, tls_file(name + ".c2s")},
                                          {s2c, tls_file(name + ".s2c")}};
    CHECK(facts_of(client_first) == facts_of(sample(name)));
    CHECK(facts_of({client_first[1], client_first[0]}) == facts_of(sample(name)));
  }
}

TEST_CASE("tls: every way of cutting a recorded stream gives the same facts") {
  for (const std::string name : {"tls10", "tls12_mutual", "tls12_ticket", "tls13_retry"}) {
    CAPTURE(name);
    const auto pieces = sample(name);
    const Fed whole = feed(tls, pieces);
    bool same = true;
    cut_everywhere(tls, pieces, [&](const Fed& fed) { same = same && fed == whole; });
    CHECK(same);
  }
}

TEST_CASE("tls: mutual verdict of built handshakes") {
  const std::string hello = record(22, client_hello());
  const std::string flight = record(22, server_hello() + certificate_list + done);
  const std::string asking = record(22, server_hello() + certificate_list + request + done);
  const SeenStream late{};
  const SeenStream hole{full, SeenDirection{.from_start = true, .gap = true}};
  struct Case {
    std::string what, client, server;
    SeenStream seen;
    MutualTls mutual;
    MutualReason reason;
  };
  using M = MutualTls;
  using R = MutualReason;
  const Case cases[] = {
      {"proof that cannot be checked", hello + record(22, certificate_list + key_exchange + verify),
       asking, from_start, M::undeterminable, R::unverifiable},
      {"certificate without proof", hello + record(22, certificate_list + key_exchange), asking,
       from_start, M::undeterminable, R::truncated},
      {"empty list", hello + record(22, empty_list + key_exchange), asking, from_start, M::declined,
       R::none},
      {"no Certificate message at all", hello + record(22, key_exchange), asking, from_start,
       M::declined, R::none},
      {"asked, no answer yet", hello, asking, from_start, M::undeterminable, R::truncated},
      {"not asked", hello, flight, from_start, M::not_requested, R::none},
      {"not asked, gap after the hello done", hello, flight, hole, M::not_requested, R::none},
      {"flight ends early", hello, record(22, server_hello() + certificate_list), from_start,
       M::undeterminable, R::truncated},
      {"flight has a hole", hello, record(22, server_hello()), hole, M::undeterminable, R::gap},
      {"the client gives up: unknown_ca", hello + record(21, "\x02\x30"), asking, from_start,
       M::undeterminable, R::aborted},
      {"the server gives up: handshake_failure", hello, record(21, "\x02\x28"), from_start,
       M::undeterminable, R::aborted},
      {"given up, and nobody had asked", hello + record(21, "\x02\x2a"), flight, from_start,
       M::not_requested, R::none},
      {"no-certificate alert means nothing in TLS", hello + record(21, "\x01\x29"), asking,
       from_start, M::undeterminable, R::truncated},
      {"joined in the middle", data, data, late, M::undeterminable, R::midstream},
      {"only the client captured",
       hello + record(22, certificate_list + key_exchange + verify),
       "",
       {full, SeenDirection{}},
       M::undeterminable,
       R::midstream},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    std::vector<Piece> pieces{{c2s, c.client}};
    if (!c.server.empty()) pieces.push_back({s2c, c.server});
    const TlsFacts facts = facts_of(pieces, c.seen);
    CHECK(to_text(facts.mutual) == to_text(c.mutual));
    CHECK(to_text(facts.mutual_reason) == to_text(c.reason));
  }
}

TEST_CASE("tls: SSL 3.0 declines with an alert") {
  const HelloParts ssl3{.version = 0x0300};
  const TlsFacts facts =
      facts_of({{c2s, record(22, client_hello(ssl3), 0x0300)},
                {s2c, record(22, server_hello(ssl3) + certificate_list + request + done, 0x0300)},
                {c2s, record(21, "\x01\x29", 0x0300) + record(22, key_exchange, 0x0300)}});
  CHECK(facts.version == 0x0300);
  CHECK(facts.mutual == MutualTls::declined);
  CHECK(facts.alerts ==
        std::vector<TlsAlert>{{.from_client = true, .level = 1, .description = 41}});
}

TEST_CASE("tls: an echoed session id is no resumption when the server's certificate follows") {
  const HelloParts id{.session_id = std::string(32, 'i')};
  const std::vector<Piece> hello{{c2s, record(22, client_hello(id))}};
  const auto with = [&](const std::string& server) {
    auto pieces = hello;
    pieces.push_back({s2c, server});
    return facts_of(pieces).resumed;
  };
  CHECK(with(record(22, server_hello(id)) + change_cipher));
  CHECK(with(record(22, server_hello()) + change_cipher));  // by ticket
  CHECK_FALSE(with(record(22, server_hello(id) + certificate_list + done)));
  CHECK_FALSE(with(record(22, server_hello())));
}

TEST_CASE("tls: a HelloRetryRequest is no server hello, drafts keep their number") {
  const std::string retry =
      "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"
      "\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c";
  const std::string tls13 = number(43, 2) + sized(2, number(0x0304, 2));
  const std::string draft = number(43, 2) + sized(2, number(0x7f1c, 2));
  const HelloParts again{.extensions = tls13, .random = retry};
  const TlsFacts waiting = facts_of({{s2c, record(22, server_hello(again))}});
  CHECK_FALSE(waiting.server_hello);
  CHECK(waiting.version == 0x0304);
  const TlsFacts old = facts_of({{s2c, record(22, server_hello({.extensions = draft}))}});
  CHECK(old.server_hello);
  CHECK(tls_version_name(old.version) == "TLSv1.3-draft28");
  CHECK(old.mutual_reason == MutualReason::tls13_encrypted);
}

TEST_CASE("tls: an SSLv2-compatible client hello") {
  const std::string body = "\x01" + number(0x0301, 2) + number(6, 2) + number(0, 2) +
                           number(16, 2) + number(0x00002f, 3) + number(0x010080, 3) +
                           std::string(16, 'c');
  const std::string hello = number(0x8000 + body.size(), 2) + body;
  CHECK(probe(hello) == Probe::mine(Probe::Speaker::client));
  const TlsFacts facts =
      facts_of({{c2s, hello}, {s2c, record(22, server_hello({.version = 0x0301}))}});
  CHECK(facts.client_hello);
  CHECK(facts.offered_version == 0x0301);
  CHECK(facts.version == 0x0301);
  CHECK(facts.ja3.empty());
  std::string wrong_sum = hello;
  wrong_sum[1] = static_cast<char>(wrong_sum[1] + 1);
  CHECK(probe(wrong_sum) == Probe::not_mine());
}

TEST_CASE("tls: a broken extension list ends where it breaks") {
  const std::string name = sized(2, std::string(1, '\0') + sized(2, "a.example"));
  const std::string sni = number(0, 2) + sized(2, name);
  const TlsFacts broken =
      facts_of({{c2s, record(22, client_hello({.extensions = sni + number(23, 2) + "\xff"}))}});
  CHECK(broken.client_hello);
  CHECK(broken.sni == "a.example");
  CHECK(broken.ja3.empty());
  const TlsFacts good = facts_of({{c2s, record(22, client_hello({.extensions = sni}))}});
  // JA4: one suite, one extension that is not hashed; printf c02f | sha256sum
  CHECK(good.ja4 == "t12d010100_f06271c2b022_000000000000");
  // printf '771,49199,0,,' | md5sum
  CHECK(good.ja3 == "61cfdf1a447a978ff66f0880924eded7");
}

TEST_CASE("tls: messages span records and share them; oversized ones only count") {
  const std::string message_bytes = client_hello();
  std::string in_pieces;
  for (const char byte : message_bytes) in_pieces += record(22, std::string(1, byte));
  CHECK(facts_of({{c2s, in_pieces}}).client_hello);

  std::string huge = message(11, sized(3, std::string(400'000, 'x')));
  std::string wire = record(22, client_hello());
  for (std::size_t at = 0; at < huge.size(); at += 16'000)
    wire += record(22, huge.substr(at, 16'000));
  wire += record(22, key_exchange + verify);
  const Fed fed = feed(tls, {{c2s, wire}});
  CHECK(fed.malformed == "");
  CHECK(facts_of(fed).client_certificate_sent);
  CHECK(facts_of(fed).client_certificate_verify);
  CHECK(facts_of(fed).client_chain.empty());
}

TEST_CASE("tls: a chain keeps the place of what is no certificate, and is capped") {
  std::string list;
  for (int i = 0; i < 20; ++i) list += sized(3, "junk");
  list += sized(3, tls_file("server.der"));
  const std::string server = record(22, server_hello() + message(11, sized(3, list)) + done);
  const TlsFacts facts = facts_of({{s2c, server}});
  REQUIRE(facts.server_chain.size() == 16);
  CHECK(facts.server_chain[0]->subject.empty());
  // printf junk | sha256sum
  CHECK(facts.server_chain[0]->sha256 ==
        "ef875a1705a5fdac206be996f4dc1f726ea6b68861eb741c37def7277f179e37");
}

TEST_CASE("tls: encrypted bodies are passed over without waiting for them") {
  const Fed fed = feed(tls, {{c2s, data.substr(0, 5)}, {c2s, data.substr(5) + data}});
  CHECK(fed.rest[0].empty());
  CHECK(fed.malformed == "");
  const Fed header_only = feed(tls, {{c2s, data.substr(0, 5)}});
  CHECK(header_only.rest[0].empty());
}

TEST_CASE("tls: malformed streams are told") {
  struct Case {
    std::string wire, want;
  };
  const std::string hello = record(22, client_hello());
  const Case cases[] = {
      {"HTTP/1.1 400 Bad Request\r\n", "tls: not a record header"},
      {hello + record(20, ""), "tls: not a record header"},
      {hello + record(21, ""), "tls: not a record header"},
      {repeated(record(22, ""), 33) + hello, "tls: too many empty records"},
      {record(22, std::string(17'000, 'x')), "tls: record too long"},
      {hello + record(23, std::string(20'000, 'x')), "tls: not a record header"},
      {hello + record(22, server_hello()), "tls: server hello from the client"},
      {hello + record(22, message(99, "?")), "tls: unknown handshake message"},
      {hello + record(22, message(1, "short")), "tls: bad client hello"},
      {hello + record(22, message(14, "x")), "tls: server hello done with a body"},
      {hello + record(22, "\x01\xff\xff\xff"), "tls: handshake message too long"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.want);
    CHECK(feed(tls, {{c2s, c.wire}}).malformed == c.want);
  }
}

TEST_CASE("tls: probe") {
  using S = Probe::Speaker;
  const std::string hello = record(22, client_hello());
  const std::string answer = record(22, server_hello());
  const std::string long_list = message(11, sized(3, sized(3, std::string(20'000, 'x'))));
  struct Case {
    std::string prefix;
    Probe want;
  };
  const Case cases[] = {
      {hello, Probe::mine(S::client)},
      {answer, Probe::mine(S::server)},
      {hello.substr(0, 3), Probe::need_more()},
      {hello.substr(0, 10), Probe::need_more()},
      {record(22, certificate_list + done), Probe::mine(S::server)},
      {record(22, certificate_list + key_exchange + verify), Probe::mine(S::client)},
      {record(22, long_list.substr(0, 16'000)), Probe::mine(S::either)},
      {data, Probe::mine(S::either)},
      {data + data.substr(0, 3), Probe::need_more()},
      {data.substr(0, 20), Probe::need_more()},
      {data + data, Probe::mine(S::either)},
      {data + "GET /", Probe::not_mine()},
      {change_cipher, Probe::mine(S::either)},
      {record(20, "\x02"), Probe::not_mine()},
      {record(21, "\x02\x28"), Probe::mine(S::either)},
      {record(21, "\x03\x28"), Probe::not_mine()},
      {record(23, "short"), Probe::not_mine()},
      {record(24, std::string(20, 'h')), Probe::not_mine()},
      {record(22, client_hello() + "x"), Probe::not_mine()},
      {record(22, message(1, "too short")), Probe::not_mine()},
      {record(22, "") + hello, Probe::mine(S::client)},
      {record(22, "") + "GET / HTTP/1.1\r\n", Probe::not_mine()},
      {divided(hello, 1), Probe::mine(S::client)},
      {divided(answer, 1), Probe::mine(S::server)},
      {divided(hello, 1).substr(0, 100), Probe::need_more()},
      {divided(hello, 1).substr(0, 96) + "GET / HTTP/1.1\r\n", Probe::not_mine()},
      {record(22, "\x01") + data, Probe::not_mine()},
      {record(22, "\x01") + record(22, "\x09"), Probe::not_mine()},
      {record(22, client_hello({.version = 0x0505})), Probe::not_mine()},
      {record(22, client_hello({.session_id = std::string(33, 'i')})), Probe::not_mine()},
      {"\x16\x03\x01\xff\xff", Probe::not_mine()},
      {"\x16\x03\x09", Probe::not_mine()},
      {"GET / HTTP/1.1\r\n", Probe::not_mine()},
      {"INVITE sip:a SIP/2.0\r\n", Probe::not_mine()},
      {"SSH-2.0-x", Probe::not_mine()},
      {"\x80\x2e\x02", Probe::not_mine()},
      {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", Probe::not_mine()},
  };
  for (const Case& c : cases) {
    CAPTURE(c.prefix);
    const Probe got = probe(c.prefix);
    CHECK(static_cast<int>(got.kind) == static_cast<int>(c.want.kind));
    CHECK(static_cast<int>(got.speaker) == static_cast<int>(c.want.speaker));
  }
}

TEST_CASE("tls: a good prefix is never turned away, however short") {
  for (const std::string name :
       {"tls10.c2s", "tls12_mutual.s2c", "tls13.s2c", "tls13_resumed.c2s"}) {
    const std::string bytes = tls_file(name);
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      CAPTURE(name, size);
      REQUIRE(probe(bytes.substr(0, size)).kind != Probe::Kind::not_mine);
    }
  }
}

TEST_CASE("tls: a hello divided over records is known by any prefix that holds it") {
  for (const std::string name : {"tls10.c2s", "tls12_mutual.s2c", "tls13.s2c", "tls13.c2s"}) {
    for (const std::size_t size : {1U, 2U, 3U, 5U, 38U, 39U, 40U}) {
      const std::string bytes = divided(tls_file(name), size);
      CAPTURE(name, size);
      bool known = false;
      for (std::size_t end = 1; end < std::min<std::size_t>(bytes.size(), 400); ++end) {
        const Probe got = probe(bytes.substr(0, end));
        REQUIRE(got.kind != Probe::Kind::not_mine);
        REQUIRE((!known || got.kind == Probe::Kind::mine));
        known = got.kind == Probe::Kind::mine;
      }
      CHECK(known);
    }
  }
}

TEST_CASE("tls: handshakes divided over records of any size give the same facts") {
  for (const std::string name :
       {"tls10", "tls12", "tls12_mutual", "tls12_declined", "tls12_refused", "tls13_retry"}) {
    const std::string client = tls_file(name + ".c2s"), server = tls_file(name + ".s2c");
    const TlsFacts whole = facts_of({{c2s, client}, {s2c, server}});
    for (const std::size_t size : {1U, 2U, 3U, 4U, 5U, 40U, 333U}) {
      CAPTURE(name, size);
      const Fed fed = feed(tls, {{c2s, divided(client, size)}, {s2c, divided(server, size)}});
      CHECK(fed.malformed == "");
      CHECK(facts_of(fed) == whole);
    }
    const Fed empty = feed(tls, {{c2s, repeated(record(22, ""), 32) + client}, {s2c, server}});
    CHECK(empty.malformed == "");
    CHECK(facts_of(empty) == whole);
  }
}

TEST_CASE("tls: no other record stands inside a divided handshake message") {  // RFC 8446 5.1
  const std::string hello = client_hello();
  for (const std::string& other : {data, change_cipher, record(21, "\x01\x5a")}) {
    for (const std::size_t cut : {1U, 3U, 4U, 20U}) {
      const std::string wire =
          record(22, hello.substr(0, cut)) + other + record(22, hello.substr(cut));
      const Fed fed = feed(tls, {{c2s, wire}});
      CAPTURE(cut);
      CHECK(fed.malformed == "tls: another record inside a handshake message");
      CHECK_FALSE(facts_of(fed).client_hello);
    }
  }
  const std::string flight = server_hello() + certificate_list;
  const std::string wire = record(22, flight.substr(0, flight.size() - 2)) + change_cipher;
  CHECK(feed(tls, {{s2c, wire}}).malformed == "tls: another record inside a handshake message");
}

TEST_CASE("tls: bytes behind the handshake that are no records are told, whoever sends them") {
  const std::string client = record(22, client_hello()) + record(22, key_exchange) + change_cipher +
                             finished_record + data;
  const std::string server =
      record(22, server_hello() + certificate_list + done) + change_cipher + finished_record + data;
  for (const std::string junk :
       {"GET / HTTP/1.1\r\n", "SSH-2.0-x", "\x17\x02\x03\x01\x01", "\x19\x03\x03\x01\x01",
        "\x17\x03\x03\xff\xff", "\x17\x03\x09\x01\x01"}) {
    CAPTURE(junk);
    CHECK(feed(tls, {{c2s, client + junk}, {s2c, server}}).malformed == "tls: not a record header");
    CHECK(feed(tls, {{c2s, client}, {s2c, server + junk}}).malformed == "tls: not a record header");
  }
}

TEST_CASE("tls: established means that both sides finished") {
  const std::string client = record(22, client_hello()) + record(22, key_exchange);
  const std::string server = record(22, server_hello() + certificate_list + done);
  const std::string end = change_cipher + finished_record;
  const auto facts = [](const std::string& of_client, const std::string& of_server) {
    return facts_of({{c2s, of_client}, {s2c, of_server}});
  };
  CHECK(facts(client + end, server + end).established);
  CHECK(facts(client + end + data, server + end + data).established);
  CHECK_FALSE(facts(client, server).established);
  CHECK_FALSE(facts(client + change_cipher, server + change_cipher).established);
  CHECK_FALSE(facts(client + end, server).established);
  // A mock: no peer takes data that early.
  const TlsFacts mock = facts(client + data, server + data);
  CHECK_FALSE(mock.established);
  CHECK(mock.data_before_handshake);
  CHECK_FALSE(facts(client + end + data, server + end + data).data_before_handshake);
  // In TLS 1.3 there is no ChangeCipherSpec that means anything.
  const HelloParts tls13{.extensions = number(43, 2) + sized(2, number(0x0304, 2))};
  const TlsFacts modern =
      facts(record(22, client_hello()) + data, record(22, server_hello(tls13)) + data);
  CHECK(modern.established);
  CHECK_FALSE(modern.data_before_handshake);
}

TEST_CASE("tls: what was read of the handshake") {
  const std::string client = record(22, client_hello()) + record(22, key_exchange) + change_cipher;
  const std::string server = record(22, server_hello() + certificate_list + done) + change_cipher;
  const TlsFacts whole = facts_of({{c2s, client}, {s2c, server}});
  CHECK(whole.client_hello_whole);
  CHECK(whole.server_hello_whole);
  CHECK(whole.client_handshake_read);
  CHECK(whole.server_handshake_read);
  const TlsFacts cut = facts_of({{c2s, record(22, client_hello())}, {s2c, server}});
  CHECK(cut.client_hello_whole);
  CHECK_FALSE(cut.client_handshake_read);
  const TlsFacts broken =
      facts_of({{c2s, record(22, client_hello({.extensions = number(23, 2) + "\xff"}))}});
  CHECK(broken.client_hello);
  CHECK_FALSE(broken.client_hello_whole);
}

TEST_CASE("tls: behind a loss only records are followed, and nothing is concluded") {
  const std::string asking = record(22, server_hello() + certificate_list + request + done);
  const std::string end = change_cipher + finished_record + data;
  const std::string client = record(22, client_hello()) + record(22, key_exchange) + end;
  const std::string server = record(22, server_hello() + certificate_list + done) + end;
  // Each loss takes a record of the server away.
  struct Case {
    std::string what, before, behind;
    bool established;
  };
  const Case cases[] = {
      {"a hello cut", server.substr(0, 50), end, true},
      {"behind the hello", record(22, server_hello()), record(22, done) + end, true},
      {"in encrypted data", server, data, true},
      {"the change of cipher", record(22, server_hello() + certificate_list + done), data, true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    const Fed fed = feed_around_loss(tls, {{c2s, client}, {s2c, c.before}}, {{s2c, c.behind}});
    CHECK(fed.malformed == "");
    const TlsFacts facts = facts_of(fed);
    CHECK(facts.established == c.established);
    CHECK_FALSE(facts.data_before_handshake);
    CHECK_FALSE(facts.resumed);
    const bool knows_all = c.what == "in encrypted data" || c.what == "the change of cipher";
    CHECK((facts.mutual == MutualTls::not_requested) == knows_all);
    CHECK(facts.server_handshake_read == (c.what == "in encrypted data"));
  }
  const Fed junk =
      feed_around_loss(tls, {{c2s, client}, {s2c, server}}, {{s2c, "HTTP/1.1 200\r\n"}});
  CHECK(junk.malformed == "tls: not a record header");
  // A client whose Certificate was lost did not decline.
  const Fed lost = feed_around_loss(tls, {{s2c, asking}, {c2s, record(22, client_hello())}},
                                    {{c2s, record(22, key_exchange) + end}});
  CHECK(facts_of(lost).mutual == MutualTls::undeterminable);
}

TEST_CASE("tls: the size of a Diffie-Hellman group is read from the key exchange") {
  const auto bits_of = [](std::size_t cipher, const std::string& key_exchange_body) {
    std::string hello = server_hello();
    hello.replace(4 + 2 + 32 + 1, 2, number(cipher, 2));
    return facts_of({{s2c, record(22, hello + message(12, key_exchange_body))}}).dh_bits;
  };
  const std::string generator = sized(2, "\x02"), key = sized(2, std::string(128, 'k'));
  const std::string of_1024 = sized(2, "\xff" + std::string(127, 'p')) + generator + key;
  CHECK(bits_of(0x0033, of_1024) == 1024);                     // TLS_DHE_RSA_WITH_AES_128_CBC_SHA
  CHECK(bits_of(0x001b, of_1024) == 1024);                     // TLS_DH_anon_WITH_3DES_EDE_CBC_SHA
  CHECK(bits_of(0x0090, sized(2, "hint") + of_1024) == 1024);  // TLS_DHE_PSK_...
  CHECK(bits_of(0x0033, sized(2, std::string(2, '\0') + "\x01" + std::string(255, 'p'))) == 2041);
  CHECK(bits_of(0xc02f, of_1024) == 0);  // on a curve
  CHECK(bits_of(0x0033, "") == 0);
  CHECK(bits_of(0x0033, sized(2, "")) == 0);
}

TEST_CASE("tls: what the name of a suite says") {
  using X = TlsKeyExchange;
  struct Case {
    std::uint16_t cipher;
    X exchange;
    std::string encryption;
    std::string flags;  // n(ull) a(nonymous) e(xported) w(eak) A(EAD) p(sk)
  };
  const Case cases[] = {
      {0x0000, X::unknown, "NULL", "na"},
      {0x0002, X::rsa, "NULL", "n"},
      {0x0003, X::rsa, "RC4_40", "ew"},
      {0x0005, X::rsa, "RC4_128", "w"},
      {0x0007, X::rsa, "IDEA_CBC", "w"},
      {0x0009, X::rsa, "DES_CBC", "w"},
      {0x000a, X::rsa, "3DES_EDE_CBC", "w"},
      {0x0010, X::dh, "3DES_EDE_CBC", "w"},
      {0x0018, X::dhe, "RC4_128", "aw"},
      {0x0029, X::krb5, "DES_CBC_40", "ew"},
      {0x002f, X::rsa, "AES_128_CBC", ""},
      {0x0033, X::dhe, "AES_128_CBC", ""},
      {0x008c, X::psk, "AES_128_CBC", "p"},
      {0xc006, X::ecdhe, "NULL", "n"},
      {0xc004, X::ecdh, "AES_128_CBC", ""},
      {0xc018, X::ecdhe, "AES_128_CBC", "a"},
      {0xc01d, X::srp, "AES_128_CBC", ""},
      {0xc02f, X::ecdhe, "AES_128_GCM", "A"},
      {0xc0a0, X::rsa, "AES_128_CCM_8", "A"},
      {0xc0aa, X::dhe, "AES_128_CCM_8", "Ap"},
      {0xc0b0, X::eccpwd, "AES_128_GCM", "A"},
      {0xc0b4, X::unknown, "SHA256", "n"},
      {0xc100, X::gost, "KUZNYECHIK_CTR", ""},
      {0xccac, X::ecdhe, "CHACHA20_POLY1305", "Ap"},
      {0x1301, X::unknown, "AES_128_GCM", "A"},
      {0x1303, X::unknown, "CHACHA20_POLY1305", "A"},
      {0x00ff, X::unknown, "", ""},
      {0x0a0a, X::unknown, "", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.cipher, tls_cipher_name(c.cipher));
    const TlsCipherTraits found = tls_cipher_traits(c.cipher);
    CHECK(to_text(found.key_exchange) == to_text(c.exchange));
    CHECK(found.encryption == c.encryption);
    std::string flags;
    for (const auto& [is_set, letter] : {std::pair{found.null, 'n'},
                                         {found.anonymous, 'a'},
                                         {found.exported, 'e'},
                                         {found.weak, 'w'},
                                         {found.aead, 'A'},
                                         {found.psk, 'p'}}) {
      if (is_set) flags += letter;
    }
    CHECK(flags == c.flags);
  }
  // No registered suite of TLS 1.2 and before is without a key exchange.
  for (const std::uint16_t cipher : tls_ciphers()) {
    const std::string_view name = tls_cipher_name(cipher);
    if (cipher == 0 || name.find("_WITH_") == std::string_view::npos) continue;
    CAPTURE(name);
    CHECK(tls_cipher_traits(cipher).key_exchange != X::unknown);
  }
}

TEST_CASE("tls: how keys were agreed upon") {
  TlsFacts facts;
  CHECK(tls_key_exchange(facts) == TlsKeyExchange::unknown);
  facts.server_hello = true;
  facts.cipher = 0x1301;
  CHECK(tls_key_exchange(facts) == TlsKeyExchange::unknown);
  for (const auto& [group, want, bits] : {std::tuple{29, TlsKeyExchange::ecdhe, 0},
                                          {4588, TlsKeyExchange::ecdhe, 0},
                                          {513, TlsKeyExchange::kem, 0},
                                          {256, TlsKeyExchange::dhe, 2048},
                                          {260, TlsKeyExchange::dhe, 8192}}) {
    facts.group = static_cast<std::uint16_t>(group);
    CHECK(to_text(tls_key_exchange(facts)) == to_text(want));
    CHECK(tls_dh_bits(facts) == bits);
  }
  facts.group = 0;
  facts.resumed = true;
  CHECK(tls_key_exchange(facts) == TlsKeyExchange::psk);
}

TEST_CASE("tls: names") {
  CHECK(tls_cipher_name(0x0000) == "TLS_NULL_WITH_NULL_NULL");
  CHECK(tls_cipher_name(0xc02f) == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  CHECK(tls_cipher_name(0x1303) == "TLS_CHACHA20_POLY1305_SHA256");
  CHECK(tls_cipher_name(0xc106) == "TLS_GOSTR341112_256_WITH_MAGMA_MGM_S");
  CHECK(tls_cipher_name(0x0a0a).empty());
  CHECK(tls_cipher_name(0xffff).empty());
  CHECK(tls_version_name(0x0300) == "SSLv3");
  CHECK(tls_version_name(0x0303) == "TLSv1.2");
  CHECK(tls_version_name(0x1234) == "0x1234");
  CHECK(to_text(MutualTls::not_requested) == "not-requested");
  CHECK(to_text(MutualReason::tls13_encrypted) == "tls13-encrypted");
  CHECK(to_text(MutualTls::indicated_absent) == "indicated-absent");
}
