// X.509 certificates through OpenSSL (the only file that sees it is x509.cpp).
#pragma once

#include <cstdint>
#include <memory>

#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/base/bytes.hpp>
#include <pcapaudit/base/result.hpp>

namespace pcapaudit {

// Reads certificates, each kind of bytes once: servers show the same ones in every connection.
// Used by one thread. Remembers up to max_remembered certificates, then begins anew.
class CertificateReader {
 public:
  static constexpr std::size_t max_remembered = 4096;

  CertificateReader();
  ~CertificateReader();
  CertificateReader(CertificateReader&&) noexcept;
  CertificateReader& operator=(CertificateReader&&) noexcept;

  // Facts of one DER certificate. Fails when OpenSSL cannot parse it.
  Result<Certificate> parse(Bytes der) const;
  // The same, remembered. One that cannot be parsed has its digest only.
  SharedCertificate read(Bytes der);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// RFC 2253 text of a distinguished name in DER; empty when it is none.
std::string distinguished_name(Bytes der);

// Of an OCSP response in DER (RFC 6960 4.2.1), for the first certificate that it speaks of. Its
// signature is not checked.
StapledStatus stapled_status(Bytes response);

}  // namespace pcapaudit
