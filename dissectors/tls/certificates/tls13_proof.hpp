// What a decrypted handshake of TLS 1.3 proves: both CertificateVerify messages and both Finished,
// held against the messages as they were read.
//
// Used by one thread. Kept up to the client's Finished, under a cap; beyond it, or when bytes are
// missing, nothing is proved. Sources: RFC 8446 4.4.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/app/dissector.hpp>
#include <pcapaudit/base/bytes.hpp>

#include "dissectors/tls/keys/key_store.hpp"
#include "dissectors/tls/keys/record_cipher.hpp"

namespace pcapaudit::tls_wire {

class Transcript13 {
 public:
  // Of one direction, as tls_proof's.
  static constexpr std::size_t max_bytes = 128 * 1024;

  // A message with its header, in the order of its direction; a HelloRetryRequest is `is_retry`.
  void add(Direction dir, std::uint8_t type, Bytes message, bool is_retry = false);
  // The certificate that the side's CertificateVerify speaks of.
  void set_leaf(Direction dir, Bytes der) {
    halves_[index_of(dir)].leaf.assign(der.begin(), der.end());
  }
  void break_off(Direction dir) { halves_[index_of(dir)].broken = true; }
  bool is_finished(Direction dir) const { return halves_[index_of(dir)].finished_end > 0; }
  // What was asked is known: gives the messages back.
  void forget() {
    for (Half& half : halves_) {
      half.broken = true;
      half.text = {};
      half.leaf = {};
    }
  }
  std::size_t held() const { return halves_[0].text.capacity() + halves_[1].text.capacity(); }

  // Does the side's Finished hold, under its handshake traffic secret? `none`: not known.
  TlsProof finished(Direction dir, KeyHash hash, Bytes traffic_secret) const;
  // Does the side hold the key of its certificate?
  TlsProof proof(Direction dir, KeyHash hash) const;

 private:
  struct Half {
    std::vector<std::uint8_t> text = {}, leaf = {};
    bool broken = false;
    // Ends of what comes before a message, and behind it; 0: not seen.
    std::size_t hello_end = 0, hellos_end = 0;  // client: its first hello, all of them
    std::size_t retry_end = 0;                  // server: its HelloRetryRequest
    std::size_t verify_at = 0, verify_end = 0, finished_at = 0, finished_end = 0;
  };
  // The hash over everything up to these places of both directions.
  std::vector<std::uint8_t> hash_up_to(KeyHash hash, std::size_t of_server,
                                       std::size_t of_client) const;
  std::vector<std::uint8_t> hash_before(Direction dir, KeyHash hash, std::size_t at) const;
  bool is_whole() const { return !halves_[0].broken && !halves_[1].broken; }

  std::array<Half, 2> halves_;
};

}  // namespace pcapaudit::tls_wire
