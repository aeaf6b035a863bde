// Addresses, subnets, times and digests.
#include <catch2/catch.hpp>

#include <pcapaudit/base/bytes.hpp>
#include <pcapaudit/base/ip.hpp>
#include <pcapaudit/base/time.hpp>

#include "base/digest.hpp"

namespace pcapaudit {
namespace {

TEST_CASE("ip: addresses print as RFC 5952 wants") {
  struct Case {
    const char* in;
    const char* want;  // nullptr: not an address
  };
  const Case cases[] = {
      {"10.0.0.1", "10.0.0.1"},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
      {"::", "::"},
      {"10.0.0", nullptr},
      {"10.0.0.256", nullptr},
      {"", nullptr},
  };
  for (const Case& c : cases) {
    CAPTURE(c.in);
    const auto address = IpAddress::parse(c.in);
    REQUIRE(address.has_value() == (c.want != nullptr));
    if (address) CHECK(to_text(*address) == c.want);
  }
}

TEST_CASE("ip: the families stay apart") {
  const auto mapped = IpAddress::parse("::10.0.0.1");
  REQUIRE(mapped);
  CHECK(*mapped != *IpAddress::parse("10.0.0.1"));
}

TEST_CASE("ip: subnets") {
  struct Case {
    const char* subnet;
    const char* address;
    bool want;
  };
  const Case cases[] = {
      {"10.0.0.0/8", "10.255.1.2", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.1.2.128/25", "10.1.2.127", false},
      {"10.1.2.128/25", "10.1.2.200", true},
      {"10.1.2.3", "10.1.2.3", true},
      {"10.1.2.3", "10.1.2.4", false},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"2001:db8:10::/48", "2001:db8:10:ffff::1", true},
      {"2001:db8:10::/48", "2001:db8:11::1", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.subnet, c.address);
    const auto subnet = Subnet::parse(c.subnet);
    REQUIRE(subnet);
    CHECK(to_text(*subnet) == c.subnet);
    CHECK(subnet->contains(*IpAddress::parse(c.address)) == c.want);
  }
  for (const char* bad :
       {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "x/8", "::/129"}) {
    CAPTURE(bad);
    CHECK_FALSE(Subnet::parse(bad));
  }
}

TEST_CASE("time: text is RFC 3339 with nanoseconds") {
  CHECK(to_text(Timestamp{0}) == "1970-01-01T00:00:00.000000000Z");
  CHECK(to_text(Timestamp{1'763'632'800'123'456'789}) == "2025-11-20T10:00:00.123456789Z");
  CHECK(to_text(Timestamp{-1}) == "1969-12-31T23:59:59.999999999Z");
}

TEST_CASE("digest: the standards' test vectors") {
  // FIPS 180-2 B.1 and RFC 1321 A.5
  CHECK(sha256_hex(as_bytes("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(md5_hex(as_bytes("abc")) == "900150983cd24fb0d6963f7d28e17f72");
  Sha256 running;
  running.add(as_bytes("a"));
  running.add(as_bytes("bc"));
  CHECK(running.hex() == sha256_hex(as_bytes("abc")));
}

TEST_CASE("bytes: a read that does not fit turns the reader bad for good") {
  const std::uint8_t raw[] = {1, 2, 3, 4, 5};
  ByteReader in{Bytes(raw)};
  CHECK(in.u16() == 0x0102);
  CHECK(in.u32() == 0);
  CHECK_FALSE(in.ok());
  CHECK(in.u8() == 0);
  ByteReader little{Bytes(raw)};
  CHECK(little.u32le() == 0x04030201);
  CHECK(little.remaining() == 1);
  CHECK(little.ok());
}

}  // namespace
}  // namespace pcapaudit
