// One dissector (FUZZ_DISSECTOR) over a script of pieces: two bytes of length, whose top bit is the
// direction, then the piece. The script's first byte chooses the carrier.
//
// Beside not crashing: where a dissector reads a stream, cutting its pieces changes nothing.
#include <fstream>
#include <iterator>

#include "support/feed.hpp"
#include "target.hpp"

namespace pcapaudit {
extern const DissectorSpec FUZZ_DISSECTOR;
}

namespace pcapaudit::fuzz {
namespace {

using test::Piece;
constexpr auto out = Direction::to_server;
constexpr auto in = Direction::to_client;

std::string script(Carrier carrier, const std::vector<Piece>& pieces) {
  std::string bytes(1, carrier == Carrier::udp ? '\1' : '\0');
  for (const Piece& piece : pieces) {
    const std::size_t size = std::min<std::size_t>(piece.bytes.size(), 0x7fff);
    const std::size_t head = size | (piece.dir == in ? 0x8000U : 0U);
    bytes += static_cast<char>(head >> 8);
    bytes += static_cast<char>(head & 0xff);
    bytes += piece.bytes.substr(0, size);
  }
  return bytes;
}

std::string recorded(const std::string& name) {
  std::ifstream file(std::string(PCAPAUDIT_TEST_DATA) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A masked or plain WebSocket text frame.
std::string frame(const std::string& text, bool masked) {
  std::string bytes = "\x81";
  bytes += static_cast<char>((masked ? 0x80 : 0) | 126);
  bytes += static_cast<char>(text.size() >> 8);
  bytes += static_cast<char>(text.size() & 0xff);
  if (masked) bytes += std::string(4, '\0');
  return bytes + text;
}

}  // namespace

void run(Bytes input) {
  ByteReader reader(input);
  const Carrier carrier = (reader.u8() & 1U) != 0 ? Carrier::udp : Carrier::tcp;
  const DissectorSpec& spec = FUZZ_DISSECTOR;
  if ((spec.carriers & static_cast<std::uint8_t>(carrier)) == 0) return;
  std::vector<Piece> pieces, cut;
  constexpr std::size_t most_pieces = 64;
  while (reader.remaining() >= 2 && pieces.size() < most_pieces) {
    const std::uint16_t head = reader.u16();
    const std::size_t size = std::min<std::size_t>(head & 0x7fffU, reader.remaining());
    const std::string bytes(as_text(reader.take(size)));
    if (bytes.empty()) continue;
    const Direction dir = (head & 0x8000U) != 0 ? in : out;
    (void)spec.probe(as_bytes(bytes), carrier);
    pieces.push_back({dir, bytes});
    const std::size_t at = bytes.size() * (input.size() % 7) / 7;
    if (at > 0) cut.push_back({dir, bytes.substr(0, at)});
    cut.push_back({dir, bytes.substr(at)});
  }
  const test::Fed whole = test::feed(spec, pieces, carrier);
  if (carrier == Carrier::udp || spec.name.empty()) return;
  const test::Fed parts = test::feed(spec, cut, carrier);
  require(whole.records == parts.records, "a cut changes what is found");
}

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (const std::string name :
       {"tls/tls10", "tls/tls12_mutual", "tls/tls13_retry", "tls/tls12_refused", "http2/prior"}) {
    all.push_back(
        script(Carrier::tcp, {{out, recorded(name + ".c2s")}, {in, recorded(name + ".s2c")}}));
  }
  const std::string invite =
      "INVITE sip:b@b.example SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nCSeq: 1 INVITE\r\n"
      "f: <sip:a@a.example>;tag=1;epid=2\r\nc: application/sdp\r\nl: 48\r\n\r\n"
      "c=IN IP4 192.0.2.1\r\nm=audio 5004 RTP/AVP 0\r\na=x\r\n";
  const std::string ringing =
      "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nCSeq: 1 INVITE\r\n"
      "Content-Length: 0\r\n\r\n";
  all.push_back(script(Carrier::tcp, {{out, invite}, {in, "\r\n\r\n" + ringing}, {out, invite}}));
  all.push_back(script(Carrier::udp, {{out, invite}, {in, ringing}}));
  all.push_back(script(Carrier::tcp, {{out, frame(invite, true)}, {in, frame(ringing, false)}}));
  all.push_back(script(Carrier::tcp,
                       {{out,
                         "GET http://a.example/x?y HTTP/1.1\r\nHost: a.example\r\n"
                         "Authorization: Basic eDp5\r\n\r\nPOST /p HTTP/1.1\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n4;e=1\r\nabcd\r\n0\r\nT: x\r\n\r\n"},
                        {in,
                         "HTTP/1.1 302 Found\r\nLocation: https://a.example/\r\n"
                         "Content-Length: 3\r\n\r\nabcHTTP/1.1 100 Continue\r\n\r\n"
                         "HTTP/1.1 200 OK\r\n\r\nuntil the end"}}));
  all.push_back(script(Carrier::tcp, {{out, "CONNECT a.example:443 HTTP/1.1\r\n\r\n"},
                                      {in, "HTTP/1.0 200 OK\r\n\r\n"},
                                      {out, "\x16\x03\x01"}}));
  all.push_back(script(Carrier::tcp, {{in, "220 mail.example ESMTP\r\n"},
                                      {out, "EHLO a\r\nSTARTTLS\r\n"},
                                      {in, "220 go\r\n"},
                                      {out, recorded("tls/tls12.c2s")}}));
  using namespace std::string_literals;
  all.push_back(script(Carrier::tcp, {{out, "\x05\x01\x00"s},
                                      {in, "\x05\x00"s},
                                      {out, "\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb"s},
                                      {in, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s}}));
  all.push_back(
      script(Carrier::tcp, {{out, "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"s}}));
  all.push_back(
      script(Carrier::udp, {{out,
                             "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01\x61\x07"
                             "example\x00\x00\x01\x00\x01"s}}));
  const std::string rtp = "\x80\x00\x00\x01\x00\x00\x00\x01"s + "abcd" + std::string(20, 'v');
  all.push_back(script(Carrier::udp, {{out, rtp}, {out, rtp}, {in, rtp}}));
  std::string initial = "\xc0\x00\x00\x00\x01\x08"s + "12345678" + "\x00\x00\x44\x9e"s;
  initial.resize(1200, 'q');
  all.push_back(script(Carrier::udp, {{out, initial}, {in, initial}}));
  return all;
}

}  // namespace pcapaudit::fuzz
