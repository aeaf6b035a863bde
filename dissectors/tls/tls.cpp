// TLS (SSL 3.0 to 1.3) as far as it travels in plaintext: hellos, certificates, alerts.
//
//   record    = type:u8 version:u16 length:u16 body
//   handshake = type:u8 length:u24 body       spans records, several fit in one
//
// Records are read here, what messages say in tls_messages.cpp. A stream may begin with an
// SSLv2-compatible ClientHello. Bodies that are encrypted or not needed are passed over, so they
// are never buffered. Sources: RFC 8446, RFC 5246, RFC 6101 (SSL 3.0), RFC 5246 appendix E.2 (SSLv2
// form).
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <pcapaudit/app/dissector.hpp>

#include "dissectors/tls/tls_connection.hpp"
#include "dissectors/tls/tls_handshake.hpp"
#include "dissectors/tls/tls_inside.hpp"
#include "dissectors/tls/tls_mutual.hpp"
#include "dissectors/tls/tls_probe.hpp"
#include "dissectors/tls/tls_record.hpp"

namespace pcapaudit {

using namespace tls_wire;  // NOLINT(google-build-using-namespace): the messages are theirs

namespace {

// A handshake message that is kept whole. Certificate lists with many names stay below 64 KiB;
// what is longer is passed over and only its type counts.
constexpr std::size_t max_message = 256 * 1024;
// Plaintext alerts kept of one flow; a connection ends with the first fatal one.
constexpr std::size_t max_alerts = 16;
// Empty records one behind the other. They are forbidden (RFC 8446 5.1, RFC 5246 6.2.1), but peers
// pass them over: OpenSSL takes 32.
constexpr std::uint8_t max_empty_records = 32;
constexpr std::uint8_t no_certificate = 41;  // alert of SSL 3.0
// An encrypted alert of TLS 1.3 looks like application data of this size (two bytes, the inner
// type, a 16-byte tag); anything larger is the peer's Finished or data.
constexpr std::size_t tls13_alert_size = 2 + 1 + 16;
}  // namespace

namespace tls_wire {

Step Tls::consume(Direction dir, Bytes window, RecordSink& out) {
  Half& half = halves_[index_of(dir)];
  if (!half.any_record && dir == Direction::to_server && (window.front() & 0x80U) != 0) {
    return sslv2_hello(half, window);
  }
  if (window.size() < record_header_size) return Step::need_more();
  const auto header = parse_record_header(window);
  if (!header) return Step::malformed("tls: not a record header");
  if (header->type == alert && header->length == 2) {
    if (window.size() < header->total()) return Step::need_more();
    read_alert(dir, window.subspan(record_header_size).first(header->length));
  }
  if (const Failure failure = check_place(half, *header); !failure.empty()) {
    return Step::malformed(failure);
  }

  const bool whole = window.size() >= header->total();
  if (inside_ != nullptr && is_sealed(half, *header) && wants_sealed(dir)) {
    if (!whole) return Step::need_more();
    read_sealed(dir, window.first(header->total()), out);
  }
  const Bytes body = window.subspan(record_header_size).first(whole ? header->length : 0);
  if (header->type == application_data) {
    const bool counts = !is_tls13(facts_.version) || header->length > tls13_alert_size;
    half.application_data = half.application_data || counts;
    half.data_before_change = half.data_before_change || !half.change_cipher;
    flight_.add(dir, header->length);
    if (!half.any_message) proofs_.forget();  // joined behind the handshake
  } else if (header->type == change_cipher_spec) {
    read_change_cipher(dir, *header, out);
  } else if (header->type == handshake) {
    half.finished = half.finished || half.change_cipher;
    // The first handshake ended before the first application data.
    half.handshake_again = half.handshake_again || (half.encrypted && half.application_data);
    const bool readable = !half.encrypted || dir == Direction::to_server;
    if (readable && !whole) return Step::need_more();
    constexpr std::size_t telling = record_header_size + hello_start;
    if (window.size() < std::min(header->total(), telling)) return Step::need_more();
    const bool is_read = !half.encrypted || is_second_client_hello(dir, body);
    if (!is_read && !half.hole &&
        is_clear_handshake(window.subspan(record_header_size), header->length)) {
      note_again(dir, out);
    }
    if (is_read) {
      flight_.add_clear(dir);
      const Failure failure = read_handshake(dir, body, out);
      if (!failure.empty()) return Step::malformed(failure);
    }
  }
  half.any_record = true;
  return Step::advance(header->total());
}

// Nothing is concluded of a handshake whose rest nobody reads.
void Tls::release() {
  proofs_.forget();
  for (const Direction dir : {Direction::to_server, Direction::to_client}) flight_.lost(dir);
  if (inside_ != nullptr) {
    for (const Direction dir : {Direction::to_server, Direction::to_client}) {
      inside_->opener.close(dir, NotDecrypted::over_cap);
      inside_->transcript.break_off(dir);
      inside_->sides[index_of(dir)].message = {};
    }
    inside_->waiting = {};
  }
  for (Half& half : halves_) {
    std::vector<std::uint8_t>().swap(half.message);
    half.hole = half.hole || !half.encrypted;
  }
}

// Records go on behind a loss, and can be followed from the next header on. Nothing of a handshake
// is concluded from what comes then: what was lost may have been part of it.
Resume Tls::lost(Direction dir, Bytes window) {
  Half& half = halves_[index_of(dir)];
  flight_.lost(dir);
  if (inside_ != nullptr) {
    inside_->opener.note_loss(dir);
    inside_->transcript.break_off(dir);
  }
  if (half.encrypted) return Resume::at_message;
  if (half.skip == 0) read_cut_hello(dir, window);
  half.hole = half.encrypted = true;
  proofs_.break_off(dir);
  half.message = {};
  half.skip = 0;
  return Resume::at_message;
}

// May a record of this type and size come here?
Tls::Failure Tls::check_place(Half& half, const RecordHeader& header) const {
  const bool in_message = !half.encrypted && (!half.message.empty() || half.skip > 0);
  if (in_message && header.type != handshake) {
    // A message that is divided has no other records in between (RFC 8446 5.1).
    if (half.any_message || half.skip > 0 || begins_hello(half.message)) {
      return "tls: another record inside a handshake message";
    }
    half.encrypted = true;  // the stream was joined in its middle: these were no messages
    half.message.clear();
  }
  half.empty_records = header.length > 0 ? 0 : half.empty_records + 1;
  if (half.empty_records > max_empty_records) return "tls: too many empty records";
  const bool clear = header.type == handshake && !half.encrypted;
  if (clear && header.length > max_plain_body) return "tls: record too long";
  if (is_tls13(facts_.version) && header.length > max_tls13_body) return "tls: record too long";
  return {};
}

Step Tls::sslv2_hello(Half& half, Bytes window) {
  if (window.size() < 2) return Step::need_more();
  const auto size = sslv2_client_hello_size(window);
  if (!size) return Step::malformed("tls: not a record header");
  if (window.size() < *size) return Step::need_more();
  const auto hello = parse_sslv2_client_hello(window.first(*size));
  if (!hello) return Step::malformed("tls: bad SSLv2 client hello");
  half.any_record = half.any_message = true;
  note_client_hello(*hello);
  proofs_.add_sslv2_hello(window.first(*size).subspan(2));
  return Step::advance(*size);
}

// After ChangeCipherSpec the client may still send its second ClientHello in plaintext: TLS 1.3
// allows the former before the latter when the server asked to retry (RFC 8446 appendix D.4).
bool Tls::is_second_client_hello(Direction dir, Bytes body) const {
  if (dir != Direction::to_server || seen_.client_key_exchange || !facts_.client_hello)
    return false;
  ByteReader in(body);
  if (in.u8() != client_hello || in.u24() != in.remaining()) return false;
  return parse_client_hello(in.rest()).has_value();
}

// Takes messages out of a record's body; what is left over waits for the next record.
Tls::Failure Tls::read_handshake(Direction dir, Bytes body, RecordSink& out) {
  Half& half = halves_[index_of(dir)];
  const std::size_t passed = std::min(half.skip, body.size());
  half.skip -= passed;
  body = body.subspan(passed);
  half.message.insert(half.message.end(), body.begin(), body.end());
  std::size_t used = 0;
  while (half.message.size() - used >= handshake_header_size) {
    ByteReader in(Bytes(half.message).subspan(used));
    const std::uint8_t type = in.u8();
    const std::size_t length = in.u24();
    if (length > max_message && oversized(dir, type, out)) {
      half.any_message = half.hole = true;
      proofs_.break_off(dir);
      half.skip = length - std::min(length, in.remaining());
      used = half.message.size() - (in.remaining() - std::min(length, in.remaining()));
      continue;
    }
    const bool too_long = length > max_message;
    const Bytes message = in.take(too_long ? 0 : length);
    if (!in.ok()) break;
    const Failure failure =
        too_long ? "tls: handshake message too long" : read_message(dir, type, message, out);
    // A stream that was joined in its middle may show encrypted messages first.
    const bool hello = type == client_hello || type == server_hello;
    if (!failure.empty() && (half.any_message || hello)) return failure;
    if (!failure.empty()) half.encrypted = true;
    half.any_message = true;
    if (failure.empty()) {
      keep(dir, type, Bytes(half.message).subspan(used, handshake_header_size + length));
    }
    used += handshake_header_size + length;
    if (half.encrypted) used = half.message.size();
  }
  half.message.erase(half.message.begin(),
                     half.message.begin() + static_cast<std::ptrdiff_t>(used));
  return {};
}

// In TLS 1.3 this record means nothing (RFC 8446 5); the server's handshake is encrypted behind
// its ServerHello anyway.
void Tls::read_change_cipher(Direction dir, const RecordHeader& header, RecordSink& out) {
  Half& half = halves_[index_of(dir)];
  const bool is_again = half.change_cipher && header.length == 1;  // encrypted ones are longer
  half.change_cipher = true;
  if (is_tls13(facts_.version)) return;
  if (is_again) note_again(dir, out);
  half.encrypted = true;
  half.message.clear();
  if (dir == Direction::to_client) seen_.server_change_cipher = true;
  // There will be no proof any more: the session is resumed, or the client declined.
  if ((dir == Direction::to_server) == seen_.server_hello_done) proofs_.check(facts_);
}

// Only the first handshake is judged: with another one in clear behind it, the stream is another
// connection's.
void Tls::note_again(Direction dir, RecordSink& out) {
  out.note_unread(dir, Unread::foreign, "tls: a second handshake in clear behind the first");
}

// Encrypted alerts are longer than two bytes.
void Tls::read_alert(Direction dir, Bytes body) {
  ByteReader in(body);
  const bool from_client = dir == Direction::to_server;
  TlsAlert found{.from_client = from_client};
  found.level = in.u8();
  found.description = in.u8();
  if (from_client && found.description == no_certificate) seen_.no_certificate_alert = true;
  if (facts_.alerts.size() < max_alerts) facts_.alerts.push_back(found);
}

bool Tls::is_established() const {
  const Half& client = halves_[index_of(Direction::to_server)];
  const Half& server = halves_[index_of(Direction::to_client)];
  // The ChangeCipherSpec of TLS 1.3 comes before either side has proved anything.
  if (!is_tls13(facts_.version) && client.finished && server.finished) return true;
  return !facts_.data_before_handshake && client.application_data && server.application_data;
}

bool Tls::is_handshake_read(Direction dir) const {
  const Half& half = halves_[index_of(dir)];
  const bool from_client = dir == Direction::to_server;
  const bool hello = from_client ? facts_.client_hello_whole : facts_.server_hello_whole;
  return hello && !half.hole && (is_tls13(facts_.version) || half.change_cipher);
}

TlsFlight Tls::flight_by_sizes() const {
  if (!facts_.client_hello || !facts_.server_hello || facts_.resumed) return TlsFlight::none;
  if (!is_tls13(facts_.version)) return TlsFlight::none;
  constexpr std::uint16_t final_version = 0x0304;
  return flight_.read({.is_tls13 = facts_.version == final_version,
                       .are_whole = facts_.client_hello_whole && facts_.server_hello_whole,
                       .early_data = facts_.early_data,
                       .may_ask_later = seen_.post_handshake,
                       .is_hidden = facts_.hidden_name != HiddenName::none});
}

void Tls::finish(const SeenStream& seen, RecordSink& out) {
  seen_.session_id_echoed = !client_session_id_.empty() && client_session_id_ == server_session_id_;
  seen_.server_hole = halves_[index_of(Direction::to_client)].hole;
  seen_.server_finished = halves_[index_of(Direction::to_client)].finished;
  if (has_hello_too_many()) note_again(Direction::to_server, out);
  proofs_.check(facts_);
  conclude_inside(seen, out);
  facts_.resumed = is_resumed(facts_, seen_);
  facts_.mutual_sizes = flight_by_sizes();
  const auto carries_early = [this](Direction dir, bool hello) {
    const Half& half = halves_[index_of(dir)];
    return hello && !half.hole && half.data_before_change;
  };
  facts_.data_before_handshake = facts_.server_hello && !is_tls13(facts_.version) &&
                                 (carries_early(Direction::to_server, facts_.client_hello) ||
                                  carries_early(Direction::to_client, facts_.server_hello));
  facts_.client_handshake_read = is_handshake_read(Direction::to_server);
  facts_.server_handshake_read = is_handshake_read(Direction::to_client);
  facts_.established = is_established();
  if (facts_.server_hello && !is_tls13(facts_.version) &&
      halves_[index_of(Direction::to_server)].handshake_again) {
    facts_.renegotiated = true;
  }
  const MutualVerdict verdict = judge_mutual(facts_, seen_, seen);
  facts_.mutual = verdict.mutual;
  facts_.mutual_reason = verdict.reason;
  out.emit(std::move(facts_));
}

}  // namespace tls_wire

extern constinit const DissectorSpec tls{
    .name = "tls",
    .carriers = over_tcp,
    .probe = [](Bytes prefix, Carrier) { return probe(prefix); },
    .make = [](Carrier) -> std::unique_ptr<Dissector> { return std::make_unique<Tls>(); },
};

}  // namespace pcapaudit
