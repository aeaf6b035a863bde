// What the names of cipher suites say.
#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include <pcapaudit/app/app_record.hpp>

#include "dissectors/tls/tls_cipher_table.hpp"

namespace pcapaudit {
namespace {

using iana::Suite;
using iana::suites;

struct KeyExchangeName {
  std::string_view prefix;  // of the suite's name behind "TLS_"
  TlsKeyExchange exchange;
};
// The first that fits.
constexpr KeyExchangeName key_exchanges[] = {
    {"RSA_", TlsKeyExchange::rsa},     {"DHE_", TlsKeyExchange::dhe},
    {"DH_anon_", TlsKeyExchange::dhe}, {"DH_", TlsKeyExchange::dh},
    {"ECDHE_", TlsKeyExchange::ecdhe}, {"ECDH_anon_", TlsKeyExchange::ecdhe},
    {"ECDH_", TlsKeyExchange::ecdh},   {"PSK_DHE_", TlsKeyExchange::dhe},
    {"PSK_", TlsKeyExchange::psk},     {"SRP_", TlsKeyExchange::srp},
    {"KRB5_", TlsKeyExchange::krb5},   {"ECCPWD_", TlsKeyExchange::eccpwd},
    {"GOST", TlsKeyExchange::gost}};

// Without the hash or MAC at its end: "AES_128_GCM" of "AES_128_GCM_SHA256".
std::string_view without_mac(std::string_view name) {
  constexpr std::string_view macs[] = {"_SHA", "_SHA256", "_SHA384", "_SHA512", "_MD5",
                                       "_SM3", "_NULL",   "_OMAC",   "_IMIT"};
  for (const std::string_view mac : macs) {
    if (name.ends_with(mac)) return name.substr(0, name.size() - mac.size());
  }
  return name;
}

bool holds_one(std::string_view name, std::initializer_list<std::string_view> parts) {
  return std::ranges::any_of(
      parts, [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

}  // namespace

std::string_view tls_cipher_name(std::uint16_t cipher) {
  const auto found = std::ranges::lower_bound(suites, cipher, {}, &Suite::id);
  return found != suites.end() && found->id == cipher ? found->name : std::string_view{};
}

std::vector<std::uint16_t> tls_ciphers() {
  std::vector<std::uint16_t> ciphers;
  for (const Suite& suite : suites) ciphers.push_back(suite.id);
  return ciphers;
}

TlsCipherTraits tls_cipher_traits(std::uint16_t cipher) {
  constexpr std::string_view all = "TLS_", with = "_WITH_";
  const std::string_view name = tls_cipher_name(cipher);
  if (name.empty() || name.ends_with("_SCSV")) return {};
  TlsCipherTraits traits;
  const std::size_t middle = name.find(with);
  if (middle == std::string_view::npos) {  // TLS 1.3
    traits.encryption = without_mac(name.substr(all.size()));
    traits.null = name.starts_with("TLS_SHA");  // RFC 9150: integrity alone
  } else {
    const std::string_view exchange = name.substr(all.size(), middle + 1 - all.size());
    const auto* const found = std::ranges::find_if(
        key_exchanges, [&](const KeyExchangeName& it) { return exchange.starts_with(it.prefix); });
    if (found != std::end(key_exchanges)) traits.key_exchange = found->exchange;
    traits.encryption = without_mac(name.substr(middle + with.size()));
    traits.psk = holds_one(exchange, {"PSK_"});
    traits.anonymous = holds_one(exchange, {"_anon_", "NULL_"});
    traits.exported = holds_one(exchange, {"_EXPORT_"});
    traits.null = traits.encryption == "NULL";
  }
  traits.weak = traits.exported || holds_one(traits.encryption, {"RC4", "RC2", "DES", "IDEA"});
  traits.aead = holds_one(traits.encryption, {"GCM", "CCM", "POLY1305", "MGM", "AEGIS"});
  return traits;
}

std::string_view to_text(TlsKeyExchange exchange) {
  constexpr std::array<std::string_view, tls_key_exchange_count> names = {
      "", "rsa", "dh", "dhe", "ecdh", "ecdhe", "kem", "psk", "srp", "krb5", "eccpwd", "gost"};
  return names[static_cast<std::size_t>(exchange)];
}

namespace {

// RFC 7919.
std::uint16_t ffdhe_bits(std::uint16_t group) {
  constexpr std::pair<std::uint16_t, std::uint16_t> groups[] = {
      {256, 2048}, {257, 3072}, {258, 4096}, {259, 6144}, {260, 8192}};
  const auto* const found =
      std::ranges::find(groups, group, &std::pair<std::uint16_t, std::uint16_t>::first);
  return found != std::end(groups) ? found->second : std::uint16_t{0};
}

}  // namespace

TlsKeyExchange tls_key_exchange(const TlsFacts& tls) {
  if (!tls.server_hello) return TlsKeyExchange::unknown;
  const TlsKeyExchange by_suite = tls_cipher_traits(tls.cipher).key_exchange;
  if (by_suite != TlsKeyExchange::unknown) return by_suite;
  if (tls.group == 0) return tls.resumed ? TlsKeyExchange::psk : TlsKeyExchange::unknown;
  constexpr std::uint16_t first_kem = 512, last_kem = 514;  // MLKEM512 to MLKEM1024
  if (tls.group >= first_kem && tls.group <= last_kem) return TlsKeyExchange::kem;
  return ffdhe_bits(tls.group) != 0 ? TlsKeyExchange::dhe : TlsKeyExchange::ecdhe;
}

std::uint16_t tls_dh_bits(const TlsFacts& tls) {
  return tls.dh_bits != 0 ? tls.dh_bits : ffdhe_bits(tls.group);
}

}  // namespace pcapaudit
