// QUIC: published keys, packets sealed by the test, hellos in pieces, hostile bytes.
#include <algorithm>

#include <catch2/catch.hpp>
#include <openssl/evp.h>

#include "dissectors/quic/quic_initial.hpp"
#include "support/feed.hpp"
#include "support/packets.hpp"
#include "support/tls_bytes.hpp"

namespace pcapaudit {
extern const DissectorSpec quic;
}

using namespace pcapaudit;
using namespace pcapaudit::test;
using namespace pcapaudit::quic_wire;

namespace {

const std::string client_id = from_hex("8394c8f03e515708");

template <std::size_t size>
std::string text(const std::array<std::uint8_t, size>& bytes) {
  return std::string(as_text(Bytes(bytes)));
}

std::string varint(std::size_t value) {
  return number(value | 0x4000, 2);  // two bytes hold up to 16383
}
std::string crypto(std::size_t offset, const std::string& bytes) {
  return "\x06" + varint(offset) + varint(bytes.size()) + bytes;
}

// Seals an Initial packet as RFC 9001 5 says, with OpenSSL's ciphers called here once more.
std::string initial(std::uint32_t version, bool from_client, const std::string& destination,
                    const std::string& source, const std::string& frames,
                    const std::string& key_id = client_id) {
  const InitialKeys keys = derive_keys(version, as_bytes(key_id), from_client);
  const std::uint8_t type = version == 0x6b3343cf ? 0xd0 : 0xc0;
  const std::string packet_number("\0\0\0\2", 4);
  std::string header(1, static_cast<char>(type | 3));
  header += number(version, 4) + sized(1, destination) + sized(1, source) + std::string(1, '\0') +
            varint(4 + frames.size() + 16) + packet_number;
  std::array<std::uint8_t, 12> nonce = keys.iv;
  nonce[11] ^= 2;
  std::string sealed(frames.size() + 16, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(sealed.data());
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  int size = 0;
  EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nullptr, keys.key.data(), nonce.data());
  EVP_EncryptUpdate(context, nullptr, &size, as_bytes(header).data(),
                    static_cast<int>(header.size()));
  EVP_EncryptUpdate(context, out, &size, as_bytes(frames).data(), static_cast<int>(frames.size()));
  EVP_EncryptFinal_ex(context, out + size, &size);
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, out + frames.size());
  std::array<unsigned char, 32> mask{};
  EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), nullptr, keys.header.data(), nullptr);
  EVP_EncryptUpdate(context, mask.data(), &size, out, 16);  // the sample: number of four bytes
  EVP_CIPHER_CTX_free(context);
  header[0] = static_cast<char>(header[0] ^ (mask[0] & 0x0f));
  for (std::size_t i = 0; i < 4; ++i) {
    char& byte = header[header.size() - 4 + i];
    byte = static_cast<char>(byte ^ static_cast<char>(mask[1 + i]));
  }
  return header + sealed;
}

std::string padded(std::string frames) {
  frames.resize(std::max<std::size_t>(frames.size(), 1200), '\0');
  return frames;
}

std::string hello() {
  const auto extension = [](std::size_t type, const std::string& body) {
    return number(type, 2) + sized(2, body);
  };
  const std::string name = sized(2, std::string(1, '\0') + sized(2, "q.example"));
  return client_hello({.extensions = extension(0, name) +
                                     extension(16, sized(2, sized(1, "h3") + sized(1, "h3-29")))});
}

std::string field(const GenericFacts& facts, std::string_view name) {
  const auto found = std::ranges::find(facts.fields, name, &GenericField::name);
  return found == facts.fields.end() ? "" : found->value;
}
GenericFacts facts_of(const std::vector<Piece>& pieces) {
  const Fed fed = feed(quic, pieces, Carrier::udp);
  CHECK(fed.malformed.empty());
  REQUIRE(fed.records.size() == 1);
  return std::get<GenericFacts>(fed.records.front());
}

constexpr auto c2s = Direction::to_server;
constexpr auto s2c = Direction::to_client;

}  // namespace

TEST_CASE("quic: keys of RFC 9001 appendix A.1 and RFC 9369 appendix A.1") {
  const InitialKeys client = derive_keys(1, as_bytes(client_id), true);
  CHECK(text(client.key) == from_hex("1f369613dd76d5467730efcbe3b1a22d"));
  CHECK(text(client.iv) == from_hex("fa044b2f42a3fd3b46fb255c"));
  CHECK(text(client.header) == from_hex("9f50449e04a0e810283a1e9933adedd2"));
  const InitialKeys server = derive_keys(1, as_bytes(client_id), false);
  CHECK(text(server.key) == from_hex("cf3a5331653c364c88f0f379b6067e37"));
  CHECK(text(server.iv) == from_hex("0ac1493ca1905853b0bba03e"));
  CHECK(text(server.header) == from_hex("c206b8d9b9f0f37644430b490eeaa314"));
  const InitialKeys second = derive_keys(0x6b3343cf, as_bytes(client_id), true);
  CHECK(text(second.key) == from_hex("8b1a0bc121284290a29e0971b5cd045d"));
  CHECK(text(second.iv) == from_hex("91f73e2351d8fa91660e909f"));
  CHECK(text(second.header) == from_hex("45b95e15235d6f45a6b19cbcb0294ba9"));
}

TEST_CASE("quic: the server's Initial packet of RFC 9001 appendix A.3") {
  const std::string packet = from_hex(
      "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c6979755478"
      "0b"
      "b38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb"
      "19"
      "fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee");
  const auto header = parse_long_header(as_bytes(packet));
  REQUIRE(header);
  CHECK(header->type == PacketType::initial);
  CHECK(header->size == packet.size());
  const auto frames =
      decrypt(*header, as_bytes(packet), derive_keys(1, as_bytes(client_id), false));
  REQUIRE(frames);
  // An ACK, then the ServerHello with TLS_AES_128_GCM_SHA256 and x25519.
  CryptoStream stream;
  CHECK(stream.add_frames(Bytes(*frames)));
  CHECK(as_text(stream.in_order()).substr(0, 6) == from_hex("020000560303"));
}

TEST_CASE("quic: names and protocols of the hello, for each version that has its own salt") {
  struct Case {
    std::uint32_t version;
    const char* name;
  };
  for (const Case& c : {Case{1, "1"}, Case{0x6b3343cf, "2"}, Case{0xff00001d, "draft-29"},
                        Case{0xff00001b, "draft-27"}}) {
    CAPTURE(c.name);
    const std::string datagram =
        initial(c.version, true, client_id, "", padded(crypto(0, hello())));
    CHECK(quic.probe(as_bytes(datagram), Carrier::udp) == Probe::mine(Probe::Speaker::client));
    const GenericFacts facts = facts_of({{c2s, datagram}});
    CHECK(facts.protocol == "quic");
    CHECK(field(facts, "version") == c.name);
    CHECK(field(facts, "sni") == "q.example");
    CHECK(field(facts, "alpn") == "h3,h3-29");
    CHECK(field(facts, "ja4").starts_with("q12d0102h3_"));
  }
}

TEST_CASE("quic: a hello in pieces, over datagrams, in any order, with the server's answer") {
  const std::string whole = hello();
  const std::string first =
      initial(1, true, client_id, "c", padded(crypto(20, whole.substr(20)) + "\x01"));
  const std::string second =
      initial(1, true, client_id, "c", padded(crypto(0, whole.substr(0, 30))));
  const std::string share =
      number(51, 2) + sized(2, number(29, 2) + sized(2, std::string(32, 'k')));
  const std::string answer =
      initial(1, false, "c", "srv", crypto(0, server_hello({.extensions = share})));
  const GenericFacts facts = facts_of({{c2s, first}, {c2s, second}, {s2c, answer}});
  CHECK(field(facts, "sni") == "q.example");
  CHECK(field(facts, "cipher") == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  CHECK(field(facts, "group") == "x25519");
  CHECK(field(facts, "retry").empty());
}

TEST_CASE("quic: behind a Retry the keys come from the new connection id") {
  const std::string first =
      initial(1, true, client_id, "c", padded(crypto(0, hello().substr(0, 9))));
  const std::string retry =
      "\xf0" + number(1, 4) + sized(1, "c") + sized(1, "newid") + "token" + std::string(16, 'i');
  const std::string second = initial(1, true, "newid", "c", padded(crypto(0, hello())), "newid");
  const GenericFacts facts = facts_of({{c2s, first}, {s2c, retry}, {c2s, second}});
  CHECK(field(facts, "retry") == "yes");
  CHECK(field(facts, "sni") == "q.example");
}

TEST_CASE("quic: probe") {
  const auto kind = [](const std::string& bytes) {
    return quic.probe(as_bytes(bytes), Carrier::udp).kind;
  };
  using Kind = Probe::Kind;
  const std::string good = initial(1, true, client_id, "", padded(crypto(0, hello())));
  CHECK(kind(good) == Kind::mine);
  CHECK(kind(good.substr(0, 1000)) == Kind::not_mine);  // shorter than its length says
  CHECK(kind("\xc0" + number(0x12345678, 4) + good.substr(5)) == Kind::not_mine);
  CHECK(kind("\x80" + number(0, 4) + sized(1, "a") + sized(1, "b") + number(1, 4)) == Kind::mine);
  CHECK(kind("\x80" + number(0, 4) + sized(1, "a") + sized(1, "b") + number(7, 4)) ==
        Kind::not_mine);
  CHECK(kind("\x0d" + std::string(8, 'i') + "Q043" + "rest") == Kind::mine);
  CHECK(kind(std::string(1300, '\xc0')) == Kind::not_mine);
  CHECK(kind(std::string(1300, '\0')) == Kind::not_mine);
}

TEST_CASE("quic: no cut and no changed byte does harm, and a changed hello is not believed") {
  const std::string good = initial(1, true, client_id, "", padded(crypto(0, hello())));
  for (std::size_t at = 0; at < 80; ++at) {
    (void)feed(quic, {{c2s, good.substr(0, at + 1)}}, Carrier::udp);
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    const Fed fed = feed(quic, {{c2s, changed}}, Carrier::udp);
    REQUIRE(fed.records.size() == 1);
    CHECK(field(std::get<GenericFacts>(fed.records[0]), "sni").empty());
  }
}

TEST_CASE("quic: frames are bounded") {
  CryptoStream many;
  std::string frames;
  for (std::size_t i = 0; i < 200; ++i) frames += crypto(10 * i, "x");
  CHECK_FALSE(many.add_frames(as_bytes(frames)));
  CryptoStream far;
  CHECK_FALSE(far.add_frames(as_bytes("\x06" + from_hex("80100000") + varint(4) + "abcd")));
  CryptoStream acks;  // an ACK that announces more ranges than there are bytes
  CHECK_FALSE(acks.add_frames(as_bytes(from_hex("02 00 00 bfffffff 00"))));
}
