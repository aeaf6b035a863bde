// Probing of TLS streams; see the header.

#include "dissectors/tls/tls_probe.hpp"

#include <algorithm>
#include <array>

#include "dissectors/tls/tls_handshake.hpp"
#include "dissectors/tls/tls_record.hpp"

namespace pcapaudit::tls_wire {
namespace {

using Speaker = Probe::Speaker;

// Shortest possible bodies: version, random, empty session id, one suite, one compression.
constexpr std::size_t min_client_hello = 2 + 32 + 1 + 2 + 2 + 1 + 1;
constexpr std::size_t min_server_hello = 2 + 32 + 2;  // of the early 1.3 drafts
// Encryption adds at least eight bytes of tag and eight of nonce, or a 16-byte tag.
constexpr std::size_t min_encrypted = 16;
// An encrypted alert: two bytes with a MAC, padding and an IV; padding is at most 256.
constexpr std::size_t max_alert = 2 + 64 + 256 + 16;

// The last byte that decides about a hello is the length of its session id.
constexpr std::size_t hello_deciding = handshake_header_size + 2 + 32 + 1;
// Each of these bytes in a record of its own, and as many empty records as peers pass over.
constexpr std::size_t max_probed_records = hello_deciding + 32;

// May `bytes`, possibly cut, begin a record of a stream whose records have this minor version?
bool may_begin_record(Bytes bytes, std::uint8_t minor) {
  ByteReader in(bytes);
  if (in.remaining() >= 1) {
    const std::uint8_t type = in.u8();
    if (type < change_cipher_spec || type > application_data) return false;
  }
  if (in.remaining() >= 1 && in.u8() != 3) return false;
  if (in.remaining() >= 1 && in.u8() != minor) return false;
  if (bytes.size() >= record_header_size) return parse_record_header(bytes).has_value();
  if (in.remaining() >= 1) return in.u8() <= max_record_body >> 8;
  return true;
}

// A record that could be chance: what follows it decides.
Probe by_what_follows(Bytes prefix, const RecordHeader& header, Speaker speaker) {
  if (prefix.size() < header.total()) return Probe::need_more();
  const Bytes next = prefix.subspan(header.total());
  if (next.empty()) return Probe::mine(speaker);
  if (!may_begin_record(next, header.minor)) return Probe::not_mine();
  return next.size() >= record_header_size ? Probe::mine(speaker) : Probe::need_more();
}

// The beginning of the first handshake message, put together from the records that carry it.
struct Start {
  std::array<std::uint8_t, hello_deciding> bytes{};
  std::size_t size = 0;
  bool broken = false;     // a record that cannot go on with it comes behind
  std::size_t record = 0;  // length of the only record, 0 when there are several

  Bytes read() const { return Bytes(bytes).first(size); }
};

// `prefix` begins with a whole header of a handshake record.
Start start_of_message(Bytes prefix) {
  Start start;
  for (std::size_t records = 0; start.size < hello_deciding; ++records) {
    if (prefix.empty()) return start;
    if (prefix.size() < record_header_size) {
      start.broken = prefix.front() != handshake || (prefix.size() > 1 && prefix[1] != 3);
      return start;
    }
    const auto header = parse_record_header(prefix);
    if (!header || header->type != handshake || records == max_probed_records) {
      start.broken = true;
      return start;
    }
    start.record = records == 0 ? header->length : 0;
    const std::size_t there = std::min(header->length, prefix.size() - record_header_size);
    const std::size_t taken = std::min(there, hello_deciding - start.size);
    std::ranges::copy(prefix.subspan(record_header_size, taken),
                      start.bytes.begin() + static_cast<std::ptrdiff_t>(start.size));
    start.size += taken;
    prefix = prefix.subspan(std::min(prefix.size(), header->total()));
  }
  return start;
}

// A hello begins here; it may be cut, and be divided over records.
Probe probe_hello(const Start& start) {
  const Probe undecided = start.broken ? Probe::not_mine() : Probe::need_more();
  ByteReader in(start.read());
  const bool from_client = in.u8() == client_hello;
  if (in.remaining() >= 1 && in.rest().front() != 0 && in.rest().front() != 1) {
    return Probe::not_mine();
  }
  const std::size_t length = in.u24();
  if (!in.ok()) return undecided;
  const std::size_t least = from_client ? min_client_hello : min_server_hello;
  if (length < least || length > max_hello) return Probe::not_mine();
  // Nothing follows a ClientHello in its record; a server may send its whole flight in one.
  const std::size_t message = handshake_header_size + length;
  if (from_client && message < start.record) return Probe::not_mine();

  const std::uint8_t major = in.u8();
  const std::uint8_t minor = in.u8();
  if (!in.ok()) return undecided;
  const bool draft = !from_client && major == 0x7f;
  if (!draft && (major != 3 || minor > 4)) return Probe::not_mine();
  in.skip(32);
  const std::size_t session_id = in.u8();
  if (!in.ok()) return undecided;
  if (!draft && session_id > 32) return Probe::not_mine();
  return Probe::mine(from_client ? Speaker::client : Speaker::server);
}

Speaker sender_of(std::uint8_t type) {
  switch (type) {
    case hello_request:
    case new_session_ticket:
    case server_key_exchange:
    case certificate_request:
    case server_hello_done:
    case certificate_status:
      return Speaker::server;
    case certificate_verify:
    case client_key_exchange:
      return Speaker::client;
    default:
      return Speaker::either;
  }
}

bool plausible_message(std::uint8_t type, std::size_t length) {
  switch (type) {
    case hello_request:
    case server_hello_done:
      return length == 0;
    case certificate:
      return length >= 3 && length < max_hello;
    case new_session_ticket:
    case server_key_exchange:
    case certificate_request:
    case certificate_verify:
    case client_key_exchange:
    case certificate_status:
      return length >= 2 && length <= max_record_body;
    default:
      return false;
  }
}

// Plaintext handshake messages in the middle of a handshake: they must fill the record exactly,
// except that a certificate list may go on in the next record.
Probe probe_messages(Bytes body, const RecordHeader& header) {
  Speaker speaker = Speaker::either;
  std::size_t at = 0;
  while (at < header.length) {
    if (at >= body.size()) return Probe::need_more();
    ByteReader in(body.subspan(at));
    const std::uint8_t type = in.u8();
    const std::size_t length = in.u24();
    if (!in.ok()) {
      return header.length - at < handshake_header_size ? Probe::not_mine() : Probe::need_more();
    }
    if (!plausible_message(type, length)) return Probe::not_mine();
    if (type == certificate) {
      const std::size_t list = in.u24();
      if (!in.ok()) return Probe::need_more();
      if (list + 3 != length) return Probe::not_mine();
    }
    if (speaker == Speaker::either) speaker = sender_of(type);
    at += handshake_header_size + length;
    if (at > header.length && type != certificate) return Probe::not_mine();
  }
  return Probe::mine(speaker);
}

Probe probe_handshake(Bytes prefix, const RecordHeader& header) {
  const Bytes body = prefix.subspan(record_header_size);
  const Start start = start_of_message(prefix);
  if (start.size == 0) return start.broken ? Probe::not_mine() : Probe::need_more();
  if (start.bytes.front() == client_hello || start.bytes.front() == server_hello) {
    return probe_hello(start);
  }
  if (header.length == 0) return Probe::not_mine();
  const Probe answer = probe_messages(body.first(std::min(body.size(), header.length)), header);
  if (answer.kind != Probe::Kind::not_mine) return answer;
  // An encrypted Finished, for example: only the framing can tell.
  if (header.length < min_encrypted) return Probe::not_mine();
  const Probe framing = by_what_follows(prefix, header, Speaker::either);
  const bool alone = prefix.size() == header.total();
  return framing.kind == Probe::Kind::mine && alone ? Probe::need_more() : framing;
}

Probe probe_alert(Bytes prefix, const RecordHeader& header) {
  if (header.length == 2) {
    ByteReader in(prefix.subspan(record_header_size));
    if (in.remaining() >= 1) {
      const std::uint8_t level = in.u8();
      if (level != 1 && level != 2) return Probe::not_mine();
    }
    constexpr std::uint8_t last_description = 121;  // RFC 9849 3.1; assigned below it with holes
    if (in.remaining() >= 1 && in.u8() > last_description) return Probe::not_mine();
  } else if (header.length < min_encrypted || header.length > max_alert) {
    return Probe::not_mine();
  }
  return by_what_follows(prefix, header, Speaker::either);
}

Probe probe_record(Bytes prefix) {
  const auto header = parse_record_header(prefix);
  if (!header) return Probe::not_mine();
  switch (header->type) {
    case handshake:
      return probe_handshake(prefix, *header);
    case alert:
      return probe_alert(prefix, *header);
    case change_cipher_spec: {
      const Bytes body = prefix.subspan(record_header_size);
      if (header->length != 1 || (!body.empty() && body.front() != 1)) return Probe::not_mine();
      return by_what_follows(prefix, *header, Speaker::either);
    }
    case application_data:
      // No implementation has written 3.4 there; TLS 1.3 says 3.3 (RFC 8446 5.1).
      if (header->minor > 3 || header->length < min_encrypted) return Probe::not_mine();
      return by_what_follows(prefix, *header, Speaker::either);
    default:
      return Probe::not_mine();
  }
}

}  // namespace

Probe probe(Bytes prefix) {
  if (prefix.empty()) return Probe::need_more();
  if ((prefix.front() & 0x80U) != 0) {
    constexpr std::size_t deciding = 11;
    if (prefix.size() < 2) return Probe::need_more();
    if (!sslv2_client_hello_size(prefix)) return Probe::not_mine();
    return prefix.size() < deciding ? Probe::need_more() : Probe::mine(Speaker::client);
  }
  if (prefix.size() >= record_header_size) return probe_record(prefix);
  // Any minor version so far: compare with its own.
  ByteReader in(prefix);
  in.skip(2);
  const std::uint8_t minor = in.u8();
  if (minor > 4 || !may_begin_record(prefix, minor)) return Probe::not_mine();
  return Probe::need_more();
}

}  // namespace pcapaudit::tls_wire
