// What a dissector found out about one flow. Values; they own their text.
//
// Wire text is kept as bytes the peer sent, with control characters and invalid UTF-8
// replaced (see clean_text), and every list is capped at DistinctList::cap values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <pcapaudit/app/shared_values.hpp>
#include <pcapaudit/base/bytes.hpp>
#include <pcapaudit/base/time.hpp>

namespace pcapaudit {

// Distinct values in order of first appearance; what does not fit is counted.
template <class T>
struct DistinctList {
  static constexpr std::size_t cap = 64;  // the contract's limit for lists in JSON lines

  SharedValues<T> values;
  std::uint64_t more = 0;  // additions that were neither known nor kept

  bool operator==(const DistinctList&) const = default;
  bool empty() const { return values.empty(); }

  template <class U>
  bool contains(const U& value) const {
    return std::find(values.begin(), values.end(), value) != values.end();
  }
  template <class U>
  void add(const U& value) {
    if (contains(value)) return;
    if (values.size() < cap) {
      values.push_back(T(value));
    } else {
      ++more;
    }
  }
};
using TextList = DistinctList<std::string>;
using NumberList = DistinctList<std::uint32_t>;

// What is kept of one text. Paths and names that are compared stay far below it.
constexpr std::size_t longest_text = 1024;
// Printable UTF-8 of at most `limit` bytes: other bytes become U+FFFD, control characters too.
std::string clean_text(std::string_view wire, std::size_t limit = longest_text);

struct HttpFacts {
  static constexpr std::string_view protocol_name = "http";
  std::string version;  // "1.0", "1.1", "2" of the first message
  std::uint64_t requests = 0, responses = 0;
  TextList methods, hosts, paths;  // paths without query
  NumberList statuses;
  TextList user_agents, servers, locations;
  TextList authorization_schemes;  // "Basic", "NTLM", ...
  bool credentials_in_clear = false;
  std::string upgraded_to;  // "websocket", "h2c", "connect", or empty
  bool operator==(const HttpFacts&) const = default;
};

struct Certificate {
  std::string subject, issuer;                    // RFC 2253 text
  std::string serial;                             // lower-case hex
  std::vector<std::string> san;                   // DNS names, then IP addresses, in order
  std::optional<DateTime> not_before, not_after;  // none: not readable
  std::string key_type;                           // "RSA", "EC", "Ed25519", ...
  std::uint32_t key_bits = 0;
  std::string signature_algorithm;
  std::vector<std::string> extended_key_usage;  // short names
  std::string sha256;                           // of the DER, lower-case hex
  std::string der;                              // its bytes; empty: not kept
  bool operator==(const Certificate&) const = default;
};

// One that many connections present: shared, and compared by value.
class SharedCertificate {
 public:
  SharedCertificate(std::shared_ptr<const Certificate> certificate)
      : certificate_(std::move(certificate)) {}
  SharedCertificate(Certificate certificate)
      : certificate_(std::make_shared<const Certificate>(std::move(certificate))) {}
  const Certificate& operator*() const { return *certificate_; }
  const Certificate* operator->() const { return certificate_.get(); }
  bool operator==(const SharedCertificate& other) const {
    return certificate_ == other.certificate_ || *certificate_ == *other.certificate_;
  }

 private:
  std::shared_ptr<const Certificate> certificate_;  // never null
};
using CertificateChain = std::vector<SharedCertificate>;  // the peer's own first

// Evidence of mutual TLS, in the words of the contract.
enum class MutualTls : std::uint8_t {
  proven,            // the signature of the client's CertificateVerify holds
  declined,          // it was asked for a certificate and sent none
  not_requested,     // nobody asked it
  indicated,         // TLS 1.3: the sizes of its records fit a certificate with its proof
  indicated_absent,  // TLS 1.3: they leave no room for one
  undeterminable
};
enum class MutualReason : std::uint8_t {
  none,
  tls13_encrypted,
  resumed,
  midstream,
  gap,
  truncated,
  renegotiated,  // an encrypted second handshake may have asked for a certificate
  aborted,       // a fatal alert in clear ended the handshake before the answer
  forged,        // the client's signature does not hold
  unverifiable   // nor can it be checked: SSL 3.0, a key or a scheme that OpenSSL does not have
};
// The messages themselves were read, not only how long they are.
constexpr bool is_handshake_shown(MutualTls mutual) {
  return mutual == MutualTls::proven || mutual == MutualTls::declined ||
         mutual == MutualTls::not_requested;
}
std::string_view to_text(
    MutualTls mutual);  // "proven", "declined", "not-requested", "indicated", ...
std::string_view to_text(MutualReason reason);  // "", "tls13-encrypted", ...

// What the sizes of the client's encrypted records say in TLS 1.3, where no keys are known.
enum class TlsFlight : std::uint8_t {
  none,  // not asked: no TLS 1.3, a resumed session, no hellos
  // A certificate, with a CertificateVerify by a key of this kind and size.
  rsa_1024,
  rsa_2048,
  rsa_3072,
  rsa_4096,
  rsa_8192,
  ecdsa_256,
  ecdsa_384,
  ecdsa_521,
  ed25519,
  ed448,
  // No certificate.
  not_requested,
  declined,
  // They say nothing, because:
  early_data,      // 0-RTT was offered: which record begins the flight is not told
  post_handshake,  // the client lets itself be asked later, inside of the encryption
  hidden_hello,    // ECH: the inner hello may do so
  unknown_suite,   // a suite whose sizes are not known, or a draft
  gap,             // bytes are missing
  unfinished,      // the client sent nothing encrypted
  alert,           // it gave up
  unanswered,      // a certificate, and the server sent nothing behind it: it may have refused it
  other_records    // joined, split or padded
};
std::string_view to_text(TlsFlight flight);  // "", "rsa-2048", "not-requested", "early-data", ...
constexpr bool is_certificate_shown(TlsFlight flight) {
  return flight >= TlsFlight::rsa_1024 && flight <= TlsFlight::ed448;
}
constexpr bool is_certificate_absent(TlsFlight flight) {
  return flight == TlsFlight::not_requested || flight == TlsFlight::declined;
}

// What an OCSP response says that the server stapled to its certificate (RFC 6066 8).
enum class StapledStatus : std::uint8_t { none, good, revoked, unknown, unreadable };
std::string_view to_text(StapledStatus status);  // "", "good", ...

// Does a peer hold the key of the certificate that it showed? By a signature of the handshake.
enum class TlsProof : std::uint8_t {
  none,          // nothing signed was seen, or nobody asked
  verified,      // the signature holds
  forged,        // it does not
  unverifiable,  // SSL 3.0, a certificate, key or scheme that cannot be read
  incomplete     // bytes that it is over are missing
};
std::string_view to_text(TlsProof proof);  // "", "verified", "forged", ...

// Why a connection, or a direction of it, was not decrypted although secrets were given.
enum class NotDecrypted : std::uint8_t {
  none,               // it was, or nobody gave secrets, or nothing was encrypted
  no_key,             // none of this connection
  one_side,           // only one direction's
  keys_do_not_fit,    // its first record does not authenticate: another connection's, or mistaken
  unsupported_suite,  // SSL 3.0, or a suite that OpenSSL does not have
  gap,                // lost bytes, behind which no record authenticates
  no_hello,           // the hellos were not captured, so no secret can be found for it
  altered,            // a record in the middle does not authenticate
  over_cap            // a cap or the memory was reached
};
constexpr std::size_t not_decrypted_count = 9;
std::string_view to_text(NotDecrypted why);  // "", "no-key", ...

// How a client hid the name of the server that it asks for.
enum class HiddenName : std::uint8_t { none, esni, ech };
std::string_view to_text(HiddenName hidden);  // "", "esni", "ech"

struct TlsAlert {
  bool from_client = false;
  std::uint8_t level = 0, description = 0;
  bool operator==(const TlsAlert&) const = default;
};

struct TlsFacts {
  static constexpr std::string_view protocol_name = "tls";
  std::uint16_t version =
      0;  // negotiated, 0 unknown; 0x0300 SSL 3.0 ... 0x0304 TLS 1.3; drafts as on the wire
  std::uint16_t offered_version = 0;  // highest that the client offered, 0 unknown
  std::string sni, alpn;              // alpn: chosen by the server
  std::vector<std::string> alpn_offered;
  std::uint16_t cipher = 0;   // chosen; valid when server_hello
  std::uint16_t group = 0;    // of the key exchange, 0 unknown or none (RSA, DHE with own primes)
  std::uint16_t dh_bits = 0;  // of the prime in a finite-field key exchange, 0 unknown or none
  HiddenName hidden_name = HiddenName::none;
  bool client_hello = false, server_hello = false;
  // Every byte of the hello was there and fits its lists. Else what it does not show may have been
  // in it all the same.
  bool client_hello_whole = false, server_hello_whole = false;
  // All that this side sent of the handshake in clear was read: from its hello up to its change to
  // encryption (in TLS 1.3: its hello), without a hole.
  bool client_handshake_read = false, server_handshake_read = false;
  // Up to TLS 1.2: application data came without a change to encryption before it, which no peer
  // takes. What looks like a handshake is none.
  bool data_before_handshake = false;
  bool retry_request = false;  // the server asked for another ClientHello (HelloRetryRequest)
  bool early_data = false;     // the client offered 0-RTT data
  bool renegotiated = false;   // a second handshake, encrypted, up to TLS 1.2
  bool resumed = false;
  // Both sides finished the handshake: up to TLS 1.2 an encrypted Finished of both was seen, in TLS
  // 1.3 encrypted records that are more than an alert. Where the handshake was not captured,
  // application data of both.
  bool established = false;
  bool certificate_requested = false;
  bool client_certificate_sent = false;  // a Certificate message with at least one certificate
  bool client_certificate_verify = false;
  CertificateChain server_chain, client_chain;
  StapledStatus stapled = StapledStatus::none;
  TextList acceptable_issuers;  // that the server names when it asks for a client certificate
  // Up to TLS 1.2, where the server asked for a client certificate: the client's CertificateVerify
  // and the server's ServerKeyExchange.
  TlsProof client_proof = TlsProof::none, server_proof = TlsProof::none;
  MutualTls mutual = MutualTls::undeterminable;
  MutualReason mutual_reason = MutualReason::midstream;
  TlsFlight mutual_sizes = TlsFlight::none;
  bool decrypted = false;  // every encrypted record that was there was opened with its secrets
  NotDecrypted not_decrypted = NotDecrypted::none;
  std::string ja3, ja4;
  std::vector<TlsAlert> alerts;
  bool operator==(const TlsFacts&) const = default;
};

// What encryption or loss hides is unknown, not false: nullopt.
inline std::optional<bool> known_resumed(const TlsFacts& tls) {
  return tls.server_hello ? std::optional(tls.resumed) : std::nullopt;
}
inline std::optional<bool> known_certificate_requested(const TlsFacts& tls) {
  return tls.certificate_requested || is_handshake_shown(tls.mutual)
             ? std::optional(tls.certificate_requested)
             : std::nullopt;
}
inline std::optional<bool> known_client_certificate_sent(const TlsFacts& tls) {
  return tls.client_certificate_sent || is_handshake_shown(tls.mutual)
             ? std::optional(tls.client_certificate_sent)
             : std::nullopt;
}
std::string tls_version_name(
    std::uint16_t version);  // "TLSv1.2", "SSLv3", "TLSv1.3-draft28", "0x1234"
std::uint16_t tls_version_named(std::string_view name);  // 0 for what is no such name
std::string_view tls_cipher_name(std::uint16_t cipher);  // IANA, or "" when not registered

enum class TlsKeyExchange : std::uint8_t {
  unknown,
  rsa,  // the client's secret under the server's RSA key: whoever gets the key reads all
  dh,   // the server's certificate holds the key
  dhe,
  ecdh,   // the server's certificate holds the key
  ecdhe,  // and hybrids with it
  kem,    // post-quantum alone
  psk,    // a shared key alone
  srp,
  krb5,
  eccpwd,
  gost
};
constexpr std::size_t tls_key_exchange_count = 12;
std::string_view to_text(TlsKeyExchange exchange);  // "", "rsa", "dhe", "ecdhe", ...

// What the registered name of a cipher suite says. Suites without a name have none of it.
struct TlsCipherTraits {
  TlsKeyExchange key_exchange = TlsKeyExchange::unknown;  // TLS 1.3 does not tell it in the suite
  std::string_view encryption;                            // "AES_128_GCM", "3DES_EDE_CBC", "NULL"
  bool psk = false;                                       // a shared key takes part
  bool anonymous = false;                                 // nobody proves who he is
  bool null = false;                                      // nothing is encrypted
  bool exported = false;  // weak on purpose, by the export rules of the 1990s
  bool weak = false;      // exported, RC4, RC2 or a cipher of 64-bit blocks (DES, 3DES, IDEA)
  bool aead = false;
};
TlsCipherTraits tls_cipher_traits(std::uint16_t cipher);
std::vector<std::uint16_t> tls_ciphers();  // all that have a name
// How the keys were agreed upon, by suite and group. Unknown without a ServerHello.
TlsKeyExchange tls_key_exchange(const TlsFacts& tls);
// Bits of the prime of a finite-field exchange; 0 unknown, or none.
std::uint16_t tls_dh_bits(const TlsFacts& tls);
std::string tls_group_name(std::uint16_t group);  // IANA: "x25519"; "0x1234" otherwise
std::string to_text(const TlsAlert& alert);  // "client fatal 42": who sent it, its level and its
                                             // number (RFC 8446 6)

struct SipFacts {
  static constexpr std::string_view protocol_name = "sip";
  std::uint64_t requests = 0, responses = 0;
  TextList methods;  // of requests, and of CSeq in responses when no request was seen
  NumberList statuses;
  std::string transport;  // "TCP", "UDP", "TLS", "WS": from the top Via, else how it travelled
  TextList user_agents, servers, from_domains, to_domains;
  // Distinct requests, and how many of them got a final answer (RFC 3261 17).
  std::uint64_t transactions = 0, answered = 0;
  TextList media;           // endpoints that session descriptions name: "audio 192.0.2.1:5004"
  bool lync_signs = false;  // ms-* headers, BENOTIFY, SERVICE ... (see docs)
  bool operator==(const SipFacts&) const = default;
};

struct GenericField {
  std::string name, value;
  bool operator==(const GenericField&) const = default;
};
struct GenericFacts {
  std::string protocol;  // the application's name, e.g. "ssh"
  std::vector<GenericField> fields;
  bool operator==(const GenericFacts&) const = default;
};

using AppRecord = std::variant<HttpFacts, TlsFacts, SipFacts, GenericFacts>;

// The application that a record is of: "http", "tls", "sip", or what a generic one says.
template <class Record>
std::string_view protocol_of(const Record& record) {
  if constexpr (requires { Record::protocol_name; }) {
    return Record::protocol_name;
  } else {
    return record.protocol;
  }
}
inline std::string_view record_protocol(const AppRecord& record) {
  return std::visit([](const auto& facts) { return protocol_of(facts); }, record);
}

}  // namespace pcapaudit
