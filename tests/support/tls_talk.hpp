// The messages of a TLS 1.2 connection with real certificates and real signatures, for tests that
// put them through a network.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pcapaudit::test {

// One record of a side; 0 is the client.
struct TlsRecord {
  int side = 0;
  int type = 22;
  std::string body;
};

struct TlsTalkOptions {
  std::string sni = "www.example.com";
  std::string certificate_name = "www.example.com";
  std::size_t version = 0x0303;   // that both sides settle on
  std::uint16_t cipher = 0xc02b;  // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
  bool asks_certificate = false;
  bool gives_certificate = false;
};

// ClientHello to Finished, then two records of application data each way. Signatures are over what
// RFC 5246 7.4.3 and 7.4.8 say, by keys that are made once for the process.
std::vector<TlsRecord> tls_talk(const TlsTalkOptions& options);
// A record as it is on the wire.
std::string wire(const TlsRecord& record);

}  // namespace pcapaudit::test
