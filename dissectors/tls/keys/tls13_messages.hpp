// Messages that TLS 1.3 encrypts: what they say, for those that were opened.
//
// Bodies come without the four-byte header; views lie in them. What is malformed ends a list.
// Source: RFC 8446 4.3 and 4.4, RFC 6066 8.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit::tls_wire {

struct EncryptedExtensions {
  std::string alpn;         // bytes; empty: none
  bool early_data = false;  // the server takes it
};
EncryptedExtensions parse_encrypted_extensions(Bytes body);

struct Certificates13 {
  std::vector<Bytes> chain;  // in DER, the peer's own first
  Bytes stapled;             // OCSP response for it, or nothing
};
Certificates13 parse_certificates13(Bytes body, std::size_t limit);

// The names of authorities that a CertificateRequest names, in DER.
std::vector<Bytes> acceptable_issuers13(Bytes body, std::size_t limit);

}  // namespace pcapaudit::tls_wire
