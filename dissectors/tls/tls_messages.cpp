// Handshake messages of TLS, and what is taken from them. See tls_connection.hpp.
#include <utility>

#include "dissectors/tls/certificates/x509.hpp"
#include "dissectors/tls/tls_connection.hpp"
#include "dissectors/tls/tls_inside.hpp"

namespace pcapaudit::tls_wire {
namespace {

// Certificates read of one chain. Real chains have up to five.
constexpr std::size_t max_chain = 16;
// So many hellos are more than a client sends, with one for a HelloRetryRequest.
constexpr std::uint8_t enough_hellos = 3;

}  // namespace

// A hello that is cut still tells what its beginning holds. `window`: a cut record.
void Tls::read_cut_hello(Direction dir, Bytes window) {
  std::vector<std::uint8_t> message = std::move(halves_[index_of(dir)].message);
  if (window.size() >= record_header_size) {
    const auto header = parse_record_header(window);
    if (!header || header->type != handshake) return;
    message.insert(message.end(), window.begin() + record_header_size, window.end());
  }
  ByteReader in{Bytes(message)};
  const std::uint8_t type = in.u8();
  in.u24();
  if (!in.ok()) return;
  if (type == client_hello && dir == Direction::to_server) {
    auto hello = parse_client_hello(in.rest());
    if (!hello) return;
    hello->whole = false;
    note_client_hello(*hello);
  } else if (type == server_hello && dir == Direction::to_client) {
    auto hello = parse_server_hello(in.rest());
    if (!hello) return;
    hello->whole = false;
    note_server_hello(*hello);
  }
}

// Only its type is known; false when no such message can be that long.
bool Tls::oversized(Direction dir, std::uint8_t type, RecordSink& out) {
  out.note_unread(dir, Unread::over_cap, "tls: a handshake message is too long to keep");
  switch (type) {
    case certificate:
      if (dir == Direction::to_server) facts_.client_certificate_sent = true;
      if (dir == Direction::to_client) seen_.server_certificate = true;
      return true;
    case certificate_request:
      if (dir == Direction::to_client) facts_.certificate_requested = true;
      return true;
    case certificate_status:
    case supplemental_data:
      return true;
    default:
      return false;
  }
}

Tls::Failure Tls::read_message(Direction dir, std::uint8_t type, Bytes body, RecordSink& out) {
  const bool from_client = dir == Direction::to_server;
  switch (type) {
    case client_hello: {
      if (!from_client) return "tls: client hello from the server";
      const auto hello = parse_client_hello(body);
      if (!hello) return "tls: bad client hello";
      if (client_hellos_ < enough_hellos) ++client_hellos_;
      if (facts_.server_hello && has_hello_too_many()) note_again(dir, out);
      note_client_hello(*hello);
      note_opening(*hello, out);
      return {};
    }
    case server_hello: {
      if (from_client) return "tls: server hello from the client";
      const auto hello = parse_server_hello(body);
      if (!hello) return "tls: bad server hello";
      if (facts_.server_hello) note_again(dir, out);
      note_agreement(*hello);
      note_server_hello(*hello);
      return {};
    }
    case certificate:
      read_certificates(dir, body, out);
      return {};
    case certificate_request:
      if (!from_client) read_request(body);
      return {};
    case certificate_status:
      if (!from_client) facts_.stapled = stapled_status(stapled_response(body));
      return {};
    case server_key_exchange:
      if (!from_client) read_key_exchange(body, facts_);
      return {};
    case server_hello_done:
      if (!body.empty()) return "tls: server hello done with a body";
      if (!from_client) seen_.server_hello_done = true;
      return {};
    case certificate_verify:
      if (from_client) facts_.client_certificate_verify = true;
      return {};
    case client_key_exchange:
      if (from_client) seen_.client_key_exchange = true;
      return {};
    default:
      return is_known_message(type) ? "" : "tls: unknown handshake message";
  }
}

// Messages are kept until the client's proof, or until it is plain that nobody asks for one.
void Tls::keep(Direction dir, std::uint8_t type, Bytes message) {
  proofs_.add(dir, type, message);
  if (inside_ != nullptr && !inside_->has_hellos) {
    const bool is_hello = type == client_hello || type == server_hello;
    if (is_hello) inside_->transcript.add(dir, type, message, !facts_.server_hello);
    inside_->has_hellos = facts_.server_hello;
  }
  const bool nobody_asks = seen_.server_hello_done && !facts_.certificate_requested;
  if (is_tls13(facts_.version) || nobody_asks) proofs_.forget();
  const bool client_is_done =
      facts_.client_certificate_verify || halves_[index_of(Direction::to_server)].change_cipher;
  if (seen_.server_hello_done && client_is_done) proofs_.check(facts_);
}

void Tls::note_client_hello(const ClientHello& hello) {
  facts_.early_data = facts_.early_data || hello.early_data;
  seen_.post_handshake = seen_.post_handshake || hello.post_handshake_auth;
  if (facts_.client_hello) return;  // the answer to a HelloRetryRequest, or a renegotiation
  take_client_hello(hello, facts_);
  client_session_id_ = hello.session_id;
}

void Tls::note_server_hello(const ServerHello& hello) {
  if (facts_.server_hello) return;
  facts_.version = hello.version;
  facts_.cipher = hello.cipher;
  facts_.group = hello.group;
  facts_.retry_request = facts_.retry_request || hello.retry_request;
  if (hello.retry_request) return;  // the real one follows, still in plaintext
  facts_.server_hello = true;
  facts_.server_hello_whole = hello.whole;
  facts_.alpn = clean_text(hello.alpn);
  server_session_id_ = hello.session_id;
  seen_.pre_shared_key = hello.pre_shared_key;
  if (!is_tls13(hello.version)) return;
  halves_[index_of(Direction::to_client)].encrypted = true;
  flight_.begin(hello.cipher);
}

void Tls::read_certificates(Direction dir, Bytes body, RecordSink& out) {
  const bool from_client = dir == Direction::to_server;
  auto& chain = from_client ? facts_.client_chain : facts_.server_chain;
  if (!chain.empty()) return;  // a renegotiation under the null cipher
  for (const Bytes der : certificates(body, max_chain)) {
    chain.push_back(out.certificate(der));
  }
  constexpr std::size_t empty_list = 3;  // just its length
  if (!from_client) {
    seen_.server_certificate = true;
  } else if (body.size() > empty_list) {
    facts_.client_certificate_sent = true;
  } else {
    seen_.client_certificate_empty = true;
  }
}

void Tls::read_request(Bytes body) {
  facts_.certificate_requested = true;
  for (const Bytes der : acceptable_issuers(body, facts_.version, TextList::cap)) note_issuer(der);
}

void Tls::note_issuer(Bytes der) {
  const std::string name = distinguished_name(der);
  if (!name.empty()) facts_.acceptable_issuers.add(name);
}

}  // namespace pcapaudit::tls_wire
