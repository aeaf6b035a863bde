// The decoder's memory: fragments become datagrams, second copies are marked, all within caps.
#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include <pcapaudit/net/decoder.hpp>

#include "net/checksum.hpp"
#include "net/copies.hpp"
#include "net/defragmenter.hpp"
#include "support/packets.hpp"

using namespace pcapaudit;
using namespace pcapaudit::test;

namespace {

// One decoded packet as a line: where it stands in its datagram, and its payload; or the issue.
class Line {
 public:
  explicit Line(bool verify_checksums = false) : decoder_(verify_checksums) {}

  std::string operator()(const std::string& frame, double at_seconds = 0) {
    PacketView view = view_of(frame);
    view.time.ns = 1'700'000'000'000'000'000 + static_cast<std::int64_t>(at_seconds * 1e9);
    const auto answer = decoder_.decode(view);
    if (!answer) return std::string(to_text(answer.error()));
    constexpr std::string_view words[] = {"", "head ", "part ", "whole "};
    std::string line(words[static_cast<std::size_t>(answer->fragmentation)]);
    if (answer->fragment_overlap) line += "overlap ";
    if (answer->tiny_fragment) line += "tiny ";
    if (answer->duplicate) line += "duplicate ";
    line += std::to_string(answer->source_port) + ">" + std::to_string(answer->destination_port);
    return line + " " + std::string(as_text(answer->payload));
  }
  DecoderCounters counters() { return decoder_.take_counters(); }
  void forget() { decoder_.forget(); }

 private:
  Decoder decoder_;
};

constexpr std::uint16_t more = 0x2000;

// `offset` in bytes. UDP from 51000 to 53 unless said otherwise.
std::string piece4(std::string_view datagram, std::size_t offset, std::size_t size, bool last,
                   std::uint16_t id = 7) {
  const auto bits = static_cast<std::uint16_t>(offset / 8 | (last ? 0 : more));
  return ethernet(0x0800,
                  ipv4({.fragment = bits, .identification = id}, datagram.substr(offset, size)));
}

std::string piece6(std::string_view datagram, std::size_t offset, std::size_t size, bool last) {
  std::string header = from_hex("11 00 0000 00000007");
  header[2] = static_cast<char>(offset >> 8);
  header[3] = static_cast<char>((offset & 0xf8) | (last ? 0 : 1));
  return ethernet(0x86dd,
                  ipv6({.next_header = 44}, header + std::string(datagram.substr(offset, size))));
}

const std::string datagram = udp({}, "0123456789abcdefghijklmnopqrstuvwxyz");  // 44 bytes

}  // namespace

TEST_CASE("decoder: fragments in any order become one datagram, of IPv4 and of IPv6") {
  struct Part {
    std::size_t offset, size;
    bool last;
  };
  const std::vector<Part> parts = {{0, 16, false}, {16, 8, false}, {24, 16, false}, {40, 4, true}};
  for (const auto piece :
       {+[](const Part& p) { return piece4(datagram, p.offset, p.size, p.last); },
        +[](const Part& p) { return piece6(datagram, p.offset, p.size, p.last); }}) {
    std::vector<std::size_t> order(parts.size());
    std::iota(order.begin(), order.end(), 0);
    do {
      Line line;
      std::string last_line;
      bool head_seen = false;
      for (const std::size_t i : order) {
        last_line = line(piece(parts[i]));
        if (&parts[i] == &parts[parts.size() - 1] && order.back() != i) {
          // No payload before the datagram is whole.
          CHECK((last_line == "part 51000>53 " || last_line == "fragment"));
        }
        if (i == 0 && order.back() != 0) {
          CHECK(last_line == "head 51000>53 ");
          head_seen = true;
        }
      }
      const std::string prefix = head_seen ? "whole " : "";
      CHECK(last_line == prefix + "51000>53 0123456789abcdefghijklmnopqrstuvwxyz");
      const DecoderCounters counters = line.counters();
      CHECK(counters.fragments == 4);
      CHECK(counters.reassembled == 1);
      CHECK(counters.incomplete == 0);
    } while (std::ranges::next_permutation(order).found);
  }
}

TEST_CASE("decoder: where fragments overlap the first copy wins, and a difference is marked") {
  Line line;
  CHECK(line(piece4(datagram, 0, 24, false)) == "head 51000>53 ");
  std::string other = datagram;
  other.replace(16, 8, "XXXXXXXX");
  CHECK(line(piece4(other, 16, 16, false)) == "part 51000>53 ");
  CHECK(line(piece4(datagram, 32, 12, true)) ==
        "whole overlap 51000>53 0123456789abcdefghijklmnopqrstuvwxyz");

  // A retransmitted fragment with the same bytes is no conflict.
  Line again;
  again(piece4(datagram, 0, 24, false));
  again(piece4(datagram, 16, 16, false));
  CHECK(again(piece4(datagram, 32, 12, true)) ==
        "whole 51000>53 0123456789abcdefghijklmnopqrstuvwxyz");
}

TEST_CASE("decoder: a first fragment without its whole transport header is marked as tiny") {
  const std::string segment = tcp({.source_port = 1, .destination_port = 2}, "payload!");
  const auto piece = [&](std::size_t offset, std::size_t size, bool last) {
    const auto bits = static_cast<std::uint16_t>(offset / 8 | (last ? 0 : more));
    return ethernet(0x0800, ipv4({.protocol = 6, .fragment = bits}, segment.substr(offset, size)));
  };
  Line line;
  CHECK(line(piece(0, 8, false)) == "fragment");
  CHECK(line(piece(8, 20, true)) == "tiny 1>2 payload!");
}

TEST_CASE("decoder: fragments inside a tunnel and of a tunnel") {
  const auto outer = [](const std::string& inner, std::uint16_t bits, std::uint16_t id) {
    return ethernet(0x0800, ipv4({.protocol = 4,
                                  .source = "203.0.113.1",
                                  .destination = "203.0.113.2",
                                  .fragment = bits,
                                  .identification = id},
                                 inner));
  };
  // Two inner fragments, the first of them itself cut in two by the tunnel.
  const std::string first =
      ipv4({.fragment = more, .identification = 9}, std::string_view(datagram).substr(0, 24));
  const std::string second =
      ipv4({.fragment = 3, .identification = 9}, std::string_view(datagram).substr(24));
  Line line;
  // Its first piece ends inside the UDP header.
  CHECK(line(outer(first.substr(0, 24), more, 1)) == "fragment");
  CHECK(line(outer(first.substr(24), 3, 1)) == "head tiny 51000>53 ");
  CHECK(line(outer(second, 0, 2)) == "whole 51000>53 0123456789abcdefghijklmnopqrstuvwxyz");
  CHECK(line.counters().reassembled == 2);
}

TEST_CASE("decoder: fragments of different datagrams are never mixed") {
  Line line;
  line(piece4(datagram, 0, 24, false, 1));
  CHECK(line(piece4(datagram, 24, 20, true, 2)) == "fragment");
  CHECK(line(piece4(datagram, 24, 20, true, 1)) ==
        "whole 51000>53 0123456789abcdefghijklmnopqrstuvwxyz");
}

TEST_CASE("decoder: waiting ends after a minute, at a break of the time line, and at the caps") {
  Line late;
  late(piece4(datagram, 0, 24, false));
  CHECK(late(piece4(datagram, 24, 20, true), 61) == "fragment");
  CHECK(late.counters().incomplete == 1);

  Line broken;
  broken(piece4(datagram, 0, 24, false));
  broken.forget();
  CHECK(broken(piece4(datagram, 24, 20, true)) == "fragment");
  CHECK(broken.counters().incomplete == 1);

  Line flood;
  for (std::size_t i = 0; i < Defragmenter::max_datagrams + 10; ++i) {
    flood(piece4(datagram, 0, 24, false, static_cast<std::uint16_t>(i)));
  }
  CHECK(flood.counters().incomplete == 10);
  // The oldest went; the newest is still waited for.
  CHECK(flood(piece4(datagram, 24, 20, true, 5)) == "fragment");
  const auto newest = static_cast<std::uint16_t>(Defragmenter::max_datagrams + 9);
  CHECK(flood(piece4(datagram, 24, 20, true, newest)).starts_with("whole "));
}

TEST_CASE("decoder: fragments that cannot be are not put together") {
  struct Case {
    std::string_view name;
    std::string frame;
  };
  const std::string big(1480, 'x');
  const Case cases[] = {
      {"a middle piece of odd size", piece4(datagram, 8, 13, false)},
      {"beyond the largest datagram", piece4(big, 0, 1480, true).replace(20, 2, "\x1f\xff")},
      {"no bytes at all", piece4(datagram, 44, 0, true)},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Line line;
    CHECK(line(c.frame) == "fragment");
    line.forget();
    CHECK(line.counters().incomplete == 0);  // nothing was kept
  }
}

TEST_CASE("decoder: a second copy of a packet is marked, a repeated packet is not") {
  const auto frame = [](std::uint8_t ttl, std::uint16_t id, std::vector<VlanTag> tags = {},
                        std::string_view text = "hello") {
    return ethernet(0x0800, ipv4({.protocol = 6, .identification = id, .ttl = ttl}, tcp({}, text)),
                    tags);
  };
  struct Case {
    std::string_view name;
    std::string second;
    double after_seconds;
    bool copy;
  };
  const Case cases[] = {
      {"the same packet", frame(64, 1), 0.001, true},
      {"routed: TTL one less", frame(63, 1), 0.001, true},
      {"tagged on the way", frame(64, 1, {{.id = 12}}), 0.001, true},
      {"from another queue, earlier time", frame(64, 1), -0.001, true},
      {"a retransmission has an identification of its own", frame(64, 2), 0.001, false},
      {"other bytes", frame(64, 1, {}, "world"), 0.001, false},
      {"too late for a mirror", frame(64, 1), 0.1, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Line line;
    CHECK(line(frame(64, 1)) == "51000>443 hello");
    CHECK(line(c.second, c.after_seconds).starts_with("duplicate ") == c.copy);
    CHECK(line.counters().duplicates == (c.copy ? 1U : 0U));
  }
}

TEST_CASE("decoder: a fragment mirrored twice is counted once") {
  Line line;
  CHECK(line(piece4(datagram, 0, 24, false)) == "head 51000>53 ");
  CHECK(line(piece4(datagram, 0, 24, false)) == "part duplicate 51000>53 ");
  CHECK(line(piece4(datagram, 24, 20, true)).starts_with("whole 51000>53 "));
  CHECK(line.counters().duplicates == 1);
}

TEST_CASE("decoder: checksums matter only when asked") {
  // RFC 1071 part 3: the sum of these bytes is ddf2.
  CHECK(internet_checksum(as_bytes(from_hex("0001 f203 f4f5 f6f7"))) == 0x220d);
  // A DNS query as a host sent it (UDP checksum right), then with one bit of payload changed.
  std::string packet = ethernet(0x0800, ipv4({.protocol = 17}, udp({}, "hello")));
  const auto put = [&](std::size_t at, std::uint16_t sum) {
    packet[at] = static_cast<char>(sum >> 8);
    packet[at + 1] = static_cast<char>(sum & 0xff);
  };
  put(24, internet_checksum(as_bytes(packet).subspan(14, 20)));
  put(40, transport_checksum(*IpAddress::parse("192.0.2.1"), *IpAddress::parse("198.51.100.2"), 17,
                             as_bytes(packet).subspan(34)));
  std::string wrong = packet;
  wrong.back() = 'x';
  Line strict(true), lax(false);
  CHECK(strict(packet) == "51000>53 hello");
  CHECK(strict(wrong) == "bad-checksum");
  CHECK(lax(wrong) == "51000>53 hellx");
  // Offload leaves zero in UDP: no checksum was used (RFC 768).
  put(40, 0);
  CHECK(strict(packet, 1) == "51000>53 hello");
}

TEST_CASE("decoder: fragments of every kind in every mutation end in an answer") {
  const std::vector<std::string> frames = {
      piece4(datagram, 0, 24, false), piece6(datagram, 0, 24, false),
      piece4(datagram, 24, 20, true), piece6(datagram, 24, 20, true)};
  Line line(true);
  std::size_t answers = 0;
  for (const std::string& frame : frames) {
    for (std::size_t at = 0; at < frame.size(); ++at) {
      for (const char flip : {'\x01', '\x20', '\x80', '\xff'}) {
        std::string changed = frame;
        changed[at] = static_cast<char>(changed[at] ^ flip);
        answers += line(changed).empty() ? 0 : 1;
        answers += line(frame.substr(0, at)).empty() ? 0 : 1;
      }
    }
  }
  CHECK(answers > 0);
  const DecoderCounters counters = line.counters();
  CHECK(counters.reassembled + counters.incomplete <= counters.fragments);
}
