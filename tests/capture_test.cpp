// Capture files of every shape give the same packets, and damage is named where it begins.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <zlib.h>
#include <zstd.h>

#include "base/digest.hpp"
#include "capture/packet_source.hpp"
#include "support/temp_dir.hpp"

namespace pcapaudit {
namespace {

using std::string_literals::operator""s;

// Writes numbers in either byte order.
struct Writer {
  bool little;
  std::string out = {};

  Writer& number(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) {
      const int shift = 8 * (little ? i : width - 1 - i);
      out += static_cast<char>(value >> shift & 0xff);
    }
    return *this;
  }
  Writer& u16(std::uint64_t value) { return number(value, 2); }
  Writer& u32(std::uint64_t value) { return number(value, 4); }
  Writer& text(const std::string& bytes) {
    out += bytes;
    return *this;
  }
};

std::string padded(std::string text) {
  text.resize((text.size() + 3) / 4 * 4, '\0');
  return text;
}

std::string pcap_header(bool little, std::uint32_t magic, std::uint32_t link_type = 1) {
  return Writer{little}.u32(magic).u16(2).u16(4).u32(0).u32(0).u32(65'535).u32(link_type).out;
}
std::string pcap_packet(bool little, std::uint32_t seconds, std::uint32_t fraction,
                        const std::string& bytes, std::uint32_t wire = 0) {
  return Writer{little}
      .u32(seconds)
      .u32(fraction)
      .u32(bytes.size())
      .u32(wire == 0 ? bytes.size() : wire)
      .text(bytes)
      .out;
}

std::string block(bool little, std::uint32_t type, const std::string& body) {
  const std::size_t length = padded(body).size() + 12;
  return Writer{little}.u32(type).u32(length).text(padded(body)).u32(length).out;
}
std::string section(bool little) {
  return block(little, 0x0a0d0d0a,
               Writer{little}.u32(0x1a2b3c4d).u16(1).u16(0).number(~0ULL, 8).out);
}
std::string option(bool little, std::uint16_t code, const std::string& value) {
  return Writer{little}.u16(code).u16(value.size()).text(padded(value)).out;
}
std::string interface(bool little, std::uint16_t link_type, const std::string& options = "") {
  return block(little, 1, Writer{little}.u16(link_type).u16(0).u32(0).text(options).out);
}
std::string enhanced(bool little, std::uint32_t interface_id, std::uint64_t units,
                     const std::string& bytes) {
  return block(little, 6,
               Writer{little}
                   .u32(interface_id)
                   .u32(units >> 32)
                   .u32(units & 0xffffffff)
                   .u32(bytes.size())
                   .u32(bytes.size())
                   .text(bytes)
                   .out);
}

std::string gzipped(const std::string& plain) {
  std::string out(plain.size() + 1024, '\0');
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
std::string zstandard(const std::string& plain) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
  return out;
}

// A directory that goes away with the test.

struct Read {
  std::vector<std::string> packets;  // "time link-type wire-length bytes"
  CaptureFacts facts;
  std::string error;
};

Read read(const std::string& content, const std::string& filter = "") {
  const test::TempDir directory;
  Read result;
  auto source =
      open_capture(directory.write("x", content), {.filter = filter, .keep_secrets = true});
  if (!source) {
    result.error = source.error().what;
    return result;
  }
  while (const PacketView* packet = (*source)->next()) {
    result.packets.push_back(std::to_string(packet->time.ns) + " " +
                             std::to_string(static_cast<std::uint32_t>(packet->link_type)) + " " +
                             std::to_string(packet->wire_length) + " " +
                             std::string(as_text(packet->bytes)));
  }
  result.facts = (*source)->facts();
  return result;
}

TEST_CASE("pcap: both byte orders, micro- and nanoseconds") {
  struct Case {
    bool little;
    std::uint32_t magic;
    const char* want;
  };
  const Case cases[] = {{true, 0xa1b2c3d4, "7000000005000 1 3 abc"},
                        {false, 0xa1b2c3d4, "7000000005000 1 3 abc"},
                        {true, 0xa1b23c4d, "7000000000005 1 3 abc"},
                        {false, 0xa1b23c4d, "7000000000005 1 3 abc"}};
  for (const Case& c : cases) {
    CAPTURE(c.little, c.magic);
    const Read got = read(pcap_header(c.little, c.magic) + pcap_packet(c.little, 7000, 5, "abc"));
    CHECK(got.packets == std::vector<std::string>{c.want});
    CHECK_FALSE(got.facts.damage);
    CHECK(got.facts.format == "pcap");
  }
}

TEST_CASE("pcap: a cut packet is counted and keeps its length on the wire") {
  const Read got = read(pcap_header(true, 0xa1b2c3d4) + pcap_packet(true, 1, 0, "abc", 1500));
  CHECK(got.packets == std::vector<std::string>{"1000000000 1 1500 abc"});
  CHECK(got.facts.truncated == 1);
  CHECK(got.facts.bytes == 1500);
}

TEST_CASE("pcapng: interfaces of different link type and resolution, sections of both orders") {
  const std::string capture =
      section(true) + interface(true, 1, option(true, 2, "eth0") + option(true, 9, "\x09"s)) +
      interface(true, 101, option(true, 9, "\x8a"s)) +  // units of 2^-10 s
      block(true, 0xbad, "an unknown block") + enhanced(true, 0, 1'000'000'007, "abc") +
      enhanced(true, 1, 512, "defg") +
      block(true, 10, Writer{true}.u32(0x544c534b).u32(5).text("KEYS\n").out) + section(false) +
      interface(false, 113, option(false, 14, "\0\0\0\0\0\0\0\x0a"s)) +
      enhanced(false, 0, 2'000'001, "h");
  const Read got = read(capture);
  CHECK_FALSE(got.facts.damage);
  CHECK(got.packets == std::vector<std::string>{"1000000007 1 3 abc", "500000000 101 4 defg",
                                                "12000001000 113 1 h"});
  REQUIRE(got.facts.interfaces.size() == 3);
  CHECK(got.facts.interfaces[0].name == "eth0");
  REQUIRE(got.facts.secrets.size() == 1);
  CHECK(got.facts.secrets[0].text == "KEYS\n");
}

TEST_CASE("pcapng: a name is cut at 256 bytes, and all names of a capture at 1 MiB") {
  std::string capture = section(true);
  constexpr std::size_t interfaces = 5000;
  for (std::size_t i = 0; i < interfaces; ++i) {
    capture += interface(true, 1, option(true, 2, std::string(i == 0 ? 256 : 60'000, 'n')));
  }
  const Read got = read(capture);
  CHECK_FALSE(got.facts.damage);
  REQUIRE(got.facts.interfaces.size() == interfaces);
  CHECK(got.facts.interfaces[0].name == std::string(256, 'n'));
  CHECK(got.facts.interfaces[1].name == std::string(256, 'n') + "…");
  CHECK(got.facts.interfaces[4095].name == std::string(256, 'n') + "…");
  CHECK(got.facts.interfaces[4096].name == "…");
}

TEST_CASE("pcapng: the same time in every decimal resolution") {
  for (unsigned digits = 0; digits <= 12; ++digits) {
    CAPTURE(digits);
    std::uint64_t units = 3;
    for (unsigned i = 0; i < digits; ++i) units = units * 10 + (i == 0 ? 5 : 0);
    const Read got =
        read(section(true) +
             interface(true, 1, option(true, 9, std::string(1, static_cast<char>(digits)))) +
             enhanced(true, 0, units, "abc"));
    const std::string want = digits == 0 ? "3000000000" : "3500000000";
    CHECK(got.packets == std::vector<std::string>{want + " 1 3 abc"});
  }
}

TEST_CASE("pcapng: drops come from the interface statistics") {
  const std::string drops =
      option(true, 5, "\x07\0\0\0\0\0\0\0"s) + option(true, 7, "\x02\0\0\0\0\0\0\0"s);
  const std::string capture = section(true) + interface(true, 1) +
                              block(true, 5, Writer{true}.u32(0).u32(0).u32(0).text(drops).out);
  CHECK(read(capture).facts.dropped == 9);
}

TEST_CASE("capture: cut at every byte, whole packets before the cut are handed out") {
  const std::string packets[] = {"abc", "defgh", ""};
  std::string pcap = pcap_header(true, 0xa1b2c3d4);
  std::string pcapng = section(true) + interface(true, 1);
  std::vector<std::size_t> pcap_ends = {pcap.size()};
  std::vector<std::size_t> pcapng_ends = {section(true).size(), pcapng.size()};
  for (const std::string& packet : packets) {
    pcap += pcap_packet(true, 1, 0, packet);
    pcap_ends.push_back(pcap.size());
    pcapng += enhanced(true, 0, 1, packet);
    pcapng_ends.push_back(pcapng.size());
  }
  for (const auto& [whole, ends, without_packets] :
       {std::tuple(pcap, pcap_ends, std::size_t{1}),
        std::tuple(pcapng, pcapng_ends, std::size_t{2})}) {
    for (std::size_t cut = ends[0]; cut <= whole.size(); ++cut) {
      CAPTURE(cut);
      const Read got = read(whole.substr(0, cut));
      const auto complete = static_cast<std::size_t>(
          std::count_if(ends.begin(), ends.end(), [&](std::size_t end) { return end <= cut; }));
      const bool at_boundary = std::find(ends.begin(), ends.end(), cut) != ends.end();
      CHECK(got.packets.size() == (complete > without_packets ? complete - without_packets : 0));
      CHECK(got.facts.damage.has_value() == !at_boundary);
      CHECK(got.facts.sha256 == sha256_hex(as_bytes(whole.substr(0, cut))));
    }
  }
}

TEST_CASE("capture: compression changes nothing but the digest") {
  std::string plain = pcap_header(true, 0xa1b2c3d4);
  for (std::uint32_t i = 0; i < 500; ++i) plain += pcap_packet(true, i, 0, std::string(i, 'x'));
  const Read want = read(plain);
  REQUIRE(want.packets.size() == 500);
  const std::string half = plain.substr(0, plain.size() / 2);
  const std::string stored[] = {gzipped(plain), zstandard(plain),
                                gzipped(half) + gzipped(plain.substr(half.size())),
                                zstandard(half) + zstandard(plain.substr(half.size()))};
  for (const std::string& bytes : stored) {
    const Read got = read(bytes);
    CHECK((got.packets == want.packets));
    CHECK_FALSE(got.facts.damage);
    CHECK(got.facts.sha256 == sha256_hex(as_bytes(bytes)));
  }
  for (const std::string& bytes : {gzipped(plain), zstandard(plain)}) {
    const Read cut = read(bytes.substr(0, bytes.size() * 3 / 4));
    // zstd gives nothing of a block that is cut, so then not even the header may be there.
    CHECK((cut.facts.damage || cut.error.find("compressed data is cut") != std::string::npos));
    CHECK(cut.packets.size() < 500);
  }
}

TEST_CASE("capture: what stands behind compressed data is read or told") {
  std::string plain = pcap_header(true, 0xa1b2c3d4);
  for (std::uint32_t i = 0; i < 20; ++i) plain += pcap_packet(true, i, 0, std::string(i, 'x'));
  const std::string half = plain.substr(0, plain.size() / 2), rest = plain.substr(half.size());
  const std::string zeros(1000, '\0');
  // Zeros fill the blocks of tapes; a member behind them is read.
  for (const std::string& bytes : {gzipped(plain) + zeros, gzipped(half) + zeros + gzipped(rest)}) {
    CHECK(read(bytes).packets.size() == 20);
    CHECK_FALSE(read(bytes).facts.damage);
  }
  for (const std::string& behind : {std::string("x"), zeros + "x", zstandard(rest)}) {
    CHECK(read(gzipped(plain) + behind).facts.damage);
    CHECK(read(gzipped(plain) + behind).packets.size() == 20);
  }
  CHECK(read(zstandard(plain) + "x").facts.damage);
}

TEST_CASE("capture: what is no capture says so") {
  CHECK(read("").error.find("is empty") != std::string::npos);
  CHECK(read("just a text\n").error.find("is not a capture") != std::string::npos);
  // Another format says which, and what converts it.
  std::string trace(72, '\0');
  trace.replace(0, 4, std::string("\0\0\1\0", 4));
  trace += std::string("\x02\x00\x02\xc0", 4) + std::string(100, '\0');
  const auto refused = [](const std::string& bytes) {
    const Read it = read(bytes + std::string(100, '\0'));
    return it.error;
  };
  CHECK(refused("GMBU").find("Network Monitor") != std::string::npos);
  CHECK(refused("RTSS").find("Network Monitor") != std::string::npos);
  CHECK(refused(std::string("snoop\0\0\0", 8)).find("snoop") != std::string::npos);
  CHECK(refused(trace).find("event trace (ETL)") != std::string::npos);
  CHECK(read(gzipped("GMBU" + std::string(100, 0))).error.find("Network Monitor") !=
        std::string::npos);
  CHECK(read(pcap_header(true, 0xa1b2c3d4).substr(0, 20)).error.find("cut") != std::string::npos);
  const auto missing = open_capture("/nonexistent/x.pcap", {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().what.find("No such file") != std::string::npos);
}

TEST_CASE("capture: a claim of a gigantic packet is damage, not an allocation") {
  const std::string bad = Writer{true}.u32(1).u32(0).u32(0x7fffffff).u32(0x7fffffff).out;
  const Read got = read(pcap_header(true, 0xa1b2c3d4) + pcap_packet(true, 1, 0, "abc") + bad);
  CHECK(got.packets.size() == 1);
  REQUIRE(got.facts.damage);
  CHECK(got.facts.damage->what.find("packet 2 claims 2147483647 bytes") != std::string::npos);
}

TEST_CASE("capture: filters") {
  // An IPv4 UDP packet from port 53 and one from port 54, on Ethernet.
  const auto udp = [](char port) {
    return std::string(12, '\0') +
           "\x08\x00\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\0"s + port +
           "\x10\0\0\x08\0\0"s;
  };
  const std::string capture = pcap_header(true, 0xa1b2c3d4) + pcap_packet(true, 1, 0, udp(53)) +
                              pcap_packet(true, 2, 0, udp(54));
  const Read got = read(capture, "udp src port 54");
  CHECK(got.packets.size() == 1);
  CHECK(got.facts.filtered == 1);
  CHECK(read(capture, "udpp").error.find("udpp") != std::string::npos);
}

TEST_CASE("capture: a directory stands for the captures in it and below it, in name order") {
  const test::TempDir directory;
  const std::string capture = pcap_header(true, 0xa1b2c3d4);
  std::filesystem::create_directories(directory.path.string() + "/b/deep");
  std::filesystem::create_directories(directory.path.string() + "/.git");
  for (const char* name : {"c.pcap", "a.pcap", ".hidden", "b/deep/x", ".git/y.pcap"}) {
    directory.write(name, capture);
  }
  directory.write("notes.txt", "what was done when");
  directory.write("b/empty", "");
  const auto files =
      expand_paths({directory.path.string(), "-", directory.path.string() + "/notes.txt"});
  REQUIRE(files);
  const std::string at = directory.path.string() + "/";
  CHECK(files->captures == std::vector<std::string>{at + "a.pcap", at + "b/deep/x", at + "c.pcap",
                                                    "-", at + "notes.txt"});
  CHECK(files->others == std::vector<std::string>{at + "b/empty", at + "notes.txt"});
  CHECK_FALSE(expand_paths({directory.path.string() + "/none"}));
}

}  // namespace
}  // namespace pcapaudit
