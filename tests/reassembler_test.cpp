// TCP segments in any order come out in order, once, with what is missing named.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "flow/stream/tcp_reassembler.hpp"

namespace pcapaudit {
namespace {

// Writes bytes as they are and a gap as "[n]".
class Transcript final : public TcpReassembler::Output {
 public:
  void bytes(Bytes in_order) override { text += as_text(in_order); }
  void gap(std::uint64_t missing, Unread) override { text += "[" + std::to_string(missing) + "]"; }
  std::size_t unread(std::size_t count) const override { return std::min(passed_over, count); }
  std::string text;
  std::size_t passed_over = 0;  // of the next bytes
};

struct Segment {
  std::uint32_t offset;  // from the first byte of the stream
  std::string bytes;
  std::uint32_t length = 0;  // 0: as long as bytes
};

std::string reassemble(const std::vector<Segment>& segments, std::uint32_t syn = 999,
                       bool with_syn = true) {
  TcpReassembler tcp;
  Transcript out;
  if (with_syn) tcp.start(syn);
  for (const Segment& segment : segments) {
    const std::uint32_t length =
        segment.length == 0 ? static_cast<std::uint32_t>(segment.bytes.size()) : segment.length;
    tcp.push(syn + 1 + segment.offset, as_bytes(segment.bytes), length, out);
  }
  tcp.flush(out);
  return out.text;
}

TEST_CASE("reassembler: order, repetition, overlap, loss") {
  struct Case {
    const char* name;
    std::vector<Segment> segments;
    const char* want;
  };
  const Case cases[] = {
      {"in order", {{0, "abc"}, {3, "def"}}, "abcdef"},
      {"swapped", {{3, "def"}, {0, "abc"}}, "abcdef"},
      {"last first", {{6, "g"}, {3, "def"}, {0, "abc"}}, "abcdefg"},
      {"repeated", {{0, "abc"}, {0, "abc"}, {3, "d"}}, "abcd"},
      {"overlap, first copy wins", {{0, "abc"}, {1, "XYd"}}, "abcd"},
      {"early overlap, first copy wins", {{2, "cd"}, {2, "XYe"}, {0, "ab"}}, "abcde"},
      {"a segment that covers two", {{0, "abcdef"}, {2, "cd"}, {6, "g"}}, "abcdefg"},
      {"lost at the start", {{3, "def"}}, "[3]def"},
      {"lost in the middle", {{0, "ab"}, {5, "fg"}}, "ab[3]fg"},
      {"two holes", {{0, "a"}, {2, "c"}, {4, "e"}}, "a[1]c[1]e"},
      {"cut by the snap length", {{0, "ab", 5}, {5, "fg"}}, "ab[3]fg"},
      {"keep-alive", {{0, "abc"}, {2, "c"}, {3, "d"}}, "abcd"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CHECK(reassemble(c.segments) == c.want);
    CHECK(reassemble(c.segments, 0xfffffffd) == c.want);  // the numbers wrap inside
  }
}

TEST_CASE("reassembler: without a SYN the first segment is the start") {
  CHECK(reassemble({{10, "abc"}, {13, "def"}}, 999, false) == "abcdef");
}

TEST_CASE("reassembler: every order of a stream's segments gives the stream") {
  std::vector<Segment> segments = {{0, "ab"}, {2, "cde"}, {5, "f"}, {6, "ghi"}, {4, "ef"}};
  std::sort(segments.begin(), segments.end(),
            [](const Segment& a, const Segment& b) { return a.offset < b.offset; });
  do {
    CHECK(reassemble(segments) == "abcdefghi");
  } while (std::next_permutation(
      segments.begin(), segments.end(),
      [](const Segment& a, const Segment& b) { return a.offset < b.offset; }));
}

TEST_CASE("reassembler: differing copies and retransmissions are counted") {
  TcpReassembler tcp;
  Transcript out;
  tcp.start(0);
  tcp.push(11, as_bytes("abc"), 3, out);
  tcp.push(11, as_bytes("aXc"), 3, out);
  CHECK(tcp.conflicts() == 1);
  CHECK(tcp.retransmitted() == 1);
  tcp.push(1, as_bytes("0123456789"), 10, out);
  tcp.push(1, as_bytes("0123456789"), 10, out);
  CHECK(tcp.retransmitted() == 2);
  CHECK(out.text == "0123456789abc");
}

TEST_CASE("reassembler: a copy with other bytes is a conflict until the peer has the first one") {
  const std::string text = "GET /public HTTP/1.1\r\nHost: a.example\r\n\r\n";
  // Every cut of the first copy, every range of the second, every byte of it changed.
  for (std::size_t cut = 0; cut < text.size(); cut += 3) {
    for (std::size_t begin = 0; begin < text.size(); begin += 5) {
      for (std::size_t end = begin + 1; end <= text.size(); end += 4) {
        const auto conflicts = [&](std::size_t changed, std::uint32_t acknowledged) {
          TcpReassembler tcp;
          Transcript out;
          tcp.start(0);
          const auto push = [&](std::size_t at, std::string_view bytes) {
            tcp.push(1 + static_cast<std::uint32_t>(at), as_bytes(bytes),
                     static_cast<std::uint32_t>(bytes.size()), out);
          };
          push(0, std::string_view(text).substr(0, cut));
          push(cut, std::string_view(text).substr(cut));
          tcp.acknowledge(1 + acknowledged);
          std::string copy = text.substr(begin, end - begin);
          if (changed < copy.size()) copy[changed] = '~';
          push(begin, copy);
          CHECK(out.text == text);
          return tcp.conflicts();
        };
        REQUIRE(conflicts(end, 0) == 0);
        REQUIRE(conflicts(0, 0) == 1);
        REQUIRE(conflicts(end - begin - 1, 0) == 1);
        REQUIRE(conflicts(0, static_cast<std::uint32_t>(text.size())) == 0);
      }
    }
  }
}

TEST_CASE("reassembler: an acknowledgment that came before the bytes does not settle them") {
  for (const std::uint32_t ahead : {4U, 6U, 100U}) {
    for (const bool acknowledged_again : {false, true}) {
      TcpReassembler tcp;
      Transcript out;
      tcp.start(0);
      tcp.push(1, as_bytes("ab"), 2, out);
      tcp.acknowledge(1 + ahead);
      for (std::uint32_t i = 0; i < 4; ++i) {
        tcp.push(3 + i, as_bytes(std::string_view("cdef").substr(i, 1)), 1, out);
      }
      CHECK(tcp.conflicts() == 0);
      tcp.acknowledge(3);
      if (acknowledged_again) tcp.acknowledge(1 + ahead);
      tcp.push(1, as_bytes("Xb"), 2, out);  // was there before the acknowledgment
      CHECK(tcp.conflicts() == 0);
      tcp.push(3, as_bytes("cdef"), 4, out);
      CHECK(tcp.conflicts() == 0);
      tcp.push(3, as_bytes("cdXX"), 4, out);
      CHECK(tcp.conflicts() == (acknowledged_again && ahead >= 6 ? 0 : 1));
      CHECK(out.text == "abcdef");
    }
  }
}

TEST_CASE("reassembler: bytes of tiny segments are held against their copies, too") {
  TcpReassembler tcp;
  Transcript out;
  tcp.start(0);
  constexpr std::uint32_t count = 40'000;
  for (std::uint32_t i = 0; i < count; ++i) tcp.push(1 + i, as_bytes("x"), 1, out);
  tcp.push(1 + count - 8000, as_bytes("xxx"), 3, out);
  CHECK(tcp.conflicts() == 0);
  tcp.push(1 + count - 8000, as_bytes("xxy"), 3, out);
  CHECK(tcp.conflicts() == 1);
  tcp.push(1, as_bytes("xxx"), 3, out);  // no longer known
  CHECK(tcp.conflicts() == 2);
}

TEST_CASE("reassembler: segments that wait are held against each other, too") {
  TcpReassembler tcp;
  Transcript out;
  tcp.start(0);
  tcp.push(3, as_bytes("cdef"), 4, out);
  tcp.push(5, as_bytes("Xfgh"), 4, out);
  tcp.push(1, as_bytes("ab"), 2, out);
  CHECK(out.text == "abcdefgh");
  CHECK(tcp.conflicts() == 1);
}

TEST_CASE("reassembler: what can no longer be compared is a conflict") {
  TcpReassembler tcp;
  Transcript out;
  tcp.start(0);
  const std::string block(8 * 1024, 'x');
  const auto push = [&](std::uint32_t at) { tcp.push(1 + at * 8192, as_bytes(block), 8192, out); };
  for (std::uint32_t i = 0; i < 4; ++i) push(i);
  push(3);
  CHECK(tcp.conflicts() == 0);
  push(0);
  CHECK(tcp.conflicts() == 1);
  tcp.acknowledge(1 + 4 * 8192);
  push(0);
  CHECK(tcp.conflicts() == 1);
}

TEST_CASE("reassembler: only bytes that somebody reads are held against their copies") {
  TcpReassembler tcp;
  Transcript out;
  tcp.start(0);
  out.passed_over = 4;
  tcp.push(1, as_bytes("bodyhead"), 8, out);
  tcp.push(1, as_bytes("XXXXhead"), 8, out);
  CHECK(tcp.conflicts() == 0);
  tcp.push(1, as_bytes("bodyXead"), 8, out);
  CHECK(tcp.conflicts() == 1);
  // What was never kept was not forgotten.
  const std::string block(TcpReassembler::max_sent_bytes, 'x');
  const auto size = static_cast<std::uint32_t>(block.size());
  tcp.acknowledge(9);
  out.passed_over = block.size();
  tcp.push(9, as_bytes(block), size, out);
  out.passed_over = 0;
  for (std::uint32_t i = 1; i < 3; ++i) tcp.push(9 + i * size, as_bytes(block), size, out);
  tcp.push(9, as_bytes(block), size, out);
  CHECK(tcp.conflicts() == 1);
  tcp.push(9 + size, as_bytes(block), size, out);
  CHECK(tcp.conflicts() == 2);
}

TEST_CASE("reassembler: a segment half the circle away is not taken") {
  for (const std::uint32_t ahead : {0x80000000U, 0x7fffffffU, 0x80000001U, 0x40000001U}) {
    TcpReassembler tcp;
    Transcript out;
    tcp.start(0);
    CHECK(tcp.push(1, as_bytes("ab"), 2, out));
    CHECK_FALSE(tcp.push(3 + ahead, as_bytes("x"), 1, out));
    CHECK(tcp.push(3, as_bytes("cd"), 2, out));
    tcp.flush(out);
    CHECK(out.text == "abcd");
  }
}

TEST_CASE("reassembler: beyond its cap it gives up the missing bytes and keeps on") {
  TcpReassembler tcp;
  Transcript out;
  tcp.start(0);
  const std::string block(64 * 1024, 'x');
  std::uint32_t sequence = 11;  // ten bytes are missing
  for (int i = 0; i < 5; ++i) {
    tcp.push(sequence, as_bytes(block), static_cast<std::uint32_t>(block.size()), out);
    sequence += static_cast<std::uint32_t>(block.size());
  }
  CHECK(out.text.starts_with("[10]xxx"));
  CHECK(out.text.size() == 4 + 5 * block.size());
}

}  // namespace
}  // namespace pcapaudit
