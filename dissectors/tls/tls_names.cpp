// Names of TLS versions and of the mutual TLS verdict, as the contract spells them.
#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include <pcapaudit/app/app_record.hpp>

namespace pcapaudit {

namespace {

struct VersionName {
  std::uint16_t version;
  std::string_view name;
};
constexpr VersionName versions[] = {{0x0002, "SSLv2"},   {0x0300, "SSLv3"},   {0x0301, "TLSv1.0"},
                                    {0x0302, "TLSv1.1"}, {0x0303, "TLSv1.2"}, {0x0304, "TLSv1.3"}};

// RFC 8446 4.2.1 history: draft N was negotiated as 0x7f00 + N, Facebook's variants as 0xfb00 + N.
struct VersionFamily {
  std::uint16_t first;
  std::string_view prefix;
};
constexpr VersionFamily families[] = {{0x7f00, "TLSv1.3-draft"}, {0xfb00, "TLSv1.3-fb"}};

// A number that is all of the text; 0 otherwise.
std::uint16_t whole_number(std::string_view text, int base) {
  std::uint16_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, base);
  return parsed.ec == std::errc{} && parsed.ptr == end ? number : 0;
}

}  // namespace

std::string tls_version_name(std::uint16_t version) {
  for (const VersionName& it : versions) {
    if (it.version == version) return std::string(it.name);
  }
  for (const VersionFamily& it : families) {
    if (version >> 8 == it.first >> 8) return fmt::format("{}{}", it.prefix, version & 0xff);
  }
  return fmt::format("0x{:04x}", version);
}

std::uint16_t tls_version_named(std::string_view name) {
  constexpr int decimal = 10, hexadecimal = 16;
  for (const VersionName& it : versions) {
    if (it.name == name) return it.version;
  }
  for (const VersionFamily& it : families) {
    if (!name.starts_with(it.prefix)) continue;
    return static_cast<std::uint16_t>(it.first +
                                      whole_number(name.substr(it.prefix.size()), decimal));
  }
  return name.starts_with("0x") ? whole_number(name.substr(2), hexadecimal) : 0;
}

// IANA "TLS Supported Groups"; the drafts of post-quantum groups that were widely used as well.
std::string tls_group_name(std::uint16_t group) {
  struct Name {
    std::uint16_t group;
    std::string_view name;
  };
  static constexpr Name names[] = {
      {1, "sect163k1"},
      {2, "sect163r1"},
      {3, "sect163r2"},
      {4, "sect193r1"},
      {5, "sect193r2"},
      {6, "sect233k1"},
      {7, "sect233r1"},
      {8, "sect239k1"},
      {9, "sect283k1"},
      {10, "sect283r1"},
      {11, "sect409k1"},
      {12, "sect409r1"},
      {13, "sect571k1"},
      {14, "sect571r1"},
      {15, "secp160k1"},
      {16, "secp160r1"},
      {17, "secp160r2"},
      {18, "secp192k1"},
      {19, "secp192r1"},
      {20, "secp224k1"},
      {21, "secp224r1"},
      {22, "secp256k1"},
      {23, "secp256r1"},
      {24, "secp384r1"},
      {25, "secp521r1"},
      {26, "brainpoolP256r1"},
      {27, "brainpoolP384r1"},
      {28, "brainpoolP512r1"},
      {29, "x25519"},
      {30, "x448"},
      {31, "brainpoolP256r1tls13"},
      {32, "brainpoolP384r1tls13"},
      {33, "brainpoolP512r1tls13"},
      {41, "curveSM2"},
      {256, "ffdhe2048"},
      {257, "ffdhe3072"},
      {258, "ffdhe4096"},
      {259, "ffdhe6144"},
      {260, "ffdhe8192"},
      {512, "MLKEM512"},
      {513, "MLKEM768"},
      {514, "MLKEM1024"},
      {4587, "SecP256r1MLKEM768"},
      {4588, "X25519MLKEM768"},
      {4589, "SecP384r1MLKEM1024"},
      {25497, "X25519Kyber768Draft00"},
      {25498, "SecP256r1Kyber768Draft00"},
  };
  const auto* const found = std::ranges::find(names, group, &Name::group);
  return found != std::end(names) ? std::string(found->name) : fmt::format("0x{:04x}", group);
}

std::string to_text(const TlsAlert& alert) {
  const std::string level = alert.level == 1   ? "warning"
                            : alert.level == 2 ? "fatal"
                                               : std::to_string(alert.level);
  return fmt::format("{} {} {}", alert.from_client ? "client" : "server", level, alert.description);
}

std::string_view to_text(TlsProof proof) {
  constexpr std::string_view names[] = {"", "verified", "forged", "unverifiable", "incomplete"};
  return names[static_cast<std::size_t>(proof)];
}

std::string_view to_text(NotDecrypted why) {
  constexpr std::string_view names[not_decrypted_count] = {
      "",    "no-key",   "one-side", "keys-do-not-fit", "unsupported-suite",
      "gap", "no-hello", "altered",  "over-cap"};
  return names[static_cast<std::size_t>(why)];
}

std::string_view to_text(StapledStatus status) {
  constexpr std::string_view names[] = {"", "good", "revoked", "unknown", "unreadable"};
  return names[static_cast<std::size_t>(status)];
}

std::string_view to_text(HiddenName hidden) {
  constexpr std::string_view names[] = {"", "esni", "ech"};
  return names[static_cast<std::size_t>(hidden)];
}

std::string_view to_text(MutualTls mutual) {
  switch (mutual) {
    case MutualTls::proven:
      return "proven";
    case MutualTls::declined:
      return "declined";
    case MutualTls::not_requested:
      return "not-requested";
    case MutualTls::indicated:
      return "indicated";
    case MutualTls::indicated_absent:
      return "indicated-absent";
    case MutualTls::undeterminable:
      return "undeterminable";
  }
  return "";
}

std::string_view to_text(TlsFlight flight) {
  constexpr std::string_view names[] = {"",
                                        "rsa-1024",
                                        "rsa-2048",
                                        "rsa-3072",
                                        "rsa-4096",
                                        "rsa-8192",
                                        "ecdsa-256",
                                        "ecdsa-384",
                                        "ecdsa-521",
                                        "ed25519",
                                        "ed448",
                                        "not-requested",
                                        "declined",
                                        "early-data",
                                        "post-handshake",
                                        "hidden-hello",
                                        "unknown-suite",
                                        "gap",
                                        "unfinished",
                                        "alert",
                                        "unanswered",
                                        "joined-split-or-padded"};
  return names[static_cast<std::size_t>(flight)];
}

std::string_view to_text(MutualReason reason) {
  switch (reason) {
    case MutualReason::none:
      return "";
    case MutualReason::tls13_encrypted:
      return "tls13-encrypted";
    case MutualReason::resumed:
      return "resumed";
    case MutualReason::midstream:
      return "midstream";
    case MutualReason::gap:
      return "gap";
    case MutualReason::truncated:
      return "truncated";
    case MutualReason::renegotiated:
      return "renegotiated";
    case MutualReason::aborted:
      return "aborted";
    case MutualReason::forged:
      return "forged";
    case MutualReason::unverifiable:
      return "unverifiable";
  }
  return "";
}

}  // namespace pcapaudit
