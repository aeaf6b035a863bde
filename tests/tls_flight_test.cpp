// TLS 1.3 without keys: what the sizes of a client's records fit, and when nothing is said.
//
// Sizes are sums by RFC 8446: a message's header of 4, its body, the inner type, a tag of 16
// (CCM_8: 8). Those of the stacks were read with tshark from loopback; scripts/tls-lab makes them
// again.
#include "dissectors/tls/tls_flight.hpp"

#include <catch2/catch.hpp>

#include "support/feed.hpp"
#include "support/tls_bytes.hpp"

namespace pcapaudit {
extern const DissectorSpec tls;
}

using namespace pcapaudit;
using namespace pcapaudit::test;
using tls_wire::ClientFlight;
using tls_wire::FlightHellos;

namespace {

constexpr auto c2s = Direction::to_server;
constexpr auto s2c = Direction::to_client;
constexpr FlightHellos usual{.is_tls13 = true, .are_whole = true};
constexpr std::uint16_t aes_128 = 0x1301, aes_256 = 0x1302, chacha = 0x1303, ccm = 0x1304,
                        ccm_8 = 0x1305;
// A server's flight that asks: parameters, request, certificate, its proof, Finished under SHA-256.
const std::vector<std::size_t> asks = {23, 155, 853, 96, 53};
const std::vector<std::size_t> tickets = {234, 234};
using Sizes = std::vector<std::size_t>;

TlsFlight flight(std::uint16_t cipher, const Sizes& client, const FlightHellos& hellos = usual,
                 const Sizes& server = asks, const Sizes& behind = tickets) {
  ClientFlight read;
  read.begin(cipher);
  for (const std::size_t size : server) read.add(s2c, size);
  for (const std::size_t size : client) read.add(c2s, size);
  for (const std::size_t size : behind) read.add(s2c, size);
  return read.read(hellos);
}

std::string repeated_record(const Sizes& sizes) {
  std::string bytes;
  for (const std::size_t size : sizes) bytes += record(23, std::string(size, 'x'));
  return bytes;
}

// Hellos of TLS 1.3 under AES-128, without resumption.
std::string hello_of_client(const std::string& extensions = "") {
  const std::string versions = number(43, 2) + sized(2, sized(1, number(0x0304, 2)));
  return record(22, client_hello({.extensions = versions + extensions}));
}
std::string hello_of_server(const std::string& extensions = "") {
  const std::string versions = number(43, 2) + sized(2, number(0x0304, 2));
  std::string hello = server_hello({.extensions = versions + extensions});
  hello.replace(4 + 2 + 32 + 1, 2, number(aes_128, 2));
  return record(22, hello);
}

TlsFacts facts_of(const std::vector<Piece>& pieces) {
  const Fed fed = feed(tls, pieces);
  REQUIRE(fed.records.size() == 1);
  CHECK(fed.malformed == "");
  return std::get<TlsFacts>(fed.records.front());
}

}  // namespace

TEST_CASE("tls flight: what the stacks send") {
  using F = TlsFlight;
  struct Case {
    std::string what;
    std::uint16_t cipher;
    Sizes client;
    F want;
  };
  const Case cases[] = {
      {"OpenSSL, GnuTLS, not asked", aes_256, {69, 22}, F::not_requested},
      {"Go, wolfSSL, not asked", aes_128, {53, 22}, F::not_requested},
      {"ChaCha20", chacha, {53, 22}, F::not_requested},
      {"CCM", ccm, {53, 22}, F::not_requested},
      {"CCM_8", ccm_8, {45, 14}, F::not_requested},
      {"Finished alone, and no more", aes_256, {69}, F::not_requested},
      {"declined", aes_256, {25, 69, 22}, F::declined},
      {"declined, CCM_8", ccm_8, {17, 45, 14}, F::declined},
      {"NSS joins both", aes_128, {61, 22}, F::declined},
      {"NSS joins both, SHA-384", aes_256, {77, 22}, F::declined},
      {"RSA 2048", aes_256, {661, 281, 69}, F::rsa_2048},
      {"RSA 3072", aes_128, {789, 409, 53}, F::rsa_3072},
      {"RSA 4096", aes_128, {917, 537, 53}, F::rsa_4096},
      {"P-256", aes_128, {460, 95, 53}, F::ecdsa_256},
      {"P-256, a short signature", aes_128, {460, 93, 53}, F::ecdsa_256},
      {"P-256, a long one", aes_256, {460, 97, 69}, F::ecdsa_256},
      {"P-384", aes_256, {489, 128, 69}, F::ecdsa_384},
      {"P-521", aes_256, {540, 163, 69}, F::ecdsa_521},
      {"Ed25519", aes_128, {410, 89, 53}, F::ed25519},
      {"Ed448", aes_128, {450, 139, 53}, F::ed448},
      {"P-256, CCM_8", ccm_8, {452, 88, 45}, F::ecdsa_256},
      {"three certificates", aes_128, {1304, 96, 53}, F::ecdsa_256},
      {"JSSE, not asked", aes_256, {85, 38}, F::not_requested},
      {"JSSE, declined", aes_128, {41, 69, 38}, F::declined},
      {"JSSE, RSA 2048", aes_256, {677, 297, 85}, F::rsa_2048},
      {"JSSE, Ed25519", aes_128, {426, 105, 69}, F::ed25519},
      // Nothing is said of these.
      {"NSS joins all three", aes_128, {1382, 22, 19}, F::other_records},
      {"another hash's Finished", aes_256, {53, 22, 22}, F::other_records},
      {"Finished of SHA-384 under SHA-256, which JSSE pads to", aes_128, {69}, F::not_requested},
      {"padded to 512", aes_128, {528, 528, 528}, F::other_records},
      {"split", aes_128, {529, 529, 250}, F::other_records},
      {"no room for the key", aes_128, {300, 281, 53}, F::other_records},
      {"no kind of key", aes_128, {661, 200, 53}, F::other_records},
      {"declined and padded to the size of Finished, or not", aes_128, {53, 53}, F::other_records},
      {"an alert", aes_128, {19}, F::alert},
      {"an alert of JSSE", aes_128, {35}, F::alert},
      {"nothing", aes_128, {}, F::unfinished},
      {"a certificate, and no more", aes_128, {661}, F::other_records},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    CHECK(to_text(flight(c.cipher, c.client)) == to_text(c.want));
  }
}

TEST_CASE("tls flight: hellos that leave more than one reading") {
  const auto with = [](FlightHellos hellos) { return hellos; };
  const Sizes given = {460, 96, 53}, absent = {53, 22};
  const auto early = with({.is_tls13 = true, .are_whole = true, .early_data = true});
  CHECK(flight(aes_128, given, early) == TlsFlight::early_data);
  CHECK(flight(aes_128, absent, early) == TlsFlight::early_data);
  const auto later = with({.is_tls13 = true, .are_whole = true, .may_ask_later = true});
  CHECK(flight(aes_128, given, later) == TlsFlight::ecdsa_256);
  CHECK(flight(aes_128, absent, later) == TlsFlight::post_handshake);
  CHECK(flight(aes_128, {25, 53}, later) == TlsFlight::post_handshake);
  const auto hidden = with({.is_tls13 = true, .are_whole = true, .is_hidden = true});
  CHECK(flight(aes_128, given, hidden) == TlsFlight::hidden_hello);
  CHECK(flight(aes_128, absent, hidden) == TlsFlight::hidden_hello);
  CHECK(flight(aes_128, absent, {.is_tls13 = true}) == TlsFlight::gap);
  CHECK(flight(aes_128, absent, {.are_whole = true}) == TlsFlight::unknown_suite);  // a draft
  CHECK(flight(0x00c6, absent) == TlsFlight::unknown_suite);
}

TEST_CASE("tls flight: a certificate that the server may have refused") {
  const Sizes given = {460, 96, 53}, alert = {19};
  CHECK(flight(aes_128, given, usual, asks, {}) == TlsFlight::unanswered);
  CHECK(flight(aes_128, given, usual, asks, alert) == TlsFlight::unanswered);
  CHECK(flight(aes_128, given, usual, asks, {19, 19, 35}) == TlsFlight::unanswered);
  CHECK(flight(aes_128, given, usual, asks, {528}) == TlsFlight::unanswered);  // a padded alert
  CHECK(flight(aes_128, given, usual, asks, {22, 19}) == TlsFlight::ecdsa_256);
  // A server that joins its messages, then answers.
  CHECK(flight(aes_128, given, usual, {1100}, {60, 60}) == TlsFlight::ecdsa_256);
  CHECK(flight(aes_128, given, usual, {1100}, alert) == TlsFlight::unanswered);
  // Nobody was asked, so there was nothing to refuse.
  CHECK(flight(aes_128, {53}, usual, asks, {}) == TlsFlight::not_requested);
  CHECK(flight(aes_128, {25, 53}, usual, asks, alert) == TlsFlight::declined);
}

TEST_CASE("tls flight: what was lost") {
  ClientFlight cut;
  cut.begin(aes_128);
  cut.add(c2s, 460);
  cut.lost(c2s);
  for (const std::size_t size : {96, 53}) cut.add(c2s, size);
  CHECK(cut.read(usual) == TlsFlight::gap);
  ClientFlight behind;
  behind.begin(aes_128);
  behind.add(c2s, 53);
  behind.lost(c2s);
  CHECK(behind.read(usual) == TlsFlight::not_requested);
  // What the server sent may have come before: its records are no answer any more.
  ClientFlight server;
  server.begin(aes_128);
  server.lost(s2c);
  for (const std::size_t size : {460, 96, 53}) server.add(c2s, size);
  server.add(s2c, 400);
  CHECK(server.read(usual) == TlsFlight::gap);
  ClientFlight before;  // an encrypted record before the hello was read
  before.begin(aes_128);
  before.add(c2s, 100);
  before.add_clear(c2s);
  before.add(c2s, 53);
  CHECK(before.read(usual) == TlsFlight::other_records);
}

// Sizes that two readings fit would make one of them a guess: each is told by its last record.
TEST_CASE("tls flight: no sizes fit an absent and a shown certificate") {
  for (const std::uint16_t cipher : {aes_128, aes_256, ccm_8}) {
    for (std::size_t first = 1; first < 1200; ++first) {
      // Whatever follows, an absent certificate is told by the first two, a shown one by all three.
      const TlsFlight alone = flight(cipher, {first});
      if (!is_certificate_absent(alone)) continue;
      for (const std::size_t verify : {89, 95, 105, 127, 281, 297}) {
        for (const std::size_t last : {45, 53, 61, 69, 77, 85}) {
          CHECK(flight(cipher, {first, verify, last}) == alone);
        }
      }
    }
  }
}

TEST_CASE("tls flight: in a stream, however it is cut") {
  const std::vector<Piece> given = {{c2s, hello_of_client()},
                                    {s2c, hello_of_server() + repeated_record(asks)},
                                    {c2s, record(20, "\x01") + repeated_record({460, 96, 53, 22})},
                                    {s2c, repeated_record({234, 22})}};
  const TlsFacts facts = facts_of(given);
  CHECK(facts.mutual == MutualTls::indicated);
  CHECK(facts.mutual_reason == MutualReason::none);
  CHECK(facts.mutual_sizes == TlsFlight::ecdsa_256);
  CHECK_FALSE(facts.client_certificate_sent);  // it was not read
  const Fed whole = feed(tls, given);
  bool same = true;
  cut_everywhere(tls, given, [&](const Fed& fed) { same = same && fed == whole; });
  CHECK(same);
  // The client's records before the server's hello: captures have them in this order, too.
  const TlsFacts swapped =
      facts_of({{c2s, hello_of_client() + record(20, "\x01") + repeated_record({25, 53, 22})},
                {s2c, hello_of_server() + repeated_record(asks)}});
  CHECK(swapped.mutual == MutualTls::indicated_absent);
  CHECK(swapped.mutual_sizes == TlsFlight::declined);
}

TEST_CASE("tls flight: hellos decide whether sizes are looked at") {
  const auto facts = [](const std::string& client, const std::string& server) {
    return facts_of({{c2s, hello_of_client(client)},
                     {s2c, hello_of_server(server) + repeated_record(asks)},
                     {c2s, repeated_record({53, 22})}});
  };
  CHECK(facts("", "").mutual_sizes == TlsFlight::not_requested);
  const std::string post_handshake_auth = number(49, 2) + sized(2, "");
  CHECK(facts(post_handshake_auth, "").mutual_sizes == TlsFlight::post_handshake);
  CHECK(facts(post_handshake_auth, "").mutual == MutualTls::undeterminable);
  CHECK(facts(post_handshake_auth, "").mutual_reason == MutualReason::tls13_encrypted);
  const std::string early_data = number(42, 2) + sized(2, "");
  CHECK(facts(early_data, "").mutual_sizes == TlsFlight::early_data);
  const std::string ech = number(0xfe0d, 2) + sized(2, "x");
  CHECK(facts(ech, "").mutual_sizes == TlsFlight::hidden_hello);
  const std::string pre_shared_key = number(41, 2) + sized(2, number(0, 2));
  const TlsFacts resumed = facts("", pre_shared_key);
  CHECK(resumed.mutual_sizes == TlsFlight::none);
  CHECK(resumed.mutual_reason == MutualReason::resumed);
}
