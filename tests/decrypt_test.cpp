// Connections that OpenSSL makes in memory, opened with their key logs: what comes out is what was
// sent, byte by byte, or nothing.
#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "dissectors/tls/keys/key_store.hpp"
#include "support/conversation.hpp"
#include "support/tls_peers_impl.hpp"

namespace pcapaudit {
extern const DissectorSpec tls;
}

using namespace pcapaudit;
using namespace pcapaudit::test;

namespace {

constexpr auto up = Direction::to_server, down = Direction::to_client;
constexpr SeenStream from_start{{{.from_start = true}, {.from_start = true}}};

TlsKeyStore store_of(const std::string& text) {
  TlsKeyStore store;
  store.add_key_log(text);
  store.finish();
  return store;
}

Fed opened(const std::vector<Piece>& pieces, const std::string& key_log) {
  const TlsKeyStore store = store_of(key_log);
  return feed(tls, pieces, Carrier::tcp, from_start, &store);
}
Fed opened(const Peers& peers) {
  return opened(peers.pieces, peers.key_log);
}

const TlsFacts& facts_of(const Fed& fed) {
  REQUIRE(fed.records.size() == 1);
  return std::get<TlsFacts>(fed.records.front());
}

std::string text_of(std::size_t size, char first) {
  std::string text(size, 0);
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(first + static_cast<char>(i % 97));
  return text;
}

void talk(Peers& peers) {
  peers.send(up, "hello");
  peers.send(down, text_of(40'000, 'A'));
  peers.send(up, text_of(16'384, 'b'));
  peers.send(down, "x");
  peers.send(up, text_of(17, 'c'));
}

void check_open(const Peers& peers) {
  const Fed fed = opened(peers);
  CHECK(fed.malformed.empty());
  CHECK(fed.inside_lost == std::array<std::string, 2>{});
  CHECK((fed.inside[0] == peers.sent[0]));
  CHECK((fed.inside[1] == peers.sent[1]));
  const TlsFacts& facts = facts_of(fed);
  CHECK(facts.decrypted);
  CHECK(to_text(facts.not_decrypted) == "");
}

// Words that only messages give, and no sizes.
bool is_read(MutualTls mutual) {
  return mutual == MutualTls::proven || mutual == MutualTls::declined ||
         mutual == MutualTls::not_requested;
}

// Every suite that this OpenSSL has for a version.
std::vector<std::string> suites_of(int version) {
  const SslContext context(SSL_CTX_new(TLS_method()));
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_ciphersuites(context.get(),
                           "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_"
                           "SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256");
  SSL_CTX_set_cipher_list(context.get(), "ALL:COMPLEMENTOFALL:@SECLEVEL=0");
  std::vector<std::string> names;
  STACK_OF(SSL_CIPHER)* const all = SSL_CTX_get_ciphers(context.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i) {
    const SSL_CIPHER* const it = sk_SSL_CIPHER_value(all, i);
    const std::string since = SSL_CIPHER_get_version(it);
    const std::string name = SSL_CIPHER_get_name(it);
    const bool is_tls13 = since == "TLSv1.3";
    if (is_tls13 != (version == TLS1_3_VERSION)) continue;
    if (since == "TLSv1.2" && version < TLS1_2_VERSION) continue;
    // SRP wants passwords, DSS and GOST want keys of their own.
    if (name.find("SRP") != std::string::npos || name.find("DSS") != std::string::npos ||
        name.find("GOST") != std::string::npos) {
      continue;
    }
    names.push_back(name);
  }
  return names;
}

// Of a record; `bytes` begin with one.
bool is_in_body(const std::string& bytes, std::size_t at) {
  for (std::size_t begin = 0; begin <= at;) {
    const std::size_t size = static_cast<std::uint8_t>(bytes[begin + 3]) * 256U +
                             static_cast<std::uint8_t>(bytes[begin + 4]);
    if (at < begin + 5 + size) return at >= begin + 5;
    begin += 5 + size;
  }
  return false;
}

}  // namespace

TEST_CASE("decrypt: every suite of every version, byte by byte") {
  std::size_t connections = 0;
  std::set<std::string> suites;
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const std::string& suite : suites_of(version)) {
      for (const bool encrypt_then_mac : {true, false}) {
        CAPTURE(version, suite, encrypt_then_mac);
        Peers peers({.version = version, .ciphers = suite, .encrypt_then_mac = encrypt_then_mac});
        REQUIRE(peers.suite() == suite);
        talk(peers);
        check_open(peers);
        suites.insert(suite);
        ++connections;
      }
    }
  }
  CHECK(suites.size() > 100);
  CHECK(connections > 300);
}

TEST_CASE("decrypt: cut everywhere, the same comes out") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Peers peers({.version = version, .asks = true, .gives = true});
    peers.send(up, "hello");
    peers.send(down, "world");
    const Fed whole = opened(peers);
    const TlsKeyStore store = store_of(peers.key_log);
    for (std::size_t i = 0; i < peers.pieces.size(); ++i) {
      for (std::size_t cut = 1; cut < peers.pieces[i].bytes.size(); cut += 7) {
        std::vector<Piece> parts = peers.pieces;
        parts[i].bytes = peers.pieces[i].bytes.substr(cut);
        parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(i),
                     {peers.pieces[i].dir, peers.pieces[i].bytes.substr(0, cut)});
        CHECK((feed(tls, parts, Carrier::tcp, from_start, &store) == whole));
      }
    }
  }
}

TEST_CASE("decrypt: mutual TLS 1.3 is told by what was read") {
  struct Case {
    bool asks, gives;
    std::string_view want;
  };
  for (const Case& c : {Case{true, true, "proven"}, Case{true, false, "declined"},
                        Case{false, true, "not-requested"}}) {
    CAPTURE(c.asks, c.gives);
    for (const std::string& groups : {std::string(), std::string("P-384")}) {
      Peers peers({.asks = c.asks, .gives = c.gives, .server_groups = groups, .alpn = "h2"});
      peers.send(up, "hello");
      peers.send(down, "world");
      check_open(peers);
      const Fed fed = opened(peers);
      const TlsFacts& facts = facts_of(fed);
      CHECK(to_text(facts.mutual) == c.want);
      CHECK(to_text(facts.mutual_reason) == "");
      CHECK(facts.certificate_requested == c.asks);
      CHECK(facts.retry_request == !groups.empty());
      CHECK(facts.alpn == "h2");
      CHECK(to_text(facts.server_proof) == "verified");
      REQUIRE(facts.server_chain.size() == 1);
      CHECK((facts.server_chain.front()->subject == "CN=rsa" ||
             facts.server_chain.front()->subject == "CN=ec"));
      CHECK(facts.client_chain.size() == (c.asks && c.gives ? 1 : 0));
      // Without keys nothing of it is said.
      const Fed closed = feed(tls, peers.pieces);
      CHECK_FALSE(is_read(facts_of(closed).mutual));
      CHECK_FALSE(facts_of(closed).decrypted);
      CHECK(closed.inside == std::array<std::string, 2>{});
    }
  }
}

TEST_CASE("decrypt: a certificate that the server refuses is not proven") {
  const Peers peers({.asks = true, .gives = true, .refuses = true});
  const Fed fed = opened(peers);
  const TlsFacts& facts = facts_of(fed);
  CHECK(facts.client_certificate_sent);
  CHECK(to_text(facts.client_proof) == "verified");
  CHECK(to_text(facts.mutual) == "undeterminable");
  // The same up to the client's flight, as if the capture ended there.
  std::vector<Piece> cut = peers.pieces;
  while (cut.back().dir == down) cut.pop_back();
  CHECK(to_text(facts_of(opened(cut, peers.key_log)).mutual) == "undeterminable");
}

TEST_CASE("decrypt: key updates, resumption, early data, renegotiation") {
  SECTION("key updates") {
    Peers peers(PeerSetting{});
    peers.send(up, "one");
    peers.update_keys(up, false);
    peers.send(up, "two");
    peers.send(down, "three");
    peers.update_keys(down, true);
    peers.send(down, "four");
    peers.send(up, "five");
    check_open(peers);
  }
  SECTION("resumption") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      CAPTURE(version);
      Peers first({.version = version});
      first.send(down, "x");
      Peers second({.version = version}, first.session().get());
      CHECK(second.is_resumed());
      second.send(up, "again");
      second.send(down, "and back");
      check_open(second);
      CHECK(facts_of(opened(second)).resumed);
    }
  }
  SECTION("early data, taken and refused") {
    for (const bool takes : {true, false}) {
      CAPTURE(takes);
      Peers first({.early_data = true});
      first.send(down, "x");
      Peers second({.early_data = takes}, first.session().get(), "GET / HTTP/1.1\r\n\r\n");
      CHECK(second.took_early() == takes);
      second.send(up, "again");
      second.send(down, "and back");
      check_open(second);
    }
  }
  SECTION("renegotiation") {
    Peers peers({.version = TLS1_2_VERSION});
    peers.send(up, "one");
    peers.renegotiate();
    peers.send(up, "two");
    peers.send(down, "three");
    check_open(peers);
  }
}

TEST_CASE("decrypt: a second handshake that asks for nothing leaves the first one's verdict") {
  Peers peers({.version = TLS1_2_VERSION});
  peers.send(up, "one");
  peers.send(down, "two");
  peers.renegotiate();
  peers.send(up, "three");
  CHECK(to_text(facts_of(opened(peers)).mutual) == "not-requested");
  CHECK(to_text(facts_of(feed(tls, peers.pieces)).mutual_reason) == "renegotiated");
}

TEST_CASE("decrypt: keys that are not there, or others'") {
  Peers peers(PeerSetting{}), others(PeerSetting{});
  talk(peers);
  const auto why = [&](const std::string& key_log) {
    const Fed fed = opened(peers.pieces, key_log);
    CHECK_FALSE(facts_of(fed).decrypted);
    return std::string(to_text(facts_of(fed).not_decrypted));
  };
  CHECK(why(others.key_log) == "no-key");
  CHECK(why("") == "no-key");
  std::string of_client, of_server, wrong, traffic;
  std::string_view rest = peers.key_log;
  while (!rest.empty()) {
    const std::string line(rest.substr(0, rest.find('\n') + 1));
    rest.remove_prefix(line.size());
    if (line.starts_with("CLIENT")) of_client += line;
    if (line.starts_with("SERVER")) of_server += line;
    if (line.find("TRAFFIC_SECRET_0") != std::string::npos) traffic += line;
    std::string changed = line;
    char& digit = changed[changed.size() - 2];
    digit = digit == '0' ? '1' : '0';
    wrong += changed;
  }
  CHECK(why(of_client) == "one-side");
  CHECK(opened(peers.pieces, of_client).inside[0] == peers.sent[0]);
  CHECK(opened(peers.pieces, of_client).inside[1].empty());
  CHECK(why(of_server) == "one-side");
  CHECK(opened(peers.pieces, of_server).inside[1] == peers.sent[1]);
  CHECK(why(wrong) == "keys-do-not-fit");
  CHECK(opened(peers.pieces, wrong).inside == std::array<std::string, 2>{});
  // Without the handshake's secrets the data is read, and of certificates nothing is said.
  const Fed data = opened(peers.pieces, traffic);
  CHECK(data.inside == peers.sent);
  CHECK_FALSE(is_read(facts_of(data).mutual));
}

TEST_CASE("decrypt: an altered byte gives no text from there on") {
  for (const int version : {TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION}) {
    Peers peers({.version = version, .asks = true, .gives = true});
    peers.send(up, "hello");
    peers.send(down, "world");
    peers.send(up, "again");
    for (std::size_t i = 0; i < peers.pieces.size(); ++i) {
      for (std::size_t at = 0; at < peers.pieces[i].bytes.size(); at += 3) {
        std::vector<Piece> altered = peers.pieces;
        altered[i].bytes[at] = static_cast<char>(altered[i].bytes[at] ^ 0x10);
        const Fed fed = opened(altered, peers.key_log);
        for (const std::size_t side : {0U, 1U}) {
          CHECK(peers.sent[side].starts_with(fed.inside[side]));
        }
        if (fed.records.empty()) continue;
        const TlsFacts& facts = facts_of(fed);
        CAPTURE(version, i, at);
        // Where records end is another matter.
        if (is_in_body(peers.pieces[i].bytes, at) && fed.malformed.empty()) {
          CHECK(facts.decrypted == (fed.inside == peers.sent));
        }
        // Hellos are signed, in TLS 1.3 by what their keys still open.
        const bool is_hello = i == 0 && at >= 5;
        if (is_hello) CHECK(to_text(facts.mutual) != "proven");
      }
    }
  }
}

TEST_CASE("decrypt: behind a loss it goes on where a record authenticates") {
  for (const int version : {TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    Peers peers({.version = version});
    peers.send(up, "one ");
    const std::vector<Piece> before = peers.pieces;
    peers.send(up, "two ");  // lost
    peers.send(up, "three ");
    const std::size_t lost_end = peers.pieces.size() - 1;
    peers.send(up, "four");
    const TlsKeyStore store = store_of(peers.key_log);
    const std::vector<Piece> behind(peers.pieces.begin() + static_cast<std::ptrdiff_t>(lost_end),
                                    peers.pieces.end());
    const Fed fed = feed_around_loss(tls, before, {behind.front()}, &store);
    CHECK(fed.inside[0] == "one three ");
  }
}

TEST_CASE("decrypt: SIP in mutual TLS 1.3, as a flow") {
  const std::string options =
      "OPTIONS sip:b@b.example SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\r\nCSeq: 1 OPTIONS\r\n"
      "Call-ID: 1\r\nFrom: <sip:a@a.example>;tag=1\r\nTo: <sip:b@b.example>\r\n"
      "Content-Length: 0\r\n\r\n";
  const std::string answer =
      "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\r\nCSeq: 1 OPTIONS\r\nCall-ID: 1\r\n"
      "From: <sip:a@a.example>;tag=1\r\nTo: <sip:b@b.example>;tag=2\r\nContent-Length: 0\r\n\r\n";
  Peers peers({.asks = true, .gives = true});
  peers.send(up, options);
  peers.send(down, answer);
  Conversation talk("192.0.2.1", 40'000, "192.0.2.2", 5061);
  talk.open();
  for (const Piece& piece : peers.pieces) talk.data(piece.dir == up ? client : server, piece.bytes);
  talk.close();
  const auto flow_of = [&](std::shared_ptr<const TlsKeyStore> keys) {
    FlowTable table({}, all_dissectors(), std::move(keys));
    table.add(talk.packets());
    while (table.close_some()) {
    }
    std::vector<ClosedFlow> flows = table.take_closed();
    REQUIRE(flows.size() == 1);
    return std::move(flows.front());
  };
  const ClosedFlow flow = flow_of(std::make_shared<TlsKeyStore>(store_of(peers.key_log)));
  CHECK(flow.app == "tls");
  CHECK(flow.records.size() == 2);
  REQUIRE(flow.tls() != nullptr);
  CHECK(to_text(flow.tls()->mutual) == "proven");
  REQUIRE(flow.sip() != nullptr);
  CHECK(flow.sip()->methods.values.front() == "OPTIONS");
  CHECK(flow.account == std::array<ReadAccount, 2>{});
  const ClosedFlow closed = flow_of(nullptr);
  CHECK(closed.sip() == nullptr);
  CHECK_FALSE(is_read(closed.tls()->mutual));
}
