// A server certificate as DER, with marks for its number (the only file that sees OpenSSL is
// certificate.cpp).
#pragma once

#include <string>

#include <pcapaudit/base/result.hpp>

namespace pcapaudit::bench {

// RSA 2048, with the usual extensions, about 1 KB. Serial number, subject and one name hold
// `certificate_mark`; whatever digits replace it, it stays a certificate, but its signature does
// not verify. The same bytes every time.
Result<std::string> marked_certificate();

}  // namespace pcapaudit::bench
