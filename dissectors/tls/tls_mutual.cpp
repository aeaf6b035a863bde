// The rules of mutual TLS evidence; see the header.

#include "dissectors/tls/tls_mutual.hpp"

#include <algorithm>

#include "dissectors/tls/tls_record.hpp"

namespace pcapaudit::tls_wire {
namespace {

// Why the handshake was not seen as far as it takes.
MutualReason why_unseen(const TlsFacts& facts, const SeenStream& seen) {
  const SeenDirection& client = seen[index_of(Direction::to_server)];
  const SeenDirection& server = seen[index_of(Direction::to_client)];
  const bool late_client = !facts.client_hello && !client.from_start;
  const bool late_server = !facts.server_hello && !server.from_start;
  if (late_client || late_server) return MutualReason::midstream;
  constexpr std::uint8_t fatal = 2;  // RFC 5246 7.2
  const bool gave_up =
      std::ranges::any_of(facts.alerts, [](const TlsAlert& alert) { return alert.level == fatal; });
  if (gave_up) return MutualReason::aborted;
  if (client.gap || server.gap) return MutualReason::gap;
  return MutualReason::truncated;
}

bool declined(const TlsFacts& facts, const HandshakeSeen& handshake) {
  // RFC 5246 7.4.6: a client sends a Certificate message only when asked, so an empty one is an
  // answer even when the question was not captured.
  if (handshake.client_certificate_empty) return true;
  if (!facts.certificate_requested || facts.client_certificate_sent) return false;
  const bool ssl3_answer = facts.version == 0x0300 && handshake.no_certificate_alert;
  return handshake.client_key_exchange || ssl3_answer;
}

}  // namespace

bool is_resumed(const TlsFacts& facts, const HandshakeSeen& handshake) {
  if (!facts.server_hello) return false;
  if (is_tls13(facts.version)) return handshake.pre_shared_key;
  // A server that goes on with its certificate has not resumed, whatever it echoed.
  if (handshake.server_certificate || handshake.server_hello_done) return false;
  if (handshake.server_hole) return false;  // it may have been there
  return handshake.session_id_echoed || handshake.server_change_cipher;
}

MutualVerdict judge_mutual(const TlsFacts& facts, const HandshakeSeen& handshake,
                           const SeenStream& seen) {
  if (facts.client_certificate_sent && facts.client_certificate_verify) {
    switch (facts.client_proof) {
      case TlsProof::verified:
        // A server that does not take the certificate ends the handshake (RFC 5246 7.4.8, 7.2.2).
        if (!handshake.server_finished) {
          return {MutualTls::undeterminable, why_unseen(facts, seen)};
        }
        return {MutualTls::proven, MutualReason::none};
      case TlsProof::forged:
        return {MutualTls::undeterminable, MutualReason::forged};
      case TlsProof::unverifiable:
        return {MutualTls::undeterminable, MutualReason::unverifiable};
      case TlsProof::none:
      case TlsProof::incomplete:
        return {MutualTls::undeterminable, why_unseen(facts, seen)};
    }
  }
  // Servers ask for a certificate in a second handshake when a page demands one.
  const bool has_gap = seen[0].gap || seen[1].gap;
  const bool may_have_asked = !handshake.asked_nothing_again || has_gap;
  if (facts.renegotiated && may_have_asked) {
    return {MutualTls::undeterminable, MutualReason::renegotiated};
  }
  if (handshake.server_flight_read && handshake.post_handshake && may_have_asked) {
    return {MutualTls::undeterminable, MutualReason::tls13_encrypted};
  }
  if (declined(facts, handshake)) return {MutualTls::declined, MutualReason::none};
  if (facts.resumed) return {MutualTls::undeterminable, MutualReason::resumed};
  if (handshake.server_flight_read && !facts.certificate_requested) {
    return {MutualTls::not_requested, MutualReason::none};
  }
  // What was decrypted needs no sizes.
  if (is_tls13(facts.version) && !handshake.server_flight_read) {
    if (is_certificate_shown(facts.mutual_sizes)) return {MutualTls::indicated, MutualReason::none};
    if (is_certificate_absent(facts.mutual_sizes)) {
      return {MutualTls::indicated_absent, MutualReason::none};
    }
    return {MutualTls::undeterminable, MutualReason::tls13_encrypted};
  }
  const bool full = facts.server_hello && handshake.server_hello_done;
  if (full && !facts.certificate_requested && !facts.client_certificate_sent) {
    return {MutualTls::not_requested, MutualReason::none};
  }
  return {MutualTls::undeterminable, why_unseen(facts, seen)};
}

}  // namespace pcapaudit::tls_wire
