// Decides what a handshake proves about mutual TLS.
#pragma once

#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/app/dissector.hpp>

namespace pcapaudit::tls_wire {

// What the plaintext part of a handshake showed, beyond TlsFacts.
struct HandshakeSeen {
  bool server_certificate = false;
  bool server_hello_done = false;
  bool server_change_cipher = false;
  bool server_finished = false;     // it went on to its Finished, so it took the client's proof
  bool server_flight_read = false;  // TLS 1.3: opened up to a Finished that holds
  // All was decrypted, and nothing behind the handshake asks for a certificate.
  bool asked_nothing_again = false;
  bool server_hole = false;        // something of the server's messages in clear was not there
  bool session_id_echoed = false;  // not empty, and the server answered with the client's own
  bool pre_shared_key = false;     // TLS 1.3: the server chose one
  bool post_handshake = false;  // TLS 1.3: the client lets itself be asked later (RFC 8446 4.6.2)
  bool client_certificate_empty = false;  // a Certificate message without certificates
  bool client_key_exchange = false;
  bool no_certificate_alert = false;  // SSL 3.0 (RFC 6101 5.4.2)
};

// Was a session resumed? Up to TLS 1.2 the server skips its key exchange then.
bool is_resumed(const TlsFacts& facts, const HandshakeSeen& handshake);

struct MutualVerdict {
  MutualTls mutual = MutualTls::undeterminable;
  MutualReason reason = MutualReason::midstream;
  bool operator==(const MutualVerdict&) const = default;
};

// Nothing is concluded from silence unless everything up to ServerHelloDone or
// ClientKeyExchange was read: a dissector is given bytes without holes, so a message that was
// read proves that all before it were read too.
MutualVerdict judge_mutual(const TlsFacts& facts, const HandshakeSeen& handshake,
                           const SeenStream& seen);

}  // namespace pcapaudit::tls_wire
