// SHA-256, HMAC and MD5 through OpenSSL (src/base/digest.cpp is the only file here that sees it).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit {

// A running SHA-256. Resource, move-only.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void add(Bytes bytes);
  // Lower-case hex of all bytes added. Call once.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(Bytes bytes);
// The first eight bytes as a number: a name for content, not 0.
std::int64_t sha256_prefix(Bytes bytes);
std::string hmac_sha256_hex(Bytes key, Bytes bytes);  // RFC 2104
std::string md5_hex(Bytes bytes);                     // only for JA3, which is defined by it

}  // namespace pcapaudit
