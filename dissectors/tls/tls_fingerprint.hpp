// JA3 and JA4 fingerprints of a TLS client hello.
#pragma once

#include <string>

#include "dissectors/tls/tls_handshake.hpp"

namespace pcapaudit::tls_wire {

// The text whose MD5 is the JA3: version, ciphers, extensions, groups and point formats, decimal.
std::string ja3_text(const ClientHello& hello);
std::string ja3(const ClientHello& hello);

// JA4 of a TLS client, e.g. "t13d1516h2_8daaf6152771_e5627efa2ab1"; `carrier` is 't' or 'q' (QUIC).
std::string ja4(const ClientHello& hello, char carrier = 't');

}  // namespace pcapaudit::tls_wire
