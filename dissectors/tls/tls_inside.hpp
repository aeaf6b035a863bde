// What is kept of a connection that is opened with its secrets, beside tls_connection's.
//
// Made only when somebody gave secrets. One for each connection, used by one thread; caps are
// named.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dissectors/tls/certificates/tls13_proof.hpp"
#include "dissectors/tls/keys/opener.hpp"

namespace pcapaudit::tls_wire {

struct Inside {
  // Records of the client that wait for the server's answer to its early data. Servers take 16 KiB
  // of it as a rule; here eight times as much waits.
  static constexpr std::size_t max_waiting = 128 * 1024;

  explicit Inside(const TlsKeyStore& store) : keys(&store), opener(store) {}
  std::size_t held() const {
    return sizeof(*this) + transcript.held() + waiting.capacity() + sides[0].message.capacity() +
           sides[1].message.capacity();
  }

  struct Side {
    std::vector<std::uint8_t> message;  // a handshake message that is not whole, with header
    bool any_sealed = false;            // an encrypted record was seen
    bool any_opened = false;
    bool any_passed = false;    // could not be opened, behind a loss
    bool any_unopened = false;  // records of an epoch whose secret is not there
    bool told = false;          // that it is closed
  };
  const TlsKeyStore* keys;
  Opener opener;
  Agreed agreed, next;  // next: by a handshake inside of the connection
  Transcript13 transcript;
  std::array<Side, 2> sides;
  std::vector<std::uint8_t> waiting;  // whole records, one behind the other
  bool has_hellos = false;            // in the transcript
  bool is_agreed = false;             // the server's hello was read
  bool is_early_known = false;        // whether it takes early data
  bool takes_early = false;
  bool asks_again = false;       // up to TLS 1.2: for a certificate, in a second handshake
  bool is_proved = false;        // TLS 1.3: the transcript told what it can
  bool client_finished = false;  // and the client's Finished holds
  bool client_spoke = false;     // TLS 1.3: application data behind its Finished
  bool gave_ticket = false;      // the server, behind the client's Finished (RFC 8446 4.6.1)
  bool server_answered = false;  // with application data behind the client's
  bool server_refused = false;   // by a fatal alert
};

}  // namespace pcapaudit::tls_wire
