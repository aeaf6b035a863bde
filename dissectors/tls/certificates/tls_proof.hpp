// What a TLS handshake up to 1.2 signs, and whether the signatures hold: the client's
// CertificateVerify over the handshake, the server's ServerKeyExchange over the randoms and its
// parameters. The only file that sees OpenSSL's signatures of TLS is the .cpp.
//
// Sources: RFC 5246 7.4.3 and 7.4.8, RFC 4346 7.4.3 and 7.4.8, RFC 8422 5.4 and 5.8, RFC 8446 4.2.3
// (schemes that TLS 1.2 shares).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/app/dissector.hpp>
#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit::tls_wire {

// Does a signature over `text` hold with the key of a certificate in DER? `signed_part`: the scheme
// (TLS 1.2 and later) and the signature with its length, which fill it.
TlsProof check_signature(std::uint16_t version, Bytes certificate, Bytes text, Bytes signed_part);

// The messages of a handshake as they were on the wire, kept only while a client certificate may
// still be asked for and proved.
class Transcript {
 public:
  // Of one direction. Handshakes with certificates stay below 64 KiB.
  static constexpr std::size_t max_bytes = 128 * 1024;

  // A message with its four-byte header, in the order of its direction.
  void add(Direction dir, std::uint8_t type, Bytes message);
  // The SSLv2-compatible hello without its length (RFC 5246 appendix E.2).
  void add_sslv2_hello(Bytes hello);
  // Bytes of this direction are missing or were passed over.
  void break_off(Direction dir) { halves_[index_of(dir)].broken = true; }
  std::size_t held() const {
    return sizeof(*this) + halves_[0].messages.capacity() + halves_[1].messages.capacity();
  }

  // Does the client hold the key of its certificate?
  TlsProof client_proof(std::uint16_t version) const;
  // Does the server hold the key of its certificate? Only for suites that sign their parameters.
  TlsProof server_proof(std::uint16_t version, const TlsCipherTraits& suite) const;

 private:
  struct Half {
    // Up to the server's ServerHelloDone, and up to (not with) the client's CertificateVerify.
    std::vector<std::uint8_t> messages;
    bool broken = false;
    bool ended = false;  // what comes behind is not signed by the client
  };
  struct Place {
    std::size_t at = 0, size = 0;  // of a message's body in `messages`
  };
  void append(Direction dir, Bytes bytes);
  Bytes body(Direction dir, const Place& place) const {
    return Bytes(halves_[index_of(dir)].messages).subspan(place.at, place.size);
  }

  std::array<Half, 2> halves_;
  std::array<Place, 2> hello_, certificate_;
  Place key_exchange_;
  bool is_sslv2_ = false;
  std::vector<std::uint8_t> verify_;
};

// A transcript for as long as it can matter.
class ProofKeeper {
 public:
  void add(Direction dir, std::uint8_t type, Bytes message) {
    if (transcript_ != nullptr) transcript_->add(dir, type, message);
  }
  void add_sslv2_hello(Bytes hello) {
    if (transcript_ != nullptr) transcript_->add_sslv2_hello(hello);
  }
  void break_off(Direction dir) {
    if (transcript_ != nullptr) transcript_->break_off(dir);
  }
  // There will be no proof, or nobody asks for one.
  void forget() { transcript_.reset(); }
  std::size_t held() const { return transcript_ == nullptr ? 0 : transcript_->held(); }
  // There is all that will be: fills the proofs in, once.
  void check(TlsFacts& facts);

 private:
  std::unique_ptr<Transcript> transcript_ = std::make_unique<Transcript>();
};

}  // namespace pcapaudit::tls_wire
