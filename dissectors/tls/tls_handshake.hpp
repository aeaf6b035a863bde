// Hello and certificate messages of the TLS handshake as values.
//
// Bodies come without the four-byte handshake header. A malformed fixed part gives
// nullopt; a broken extension list ends where it breaks; unknown extensions are skipped. Source:
// RFC 8446 4, RFC 5246 7.4, RFC 5246 appendix E.2.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit::tls_wire {

constexpr std::size_t hello_random_size = 32;
using HelloRandom = std::array<std::uint8_t, hello_random_size>;

struct ClientHello {
  std::uint16_t legacy_version = 0;
  HelloRandom random{};
  std::string session_id;                          // bytes
  std::vector<std::uint16_t> ciphers, extensions;  // in order, with GREASE
  std::vector<std::uint16_t> supported_versions, groups, signature_algorithms;
  std::vector<std::uint8_t> point_formats;
  std::string sni;                // bytes of the first host name
  std::vector<std::string> alpn;  // bytes of each name
  HiddenName hidden_name = HiddenName::none;
  bool early_data = false;
  bool post_handshake_auth = false;
  bool sslv2 = false;  // came in the SSLv2-compatible form
  bool whole = true;   // false: the extension list is broken, some may be missing

  // Highest version offered, GREASE left out; 1.3 drafts count as less than 1.3.
  std::uint16_t highest_version() const;
};

struct ServerHello {
  std::uint16_t version = 0;  // negotiated: supported_versions if there, else server_version
  HelloRandom random{};
  std::string session_id;  // bytes
  std::uint16_t cipher = 0;
  std::string alpn;         // bytes, empty when none
  std::uint16_t group = 0;  // of the key share, 0 when there is none
  bool pre_shared_key = false;
  bool encrypt_then_mac = false;  // RFC 7366
  std::uint8_t compression = 0;
  bool retry_request = false;  // a HelloRetryRequest (RFC 8446 4.1.3)
  bool whole = true;           // false: the extension list is broken, some may be missing
};

std::optional<ClientHello> parse_client_hello(Bytes body);
std::optional<ServerHello> parse_server_hello(Bytes body);

// What a ServerKeyExchange tells of its group. The form depends on the suite: `named` for those on
// elliptic curves (RFC 8422 5.4), else a prime (RFC 5246 7.4.3); with `psk` a hint stands before it
// (RFC 4279 3, RFC 5489 2). 0: it has none.
std::uint16_t key_exchange_group(Bytes body, bool psk);
std::uint16_t key_exchange_prime_bits(Bytes body, bool psk);
// Both, by the suite in `facts`.
void read_key_exchange(Bytes body, TlsFacts& facts);

// `record` is the whole SSLv2 record with its two-byte header.
std::optional<ClientHello> parse_sslv2_client_hello(Bytes record);
// Bytes that an SSLv2-compatible ClientHello takes with its header, or nullopt when these are
// not the first bytes of one. `prefix` may be cut anywhere; at least two bytes.
std::optional<std::size_t> sslv2_client_hello_size(Bytes prefix);

// The names of authorities in a CertificateRequest up to TLS 1.2, in DER, as views into `body`, at
// most `limit`. `version`: TLS 1.2 has a list more (RFC 5246 7.4.4).
std::vector<Bytes> acceptable_issuers(Bytes body, std::uint16_t version, std::size_t limit);

// The OCSP response of a CertificateStatus message (RFC 6066 8), or nothing.
Bytes stapled_response(Bytes body);

// Do these first bytes of a message in clear begin a hello? Also true when they are too few to tell
// its size.
bool begins_hello(Bytes message);
// Is a handshake record behind the change to encryption in clear all the same? `body`: its first
// bytes, `hello_start` of them if it has so many; `size` bytes in all. Ciphertext begins like a
// hello once in four thousand million records; and what is short cannot be encrypted.
constexpr std::size_t hello_start = 6;  // type, length and version
bool is_clear_handshake(Bytes body, std::size_t size);

// Facts that a hello tells by itself.
void take_client_hello(const ClientHello& hello, TlsFacts& facts);

// The certificates of a Certificate message up to TLS 1.2, as views into `body`, at most `limit`.
// A list that stops making sense ends there (raw public keys, RFC 7250, have another form).
std::vector<Bytes> certificates(Bytes body, std::size_t limit);

}  // namespace pcapaudit::tls_wire
