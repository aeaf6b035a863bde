// What the sizes of a client's encrypted records say about its certificate, in TLS 1.3 without
// keys.
//
// Behind the server's flight a client sends Finished; before it, when it was asked, its
// Certificate, and a CertificateVerify unless that is empty (RFC 8446 4.4). Encryption hides what
// records say, not how long they are: Finished has one size for each suite, an empty Certificate
// has one, and a CertificateVerify tells how long the signature is. What fits one reading is said;
// all else has a reason why nothing is. A peer that pads, joins or splits its records on purpose
// can hide or feign.
//
// Lives as long as its flow, on one thread; keeps three sizes, whatever the connection's length.
// Never fails. docs/mutual-tls.md shows what the stacks send.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/app/dissector.hpp>

namespace pcapaudit::tls_wire {

// Of the hellos, what decides whether sizes may be read at all.
struct FlightHellos {
  bool is_tls13 = false;       // the final version, not a draft
  bool are_whole = false;      // both were there to their end
  bool early_data = false;     // offered
  bool may_ask_later = false;  // the client offers authentication behind the handshake (4.6.2)
  bool is_hidden = false;      // an inner hello may offer other things than the one that is seen
};

class ClientFlight {
 public:
  // The server's hello, with the suite; before any encrypted record of the server.
  void begin(std::uint16_t cipher);
  // A handshake record in clear: what was encrypted before it is no part of the flight.
  void add_clear(Direction dir);
  // An encrypted record, the size of its body; each direction in its order. What comes behind the
  // client's flight is told by the order of the calls, which is that of the capture.
  void add(Direction dir, std::size_t body);
  void lost(Direction dir);

  TlsFlight read(const FlightHellos& hellos) const;

 private:
  static constexpr std::size_t most = 3;  // Certificate, CertificateVerify, Finished

  TlsFlight fitting() const;
  TlsFlight why_not() const;
  // A server that refuses sends an alert and no more, whatever it is padded to.
  bool is_answered() const {
    return goes_on_ && answers_ > 1 && (like_finished_ != 1 || behind_finished_);
  }

  std::array<std::uint16_t, most> sizes_{};
  std::uint8_t count_ = 0;
  bool is_broken_ = false;          // bytes of the client are missing behind these
  bool data_before_ = false;        // encrypted records before a hello
  std::size_t finished_ = 0;        // size of a Finished under this suite, 0: unknown
  std::size_t expansion_ = 0;       // what the suite adds to a message
  bool server_lost_ = false;        // from then on nobody knows what came when
  std::uint8_t answers_ = 0;        // records of the server behind the client's flight, up to two
  bool goes_on_ = false;            // one of them is no alert by its size
  bool behind_finished_ = false;    // ... behind what has the size of its own Finished
  std::uint8_t like_finished_ = 0;  // records of the server of that size, counted up to two
};

}  // namespace pcapaudit::tls_wire
