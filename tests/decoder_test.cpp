// The decoder's memory: fragments become datagrams, second copies are marked, all within caps.
#include "net/decoder.hpp"

#include <algorithm>
#include <numeric>

#include <catch2/catch.hpp>

#include "net/checksum.hpp"
#include "net/copies.hpp"
#include "net/defragmenter.hpp"
#include "support/packet_samples.hpp"

using namespace pcapaudit;
using namespace pcapaudit::test;

namespace {

// One decoded packet as a line: where it stands in its datagram, and its payload; or the issue.
class Line {
 public:
  explicit Line(bool verify_checksums = false) : decoder_({.verify_checksums = verify_checksums}) {}

  std::string operator()(const std::string& frame, double at_seconds = 0) {
    PacketView view = view_of(frame);
    view.time.ns = 1'700'000'000'000'000'000 + static_cast<std::int64_t>(at_seconds * 1e9);
    const auto answer = decoder_.decode(view);
    if (!answer) return std::string(to_text(answer.error()));
    constexpr std::string_view words[] = {"", "head ", "part ", "whole ", "whole-head "};
    std::string line(words[static_cast<std::size_t>(answer->fragmentation)]);
    if (answer->fragment_overlap) line += "overlap ";
    if (answer->tiny_fragment) line += "tiny ";
    if (answer->duplicate) line += "duplicate ";
    if (!answer->earlier.empty()) line += "+" + std::to_string(answer->earlier.packets) + " ";
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
      std::size_t before = 0;
      for (const std::size_t i : order) {
        last_line = line(piece(parts[i]));
        if (&parts[i] == &parts[parts.size() - 1] && order.back() != i) {
          // No payload before the datagram is whole.
          CHECK((last_line == "part 51000>53 " || last_line == "fragment"));
        }
        if (i == 0 && order.back() != 0) {
          const std::string earlier = before > 0 ? "+" + std::to_string(before) + " " : "";
          CHECK(last_line == "head " + earlier + "51000>53 ");
          head_seen = true;
        }
        ++before;
      }
      const std::string prefix = head_seen ? "whole " : "whole-head +3 ";
      CHECK(last_line == prefix + "51000>53 0123456789abcdefghijklmnopqrstuvwxyz");
      const DecoderCounters counters = line.counters();
      CHECK(counters.fragments == 4);
      CHECK(counters.reassembled == 1);
      CHECK(counters.incomplete == 0);
      CHECK(counters.decoded == 4);
      CHECK(std::ranges::count(counters.issues, 0U) == std::ssize(counters.issues));
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

  // In IPv6 the datagram is discarded.
  const auto piece6 = [&](std::string_view bytes, std::size_t offset, std::size_t size, bool last) {
    std::string header = from_hex("11 00 0000 00000007");
    header[3] = static_cast<char>(offset | (last ? 0 : 1));
    return ethernet(0x86dd,
                    ipv6({.next_header = 44}, header + std::string(bytes.substr(offset, size))));
  };
  for (const bool conflicts : {false, true}) {
    Line six;
    CHECK(six(piece6(datagram, 0, 24, false)) == "head 51000>53 ");
    CHECK(six(piece6(conflicts ? other : datagram, 16, 16, false)) ==
          (conflicts ? "part overlap 51000>53 " : "part 51000>53 "));
    CHECK(six(piece6(datagram, 32, 12, true)) ==
          (conflicts ? "part 51000>53 " : "whole 51000>53 0123456789abcdefghijklmnopqrstuvwxyz"));
  }

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
  CHECK(line(piece(8, 20, true)) == "whole-head tiny +1 1>2 payload!");
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
  CHECK(line(outer(first.substr(24), 3, 1)) == "head tiny +1 51000>53 ");
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
  constexpr std::size_t of_one_source = Defragmenter::max_datagrams / Defragmenter::shares;
  for (std::size_t i = 0; i < of_one_source + 10; ++i) {
    flood(piece4(datagram, 0, 24, false, static_cast<std::uint16_t>(i)));
  }
  CHECK(flood.counters().incomplete == 10);
  // The oldest went; the newest is still waited for.
  CHECK(flood(piece4(datagram, 24, 20, true, 5)) == "fragment");
  const auto newest = static_cast<std::uint16_t>(of_one_source + 9);
  CHECK(flood(piece4(datagram, 24, 20, true, newest)).starts_with("whole "));
}

TEST_CASE("decoder: floods of fragments leave a datagram whose flow is known") {
  const auto from = [](std::size_t host, std::size_t offset, std::uint16_t id) {
    const std::string source =
        "10.1." + std::to_string(host / 250) + "." + std::to_string(1 + host % 250);
    const auto bits = static_cast<std::uint16_t>(offset / 8 | more);
    return ethernet(0x0800, ipv4({.source = source, .fragment = bits, .identification = id},
                                 std::string(8, 'x')));
  };
  Line line;
  CHECK(line(piece4(datagram, 0, 24, false)) == "head 51000>53 ");
  constexpr std::size_t packets = 3 * Defragmenter::max_datagrams;
  // Far offsets, many hosts: memory follows what came, not where it stands.
  for (std::size_t i = 0; i < packets; ++i) {
    line(from(i % 5000, 65'000, static_cast<std::uint16_t>(i)));
  }
  CHECK(line(piece4(datagram, 24, 20, true)).starts_with("whole 51000>53 "));
  line.forget();
  const DecoderCounters counters = line.counters();
  CHECK(counters.incomplete == packets);
  CHECK(counters.issues[static_cast<std::size_t>(DecodeIssue::fragment)] == packets);
  CHECK(counters.decoded == 2);
}

TEST_CASE("decoder: one datagram of the smallest fragments, in an order that makes most gaps") {
  const std::string large = udp({.length = 60'000}, std::string(59'992, 'x'));
  Line line;
  const std::size_t count = large.size() / 8;
  std::string last;
  for (const std::size_t first : {std::size_t{1}, std::size_t{0}}) {
    for (std::size_t i = first; i < count; i += 2) {
      last = line(piece4(large, i * 8, 8, i + 1 == count));
    }
  }
  CHECK(last.size() > 59'992);
  CHECK(line.counters().reassembled == 1);
}

TEST_CASE("decoder: a datagram whose end is contradicted never becomes whole") {
  struct Case {
    std::string_view name;
    std::string third;
  };
  const std::string longer = datagram + "12345678901234567890";
  const Case cases[] = {
      {"bytes behind the end", piece4(longer, 48, 8, false)},
      {"a second end", piece4(longer, 40, 16, true)},
      {"an end before other bytes", piece4(datagram, 8, 8, true)},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Line line;
    line(piece4(datagram, 0, 16, false));
    line(piece4(datagram, 24, 20, true));
    CHECK(line(c.third) == "part 51000>53 ");
    CHECK(line(piece4(datagram, 16, 8, false)) == "part 51000>53 ");
    line.forget();
    CHECK(line.counters().incomplete == 1);
  }
}

TEST_CASE("decoder: a packet is counted once, whatever became of it") {
  Line line;
  const std::string second = piece4(datagram, 24, 20, true);
  CHECK(line(second) == "fragment");
  CHECK(line(second) == "fragment");  // a mirror's second copy
  CHECK(line(piece4(datagram, 0, 24, false)).starts_with("whole-head +1 "));
  CHECK(line(second) == "fragment");  // a third one
  DecoderCounters counters = line.counters();
  CHECK(counters.decoded == 4);
  CHECK(counters.duplicates == 2);
  CHECK(counters.issues[static_cast<std::size_t>(DecodeIssue::fragment)] == 0);

  // Nothing ever tells whose these are.
  line(piece4(datagram, 8, 8, false, 1));
  line(piece4(datagram, 24, 20, true, 1));
  line.forget();
  counters = line.counters();
  CHECK(counters.decoded == 0);
  CHECK(counters.issues[static_cast<std::size_t>(DecodeIssue::fragment)] == 2);

  // What becomes whole and is no flow counts as that, with all its fragments.
  const std::string arp = ethernet(0x0806, zeros(30));
  const auto gre = [&](std::size_t offset, std::size_t size, bool last) {
    const auto bits = static_cast<std::uint16_t>(offset / 8 | (last ? 0 : more));
    const std::string whole = from_hex("0000 88be") + arp;
    return ethernet(0x0800, ipv4({.protocol = 47, .fragment = bits, .identification = 3},
                                 whole.substr(offset, size)));
  };
  CHECK(line(gre(16, 32, true)) == "fragment");
  CHECK(line(gre(0, 16, false)) == "not-ip");
  CHECK(line.counters().issues[static_cast<std::size_t>(DecodeIssue::not_ip)] == 2);
}

TEST_CASE("decoder: a later fragment inside a tunnel waits as any other") {
  const auto vxlan = [](const std::string& frame) {
    return over_udp(4789, from_hex("08000000 00007b00") + frame);
  };
  Line line;
  CHECK(line(vxlan(piece4(datagram, 24, 20, true))) == "fragment");
  CHECK(line(vxlan(piece4(datagram, 0, 24, false))).starts_with("whole-head +1 51000>53 "));
}

TEST_CASE("decoder: the usual and the named ports of VXLAN") {
  const std::string odd_port = over_udp(12345, from_hex("08000000 00007b00") + inner_frame());
  Decoder usual, named({.vxlan_ports = {12345}});
  CHECK(usual.decode(view_of(odd_port))->tunnel == Tunnel::none);
  CHECK(named.decode(view_of(odd_port))->tunnel == Tunnel::vxlan);
}

TEST_CASE("decoder: fragments that cannot be are not put together") {
  struct Case {
    std::string_view name;
    std::string frame;
  };
  const std::string big(1480, 'x');
  const Case cases[] = {
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

TEST_CASE("decoder: of a fragment of odd size the whole units count") {
  Line line;
  CHECK(line(piece4(datagram, 0, 21, false)) == "head 51000>53 ");
  CHECK(line(piece4(datagram, 16, 28, true)) ==
        "whole 51000>53 0123456789abcdefghijklmnopqrstuvwxyz");
  CHECK(line(piece4(datagram, 8, 5, false, 2)) == "fragment");
  line.forget();
  CHECK(line.counters().incomplete == 0);  // nothing was kept
}

TEST_CASE("decoder: a first fragment that was cut announces a datagram that never comes") {
  const std::string frame = piece4(datagram, 0, 24, false);
  Decoder decoder;
  const auto cut = decoder.decode(view_of(std::string_view(frame).substr(0, frame.size() - 4),
                                          ethernet_link, static_cast<std::uint32_t>(frame.size())));
  REQUIRE(cut);
  CHECK(cut->fragmentation == Fragmentation::head);
  CHECK(cut->payload_length > cut->payload.size());
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
      {"tagged and tagged again", frame(64, 1, {{.id = 7}, {.id = 8}}), 0.0001, true},
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

TEST_CASE("decoder: what tunnels carry is compared as well") {
  // A SYN and its answer in a tunnel that is not unwrapped: the same ends, length, checksum and
  // (IPv6) no identification, as an inner checksum makes up for what differs.
  const auto around = [](std::string_view inner) {
    return ethernet(0x86dd, ipv6({}, udp({.source_port = 50000, .destination_port = 9999},
                                         from_hex("08000000 00007b00") + std::string(inner))));
  };
  const std::string padding(12, '\0');
  const std::string syn = around(padding + "SYN 1234" + padding);
  const std::string answer = around(padding + "1234 SYN" + padding);
  Line line;
  line(syn);
  CHECK_FALSE(line(answer, 0.0001).starts_with("duplicate "));
  CHECK(line(syn, 0.0002).starts_with("duplicate "));
  // The same bytes in a tunnel and outside of it are two packets.
  const std::string bare = ethernet(0x0800, ipv4({}, udp({}, "hello")));
  line(bare, 1);
  CHECK_FALSE(line(over_udp(4789, from_hex("08000000 00007b00") + bare), 1).starts_with("dup"));
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
