// Ed25519 signatures (RFC 8032) through OpenSSL; src/base/signature.cpp is the only file that sees
// it.
//
// Keys are PEM files as `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` make them.
// Public keys (32 bytes) and signatures (64 bytes) travel as lower-case hex.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <pcapaudit/base/result.hpp>

namespace pcapaudit {

// A private key. Resource, move-only; the key never leaves it.
class SigningKey {
 public:
  // Fails on anything but an Ed25519 private key. An encrypted one is asked for at the terminal.
  static Result<SigningKey> read(const std::string& path);
  ~SigningKey();
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;

  std::string public_key() const;
  Result<std::string> sign(std::string_view text) const;

 private:
  struct State;
  explicit SigningKey(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The public key of a PEM file.
Result<std::string> read_public_key(const std::string& path);

// False also when the key or the signature is no such thing.
bool is_signed_by(std::string_view public_key, std::string_view text, std::string_view signature);

}  // namespace pcapaudit
