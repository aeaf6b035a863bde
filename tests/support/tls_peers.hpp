// TLS connections that OpenSSL makes in memory, with their key logs and what was sent in them.
// Used by tests that link OpenSSL's libssl.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/release.hpp"
#include "support/feed.hpp"

namespace pcapaudit::test {

using SslPtr = std::unique_ptr<SSL, Release<SSL_free>>;
using SslContext = std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>>;
using SslSession = std::unique_ptr<SSL_SESSION, Release<SSL_SESSION_free>>;

inline void must(bool holds) {
  if (holds) return;
  const char* why = ERR_reason_error_string(ERR_get_error());
  throw std::runtime_error(why == nullptr ? "OpenSSL refuses" : why);
}

struct PeerSetting {
  int version = TLS1_3_VERSION;
  std::string ciphers = {};  // OpenSSL's name of one; "": its own choice
  bool asks = false;         // for a client certificate
  bool gives = false;
  bool refuses = false;  // the server, what the client gives
  bool encrypt_then_mac = true;
  std::string server_groups = {};  // "": as usual; a retry when the client's first is not in it
  bool early_data = false;         // the server takes it
  std::string alpn = {};           // offered and chosen
};

// A connection: handshake in the constructor, then what is asked for.
class Peers {
 public:
  explicit Peers(const PeerSetting& setting, SSL_SESSION* session = nullptr,
                 const std::string& early = {});

  // Sends text of a side, which the other one reads.
  void send(Direction dir, const std::string& text);
  void update_keys(Direction dir, bool both);
  // Up to TLS 1.2; the client asks for it.
  void renegotiate();
  bool is_resumed() const { return SSL_session_reused(client_.get()) == 1; }
  bool took_early() const {
    return SSL_get_early_data_status(server_.get()) == SSL_EARLY_DATA_ACCEPTED;
  }
  SslSession session() const { return SslSession(SSL_get1_session(client_.get())); }
  std::string suite() const { return SSL_get_cipher_name(client_.get()); }

  std::vector<Piece> pieces;
  std::string key_log;
  std::array<std::string, 2> sent;

 private:
  void carry(Direction dir);
  void shake();

  SslContext of_client_, of_server_;
  SslPtr client_, server_;
};

// Contexts are made anew each time; session tickets of one server open at another one only with
// its keys, so these are fixed.
inline constexpr std::size_t ticket_key_size = 80;

}  // namespace pcapaudit::test
