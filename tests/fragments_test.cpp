// Fragments in every order over the whole line: the flow is the same as if its datagram had
// travelled whole, whatever comes behind it, from a file, from gzip and from standard input.
//
// Built for the sanitizers this is also the test of who owns the bytes of a datagram.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include "net/decoder.hpp"
#include "run/pipeline.hpp"
#include "support/packets.hpp"
#include "support/temp_dir.hpp"

using namespace pcapaudit;
using namespace pcapaudit::test;

namespace {

constexpr std::uint16_t more_fragments = 0x2000;

struct Piece {
  std::size_t offset = 0, size = 0;
  bool last = false;
};

// A datagram in `count` pieces of about the same size.
std::vector<Piece> cut(std::size_t size, std::size_t count) {
  std::vector<Piece> pieces;
  const std::size_t step = ((size + count - 1) / count + 7) / 8 * 8;
  for (std::size_t at = 0; at < size; at += step) {
    pieces.push_back({.offset = at, .size = std::min(step, size - at), .last = at + step >= size});
  }
  return pieces;
}

const std::string invite =
    "INVITE sip:bob@example.org SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776asdhds\r\n"
    "Max-Forwards: 70\r\nTo: <sip:bob@example.org>\r\n"
    "From: <sip:alice@example.org>;tag=1928301774\r\n"
    "Call-ID: a84b4c76e66710\r\nCSeq: 314159 INVITE\r\n"
    "Contact: <sip:alice@192.0.2.1>\r\nContent-Length: 0\r\n\r\n";

// A fragment of a datagram from `port` to SIP, whose identification is the port.
std::string fragment4(std::string_view datagram, const Piece& piece, std::uint16_t port) {
  const auto bits =
      static_cast<std::uint16_t>(piece.offset / 8 | (piece.last ? 0 : more_fragments));
  return ethernet(0x0800, ipv4({.fragment = bits, .identification = port},
                               datagram.substr(piece.offset, piece.size)));
}

std::string fragment6(std::string_view datagram, const Piece& piece, std::uint16_t port) {
  std::string header = from_hex("11 00 0000 00000000");
  header[2] = static_cast<char>(piece.offset >> 8);
  header[3] = static_cast<char>((piece.offset & 0xf8) | (piece.last ? 0 : 1));
  header[6] = static_cast<char>(port >> 8);
  header[7] = static_cast<char>(port & 0xff);
  return ethernet(0x86dd, ipv6({.next_header = 44},
                               header + std::string(datagram.substr(piece.offset, piece.size))));
}

// Another host's datagram, as long as those that are put together: freed memory goes to the next.
std::string unrelated(std::size_t number, std::size_t size) {
  return ethernet(0x0800, ipv4({.source = "203.0.113.9", .destination = "203.0.113.10"},
                               udp({.source_port = 7000, .destination_port = 7001},
                                   std::string(size, static_cast<char>('A' + number % 26)))));
}

std::string little(std::uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

// Packets a millisecond apart.
std::string pcap(const std::vector<std::string>& frames) {
  std::string file = from_hex("d4c3b2a1 02000400 00000000 00000000 00000400 01000000");
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto size = static_cast<std::uint32_t>(frames[i].size());
    file += little(1'700'000'000 + static_cast<std::uint32_t>(i / 1000));
    file += little(static_cast<std::uint32_t>(i % 1000) * 1000) + little(size) + little(size);
    file += frames[i];
  }
  return file;
}

std::string gzip(const std::string& plain) {
  std::string packed(plain.size() + 1000, '\0');
  z_stream stream{};
  constexpr int gzip_window = 15 + 16, memory_level = 8;
  REQUIRE(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window, memory_level,
                       Z_DEFAULT_STRATEGY) == Z_OK);
  std::string input = plain;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

class Collector final : public FlowSink {
 public:
  Result<void> accept(std::span<AuditedFlow> flows, std::span<const LatePacket>) override {
    for (AuditedFlow& it : flows) closed.push_back(std::move(it.flow));
    return {};
  }
  Result<void> mark_unheard(std::span<const std::uint64_t>) override { return {}; }

  std::vector<ClosedFlow> closed;
};

enum class Way : std::uint8_t { file, gzip, standard_input };

// Standard input from a file, as long as it lives.
class Redirected {
 public:
  explicit Redirected(const std::string& path) : before_(::dup(STDIN_FILENO)) {
    const int descriptor = ::open(path.c_str(), O_RDONLY);
    ::dup2(descriptor, STDIN_FILENO);
    ::close(descriptor);
  }
  ~Redirected() {
    ::dup2(before_, STDIN_FILENO);
    ::close(before_);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

 private:
  int before_;
};

struct Seen {
  std::map<std::uint16_t, std::string> flows;  // by client port, those to SIP's port
  CaptureSummary summary;
};

std::string line(const ClosedFlow& flow) {
  std::string text = flow.app + " " + std::to_string(flow.packets[0]) + " packets " +
                     std::to_string(flow.bytes[0]) + " bytes " +
                     std::to_string(flow.payload_bytes[0]) + " payload";
  const SipFacts* sip = flow.sip();
  if (sip != nullptr) text += " " + std::to_string(sip->requests) + " requests";
  for (std::size_t i = 0; i < anomaly_count; ++i) {
    if (flow.anomalies[i] > 0) text += " " + std::string(to_text(static_cast<Anomaly>(i)));
  }
  return text;
}

Seen read(const std::vector<std::string>& frames, Way way = Way::file, unsigned workers = 1) {
  const test::TempDir folder;
  const std::string file = pcap(frames);
  const std::string path = folder.write("capture", way == Way::gzip ? gzip(file) : file);
  std::optional<Redirected> redirected;
  if (way == Way::standard_input) redirected.emplace(path);
  Collector collector;
  const auto summary = run({.inputs = {way == Way::standard_input ? "-" : path},
                            .source = {},
                            .workers = workers,
                            .progress = {},
                            .interrupted = nullptr},
                           collector);
  REQUIRE(summary);
  Seen seen;
  seen.summary = summary->captures.front();
  for (const ClosedFlow& flow : collector.closed) {
    if (flow.server.port == 5060) seen.flows[flow.client.port] = line(flow);
  }
  return seen;
}

std::size_t total(const std::vector<std::string>& frames) {
  std::size_t sum = 0;
  for (const std::string& frame : frames) sum += frame.size();
  return sum;
}

}  // namespace

TEST_CASE("fragments: every order of up to five, over every way in, before anything else") {
  std::vector<std::string> alone, followed;
  std::map<std::uint16_t, std::string> want;
  std::uint16_t port = 20000;
  for (const auto fragment : {fragment4, fragment6}) {
    for (std::size_t count = 1; count <= 5; ++count) {
      const auto pieces = cut(8 + invite.size(), count);
      REQUIRE(pieces.size() == count);
      std::vector<std::size_t> order(count);
      std::iota(order.begin(), order.end(), 0);
      do {
        ++port;
        const std::string datagram = udp({.source_port = port, .destination_port = 5060}, invite);
        std::vector<std::string> frames;
        for (const std::size_t i : order) frames.push_back(fragment(datagram, pieces[i], port));
        want[port] = "sip " + std::to_string(count) + " packets " + std::to_string(total(frames)) +
                     " bytes " + std::to_string(invite.size()) + " payload 1 requests";
        for (const std::string& frame : frames) {
          alone.push_back(frame);
          followed.push_back(frame);
          followed.push_back(unrelated(followed.size(), invite.size()));
        }
      } while (std::ranges::next_permutation(order).found);
    }
  }
  for (const Way way : {Way::file, Way::gzip, Way::standard_input}) {
    for (const unsigned workers : {0U, 1U, 3U}) {
      CAPTURE(static_cast<int>(way), workers);
      for (const auto& frames : {alone, followed}) {
        const Seen seen = read(frames, way, workers);
        CHECK(seen.flows == want);
        CHECK(seen.summary.packets.decoded == frames.size());
        CHECK(seen.summary.packets.reassembled == want.size() - 2);  // two came whole
        CHECK(seen.summary.packets.incomplete == 0);
      }
    }
  }
}

TEST_CASE("fragments: a datagram that is the last thing of a capture") {
  const std::string datagram = udp({.source_port = 5070, .destination_port = 5060}, invite);
  const auto pieces = cut(datagram.size(), 2);
  const std::string head = fragment4(datagram, pieces[0], 1),
                    tail = fragment4(datagram, pieces[1], 1);
  for (const unsigned workers : {0U, 1U}) {
    const Seen forwards = read({head, tail}, Way::file, workers);
    const Seen backwards = read({tail, head}, Way::file, workers);
    CHECK(forwards.flows.at(5070).starts_with("sip 2 packets "));
    CHECK(forwards.flows == backwards.flows);
  }
}

TEST_CASE("fragments: overlapping and repeated ones, and a first one that is too short") {
  const std::string datagram = udp({.source_port = 5070, .destination_port = 5060}, invite);
  const std::size_t size = datagram.size(), middle = size / 16 * 8;
  std::string other = datagram;
  other[middle + 1] = '#';
  struct Case {
    std::string_view name;
    std::vector<std::pair<const std::string*, Piece>> pieces;
    std::size_t packets;
    std::string_view anomaly;
  };
  const Piece first{0, middle + 16, false}, second{middle, size - middle, true};
  const Case cases[] = {
      {"overlapping, same bytes", {{&datagram, first}, {&datagram, second}}, 2, ""},
      {"overlapping, other bytes", {{&datagram, first}, {&other, second}}, 2, "fragment-overlap"},
      {"inside of another",
       {{&datagram, first}, {&datagram, {8, 8, false}}, {&datagram, second}},
       3,
       ""},
      {"nothing but the transport header",
       {{&datagram, {0, 8, false}}, {&datagram, {8, middle, false}}, {&datagram, second}},
       3,
       ""},
  };
  for (const Case& c : cases) {
    std::vector<std::size_t> order(c.pieces.size());
    std::iota(order.begin(), order.end(), 0);
    do {
      // What comes behind a whole datagram begins another one, as hosts see it.
      if (c.name == "inside of another" && order.back() == 1) continue;
      std::vector<std::string> frames;
      for (const std::size_t i : order) {
        frames.push_back(fragment4(*c.pieces[i].first, c.pieces[i].second, 9));
      }
      const std::size_t bytes = total(frames);
      for (const bool followed : {false, true}) {
        if (followed) frames.push_back(unrelated(1, invite.size()));
        for (const unsigned workers : {0U, 1U}) {
          CAPTURE(c.name, followed, workers);
          const Seen seen = read(frames, Way::file, workers);
          REQUIRE(seen.flows.contains(5070));
          const std::string& flow = seen.flows.at(5070);
          CHECK(flow.find(" " + std::to_string(c.packets) + " packets " + std::to_string(bytes) +
                          " bytes") != std::string::npos);
          CHECK((flow.find("fragment-overlap") != std::string::npos) == !c.anomaly.empty());
          // Which copy of a byte wins depends on which came first; without a conflict nothing does.
          if (c.anomaly.empty()) CHECK(flow.starts_with("sip "));
          CHECK(seen.summary.packets.incomplete == 0);
        }
      }
    } while (std::ranges::next_permutation(order).found);
  }
}

TEST_CASE("fragments: what never becomes whole is told, and is no payload") {
  const std::string datagram = udp({.source_port = 5070, .destination_port = 5060}, invite);
  const auto pieces = cut(datagram.size(), 3);
  for (std::size_t lost = 0; lost < 3; ++lost) {
    std::vector<std::string> frames;
    for (std::size_t i = 3; i-- > 0;) {
      if (i != lost) frames.push_back(fragment4(datagram, pieces[i], 9));
    }
    CAPTURE(lost);
    const Seen seen = read(frames);
    CHECK(seen.summary.packets.incomplete == 1);
    if (lost == 0) {
      CHECK(seen.flows.empty());
      CHECK(seen.summary.packets.issues[static_cast<std::size_t>(DecodeIssue::fragment)] == 2);
      continue;
    }
    const std::string& flow = seen.flows.at(5070);
    CHECK(flow.starts_with("unknown 2 packets " + std::to_string(total(frames)) +
                           " bytes 0 payload"));
    CHECK(flow.find("fragment-lost") != std::string::npos);
  }
}

// An HTTP request in a segment that travelled in fragments.
TEST_CASE("fragments: a TCP segment in every order is the same request") {
  const std::string request = "GET /one HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
  const auto segment = [](std::uint8_t flags, std::uint32_t sequence, std::string_view text) {
    return tcp(
        {.source_port = 5071, .destination_port = 5060, .sequence = sequence, .flags = flags},
        text);
  };
  const auto whole = [](const std::string& bytes, std::uint16_t id) {
    return ethernet(0x0800, ipv4({.protocol = 6, .identification = id}, bytes));
  };
  const std::string data = segment(TcpHeader::ack | TcpHeader::psh, 1001, request);
  for (std::size_t count = 2; count <= 4; ++count) {
    const auto pieces = cut(data.size(), count);
    std::vector<std::size_t> order(pieces.size());
    std::iota(order.begin(), order.end(), 0);
    do {
      std::vector<std::string> frames = {whole(segment(TcpHeader::syn, 1000, ""), 1)};
      for (const std::size_t i : order) {
        const Piece& piece = pieces[i];
        const auto bits =
            static_cast<std::uint16_t>(piece.offset / 8 | (piece.last ? 0 : more_fragments));
        frames.push_back(
            ethernet(0x0800, ipv4({.protocol = 6, .fragment = bits, .identification = 2},
                                  data.substr(piece.offset, piece.size))));
      }
      const Seen seen = read(frames);
      CHECK(seen.flows.at(5071).starts_with("http " + std::to_string(frames.size()) + " packets " +
                                            std::to_string(total(frames)) + " bytes " +
                                            std::to_string(request.size()) + " payload"));
    } while (std::ranges::next_permutation(order).found);
  }
}
