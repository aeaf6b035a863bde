// Key logs: what is a secret, what is passed over, what is none.
#include "dissectors/tls/keys/key_store.hpp"

#include <catch2/catch.hpp>

#include "base/text/hex.hpp"

using namespace pcapaudit;

namespace {

const std::string random_a(64, 'a'), random_b(64, 'b');
const std::string master(96, '1'), traffic(64, '2');

TlsKeyStore::Random random_of(char digit) {
  TlsKeyStore::Random random{};
  random.fill(static_cast<std::uint8_t>(std::stoi(std::string(2, digit), nullptr, 16)));
  return random;
}

TlsKeyStore store_of(const std::string& text) {
  TlsKeyStore store;
  store.add_key_log(text);
  store.finish();
  return store;
}

}  // namespace

TEST_CASE("key log: lines") {
  struct Case {
    std::string text;
    KeyLogCounts want;
    std::size_t malformed_line;
  };
  const Case cases[] = {
      {"CLIENT_RANDOM " + random_a + " " + master, {.secrets = 1}, 0},
      {"CLIENT_RANDOM " + random_a + " " + master + "\n", {.secrets = 1}, 0},
      {"CLIENT_RANDOM " + random_a + " " + master + "\r\n", {.secrets = 1}, 0},
      {"  CLIENT_RANDOM\t" + random_a + "  " + master + " \n\n", {.secrets = 1}, 0},
      {"# a remark\n\n   \n", {}, 0},
      {"CLIENT_TRAFFIC_SECRET_0 " + random_a + " " + traffic + "\nSERVER_TRAFFIC_SECRET_0 " +
           random_a + " " + master,
       {.secrets = 2},
       0},
      // Labels that nobody needs, and those of the future.
      {"EXPORTER_SECRET " + random_a + " " + traffic, {.unused = 1}, 0},
      {"RSA 0123456789abcdef " + master, {.unused = 1}, 0},
      {"ECH_SECRET x y", {.unused = 1}, 0},
      // None.
      {"\nhello", {.malformed = 1}, 2},
      {"CLIENT_RANDOM", {.malformed = 1}, 1},
      {"CLIENT_RANDOM " + random_a, {.malformed = 1}, 1},
      {"CLIENT_RANDOM " + random_a + " " + master + " more", {.malformed = 1}, 1},
      {"CLIENT_RANDOM " + random_a.substr(2) + " " + master, {.malformed = 1}, 1},
      {"CLIENT_RANDOM " + random_a + "aa " + master, {.malformed = 1}, 1},
      {"CLIENT_RANDOM " + random_a + " " + master.substr(1), {.malformed = 1}, 1},
      {"CLIENT_RANDOM " + random_a + " " + traffic, {.malformed = 1}, 1},
      {"CLIENT_RANDOM " + random_a + " " + master.substr(2) + "xx", {.malformed = 1}, 1},
      {"CLIENT_TRAFFIC_SECRET_0 " + random_a + " " + std::string(130, '1'), {.malformed = 1}, 1},
      {"CLIENT_RANDOM " + std::string(600, ' ') + random_a + " " + master, {.malformed = 1}, 1},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    TlsKeyStore store;
    const auto added = store.add_key_log(c.text);
    CHECK(added.counts == c.want);
    CHECK(added.malformed_line == c.malformed_line);
    store.finish();
    CHECK(store.counts() == c.want);
  }
}

TEST_CASE("key log: every way of cutting it crashes nothing and invents no secret") {
  const std::string text = "CLIENT_RANDOM " + random_a + " " + master +
                           "\n#x\nSERVER_TRAFFIC_SECRET_0 " + random_b + " " + traffic + "\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    CAPTURE(cut);
    const TlsKeyStore store = store_of(text.substr(0, cut));
    const Bytes found = store.find(random_of('a'), SecretKind::master);
    CHECK((found.empty() || to_hex(found) == master));
    const Bytes other = store.find(random_of('b'), SecretKind::server_traffic);
    // A secret that is cut at an even digit is a shorter one, which then opens nothing.
    CHECK((other.empty() || traffic.starts_with(to_hex(other))));
  }
}

TEST_CASE("key log: secrets are found by random and kind, the later one counts") {
  const std::string other(96, '3');
  const TlsKeyStore store =
      store_of("CLIENT_RANDOM " + random_a + " " + master + "\nCLIENT_HANDSHAKE_TRAFFIC_SECRET " +
               random_b + " " + traffic + "\nCLIENT_RANDOM " + random_a + " " + other + "\n");
  CHECK(to_hex(store.find(random_of('a'), SecretKind::master)) == other);
  CHECK(store.find(random_of('b'), SecretKind::master).empty());
  CHECK(to_hex(store.find(random_of('b'), SecretKind::client_handshake)) == traffic);
  CHECK(store.knows(random_of('a')));
  CHECK_FALSE(store.knows(random_of('c')));
  CHECK(store.find(random_of('c'), SecretKind::master).empty());
  CHECK(store.counts().secrets == 2);
}
