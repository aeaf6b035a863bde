// Encrypted records of a connection whose secrets are known. See tls_connection.hpp.
#include "dissectors/tls/tls_inside.hpp"

#include <array>
#include <utility>

#include "dissectors/tls/certificates/x509.hpp"
#include "dissectors/tls/keys/tls13_messages.hpp"
#include "dissectors/tls/tls_connection.hpp"

namespace pcapaudit::tls_wire {
namespace {

constexpr std::size_t max_chain = 16;  // as in tls_messages.cpp
// A message that comes in pieces; certificate lists stay below.
constexpr std::size_t max_opened_message = 256 * 1024;
constexpr std::uint8_t end_of_early_data = 5, encrypted_extensions = 8, key_update = 24;

}  // namespace

Tls::Tls() = default;
Tls::~Tls() = default;

std::size_t Tls::held() const {
  return halves_[0].message.capacity() + halves_[1].message.capacity() + proofs_.held() +
         (inside_ == nullptr ? 0 : inside_->held());
}

void Tls::note_opening(const ClientHello& hello, RecordSink& out) {
  if (facts_.server_hello) return;  // another connection's
  const TlsKeyStore* keys = out.tls_keys();
  if (keys == nullptr || hello.sslv2) return;
  if (inside_ == nullptr) inside_ = std::make_unique<Inside>(*keys);
  inside_->agreed.client_random = hello.random;
  inside_->waiting.clear();  // early data that a HelloRetryRequest refused
}

void Tls::note_agreement(const ServerHello& hello) {
  if (inside_ == nullptr || hello.retry_request || inside_->is_agreed) return;
  inside_->agreed.version = hello.version;
  inside_->agreed.cipher = hello.cipher;
  inside_->agreed.server_random = hello.random;
  inside_->agreed.encrypt_then_mac = hello.encrypt_then_mac;
  inside_->agreed.compression = hello.compression;
  inside_->is_agreed = true;
  if (!is_tls13(hello.version)) inside_->transcript = {};
}

// Is this record encrypted, and may it be opened?
bool Tls::is_sealed(const Half& half, const RecordHeader& header) const {
  if (is_tls13(facts_.version)) return header.type == application_data;
  return half.change_cipher || header.type == application_data || (half.hole && half.encrypted);
}

bool Tls::wants_sealed(Direction dir) const {
  return inside_ != nullptr && !inside_->opener.is_closed(dir);
}

// `record` is whole.
void Tls::read_sealed(Direction dir, Bytes record, RecordSink& out) {
  Inside& inside = *inside_;
  inside.sides[index_of(dir)].any_sealed = true;
  const bool is_client = dir == Direction::to_server;
  const bool early = is_client && facts_.early_data && !inside.is_early_known &&
                     !inside.opener.is_closed(Direction::to_client);
  const bool waits = is_client && (!inside.is_agreed || (is_tls13(facts_.version) && early));
  if (!waits) {
    if (is_client && !inside.waiting.empty()) read_waiting(out);
    return open_record(dir, record, out);
  }
  if (inside.waiting.size() + record.size() > Inside::max_waiting) {
    inside.opener.close(dir, NotDecrypted::over_cap);
    std::vector<std::uint8_t>().swap(inside.waiting);
    return;
  }
  inside.waiting.insert(inside.waiting.end(), record.begin(), record.end());
}

// What waited for the server's answer.
void Tls::read_waiting(RecordSink& out) {
  const std::vector<std::uint8_t> waiting = std::exchange(inside_->waiting, {});
  for (Bytes rest(waiting); rest.size() >= record_header_size;) {
    const auto header = parse_record_header(rest);
    if (!header || header->total() > rest.size()) break;
    open_record(Direction::to_server, rest.first(header->total()), out);
    rest = rest.subspan(header->total());
  }
}

void Tls::begin_opening(Direction dir) {
  Inside& inside = *inside_;
  inside.opener.begin(dir, inside.agreed, !halves_[index_of(dir)].hole);
  const bool early = facts_.early_data && is_tls13(facts_.version);
  if (dir == Direction::to_client || !early) return;
  // A server whose answer cannot be read may have taken it.
  if (inside.takes_early || !inside.is_early_known) {
    inside.opener.expect_early(inside.agreed);
  } else {
    inside.opener.expect_rejected();
  }
}

void Tls::open_record(Direction dir, Bytes record, RecordSink& out) {
  Inside& inside = *inside_;
  if (!inside.is_agreed) return;
  Inside::Side& side = inside.sides[index_of(dir)];
  if (!inside.opener.has_begun(dir)) begin_opening(dir);
  std::array<std::uint8_t, record_header_size + max_record_body> text;  // filled by open()
  const Opener::Opened opened = inside.opener.open(dir, record, text);
  switch (opened.kind) {
    case Opener::Opened::Kind::opened:
      side.any_opened = true;
      if (opened.is_behind_loss) side.message.clear();
      read_opened(dir, opened.type, opened.text, out);
      break;
    case Opener::Opened::Kind::skipped:
      break;
    case Opener::Opened::Kind::unopened:
      side.any_unopened = true;
      // Early data are a message of the client's like any other.
      if (dir == Direction::to_server && facts_.early_data) {
        out.inside_lost(dir, "records whose secret is not there");
      }
      break;
    case Opener::Opened::Kind::passed_over:
      side.any_passed = true;
      out.inside_lost(dir, "records behind a loss");
      break;
    case Opener::Opened::Kind::closed:
      inside.transcript.break_off(dir);
      if (!std::exchange(side.told, true)) {
        out.inside_lost(dir, to_text(inside.opener.why(dir)));
        if (dir == Direction::to_client && !inside.waiting.empty()) read_waiting(out);
      }
      break;
  }
}

void Tls::read_opened(Direction dir, std::uint8_t type, Bytes text, RecordSink& out) {
  Inside& inside = *inside_;
  const bool from_server = dir == Direction::to_client;
  const bool is_behind_proof = from_server && inside.transcript.is_finished(Direction::to_server);
  switch (type) {
    case application_data:
      if (!from_server && inside.transcript.is_finished(dir)) inside.client_spoke = true;
      if (is_behind_proof && inside.client_spoke) inside.server_answered = true;
      if (!text.empty()) out.inside(dir, text);
      break;
    case handshake:
      read_opened_handshake(dir, text, out);
      break;
    case alert: {
      ByteReader in(text);
      const std::uint8_t level = in.u8(), description = in.u8();
      constexpr std::uint8_t fatal = 2, close_notify = 0, user_canceled = 90;
      // In TLS 1.3 the level says nothing (RFC 8446 6).
      const bool is_error =
          is_tls13(facts_.version) ? description != user_canceled : level == fatal;
      if (in.ok() && is_error && description != close_notify) {
        inside.server_refused = inside.server_refused || from_server;
        read_alert(dir, text);
      }
      break;
    }
    case change_cipher_spec:
      // A second handshake: its keys begin here.
      if (is_tls13(facts_.version)) break;
      inside.opener.begin(dir, inside.next, true);
      break;
    default:
      break;
  }
}

void Tls::read_opened_handshake(Direction dir, Bytes text, RecordSink& out) {
  std::vector<std::uint8_t>& message = inside_->sides[index_of(dir)].message;
  message.insert(message.end(), text.begin(), text.end());
  std::size_t used = 0;
  while (message.size() - used >= handshake_header_size) {
    const Bytes rest = Bytes(message).subspan(used);
    ByteReader in(rest);
    const std::uint8_t type = in.u8();
    const std::size_t length = in.u24();
    if (length > max_opened_message) {
      inside_->opener.close(dir, NotDecrypted::over_cap);
      inside_->transcript.break_off(dir);
      used = message.size();
      break;
    }
    if (in.remaining() < length) break;
    const Bytes whole = rest.first(handshake_header_size + length);
    if (is_tls13(facts_.version)) {
      read_opened13(dir, type, whole, out);
    } else {
      read_opened12(type, whole.subspan(handshake_header_size));
    }
    used += whole.size();
  }
  message.erase(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(used));
}

// A second handshake inside of the first one's protection.
void Tls::read_opened12(std::uint8_t type, Bytes body) {
  Agreed& next = inside_->next;
  if (type == client_hello) {
    if (const auto hello = parse_client_hello(body)) next.client_random = hello->random;
  } else if (type == server_hello) {
    const auto hello = parse_server_hello(body);
    if (!hello) return;
    next.version = hello->version;
    next.cipher = hello->cipher;
    next.server_random = hello->random;
    next.encrypt_then_mac = hello->encrypt_then_mac;
    next.compression = hello->compression;
  } else if (type == certificate_request) {
    inside_->asks_again = true;
  }
}

void Tls::read_opened13(Direction dir, std::uint8_t type, Bytes whole, RecordSink& out) {
  Inside& inside = *inside_;
  const Bytes body = whole.subspan(handshake_header_size);
  const bool from_client = dir == Direction::to_server;
  const bool is_over = inside.opener.is_behind_handshake(dir);
  inside.transcript.add(dir, type, whole);
  if (is_over) {
    if (!from_client && type == new_session_ticket &&
        inside.transcript.is_finished(Direction::to_server)) {
      inside.gave_ticket = true;
    }
    // Behind the handshake: what it proves is said about the connection's beginning.
    if (!from_client && type == certificate_request) {
      facts_.renegotiated = inside.asks_again = true;
    }
    if (type == key_update) inside.opener.update_keys(dir);
    return;
  }
  switch (type) {
    case encrypted_extensions:
      if (!from_client) read_extensions13(body, out);
      break;
    case certificate_request:
      if (from_client) break;
      facts_.certificate_requested = true;
      for (const Bytes der : acceptable_issuers13(body, TextList::cap)) note_issuer(der);
      break;
    case certificate:
    case compressed_certificate:
      read_certificates13(dir, type, body, out);
      break;
    case certificate_verify:
      if (from_client) facts_.client_certificate_verify = true;
      break;
    case finished:
      inside.opener.next_epoch(dir);
      if (inside.transcript.is_finished(Direction::to_server) &&
          inside.transcript.is_finished(Direction::to_client)) {
        prove13();
      }
      break;
    case end_of_early_data:
      inside.opener.next_epoch(dir);
      break;
    default:
      break;
  }
}

void Tls::read_extensions13(Bytes body, RecordSink& out) {
  const EncryptedExtensions extensions = parse_encrypted_extensions(body);
  if (facts_.alpn.empty()) facts_.alpn = clean_text(extensions.alpn);
  inside_->takes_early = extensions.early_data;
  const bool known = std::exchange(inside_->is_early_known, true);
  if (!known) read_waiting(out);
}

void Tls::read_certificates13(Direction dir, std::uint8_t type, Bytes body, RecordSink& out) {
  const bool from_client = dir == Direction::to_server;
  if (type == compressed_certificate) {  // RFC 8879: not unpacked, so the chain stays unknown
    if (from_client) facts_.client_certificate_sent = true;
    return;
  }
  const Certificates13 shown = parse_certificates13(body, max_chain);
  auto& chain = from_client ? facts_.client_chain : facts_.server_chain;
  for (const Bytes der : shown.chain) chain.push_back(out.certificate(der));
  if (!shown.chain.empty()) inside_->transcript.set_leaf(dir, shown.chain.front());
  if (!from_client) {
    if (!shown.stapled.empty()) facts_.stapled = stapled_status(shown.stapled);
  } else if (shown.chain.empty()) {
    constexpr std::size_t least = 4;  // a context of no bytes and a list of none
    seen_.client_certificate_empty = body.size() == least;
  } else {
    facts_.client_certificate_sent = true;
  }
}

// What the opened handshake of TLS 1.3 proves.
void Tls::prove13() {
  Inside& inside = *inside_;
  const auto suite = record_suite(facts_.cipher, facts_.version);
  if (inside.is_proved || !is_tls13(facts_.version) || !suite) return;
  const auto finished = [&](Direction dir, SecretKind secret) {
    return inside.transcript.finished(dir, suite->hash,
                                      inside.keys->find(inside.agreed.client_random, secret));
  };
  // What the server's Finished holds over is the handshake as it was: a signature that does not
  // hold over it is forged. Else it may be the reading that is wrong.
  const bool is_confirmed =
      finished(Direction::to_client, SecretKind::server_handshake) == TlsProof::verified;
  const auto proof = [&](Direction dir) {
    const TlsProof found = inside.transcript.proof(dir, suite->hash);
    const bool counts = is_confirmed || found == TlsProof::none;
    return counts ? found : TlsProof::incomplete;
  };
  facts_.server_proof = proof(Direction::to_client);
  seen_.server_flight_read = is_confirmed;
  if (facts_.client_certificate_sent) facts_.client_proof = proof(Direction::to_server);
  inside.client_finished =
      finished(Direction::to_server, SecretKind::client_handshake) == TlsProof::verified;
  inside.is_proved = true;
  inside.transcript.forget();
}

// What of it was opened, and if not all, why.
void Tls::conclude_inside(const SeenStream& seen, RecordSink& out) {
  if (out.tls_keys() == nullptr) return;
  if (inside_ == nullptr) {
    const bool any = halves_[0].application_data || halves_[1].application_data;
    if (any) facts_.not_decrypted = NotDecrypted::no_hello;
    return;
  }
  if (!inside_->waiting.empty()) read_waiting(out);
  prove13();
  if (is_tls13(facts_.version)) {
    // Data may be under way before the server looks at the client's flight (RFC 8446 4.4.4): only
    // a ticket says that it took it, or an answer to the client's data with nothing missing.
    const Inside::Side& side = inside_->sides[index_of(Direction::to_client)];
    const bool is_whole = !seen[index_of(Direction::to_client)].gap && !side.any_passed &&
                          !inside_->opener.is_closed(Direction::to_client);
    const bool took = inside_->gave_ticket || (inside_->server_answered && is_whole);
    seen_.server_finished = inside_->client_finished && took && !inside_->server_refused;
  }
  const auto& [client, server] = inside_->sides;
  if (!client.any_sealed && !server.any_sealed) return;
  const auto fails = [&](Direction dir) {
    const Inside::Side& side = inside_->sides[index_of(dir)];
    const NotDecrypted why = inside_->opener.why(dir);
    if (why != NotDecrypted::none || !side.any_sealed) return why;
    if (!inside_->is_agreed) return NotDecrypted::no_hello;
    if (side.any_passed) return NotDecrypted::gap;
    if (side.any_unopened) return NotDecrypted::no_key;
    return side.any_opened ? NotDecrypted::none : NotDecrypted::keys_do_not_fit;
  };
  const NotDecrypted of_client = fails(Direction::to_server),
                     of_server = fails(Direction::to_client);
  facts_.decrypted = of_client == NotDecrypted::none && of_server == NotDecrypted::none;
  if (facts_.decrypted) {
    seen_.asked_nothing_again = !inside_->asks_again;
    return;
  }
  const bool one_opened = (client.any_opened && of_client == NotDecrypted::none) ||
                          (server.any_opened && of_server == NotDecrypted::none);
  const NotDecrypted why = of_client == NotDecrypted::none ? of_server : of_client;
  facts_.not_decrypted = one_opened && why == NotDecrypted::no_key ? NotDecrypted::one_side : why;
}

}  // namespace pcapaudit::tls_wire
