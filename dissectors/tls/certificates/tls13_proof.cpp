// The transcript of TLS 1.3; see the header.

#include "dissectors/tls/certificates/tls13_proof.hpp"

#include <string_view>

#include "dissectors/tls/certificates/tls_proof.hpp"
#include "dissectors/tls/tls_record.hpp"

namespace pcapaudit::tls_wire {
namespace {

constexpr std::uint16_t tls13 = 0x0304;
constexpr std::size_t client = index_of(Direction::to_server), server = 1 - client;

void append(std::vector<std::uint8_t>& text, Bytes more) {
  text.insert(text.end(), more.begin(), more.end());
}

}  // namespace

void Transcript13::add(Direction dir, std::uint8_t type, Bytes message, bool is_retry) {
  Half& half = halves_[index_of(dir)];
  if (half.finished_end > 0 || half.broken) return;  // tickets and the like
  if (half.text.size() + message.size() > max_bytes) {
    half = Half{.broken = true};
    return;
  }
  const std::size_t at = half.text.size();
  append(half.text, message);
  const std::size_t end = half.text.size();
  if (type == client_hello) {
    if (half.hello_end == 0) half.hello_end = end;
    half.hellos_end = end;
  } else if (type == server_hello && is_retry) {
    half.retry_end = end;
  } else if (type == certificate_verify) {
    half.verify_at = at;
    half.verify_end = end;
  } else if (type == tls_wire::finished) {
    half.finished_at = at;
    half.finished_end = end;
  }
}

std::vector<std::uint8_t> Transcript13::hash_up_to(KeyHash hash, std::size_t of_server,
                                                   std::size_t of_client) const {
  const Bytes asked(halves_[client].text), answered(halves_[server].text);
  std::vector<std::uint8_t> text;
  const std::size_t retry = halves_[server].retry_end;
  std::size_t from = 0;
  if (retry > 0) {
    // The first hello stands there as its hash (RFC 8446 4.4.1).
    constexpr std::uint8_t message_hash = 254;
    from = halves_[client].hello_end;
    const auto of_first = digest_of(hash, asked.first(from));
    text = {message_hash, 0, 0, static_cast<std::uint8_t>(of_first.size())};
    append(text, of_first);
    append(text, answered.first(retry));
  }
  const std::size_t hellos = halves_[client].hellos_end;
  append(text, asked.subspan(from, hellos - from));
  append(text, answered.subspan(retry, of_server - retry));
  if (of_client > hellos) append(text, asked.subspan(hellos, of_client - hellos));
  return digest_of(hash, text);
}

std::vector<std::uint8_t> Transcript13::hash_before(Direction dir, KeyHash hash,
                                                    std::size_t at) const {
  if (dir == Direction::to_client) return hash_up_to(hash, at, 0);
  return hash_up_to(hash, halves_[server].finished_end, at);
}

TlsProof Transcript13::finished(Direction dir, KeyHash hash, Bytes traffic_secret) const {
  const Half& half = halves_[index_of(dir)];
  const bool is_there = half.finished_end > 0 && halves_[server].finished_end > 0;
  if (!is_there || !is_whole() || traffic_secret.empty()) return TlsProof::none;
  const Bytes verify_data = Bytes(half.text)
                                .subspan(half.finished_at, half.finished_end - half.finished_at)
                                .subspan(handshake_header_size);
  const auto before = hash_before(dir, hash, half.finished_at);
  return finished_holds(hash, traffic_secret, before, verify_data) ? TlsProof::verified
                                                                   : TlsProof::forged;
}

TlsProof Transcript13::proof(Direction dir, KeyHash hash) const {
  const Half& half = halves_[index_of(dir)];
  if (half.verify_end == 0) return half.broken ? TlsProof::incomplete : TlsProof::none;
  const bool needs_server = dir == Direction::to_server && halves_[server].finished_end == 0;
  if (!is_whole() || needs_server) return TlsProof::incomplete;
  if (half.leaf.empty()) return TlsProof::unverifiable;
  // RFC 8446 4.4.3
  constexpr std::string_view of_client = "TLS 1.3, client CertificateVerify";
  constexpr std::string_view of_server = "TLS 1.3, server CertificateVerify";
  std::vector<std::uint8_t> text(64, ' ');
  append(text, as_bytes(dir == Direction::to_server ? of_client : of_server));
  text.push_back(0);
  append(text, hash_before(dir, hash, half.verify_at));
  const Bytes verify = Bytes(half.text)
                           .subspan(half.verify_at, half.verify_end - half.verify_at)
                           .subspan(handshake_header_size);
  return check_signature(tls13, half.leaf, text, verify);
}

}  // namespace pcapaudit::tls_wire
