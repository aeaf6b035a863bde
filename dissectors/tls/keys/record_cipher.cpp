// Ciphers, MACs and key derivation through OpenSSL; see the header.

#include "dissectors/tls/keys/record_cipher.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <string>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include <pcapaudit/app/app_record.hpp>

#include "base/release.hpp"
#include "dissectors/tls/tls_record.hpp"

namespace pcapaudit {

void wipe(std::span<std::uint8_t> bytes) {
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

namespace tls_wire {
namespace {

using Mode = RecordSuite::Mode;
using CipherPtr = std::unique_ptr<EVP_CIPHER, Release<EVP_CIPHER_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Release<EVP_CIPHER_CTX_free>>;
using MacPtr = std::unique_ptr<EVP_MAC, Release<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Release<EVP_MAC_CTX_free>>;
using KdfPtr = std::unique_ptr<EVP_KDF, Release<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Release<EVP_KDF_CTX_free>>;

constexpr std::uint16_t ssl3 = 0x0300, tls10 = 0x0301, tls11 = 0x0302;
constexpr std::size_t nonce_size = 12, short_tag = 8, long_tag = 16, explicit_nonce = 8;
constexpr std::size_t max_iv = 16, max_mac = 64;

struct Encryption {
  std::string_view name;  // in the names of suites
  const char* cipher;     // OpenSSL's
  Mode mode;
  std::size_t key_size, block_size, tag_size;
  bool is_legacy = false;
};
constexpr Encryption encryptions[] = {
    {"AES_128_GCM", "AES-128-GCM", Mode::gcm, 16, 1, long_tag},
    {"AES_256_GCM", "AES-256-GCM", Mode::gcm, 32, 1, long_tag},
    {"ARIA_128_GCM", "ARIA-128-GCM", Mode::gcm, 16, 1, long_tag},
    {"ARIA_256_GCM", "ARIA-256-GCM", Mode::gcm, 32, 1, long_tag},
    {"AES_128_CCM", "AES-128-CCM", Mode::ccm, 16, 1, long_tag},
    {"AES_256_CCM", "AES-256-CCM", Mode::ccm, 32, 1, long_tag},
    {"AES_128_CCM_8", "AES-128-CCM", Mode::ccm, 16, 1, short_tag},
    {"AES_256_CCM_8", "AES-256-CCM", Mode::ccm, 32, 1, short_tag},
    {"CHACHA20_POLY1305", "ChaCha20-Poly1305", Mode::chacha20, 32, 1, long_tag},
    {"AES_128_CBC", "AES-128-CBC", Mode::cbc, 16, 16, 0},
    {"AES_256_CBC", "AES-256-CBC", Mode::cbc, 32, 16, 0},
    {"CAMELLIA_128_CBC", "CAMELLIA-128-CBC", Mode::cbc, 16, 16, 0},
    {"CAMELLIA_256_CBC", "CAMELLIA-256-CBC", Mode::cbc, 32, 16, 0},
    {"ARIA_128_CBC", "ARIA-128-CBC", Mode::cbc, 16, 16, 0},
    {"ARIA_256_CBC", "ARIA-256-CBC", Mode::cbc, 32, 16, 0},
    {"3DES_EDE_CBC", "DES-EDE3-CBC", Mode::cbc, 24, 8, 0},
    {"SEED_CBC", "SEED-CBC", Mode::cbc, 16, 16, 0, true},
    {"IDEA_CBC", "IDEA-CBC", Mode::cbc, 16, 8, 0, true},
    {"DES_CBC", "DES-CBC", Mode::cbc, 8, 8, 0, true},
    {"RC4_128", "RC4", Mode::stream, 16, 1, 0, true},
    {"NULL", nullptr, Mode::null, 0, 1, 0},
};

struct MacName {
  std::string_view ending;  // of a suite's name
  const char* digest;       // OpenSSL's
  std::size_t size;
};
constexpr MacName macs[] = {{"_SHA", "SHA1", 20},
                            {"_SHA256", "SHA256", 32},
                            {"_SHA384", "SHA384", 48},
                            {"_MD5", "MD5", 16}};

const char* name_of(KeyHash hash) {
  switch (hash) {
    case KeyHash::md5_sha1:
      return "MD5-SHA1";
    case KeyHash::sha256:
      return "SHA256";
    case KeyHash::sha384:
      return "SHA384";
  }
  return "";
}

// RC4, DES, IDEA and SEED are in a provider of their own, which only these ciphers see.
OSSL_LIB_CTX* legacy_library() {
  static OSSL_LIB_CTX* const library = [] {
    OSSL_LIB_CTX* made = OSSL_LIB_CTX_new();
    if (made != nullptr) OSSL_PROVIDER_load(made, "legacy");
    return made;
  }();
  return library;
}

CipherPtr fetch(const RecordSuite& suite) {
  OSSL_LIB_CTX* const library = suite.is_legacy ? legacy_library() : nullptr;
  if (suite.is_legacy && library == nullptr) return nullptr;
  return CipherPtr(EVP_CIPHER_fetch(library, suite.cipher, nullptr));
}

OSSL_PARAM text_of(const char* key, std::string& text) {
  return OSSL_PARAM_construct_utf8_string(key, text.data(), text.size());
}
// OpenSSL's parameters are not const; it does not write to these.
OSSL_PARAM bytes_of(const char* key, Bytes bytes) {
  return OSSL_PARAM_construct_octet_string(key, const_cast<std::uint8_t*>(bytes.data()),
                                           bytes.size());
}

bool derive(const char* algorithm, const OSSL_PARAM* parameters, std::span<std::uint8_t> out) {
  const KdfPtr kdf(EVP_KDF_fetch(nullptr, algorithm, nullptr));
  const KdfContext context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
  const bool good =
      context && EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) == 1;
  if (!good) ERR_clear_error();
  return good;
}

// HMAC of texts one behind the other. `context` has its key.
std::size_t mac_of(EVP_MAC_CTX* context, std::initializer_list<Bytes> texts,
                   std::array<std::uint8_t, max_mac>& out) {
  std::size_t size = 0;
  if (EVP_MAC_init(context, nullptr, 0, nullptr) != 1) return 0;
  for (const Bytes text : texts) {
    if (EVP_MAC_update(context, text.data(), text.size()) != 1) return 0;
  }
  return EVP_MAC_final(context, out.data(), &size, out.size()) == 1 ? size : 0;
}

MacContext make_mac(const char* digest, Bytes key) {
  const MacPtr algorithm(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  MacContext context(algorithm ? EVP_MAC_CTX_new(algorithm.get()) : nullptr);
  std::string name = digest;
  const OSSL_PARAM parameters[] = {text_of(OSSL_MAC_PARAM_DIGEST, name),
                                   OSSL_PARAM_construct_end()};
  if (!context || EVP_MAC_init(context.get(), key.data(), key.size(), parameters) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return context;
}

// Sequence, type, version and length: what is authenticated beside the text up to TLS 1.2.
std::array<std::uint8_t, 13> pseudo_header(std::uint64_t sequence, Bytes record, std::size_t size) {
  std::array<std::uint8_t, 13> header{};
  for (std::size_t i = 0; i < 8; ++i) {
    header[i] = static_cast<std::uint8_t>(sequence >> (56 - 8 * i));
  }
  std::copy_n(record.begin(), 3, header.begin() + 8);
  header[11] = static_cast<std::uint8_t>(size >> 8);
  header[12] = static_cast<std::uint8_t>(size);
  return header;
}

}  // namespace

std::optional<RecordSuite> record_suite(std::uint16_t suite, std::uint16_t version) {
  if (version <= ssl3) return std::nullopt;
  const std::string_view name = tls_cipher_name(suite);
  const TlsCipherTraits traits = tls_cipher_traits(suite);
  if (traits.exported || (is_tls13(version) && !traits.aead)) return std::nullopt;
  const auto* const found = std::ranges::find(encryptions, traits.encryption, &Encryption::name);
  if (found == std::end(encryptions)) return std::nullopt;
  RecordSuite made{.mode = found->mode,
                   .cipher = found->cipher,
                   .key_size = found->key_size,
                   .block_size = found->block_size,
                   .tag_size = found->tag_size,
                   .is_legacy = found->is_legacy};
  made.hash = name.ends_with("_SHA384") ? KeyHash::sha384 : KeyHash::sha256;
  if (version <= tls11) made.hash = KeyHash::md5_sha1;
  const bool is_aead = made.tag_size > 0;
  if (is_aead && version <= tls11) return std::nullopt;
  if (is_aead) {
    const bool whole = is_tls13(version) || made.mode == Mode::chacha20;
    made.iv_size = whole ? nonce_size : nonce_size - explicit_nonce;
    return made;
  }
  const auto* const mac =
      std::ranges::find_if(macs, [&](const MacName& it) { return name.ends_with(it.ending); });
  if (mac == std::end(macs)) return std::nullopt;
  made.mac = mac->digest;
  made.mac_size = mac->size;
  if (made.mode == Mode::cbc && version == tls10) made.iv_size = made.block_size;
  return made;
}

struct RecordCipher::State {
  RecordSuite suite;
  bool is_tls13 = false;
  bool encrypt_then_mac = false;
  CipherContext cipher;
  MacContext mac;
  std::array<std::uint8_t, max_iv> iv{};  // of CBC in TLS 1.0: the last block of the record before

  ~State() { wipe(iv); }

  using Text = std::optional<Bytes>;
  Text open_aead(std::uint64_t sequence, Bytes record, std::span<std::uint8_t> out);
  Text open_cbc(std::uint64_t sequence, Bytes record, std::span<std::uint8_t> out);
  Text open_stream(std::uint64_t sequence, Bytes record, std::span<std::uint8_t> out);
  Text checked(std::uint64_t sequence, Bytes record, Bytes text);
  bool mac_holds(std::uint64_t sequence, Bytes record, Bytes text, Bytes mac) const;
};

std::unique_ptr<RecordCipher> RecordCipher::make(const RecordSuite& suite, std::uint16_t version,
                                                 bool encrypt_then_mac, const RecordKeys& keys) {
  auto state = std::make_unique<State>();
  state->suite = suite;
  state->is_tls13 = tls_wire::is_tls13(version);
  state->encrypt_then_mac = encrypt_then_mac && suite.mode == Mode::cbc;
  if (keys.key.size() != suite.key_size || keys.iv.size() != suite.iv_size) return nullptr;
  std::ranges::copy(keys.iv, state->iv.begin());
  if (suite.mac != nullptr) {
    state->mac = make_mac(suite.mac, keys.mac);
    if (!state->mac) return nullptr;
  }
  if (suite.mode != Mode::null) {
    const CipherPtr algorithm = fetch(suite);
    state->cipher.reset(EVP_CIPHER_CTX_new());
    EVP_CIPHER_CTX* const context = state->cipher.get();
    bool good = algorithm && context != nullptr &&
                EVP_DecryptInit_ex2(context, algorithm.get(), nullptr, nullptr, nullptr) == 1;
    if (good && suite.tag_size > 0) {
      good = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, nonce_size, nullptr) == 1;
      if (good && suite.mode == Mode::ccm) {
        good = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(suite.tag_size),
                                   nullptr) == 1;
      }
    }
    good = good && EVP_DecryptInit_ex2(context, nullptr, keys.key.data(), nullptr, nullptr) == 1;
    if (good && suite.tag_size == 0) good = EVP_CIPHER_CTX_set_padding(context, 0) == 1;
    ERR_clear_error();
    if (!good) return nullptr;
  }
  return std::unique_ptr<RecordCipher>(new RecordCipher(std::move(state)));
}

RecordCipher::RecordCipher(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordCipher::~RecordCipher() = default;

bool RecordCipher::chains() const {
  const RecordSuite& suite = state_->suite;
  return suite.mode == Mode::stream || (suite.mode == Mode::cbc && suite.iv_size > 0);
}

RecordCipher::State::Text RecordCipher::State::open_aead(std::uint64_t sequence, Bytes record,
                                                         std::span<std::uint8_t> out) {
  Bytes body = record.subspan(record_header_size);
  const std::size_t in_record = nonce_size - suite.iv_size;
  if (body.size() < in_record + suite.tag_size) return std::nullopt;
  std::array<std::uint8_t, nonce_size> nonce{};
  std::copy_n(iv.begin(), suite.iv_size, nonce.begin());
  if (in_record > 0) {
    std::copy_n(body.begin(), in_record, nonce.begin() + static_cast<long>(suite.iv_size));
    body = body.subspan(in_record);
  } else {
    for (std::size_t i = 0; i < 8; ++i) {
      nonce[4 + i] ^= static_cast<std::uint8_t>(sequence >> (56 - 8 * i));
    }
  }
  const Bytes text = body.first(body.size() - suite.tag_size);
  std::array<std::uint8_t, long_tag> tag{};
  std::ranges::copy(body.last(suite.tag_size), tag.begin());
  const auto header = pseudo_header(sequence, record, text.size());
  const Bytes beside = is_tls13 ? record.first(record_header_size) : Bytes(header);
  EVP_CIPHER_CTX* const context = cipher.get();
  int size = 0;
  const bool is_ccm = suite.mode == Mode::ccm;
  const auto length = static_cast<int>(text.size());
  if (EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(suite.tag_size),
                          tag.data()) != 1 ||
      EVP_DecryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) != 1 ||
      (is_ccm && EVP_DecryptUpdate(context, nullptr, &size, nullptr, length) != 1) ||
      EVP_DecryptUpdate(context, nullptr, &size, beside.data(), static_cast<int>(beside.size())) !=
          1) {
    return std::nullopt;
  }
  // CCM opens all in one call, even when it is nothing; for the others this one is the check.
  if ((is_ccm || length > 0) &&
      EVP_DecryptUpdate(context, out.data(), &size, text.data(), length) != 1) {
    return std::nullopt;
  }
  int rest = 0;
  if (!is_ccm && EVP_DecryptFinal_ex(context, out.data() + length, &rest) != 1) return std::nullopt;
  return Bytes(out.first(text.size()));
}

bool RecordCipher::State::mac_holds(std::uint64_t sequence, Bytes record, Bytes text,
                                    Bytes shown) const {
  const auto header = pseudo_header(sequence, record, text.size());
  std::array<std::uint8_t, max_mac> own{};
  const std::size_t size = mac_of(mac.get(), {header, text}, own);
  return size == shown.size() && size > 0 && CRYPTO_memcmp(own.data(), shown.data(), size) == 0;
}

// Without the MAC at its end, if that holds.
RecordCipher::State::Text RecordCipher::State::checked(std::uint64_t sequence, Bytes record,
                                                       Bytes text) {
  if (text.size() < suite.mac_size) return std::nullopt;
  const Bytes content = text.first(text.size() - suite.mac_size);
  if (!mac_holds(sequence, record, content, text.last(suite.mac_size))) return std::nullopt;
  return content;
}

RecordCipher::State::Text RecordCipher::State::open_cbc(std::uint64_t sequence, Bytes record,
                                                        std::span<std::uint8_t> out) {
  Bytes body = record.subspan(record_header_size);
  if (encrypt_then_mac) {
    if (body.size() < suite.mac_size) return std::nullopt;
    const Bytes mac_shown = body.last(suite.mac_size);
    body = body.first(body.size() - suite.mac_size);
    if (!mac_holds(sequence, record, body, mac_shown)) return std::nullopt;
  }
  const bool is_chained = suite.iv_size > 0;
  std::array<std::uint8_t, max_iv> start = iv;
  if (!is_chained) {
    if (body.size() < suite.block_size) return std::nullopt;
    std::copy_n(body.begin(), suite.block_size, start.begin());
    body = body.subspan(suite.block_size);
  }
  if (body.empty() || body.size() % suite.block_size != 0) return std::nullopt;
  EVP_CIPHER_CTX* const context = cipher.get();
  int size = 0;
  if (EVP_DecryptInit_ex2(context, nullptr, nullptr, start.data(), nullptr) != 1 ||
      EVP_DecryptUpdate(context, out.data(), &size, body.data(), static_cast<int>(body.size())) !=
          1 ||
      static_cast<std::size_t>(size) != body.size()) {
    return std::nullopt;
  }
  const Bytes text(out.first(body.size()));
  const std::size_t padding = std::size_t{text.back()} + 1;
  if (padding > text.size()) return std::nullopt;
  const auto is_padding = [&](std::uint8_t byte) { return byte == text.back(); };
  if (!std::ranges::all_of(text.last(padding), is_padding)) return std::nullopt;
  Text content = text.first(text.size() - padding);
  if (!encrypt_then_mac) content = checked(sequence, record, *content);
  if (content && is_chained) std::ranges::copy(body.last(suite.block_size), iv.begin());
  return content;
}

RecordCipher::State::Text RecordCipher::State::open_stream(std::uint64_t sequence, Bytes record,
                                                           std::span<std::uint8_t> out) {
  const Bytes body = record.subspan(record_header_size);
  if (suite.mode == Mode::null) {
    std::ranges::copy(body, out.begin());
    return checked(sequence, record, Bytes(out.first(body.size())));
  }
  int size = 0;
  if (EVP_DecryptUpdate(cipher.get(), out.data(), &size, body.data(),
                        static_cast<int>(body.size())) != 1) {
    return std::nullopt;
  }
  return checked(sequence, record, Bytes(out.first(body.size())));
}

std::optional<RecordCipher::Opened> RecordCipher::open(std::uint64_t sequence, Bytes record,
                                                       std::span<std::uint8_t> out) {
  if (record.size() < record_header_size || out.size() < record.size()) return std::nullopt;
  State::Text text;
  switch (state_->suite.mode) {
    case Mode::gcm:
    case Mode::ccm:
    case Mode::chacha20:
      text = state_->open_aead(sequence, record, out);
      break;
    case Mode::cbc:
      text = state_->open_cbc(sequence, record, out);
      break;
    case Mode::stream:
    case Mode::null:
      text = state_->open_stream(sequence, record, out);
      break;
  }
  if (!text) {
    wipe(out.first(record.size()));  // of what does not authenticate nothing is left
    ERR_clear_error();
    return std::nullopt;
  }
  if (!state_->is_tls13) return Opened{.type = record.front(), .text = *text};
  // The type stands behind the text, and zeros as padding behind it (RFC 8446 5.2).
  std::size_t size = text->size();
  while (size > 0 && (*text)[size - 1] == 0) --size;
  if (size == 0) return std::nullopt;
  return Opened{.type = (*text)[size - 1], .text = text->first(size - 1)};
}

bool prf(KeyHash hash, Bytes secret, std::string_view label, Bytes seed,
         std::span<std::uint8_t> out) {
  std::string digest = name_of(hash);
  const OSSL_PARAM parameters[] = {text_of(OSSL_KDF_PARAM_DIGEST, digest),
                                   bytes_of(OSSL_KDF_PARAM_SECRET, secret),
                                   bytes_of(OSSL_KDF_PARAM_SEED, as_bytes(label)),
                                   bytes_of(OSSL_KDF_PARAM_SEED, seed), OSSL_PARAM_construct_end()};
  return derive("TLS1-PRF", parameters, out);
}

bool expand_label(KeyHash hash, Bytes secret, std::string_view label, std::span<std::uint8_t> out) {
  std::string digest = name_of(hash);
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
                                   text_of(OSSL_KDF_PARAM_DIGEST, digest),
                                   bytes_of(OSSL_KDF_PARAM_KEY, secret),
                                   bytes_of(OSSL_KDF_PARAM_PREFIX, as_bytes("tls13 ")),
                                   bytes_of(OSSL_KDF_PARAM_LABEL, as_bytes(label)),
                                   OSSL_PARAM_construct_end()};
  return derive("TLS13-KDF", parameters, out);
}

std::vector<std::uint8_t> digest_of(KeyHash hash, Bytes text) {
  const EVP_MD* const digest = hash == KeyHash::sha384   ? EVP_sha384()
                               : hash == KeyHash::sha256 ? EVP_sha256()
                                                         : EVP_md5_sha1();
  std::vector<std::uint8_t> out(size_of(hash));
  if (EVP_Digest(text.data(), text.size(), out.data(), nullptr, digest, nullptr) != 1) out.clear();
  return out;
}

bool finished_holds(KeyHash hash, Bytes traffic_secret, Bytes transcript_hash, Bytes verify_data) {
  Secret key = Secret::of_size(size_of(hash));
  if (!expand_label(hash, traffic_secret, "finished", key.room())) return false;
  const MacContext context = make_mac(name_of(hash), key.bytes());
  if (!context) return false;
  std::array<std::uint8_t, max_mac> own{};
  const std::size_t size = mac_of(context.get(), {transcript_hash}, own);
  return size > 0 && size == verify_data.size() &&
         CRYPTO_memcmp(own.data(), verify_data.data(), size) == 0;
}

}  // namespace tls_wire
}  // namespace pcapaudit
