// Record protection and key schedules of TLS 1.0 to 1.3, all through OpenSSL: the .cpp is the only
// file that sees its ciphers and key derivation.
//
// A record is opened only when its tag or MAC holds; what does not authenticate gives no byte.
// One RecordCipher for each direction and each set of keys, used by one thread.
// Sources: RFC 2246 6.2.3, RFC 5246 6.2.3, RFC 5288, RFC 6655, RFC 7366, RFC 7905, RFC 8446 5.2
// and 7.1.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <pcapaudit/base/bytes.hpp>

#include "dissectors/tls/keys/secret.hpp"

namespace pcapaudit::tls_wire {

enum class KeyHash : std::uint8_t { md5_sha1, sha256, sha384 };
constexpr std::size_t size_of(KeyHash hash) {
  return hash == KeyHash::sha384 ? 48 : hash == KeyHash::sha256 ? 32 : 36;
}

// What a suite does to records in a version.
struct RecordSuite {
  enum class Mode : std::uint8_t { gcm, ccm, chacha20, cbc, stream, null };
  Mode mode = Mode::null;
  const char* cipher = nullptr;  // OpenSSL's name
  const char* mac = nullptr;     // of the HMAC; null: the cipher authenticates
  std::size_t key_size = 0, block_size = 0, tag_size = 0;
  // Of the key block: all of the nonce that is not in the record.
  std::size_t iv_size = 0, mac_size = 0;
  KeyHash hash = KeyHash::sha256;  // of the key schedule
  bool is_legacy = false;          // in OpenSSL's legacy provider
};
// nullopt: not known here, not in OpenSSL, or SSL 3.0.
std::optional<RecordSuite> record_suite(std::uint16_t suite, std::uint16_t version);

using KeyBlock = SecretBytes<256>;

struct RecordKeys {
  Bytes key, iv, mac;
};

class RecordCipher {
 public:
  // Null when OpenSSL does not have it.
  static std::unique_ptr<RecordCipher> make(const RecordSuite& suite, std::uint16_t version,
                                            bool encrypt_then_mac, const RecordKeys& keys);
  ~RecordCipher();

  struct Opened {
    std::uint8_t type = 0;  // of what was inside
    Bytes text;             // lies in `out`
  };
  // `record` with its header; `out` holds at least as many bytes. nullopt: does not authenticate.
  std::optional<Opened> open(std::uint64_t sequence, Bytes record, std::span<std::uint8_t> out);
  // A record cannot be opened without the one before it (RC4, CBC of TLS 1.0).
  bool chains() const;

 private:
  struct State;
  explicit RecordCipher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The pseudo-random function up to TLS 1.2 (RFC 5246 5), and HKDF-Expand-Label of TLS 1.3 (RFC 8446
// 7.1). False when OpenSSL refuses.
bool prf(KeyHash hash, Bytes secret, std::string_view label, Bytes seed,
         std::span<std::uint8_t> out);
bool expand_label(KeyHash hash, Bytes secret, std::string_view label, std::span<std::uint8_t> out);

std::vector<std::uint8_t> digest_of(KeyHash hash, Bytes text);
// Is it the Finished of TLS 1.3 under this traffic secret (RFC 8446 4.4.4)?
bool finished_holds(KeyHash hash, Bytes traffic_secret, Bytes transcript_hash, Bytes verify_data);

}  // namespace pcapaudit::tls_wire
