// Parses hello and certificate messages; see the header.

#include "dissectors/tls/tls_handshake.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "dissectors/tls/tls_fingerprint.hpp"
#include "dissectors/tls/tls_record.hpp"

namespace pcapaudit::tls_wire {
namespace {

enum ExtensionType : std::uint16_t {
  server_name = 0,
  supported_groups = 10,
  ec_point_formats = 11,
  signature_algorithms = 13,
  encrypt_then_mac = 22,
  application_layer_protocol = 16,
  draft_key_share = 40,  // up to draft 22 of TLS 1.3
  pre_shared_key = 41,
  early_data = 42,
  supported_versions = 43,
  post_handshake_auth = 49,
  key_share = 51,
  encrypted_client_hello = 0xfe0d,  // RFC 9849; drafts before it used numbers close by
  encrypted_server_name = 0xffce,   // draft-ietf-tls-esni-00 to -06
};
// draft-ietf-tls-esni-08 to -12
constexpr bool is_draft_ech(std::uint16_t type) {
  return type >= 0xfe08 && type < encrypted_client_hello;
}

constexpr std::size_t max_session_id = 32;

// SHA-256 of "HelloRetryRequest" (RFC 8446 4.1.3).
constexpr HelloRandom retry_random = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

std::string owned(Bytes bytes) {
  return std::string(as_text(bytes));
}

std::vector<std::uint16_t> numbers(Bytes list) {
  std::vector<std::uint16_t> values;
  values.reserve(list.size() / 2);
  for (ByteReader in(list); in.remaining() >= 2;) values.push_back(in.u16());
  return values;
}

// ProtocolNameList (RFC 7301 3.1).
std::vector<std::string> protocol_names(Bytes body) {
  ByteReader in(body);
  ByteReader list(in.take(in.u16()));
  std::vector<std::string> names;
  while (list.remaining() > 0) {
    const Bytes name = list.take(list.u8());
    if (list.ok() && !name.empty()) names.push_back(owned(name));
  }
  return names;
}

// ServerNameList (RFC 6066 3): the first host name.
std::string host_name(Bytes body) {
  ByteReader in(body);
  ByteReader list(in.take(in.u16()));
  while (list.remaining() > 0) {
    const std::uint8_t type = list.u8();
    const Bytes name = list.take(list.u16());
    if (list.ok() && type == 0) return owned(name);
  }
  return {};
}

void read_extension(std::uint16_t type, Bytes body, ClientHello& hello) {
  hello.extensions.push_back(type);
  ByteReader in(body);
  switch (type) {
    case server_name:
      hello.sni = host_name(body);
      break;
    case supported_groups:
      hello.groups = numbers(in.take(in.u16()));
      break;
    case signature_algorithms:
      hello.signature_algorithms = numbers(in.take(in.u16()));
      break;
    case application_layer_protocol:
      hello.alpn = protocol_names(body);
      break;
    case supported_versions:
      hello.supported_versions = numbers(in.take(in.u8()));
      break;
    case ec_point_formats: {
      const Bytes formats = in.take(in.u8());
      hello.point_formats.assign(formats.begin(), formats.end());
      break;
    }
    case early_data:
      hello.early_data = true;
      break;
    case post_handshake_auth:
      hello.post_handshake_auth = true;
      break;
    case encrypted_client_hello:
      hello.hidden_name = HiddenName::ech;
      break;
    case encrypted_server_name:
      hello.hidden_name = HiddenName::esni;
      break;
    default:
      if (is_draft_ech(type)) hello.hidden_name = HiddenName::ech;
      break;
  }
}

void read_extension(std::uint16_t type, Bytes body, ServerHello& hello) {
  ByteReader in(body);
  if (type == supported_versions) {
    const std::uint16_t version = in.u16();
    if (in.ok()) hello.version = version;
  } else if (type == application_layer_protocol) {
    const auto names = protocol_names(body);
    if (!names.empty()) hello.alpn = names.front();
  } else if (type == key_share || type == draft_key_share) {
    const std::uint16_t group = in.u16();
    if (in.ok()) hello.group = group;
  } else if (type == encrypt_then_mac) {
    hello.encrypt_then_mac = true;
  } else if (type == pre_shared_key) {
    hello.pre_shared_key = true;
  }
}

// Reads the extensions behind a hello; false when the list does not hold what it promises. Then
// what came before is kept: stacks exist that send such hellos.
template <class Hello>
bool read_extensions(ByteReader& in, Hello& hello) {
  if (in.remaining() == 0) return true;  // hellos without extensions end here
  const std::size_t promised = in.u16();
  const bool exact = in.ok() && promised == in.remaining();
  ByteReader list(in.take(std::min(promised, in.remaining())));
  while (list.remaining() > 0) {
    const std::uint16_t type = list.u16();
    const Bytes body = list.take(list.u16());
    if (!list.ok()) return false;
    read_extension(type, body, hello);
  }
  return exact;
}

// Order of versions: 1.3 above its drafts above 1.2; SSLv2 lowest.
std::uint32_t rank(std::uint16_t version) {
  if (version >> 8 == 0x7f || version >> 8 == 0xfb) return 0x030380U + (version & 0x7fU);
  return std::uint32_t{version} << 8;
}

}  // namespace

std::uint16_t ClientHello::highest_version() const {
  std::uint16_t highest = 0;
  for (const std::uint16_t version : supported_versions) {
    const bool known = version >> 8 == 3 || is_tls13(version);
    if (known && rank(version) > rank(highest)) highest = version;
  }
  return highest != 0 ? highest : legacy_version;
}

std::optional<ClientHello> parse_client_hello(Bytes body) {
  ByteReader in(body);
  ClientHello hello;
  hello.legacy_version = in.u16();
  const Bytes random = in.take(hello_random_size);
  const Bytes session_id = in.take(in.u8());
  const Bytes ciphers = in.take(in.u16());
  in.skip(in.u8());  // compression methods
  if (!in.ok() || hello.legacy_version >> 8 != 3) return std::nullopt;
  if (session_id.size() > max_session_id || ciphers.empty() || ciphers.size() % 2 != 0) {
    return std::nullopt;
  }
  std::ranges::copy(random, hello.random.begin());
  hello.session_id = owned(session_id);
  hello.ciphers = numbers(ciphers);
  hello.whole = read_extensions(in, hello);
  return hello;
}

std::optional<ServerHello> parse_server_hello(Bytes body) {
  ByteReader in(body);
  ServerHello hello;
  hello.version = in.u16();
  const Bytes random = in.take(hello_random_size);
  // Up to draft 21 of TLS 1.3 this message had neither session id nor compression.
  const bool early_draft = hello.version >> 8 == 0x7f;
  const Bytes session_id = early_draft ? Bytes{} : in.take(in.u8());
  hello.cipher = in.u16();
  if (!early_draft) hello.compression = in.u8();
  if (!in.ok() || (!early_draft && hello.version >> 8 != 3)) return std::nullopt;
  if (session_id.size() > max_session_id) return std::nullopt;
  std::ranges::copy(random, hello.random.begin());
  hello.session_id = owned(session_id);
  hello.retry_request = std::ranges::equal(random, retry_random);
  hello.whole = read_extensions(in, hello);
  return hello;
}

std::uint16_t key_exchange_group(Bytes body, bool psk) {
  constexpr std::uint8_t named_curve = 3;
  ByteReader in(body);
  if (psk) in.skip(in.u16());
  const bool named = in.u8() == named_curve;
  const std::uint16_t group = in.u16();
  return named && in.ok() ? group : std::uint16_t{0};
}

std::uint16_t key_exchange_prime_bits(Bytes body, bool psk) {
  constexpr std::size_t most_bytes = 8191;  // more bits than the result holds, and no real prime
  ByteReader in(body);
  if (psk) in.skip(in.u16());
  Bytes prime = in.take(in.u16());
  while (!prime.empty() && prime.front() == 0) prime = prime.subspan(1);
  if (prime.empty() || prime.size() > most_bytes) return 0;
  const auto unused = static_cast<std::size_t>(std::countl_zero(prime.front()));
  return static_cast<std::uint16_t>(prime.size() * 8 - unused);
}

void read_key_exchange(Bytes body, TlsFacts& facts) {
  const TlsCipherTraits suite = tls_cipher_traits(facts.cipher);
  if (suite.key_exchange == TlsKeyExchange::ecdhe) {
    facts.group = key_exchange_group(body, suite.psk);
  } else if (suite.key_exchange == TlsKeyExchange::dhe) {
    facts.dh_bits = key_exchange_prime_bits(body, suite.psk);
  }
}

std::optional<std::size_t> sslv2_client_hello_size(Bytes prefix) {
  constexpr std::size_t fixed = 9;  // type, version, three lengths
  ByteReader in(prefix);
  const std::uint16_t first = in.u16();
  const std::size_t length = first & 0x7fffU;
  if ((first & 0x8000U) == 0 || length < fixed) return std::nullopt;
  if (in.remaining() > 0 && in.u8() != client_hello) return std::nullopt;
  if (in.remaining() == 1 && in.rest().front() != 3 && in.rest().front() != 0) return std::nullopt;
  if (in.remaining() < 2) return 2 + length;
  const std::uint16_t version = in.u16();
  if (version != 0x0002 && (version < 0x0300 || version > 0x0304)) return std::nullopt;
  const std::size_t specs = in.u16();
  const std::size_t session_id = in.u16();
  const std::size_t challenge = in.u16();
  if (!in.ok()) return 2 + length;
  if (specs == 0 || specs % 3 != 0 || (session_id != 0 && session_id != 16)) return std::nullopt;
  if (challenge < 16 || challenge > 32) return std::nullopt;
  if (fixed + specs + session_id + challenge != length) return std::nullopt;
  return 2 + length;
}

std::optional<ClientHello> parse_sslv2_client_hello(Bytes record) {
  if (record.size() < 2 || sslv2_client_hello_size(record) != record.size()) return std::nullopt;
  ByteReader in(record);
  in.skip(3);
  ClientHello hello;
  hello.sslv2 = true;
  hello.legacy_version = in.u16();
  const std::size_t specs_size = in.u16();
  in.skip(4);  // lengths of session id and challenge, checked above
  ByteReader specs(in.take(specs_size));
  while (specs.remaining() >= 3) {
    // Three bytes each; those with a leading zero are SSL 3.0 and TLS suites.
    const std::uint32_t spec = specs.u24();
    if (spec <= 0xffff) hello.ciphers.push_back(static_cast<std::uint16_t>(spec));
  }
  if (!in.ok()) return std::nullopt;
  return hello;
}

void take_client_hello(const ClientHello& hello, TlsFacts& facts) {
  facts.client_hello = true;
  facts.client_hello_whole = hello.whole;
  facts.offered_version = hello.highest_version();
  facts.sni = clean_text(hello.sni);
  facts.hidden_name = hello.hidden_name;
  for (const std::string& name : hello.alpn) {
    if (facts.alpn_offered.size() == TextList::cap) break;
    facts.alpn_offered.push_back(clean_text(name));
  }
  if (hello.sslv2 || !hello.whole) return;  // neither fingerprint is defined for these
  facts.ja3 = ja3(hello);
  facts.ja4 = ja4(hello);
}

std::vector<Bytes> acceptable_issuers(Bytes body, std::uint16_t version, std::size_t limit) {
  constexpr std::uint16_t tls12 = 0x0303;
  ByteReader in(body);
  in.skip(in.u8());  // types of certificates
  if (version >= tls12) in.skip(in.u16());
  ByteReader list(in.take(in.u16()));
  std::vector<Bytes> found;
  while (list.remaining() > 0 && found.size() < limit) {
    const Bytes name = list.take(list.u16());
    if (!list.ok()) break;
    found.push_back(name);
  }
  return found;
}

Bytes stapled_response(Bytes body) {
  constexpr std::uint8_t ocsp = 1;
  ByteReader in(body);
  const bool is_ocsp = in.u8() == ocsp;
  const Bytes response = in.take(in.u24());
  return is_ocsp && in.ok() ? response : Bytes{};
}

bool begins_hello(Bytes message) {
  ByteReader in(message);
  const std::uint8_t type = in.u8();
  const std::size_t length = in.u24();
  return (type == client_hello || type == server_hello) && (!in.ok() || length <= max_hello);
}

bool is_clear_handshake(Bytes body, std::size_t size) {
  // A byte and the shortest proof of integrity: MD5, or eight bytes of AES_CCM_8 behind as many of
  // a nonce.
  constexpr std::size_t least_encrypted = 17;
  if (size < least_encrypted) return true;
  if (body.size() < hello_start || !begins_hello(body)) return false;
  ByteReader in(body.subspan(handshake_header_size));
  const std::uint16_t version = in.u16();
  return version >= 0x0300 && version <= 0x0304;
}

std::vector<Bytes> certificates(Bytes body, std::size_t limit) {
  ByteReader in(body);
  ByteReader list(in.take(in.u24()));
  std::vector<Bytes> found;
  while (list.remaining() > 0 && found.size() < limit) {
    const Bytes certificate = list.take(list.u24());
    if (!list.ok() || certificate.empty()) break;
    found.push_back(certificate);
  }
  return found;
}

}  // namespace pcapaudit::tls_wire
