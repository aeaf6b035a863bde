// Certificates as facts; expectations read with `openssl x509`.
#include <catch2/catch.hpp>

#include <pcapaudit/app/x509.hpp>

#include "support/tls_bytes.hpp"

using namespace pcapaudit;
using test::tls_file;

TEST_CASE("x509: an EC certificate with alternative names") {
  const auto found = CertificateReader().parse(as_bytes(tls_file("server.der")));
  REQUIRE(found);
  CHECK(found->subject == "CN=server.example,O=Lab\\, Inc.,C=XX");
  CHECK(found->issuer == "CN=Lab CA,O=Lab\\, Inc.,C=XX");
  CHECK(found->serial == "7f0138c2aef7088612bffce1f62abdd8dc680c12");
  CHECK(found->san ==
        std::vector<std::string>{"server.example", "*.alt.example", "192.0.2.1", "2001:db8::1"});
  CHECK(to_text(found->not_before) == "2026-11-21T00:36:21.000000000Z");
  CHECK(to_text(found->not_after) == "2036-11-18T00:36:21.000000000Z");
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
