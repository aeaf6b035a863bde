// Key logs, and TLS connections with them: two bytes of length, a key log, then a script of pieces
// as dissector.cpp has it.
//
// Beside not crashing: cutting the pieces changes nothing, and of a connection whose bytes were
// changed comes out what was sent up to the change, or nothing.
#include <array>
#include <fstream>
#include <iterator>

#include "dissectors/tls/keys/key_store.hpp"
#include "support/feed.hpp"
#include "target.hpp"

namespace pcapaudit {
extern const DissectorSpec tls;
}

namespace pcapaudit::fuzz {
namespace {

using test::Piece;
constexpr auto out = Direction::to_server;
constexpr auto in = Direction::to_client;
constexpr SeenStream from_start{{{.from_start = true}, {.from_start = true}}};
// What the recorded connections carry.
constexpr std::array<std::string_view, 2> sent = {"ping\n", "pong\n"};

std::string recorded(const std::string& name) {
  std::ifstream file(std::string(PCAPAUDIT_TEST_DATA) + "/tls/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string number(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string piece(Direction dir, const std::string& bytes) {
  return number(bytes.size() | (dir == in ? 0x8000U : 0U)) + bytes;
}

}  // namespace

void run(Bytes input) {
  ByteReader reader(input);
  const std::size_t size = reader.u16();
  TlsKeyStore store;
  store.add_key_log(as_text(reader.take(std::min(size, reader.remaining()))));
  store.finish();
  std::vector<Piece> pieces, cut;
  constexpr std::size_t most_pieces = 64;
  while (reader.remaining() >= 2 && pieces.size() < most_pieces) {
    const std::uint16_t head = reader.u16();
    const std::size_t length = std::min<std::size_t>(head & 0x7fffU, reader.remaining());
    const std::string bytes(as_text(reader.take(length)));
    if (bytes.empty()) continue;
    const Direction dir = (head & 0x8000U) != 0 ? in : out;
    pieces.push_back({dir, bytes});
    const std::size_t at = bytes.size() * (input.size() % 7) / 7;
    if (at > 0) cut.push_back({dir, bytes.substr(0, at)});
    cut.push_back({dir, bytes.substr(at)});
  }
  const test::Fed whole = test::feed(tls, pieces, Carrier::tcp, from_start, &store);
  const test::Fed parts = test::feed(tls, cut, Carrier::tcp, from_start, &store);
  require(whole.inside == parts.inside, "a cut changes what is decrypted");
  require(whole.records == parts.records, "a cut changes what is found");
  // Nobody else's connection can be made from these seeds: a suite without encryption could.
  for (const std::size_t side : {0U, 1U}) {
    require(sent[side].starts_with(whole.inside[side]), "text that nobody sent");
  }
}

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (const std::string name : {"tls13_keyed", "tls12_keyed"}) {
    const std::string keys = recorded(name + ".keys"), asked = recorded(name + ".c2s"),
                      answered = recorded(name + ".s2c");
    // The hello, the answer, the rest: as it was on the wire, nearly.
    const std::size_t hello =
        5 + (static_cast<std::uint8_t>(asked[3]) << 8U) + static_cast<std::uint8_t>(asked[4]);
    all.push_back(number(keys.size()) + keys + piece(out, asked.substr(0, hello)) +
                  piece(in, answered) + piece(out, asked.substr(hello)));
    all.push_back(number(keys.size()) + keys + piece(out, asked) + piece(in, answered));
  }
  return all;
}

}  // namespace pcapaudit::fuzz
