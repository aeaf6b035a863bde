// Certificates as facts; expectations read with `openssl x509`.
#include "dissectors/tls/certificates/x509.hpp"

#include <catch2/catch.hpp>

#include "support/tls_bytes.hpp"

using namespace pcapaudit;
using test::tls_file;

namespace {

// `der` with other bytes inside its validity (two UTCTime values, 30 bytes), lengths mended.
std::string with_validity(const std::string& der, const std::string& validity) {
  const auto old = der.find("\x30\x1e\x17\x0d");
  if (old == std::string::npos) throw std::runtime_error("no validity");
  const std::size_t grown = validity.size() - 30;
  std::string changed = der.substr(0, old) + test::number(0x3000 + validity.size(), 2) + validity +
                        der.substr(old + 32);
  // The two sequences around it have lengths of two bytes: 30 82 xx xx 30 82 xx xx.
  for (const std::size_t at : {2U, 6U}) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(changed.at(at + i)); };
    changed.replace(at, 2, test::number(byte(0) * 256U + byte(1) + grown, 2));
  }
  return changed;
}

}  // namespace

TEST_CASE("x509: an EC certificate with alternative names") {
  const auto found = CertificateReader().parse(as_bytes(tls_file("server.der")));
  REQUIRE(found);
  CHECK(found->subject == "CN=server.example,O=Lab\\, Inc.,C=XX");
  CHECK(found->issuer == "CN=Lab CA,O=Lab\\, Inc.,C=XX");
  CHECK(found->serial == "7f0138c2aef7088612bffce1f62abdd8dc680c12");
  CHECK(found->san ==
        std::vector<std::string>{"server.example", "*.alt.example", "192.0.2.1", "2001:db8::1"});
  CHECK(to_text(found->not_before.value()) == "2026-11-21T00:36:21.000000000Z");
  CHECK(to_text(found->not_after.value()) == "2036-11-18T00:36:21.000000000Z");
  CHECK(found->key_type == "EC");
  CHECK(found->key_bits == 256);
  CHECK(found->signature_algorithm == "ecdsa-with-SHA256");
  CHECK(found->extended_key_usage == std::vector<std::string>{"serverAuth", "clientAuth"});
  CHECK(found->sha256 == "c10e799ffd9c418a68b36208161692765891fe61585d72f868f6d898bd05fa87");
}

TEST_CASE("x509: an RSA certificate without alternative names") {
  const auto found = CertificateReader().parse(as_bytes(tls_file("rsa.der")));
  REQUIRE(found);
  CHECK(found->subject == found->issuer);
  CHECK(found->san.empty());
  CHECK(found->extended_key_usage.empty());
  CHECK(found->key_type == "RSA");
  CHECK(found->key_bits == 2048);
  CHECK(found->signature_algorithm == "RSA-SHA256");
}

TEST_CASE("x509: what is no certificate is refused") {
  const std::string good = tls_file("rsa.der");
  CHECK_FALSE(CertificateReader().parse({}));
  CHECK_FALSE(CertificateReader().parse(as_bytes("junk")));
  CHECK_FALSE(CertificateReader().parse(as_bytes(good + "x")));
  for (std::size_t size = 1; size < good.size(); size += 7) {
    CAPTURE(size);
    CHECK_FALSE(CertificateReader().parse(as_bytes(good.substr(0, size))));
  }
}

TEST_CASE("x509: a changed byte anywhere is read or refused, never fatal") {
  const std::string good = tls_file("server.der");
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ flip);
      const auto found = CertificateReader().parse(as_bytes(bad));
      if (found) CHECK(found->sha256.size() == 64);
    }
  }
}

TEST_CASE("x509: dates of years 0 to 9999 are right") {
  // The validity of rsa.der, two UTCTime values, replaced by one UTCTime and one GeneralizedTime of
  // the same size in all.
  struct Case {
    std::string from, to, want_from, want_to;
  };
  const Case cases[] = {
      {"500101000000Z", "99991231235959Z", "1950-01-01T00:00:00", "9999-12-31T23:59:59"},
      {"490101000000Z", "22620412000000Z", "2049-01-01T00:00:00", "2262-04-12T00:00:00"},
      {"700101000000Z", "16770921001243Z", "1970-01-01T00:00:00", "1677-09-21T00:12:43"},
      {"691231235959Z", "00010101000000Z", "1969-12-31T23:59:59", "0001-01-01T00:00:00"},
  };
  for (const Case& c : cases) {
    const std::string validity = "\x17\x0d" + c.from + "\x18\x0f" + c.to;
    const std::string der = with_validity(tls_file("rsa.der"), validity);
    const auto found = CertificateReader().parse(as_bytes(der));
    CAPTURE(c.want_to);
    REQUIRE(found);
    CHECK(to_text(found->not_before.value()) == c.want_from + ".000000000Z");
    CHECK(to_text(found->not_after.value()) == c.want_to + ".000000000Z");
  }
}
