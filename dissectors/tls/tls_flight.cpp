// The sizes and the readings; see the header.

#include "dissectors/tls/tls_flight.hpp"

#include <algorithm>

#include "dissectors/tls/tls_record.hpp"

namespace pcapaudit::tls_wire {
namespace {

struct Suite {
  std::uint16_t cipher = 0;
  std::size_t hash = 0, tag = 0;
};
constexpr std::array suites = {
    // RFC 8446 B.4
    Suite{0x1301, 32, 16}, Suite{0x1302, 48, 16}, Suite{0x1303, 32, 16},
    Suite{0x1304, 32, 16}, Suite{0x1305, 32, 8},
};

// A signature of each kind of key, in bytes (RFC 8446 4.2.3), and the least that its public key
// takes. ECDSA's are two numbers in DER, shorter by as many zeros as they begin with: six at once
// come in one of 2^48.
struct KeyKind {
  TlsFlight kind;
  std::size_t least, most, key;
};
constexpr std::array keys = {
    KeyKind{TlsFlight::rsa_1024, 128, 128, 128},    KeyKind{TlsFlight::rsa_2048, 256, 256, 256},
    KeyKind{TlsFlight::rsa_3072, 384, 384, 384},    KeyKind{TlsFlight::rsa_4096, 512, 512, 512},
    KeyKind{TlsFlight::rsa_8192, 1024, 1024, 1024}, KeyKind{TlsFlight::ecdsa_256, 66, 72, 33},
    KeyKind{TlsFlight::ecdsa_384, 98, 104, 49},     KeyKind{TlsFlight::ecdsa_521, 133, 139, 67},
    KeyKind{TlsFlight::ed25519, 64, 64, 32},        KeyKind{TlsFlight::ed448, 114, 114, 57},
};

constexpr std::size_t inner_type = 1;  // behind the text (RFC 8446 5.2)
constexpr std::size_t empty_certificate = handshake_header_size + 1 + 3;
constexpr std::size_t verify_without_signature = handshake_header_size + 2 + 2;
constexpr std::size_t alert_text = 2;
// Java's JSSE adds sixteen zeros to every record.
constexpr std::array<std::size_t, 2> paddings = {0, 16};
// A Certificate message with one X.509 certificate in it, without the key: its own lists, two dates
// (32), a signature by somebody (64 and more), algorithms and lengths (RFC 5280 4.1).
constexpr std::size_t least_certificate = 120;

// Of this size, with or without JSSE's padding.
bool is_padded(std::size_t body, std::size_t size) {
  return std::ranges::any_of(paddings, [&](std::size_t it) { return body == size + it; });
}

// The kind of key whose CertificateVerify has this size, behind a Certificate of that one.
TlsFlight kind_of(std::size_t certificate, std::size_t verify, std::size_t expansion) {
  const auto* const found = std::ranges::find_if(keys, [&](const KeyKind& it) {
    const std::size_t other = verify_without_signature + expansion;
    return verify >= it.least + other && verify <= it.most + other;
  });
  if (found == keys.end()) return TlsFlight::none;
  const bool has_room = certificate >= least_certificate + found->key + expansion;
  return has_room ? found->kind : TlsFlight::none;
}

}  // namespace

void ClientFlight::begin(std::uint16_t cipher) {
  const auto* const suite =
      std::ranges::find_if(suites, [&](const Suite& it) { return it.cipher == cipher; });
  if (suite == suites.end()) return;
  expansion_ = inner_type + suite->tag;
  finished_ = handshake_header_size + suite->hash + expansion_;
}

void ClientFlight::add_clear(Direction dir) {
  if (dir == Direction::to_server && count_ > 0) data_before_ = true;
}

void ClientFlight::add(Direction dir, std::size_t body) {
  if (dir == Direction::to_server) {
    if (count_ < most && !is_broken_) sizes_[count_++] = static_cast<std::uint16_t>(body);
    return;
  }
  const bool is_more = !is_padded(body, alert_text + expansion_);
  if (is_padded(body, finished_)) {
    if (like_finished_ < 2) ++like_finished_;
    behind_finished_ = false;
  } else {
    behind_finished_ = behind_finished_ || is_more;
  }
  if (count_ < most || server_lost_) return;
  if (answers_ < 2) ++answers_;
  goes_on_ = goes_on_ || is_more;
}

void ClientFlight::lost(Direction dir) {
  (dir == Direction::to_server ? is_broken_ : server_lost_) = true;
}

// At most one: how long Finished is tells the padding, and its place the rest.
TlsFlight ClientFlight::fitting() const {
  for (const std::size_t padding : paddings) {
    const std::size_t added = expansion_ + padding, finished = finished_ + padding;
    // Twice the same may be an empty Certificate that is padded to this.
    const bool is_twice = count_ >= 2 && sizes_[1] == finished;
    if (count_ >= 1 && sizes_[0] == finished && !is_twice) return TlsFlight::not_requested;
    if (count_ >= 2 && sizes_[0] == empty_certificate + added && sizes_[1] == finished) {
      return TlsFlight::declined;
    }
    if (count_ == most && sizes_[2] == finished) {
      const TlsFlight kind = kind_of(sizes_[0], sizes_[1], added);
      if (kind != TlsFlight::none) return kind;
    }
  }
  // NSS joins what it has to say. A padded Finished of this size would tell the same: there is no
  // certificate.
  if (count_ >= 1 && sizes_[0] == finished_ + empty_certificate) return TlsFlight::declined;
  return TlsFlight::none;
}

// Nothing fits.
TlsFlight ClientFlight::why_not() const {
  const bool ends_early = count_ < most;
  if (count_ >= 1 && is_padded(sizes_[0], alert_text + expansion_)) return TlsFlight::alert;
  if (ends_early && is_broken_) return TlsFlight::gap;
  return count_ == 0 ? TlsFlight::unfinished : TlsFlight::other_records;
}

TlsFlight ClientFlight::read(const FlightHellos& hellos) const {
  if (!hellos.is_tls13 || finished_ == 0) return TlsFlight::unknown_suite;
  if (!hellos.are_whole) return TlsFlight::gap;
  if (hellos.early_data) return TlsFlight::early_data;
  if (data_before_) return TlsFlight::other_records;
  const TlsFlight found = fitting();
  if (found == TlsFlight::none) return why_not();
  // Browsers send these, which may put extensions into the client's flight as well.
  if (hellos.is_hidden) return TlsFlight::hidden_hello;
  if (!is_certificate_absent(found)) {
    if (is_answered()) return found;
    return server_lost_ ? TlsFlight::gap : TlsFlight::unanswered;
  }
  return hellos.may_ask_later ? TlsFlight::post_handshake : found;
}

}  // namespace pcapaudit::tls_wire
