// X.509 certificates through OpenSSL (the only file that sees it is src/app/x509.cpp).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/base/bytes.hpp>
#include <pcapaudit/base/result.hpp>

namespace pcapaudit {

// Facts of one DER certificate. Fails when OpenSSL cannot parse it. Thread-safe.
Result<Certificate> parse_certificate(Bytes der);

}  // namespace pcapaudit
