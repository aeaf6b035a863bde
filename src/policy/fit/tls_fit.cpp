// Version, mutual authentication and certificates against a TLS profile; see the header.

#include "policy/fit/tls_fit.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "dissectors/tls/certificates/tls_trust.hpp"
#include "policy/fit/application_fit.hpp"
#include "policy/host_names.hpp"
#include "policy/judge/evidence.hpp"

namespace pcapaudit {
namespace {

constexpr std::uint16_t tls12 = 0x0303, tls13 = 0x0304;

// A version on the scale of min_version; 0 when it stands for no known one. Drafts of TLS 1.3
// were negotiated as 0x7f.. and 0xfb.. (RFC 8446 section 4.2.1 and its drafts).
std::uint16_t comparable(std::uint16_t version) {
  const int family = version >> 8;
  if (family == 0x7f || family == 0xfb) return tls13;
  const bool known = version == 0x0002 || (version >= 0x0300 && version <= tls13);
  return known ? version : std::uint16_t{0};
}

Problem problem_of(FindingKind kind, Field field, std::string expected, std::string observed) {
  Problem problem;
  problem.kind = kind;
  problem.field = field;
  problem.expected = std::move(expected);
  problem.observed = std::move(observed);
  return problem;
}

// A demand whose evidence is not there; the first one is told.
void leave_open(TlsFit& fit, Reason reason) {
  if (fit.open == Reason::none) fit.open = reason;
}

// The handshake is one: both hellos are there when the start is, and data came behind it.
void fit_handshake(const ClosedFlow& flow, const TlsFacts& tls, TlsFit& fit) {
  const bool from_start = flow.direction_basis == DirectionBasis::syn;
  const bool lacks_hello = from_start && (!tls.client_hello || !tls.server_hello);
  if (lacks_hello || tls.data_before_handshake) leave_open(fit, Reason::tls_not_seen);
}

// NIST SP 800-57 part 1, table 2: less than 112 bits of strength are not allowed any more.
constexpr std::uint16_t least_dh_bits = 2048;
bool is_weak_curve(std::uint16_t group) {
  // sect163k1 to sect193r2 and secp160k1 to secp192r1 (RFC 8422 5.1.1, RFC 4492).
  return (group >= 1 && group <= 5) || (group >= 15 && group <= 19);
}

std::string suite_text(std::uint16_t cipher) {
  const std::string_view name = tls_cipher_name(cipher);
  return name.empty() ? fmt::format("0x{:04x}", cipher) : std::string(name);
}

// Remarks, and what no row that wants TLS can mean.
void fit_suite(const TlsFacts& tls, TlsFit& fit) {
  // Whether anything is encrypted, only the server's hello says.
  if (!tls.server_hello) return leave_open(fit, Reason::tls_not_seen);
  const TlsCipherTraits suite = tls_cipher_traits(tls.cipher);
  const auto add = [&](FindingKind kind, Field field, std::string expected, std::string observed) {
    fit.problems.push_back(problem_of(kind, field, std::move(expected), std::move(observed)));
  };
  if (suite.null) {
    add(FindingKind::no_encryption, Field::cipher, "encryption", suite_text(tls.cipher));
  }
  if (suite.anonymous) {
    add(FindingKind::anonymous_cipher, Field::cipher, "a server that proves who it is",
        suite_text(tls.cipher));
  }
  if (suite.weak) {
    add(FindingKind::weak_cipher, Field::cipher, "a strong cipher", suite_text(tls.cipher));
  }
  const std::uint16_t dh_bits = tls_dh_bits(tls);
  switch (tls_key_exchange(tls)) {
    case TlsKeyExchange::rsa:
    case TlsKeyExchange::dh:
    case TlsKeyExchange::ecdh:
      add(FindingKind::weak_key_exchange, Field::key_exchange, "forward secrecy",
          suite_text(tls.cipher));
      break;
    case TlsKeyExchange::dhe:
      if (dh_bits == 0 || dh_bits >= least_dh_bits) break;
      add(FindingKind::weak_key_exchange, Field::key_exchange, fmt::format(">= {}", least_dh_bits),
          fmt::format("DH group of {} bits", dh_bits));
      break;
    case TlsKeyExchange::ecdhe:
      if (!is_weak_curve(tls.group)) break;
      add(FindingKind::weak_key_exchange, Field::key_exchange, "a curve of 224 bits or more",
          tls_group_name(tls.group));
      break;
    default:
      break;
  }
}

void fit_ciphers(const TlsProfile& profile, const TlsFacts& tls, TlsFit& fit) {
  if (profile.ciphers.empty()) return;
  if (!tls.server_hello) return leave_open(fit, Reason::tls_not_seen);
  const TlsCipherTraits suite = tls_cipher_traits(tls.cipher);
  const std::string name = suite_text(tls.cipher);
  const bool allowed =
      std::any_of(profile.ciphers.begin(), profile.ciphers.end(), [&](const std::string& it) {
        return it == name || it == suite.encryption || (it == "aead" && suite.aead);
      });
  if (allowed) return;
  fit.problems.push_back(
      problem_of(FindingKind::wrong_cipher, Field::cipher, name_list(profile.ciphers), name));
}

void fit_key_exchange(const TlsProfile& profile, const TlsFacts& tls, TlsFit& fit) {
  const auto& allowed = profile.key_exchanges;
  if (allowed.empty() && profile.min_dh_bits == 0) return;
  const TlsKeyExchange exchange = tls_key_exchange(tls);
  if (exchange == TlsKeyExchange::unknown) return leave_open(fit, Reason::tls_not_seen);
  const std::string name(to_text(exchange));
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
    fit.problems.push_back(
        problem_of(FindingKind::wrong_key_exchange, Field::key_exchange, name_list(allowed), name));
  }
  const bool in_a_field = exchange == TlsKeyExchange::dhe || exchange == TlsKeyExchange::dh;
  if (profile.min_dh_bits == 0 || !in_a_field) return;
  const std::uint16_t bits = tls_dh_bits(tls);
  if (bits == 0) return leave_open(fit, Reason::tls_not_seen);
  if (bits >= profile.min_dh_bits) return;
  fit.problems.push_back(problem_of(FindingKind::wrong_key_exchange, Field::key_exchange,
                                    fmt::format(">= {}", profile.min_dh_bits),
                                    fmt::format("DH group of {} bits", bits)));
}

void fit_version(const TlsProfile& profile, const TlsFacts& tls, TlsFit& fit) {
  if (profile.min_version == 0 && profile.warn_below == 0) return;
  const std::uint16_t version = comparable(tls.version);
  // What a ServerHello that was cut does not show may say TLS 1.3 (RFC 8446 4.2.1).
  const bool may_be_higher = version == tls12 && !tls.server_hello_whole;
  if (version == 0 || (may_be_higher && version < profile.min_version)) {
    leave_open(fit, Reason::tls_not_seen);
  } else if (version < profile.min_version) {
    fit.problems.push_back(problem_of(FindingKind::old_tls, Field::tls_version,
                                      ">= " + tls_version_name(profile.min_version),
                                      tls_version_name(tls.version)));
  } else if (version < profile.warn_below && !may_be_higher) {
    fit.problems.push_back(problem_of(FindingKind::weak_tls, Field::tls_version,
                                      ">= " + tls_version_name(profile.warn_below),
                                      tls_version_name(tls.version)));
  }
}

Reason reason_of(MutualReason reason) {
  switch (reason) {
    case MutualReason::none:
      return Reason::tls_not_seen;
    case MutualReason::tls13_encrypted:
      return Reason::mutual_tls13_encrypted;
    case MutualReason::resumed:
      return Reason::mutual_resumed;
    case MutualReason::midstream:
      return Reason::mutual_midstream;
    case MutualReason::gap:
      return Reason::mutual_gap;
    case MutualReason::truncated:
      return Reason::mutual_truncated;
    case MutualReason::renegotiated:
      return Reason::mutual_renegotiated;
    case MutualReason::aborted:
      return Reason::mutual_aborted;
    case MutualReason::forged:
      return Reason::mutual_forged;
    case MutualReason::unverifiable:
      return Reason::mutual_unverifiable;
  }
  return Reason::tls_not_seen;
}

// A signature that does not hold is nobody's mistake.
void fit_proofs(const TlsFacts& tls, TlsFit& fit) {
  const auto add = [&](std::string_view owner, const CertificateChain& chain, TlsProof proof) {
    if (proof != TlsProof::forged) return;
    fit.problems.push_back(problem_of(
        FindingKind::forged_proof, Field::certificate,
        fmt::format("a handshake signed by the {}'s key", owner),
        fmt::format("{} shown, and not its signature",
                    chain.empty() ? std::string("certificate") : chain.front()->subject)));
  };
  add("client", tls.client_chain, tls.client_proof);
  add("server", tls.server_chain, tls.server_proof);
}

void fit_mutual(const TlsProfile& profile, const TlsFacts& tls, TlsFit& fit) {
  const auto add = [&](std::string observed) {
    fit.problems.push_back(problem_of(FindingKind::not_mutual, Field::mutual, "client certificate",
                                      std::move(observed)));
  };
  switch (tls.mutual) {
    case MutualTls::proven:
      return;
    case MutualTls::declined:
    case MutualTls::not_requested:
      return add(std::string(to_text(tls.mutual)));
    case MutualTls::indicated: {
      // Sizes say nothing of who stands in the certificate.
      const bool asks_who =
          !profile.client_issuers.empty() || profile.client_eku || profile.anchors != nullptr;
      if (!profile.accepts_indicated || asks_who) return leave_open(fit, Reason::mutual_indicated);
      fit.is_indicated = true;
      return;
    }
    case MutualTls::indicated_absent:
      if (profile.asks_of_absent) return leave_open(fit, Reason::mutual_indicated_absent);
      return add(fmt::format("{} ({}) by the sizes of TLS 1.3 records", to_text(tls.mutual),
                             to_text(tls.mutual_sizes)));
    case MutualTls::undeterminable:
      return leave_open(fit, reason_of(tls.mutual_reason));
  }
}

// To the second: "2026-11-20T10:00:00Z".
std::string time_text(DateTime time) {
  constexpr std::size_t up_to_seconds = 19;
  return to_text(time).substr(0, up_to_seconds) + "Z";
}

// Judges the leaf, which stands first (RFC 5246 section 7.4.2). A certificate is valid through the
// whole second in which it ends (RFC 5280 4.1.2.5).
void fit_certificate(std::string_view owner, const CertificateChain& chain, DateTime when,
                     std::uint32_t min_days_left, TlsFit& fit) {
  if (!chain.empty() && when == date_of(Timestamp{})) return leave_open(fit, Reason::time_unknown);
  if (chain.empty() || !chain.front()->not_before || !chain.front()->not_after) {
    fit.certificate_hidden = true;
    return;
  }
  const Certificate& leaf = *chain.front();
  const bool is_over = *leaf.not_after < when;
  if (!is_over && *leaf.not_before <= when) {
    constexpr std::int64_t day = 86'400;
    const std::int64_t days = (leaf.not_after->seconds - when.seconds) / day;
    if (days < std::int64_t{min_days_left}) {
      fit.problems.push_back(
          problem_of(FindingKind::expiring_certificate, Field::certificate,
                     fmt::format("{} certificate valid for {} more days", owner, min_days_left),
                     fmt::format("{} valid until {}", leaf.subject, time_text(*leaf.not_after))));
    }
    return;
  }
  fit.problems.push_back(problem_of(
      FindingKind::expired_certificate, Field::certificate,
      fmt::format("{} certificate valid when used", owner),
      is_over ? fmt::format("{} valid until {}", leaf.subject, time_text(*leaf.not_after))
              : fmt::format("{} valid from {}", leaf.subject, time_text(*leaf.not_before))));
}

// NIST SP 800-57 part 1, table 2: keys of less than 112 bits of strength are not allowed any more.
bool is_weak(const Certificate& leaf) {
  constexpr std::uint32_t least_rsa = 2048, least_ec = 224;
  if (leaf.key_bits == 0) return false;  // not readable
  if (leaf.key_type == "RSA" || leaf.key_type == "DSA") return leaf.key_bits < least_rsa;
  return leaf.key_type == "EC" && leaf.key_bits < least_ec;
}

void fit_key(std::string_view owner, const CertificateChain& chain, TlsFit& fit) {
  if (chain.empty() || !is_weak(*chain.front())) return;
  const Certificate& leaf = *chain.front();
  fit.problems.push_back(problem_of(FindingKind::weak_key, Field::key,
                                    fmt::format("{} certificate with a strong key", owner),
                                    fmt::format("{} {} bits", leaf.key_type, leaf.key_bits)));
}

void fit_sni(const TlsProfile& profile, const TlsFacts& tls, TlsFit& fit) {
  if (!profile.sni_must_match && !profile.sni_required) return;
  if (tls.sni.empty()) {
    // What the cut hello did not show, or hid, may have been a name.
    const bool is_unseen = !tls.client_hello_whole || tls.hidden_name != HiddenName::none;
    if (is_unseen) return leave_open(fit, Reason::tls_not_seen);
    if (!profile.sni_required) return;
    fit.problems.push_back(problem_of(FindingKind::wrong_sni, Field::name,
                                      profile.names.empty() ? "a name" : name_list(profile.names),
                                      "none"));
  } else if (!profile.names.empty() && !matches_any(profile.names, tls.sni)) {
    fit.problems.push_back(
        problem_of(FindingKind::wrong_sni, Field::name, name_list(profile.names), tls.sni));
  }
}

// The certificate names one of the row's names, and what the client asked for.
void fit_names(const TlsProfile& profile, const TlsFacts& tls, TlsFit& fit) {
  if (profile.names.empty() && !profile.sni_must_match && !profile.sni_required) return;
  if (tls.server_chain.empty()) {
    fit.certificate_hidden = true;
    return;
  }
  const std::vector<std::string> presented = names_of(*tls.server_chain.front());
  const bool names_one =
      profile.names.empty() ||
      std::any_of(profile.names.begin(), profile.names.end(), [&](const std::string& name) {
        return matches_any(presented, name) || matches_any({name}, presented);
      });
  const bool names_asked = tls.sni.empty() || matches_any(presented, tls.sni);
  if (names_one && names_asked) return;
  fit.problems.push_back(problem_of(FindingKind::wrong_name, Field::name,
                                    names_one ? tls.sni : name_list(profile.names),
                                    name_list(presented)));
}

void fit_issuer(const std::vector<std::string>& issuers, const CertificateChain& chain,
                TlsFit& fit) {
  if (issuers.empty()) return;
  if (chain.empty()) {
    fit.certificate_hidden = true;
    return;
  }
  const Certificate& leaf = *chain.front();
  const bool known = std::any_of(issuers.begin(), issuers.end(), [&](const std::string& part) {
    if (part == "public") return leaf.issuer != leaf.subject;
    return leaf.issuer.find(part) != std::string::npos;
  });
  if (known) return;
  fit.problems.push_back(
      problem_of(FindingKind::wrong_issuer, Field::issuer, name_list(issuers), leaf.issuer));
}

void fit_trust(const TlsProfile& profile, std::string_view owner, const CertificateChain& chain,
               TrustStore::Use use, DateTime when, TlsFit& fit) {
  if (profile.anchors == nullptr) return;
  if (chain.empty()) {
    fit.certificate_hidden = true;
    return;
  }
  if (when == date_of(Timestamp{})) return leave_open(fit, Reason::time_unknown);
  const std::string refusal = profile.anchors->refusal(chain, use, when);
  if (refusal.empty()) return;
  fit.problems.push_back(
      problem_of(FindingKind::untrusted_certificate, Field::issuer,
                 fmt::format("{} certificate trusted by {}", owner, profile.trust),
                 fmt::format("{}: {}", chain.front()->subject, refusal)));
}

// The server's own authority took the certificate back; a staple that it shows by itself.
void fit_staple(const TlsFacts& tls, TlsFit& fit) {
  if (tls.stapled != StapledStatus::revoked || tls.server_chain.empty()) return;
  fit.problems.push_back(problem_of(FindingKind::untrusted_certificate, Field::certificate,
                                    "server certificate that is not revoked",
                                    fmt::format("{}: the stapled OCSP response says revoked",
                                                tls.server_chain.front()->subject)));
}

// Hashes in which collisions were made (RFC 6151, RFC 9155).
bool is_signed_weakly(const Certificate& certificate) {
  const std::string& algorithm = certificate.signature_algorithm;
  return algorithm.find("MD5") != std::string::npos || algorithm.find("md5") != std::string::npos ||
         algorithm.find("SHA1") != std::string::npos ||
         algorithm.find("sha1") != std::string::npos || algorithm.find("MD2") != std::string::npos;
}

// What is wrong with the chain as it was sent: remarks, whoever is trusted.
std::string flaw_of(const CertificateChain& chain, bool is_public) {
  // CA/Browser Forum Baseline Requirements 6.3.2, since 2020-09-01: 398 days.
  constexpr std::int64_t most_days = 398, day = 86'400;
  constexpr DateTime since{1'598'918'400};
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const Certificate& it = *chain[i];
    const bool is_root = it.subject == it.issuer;
    if (!is_root && is_signed_weakly(it)) {
      return fmt::format("{} signed with {}", it.subject, it.signature_algorithm);
    }
    if (i > 0 && chain[i - 1]->issuer != it.subject) {
      return fmt::format("{} sent behind a certificate that it did not issue", it.subject);
    }
  }
  const Certificate& leaf = *chain.front();
  if (!is_public || !leaf.not_before || !leaf.not_after || *leaf.not_before < since) return {};
  const std::int64_t days = (leaf.not_after->seconds - leaf.not_before->seconds + day) / day;
  return days > most_days ? fmt::format("{} valid for {} days", leaf.subject, days) : std::string();
}

void fit_chain(const TlsProfile& profile, std::string_view owner, const CertificateChain& chain,
               TlsFit& fit) {
  if (chain.empty()) return;
  const auto& issuers = profile.issuers;
  const bool is_public = owner == "server" && profile.anchors != nullptr &&
                         std::find(issuers.begin(), issuers.end(), "public") != issuers.end();
  std::string flaw = flaw_of(chain, is_public);
  if (flaw.empty()) return;
  fit.problems.push_back(problem_of(FindingKind::flawed_chain, Field::certificate,
                                    fmt::format("{} chain in order, signed well", owner),
                                    std::move(flaw)));
}

// Only what the client showed: an absent extension allows every use (RFC 5280 4.2.1.12).
void fit_key_usage(const TlsProfile& profile, const TlsFacts& tls, TlsFit& fit) {
  if (!profile.client_eku || tls.client_chain.empty()) return;
  const auto& usages = tls.client_chain.front()->extended_key_usage;
  const bool allowed =
      usages.empty() || std::any_of(usages.begin(), usages.end(), [](const std::string& usage) {
        return usage == "clientAuth" || usage == "anyExtendedKeyUsage";
      });
  if (allowed) return;
  fit.problems.push_back(problem_of(FindingKind::wrong_key_usage, Field::certificate, "clientAuth",
                                    name_list(usages)));
}

void fit_profile(const TlsProfile& profile, const ClosedFlow& flow, const TlsFacts& tls,
                 TlsFit& fit) {
  const bool wants_mutual = profile.mutual == TlsProfile::Mutual::yes;
  if (wants_mutual) fit_mutual(profile, tls, fit);
  fit_version(profile, tls, fit);
  fit_ciphers(profile, tls, fit);
  fit_key_exchange(profile, tls, fit);
  const DateTime when = date_of(flow.first);
  fit_certificate("server", tls.server_chain, when, profile.min_days_left, fit);
  fit_key("server", tls.server_chain, fit);
  // Every profile asks for a certificate in its time.
  leave_open(fit, missing(Evidence::certificate, flow));
  fit_sni(profile, tls, fit);
  fit_names(profile, tls, fit);
  fit_issuer(profile.issuers, tls.server_chain, fit);
  fit_trust(profile, "server", tls.server_chain, TrustStore::Use::server, when, fit);
  fit_chain(profile, "server", tls.server_chain, fit);
  fit_staple(tls, fit);
  if (!wants_mutual) return;
  fit_issuer(profile.client_issuers, tls.client_chain, fit);
  fit_trust(profile, "client", tls.client_chain, TrustStore::Use::client, when, fit);
  fit_chain(profile, "client", tls.client_chain, fit);
  fit_certificate("client", tls.client_chain, when, profile.min_days_left, fit);
  fit_key("client", tls.client_chain, fit);
  fit_key_usage(profile, tls, fit);
}

}  // namespace

TlsFit fit_tls(const DocumentedFlow& row, const ClosedFlow& flow) {
  TlsFit fit;
  const TlsFacts* tls = flow.tls();
  if (tls == nullptr) {
    if (row.tls) fit.open = Reason::tls_not_seen;
    return fit;
  }
  if (!wants_tls(row)) return fit;
  fit_handshake(flow, *tls, fit);
  fit_suite(*tls, fit);
  fit_proofs(*tls, fit);
  if (row.tls) fit_profile(*row.tls, flow, *tls, fit);
  return fit;
}

}  // namespace pcapaudit
