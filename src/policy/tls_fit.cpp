// Version, mutual authentication and certificates against a TLS profile; see the header.
#include "policy/tls_fit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "policy/host_names.hpp"

namespace pcapaudit {
namespace {

constexpr std::uint16_t tls13 = 0x0304;

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

void fit_version(const TlsProfile& profile, const TlsFacts& tls, TlsFit& fit) {
  if (profile.min_version == 0 && profile.warn_below == 0) return;
  const std::uint16_t version = comparable(tls.version);
  if (version == 0) {
    fit.open = Reason::tls_not_seen;
  } else if (version < profile.min_version) {
    Problem problem;
    problem.kind = FindingKind::old_tls;
    problem.field = Field::tls_version;
    problem.expected = ">= " + tls_version_name(profile.min_version);
    problem.observed = tls_version_name(tls.version);
    fit.problems.push_back(problem);
  } else if (version < profile.warn_below) {
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
  }
  return Reason::tls_not_seen;
}

void fit_mutual(const TlsFacts& tls, TlsFit& fit) {
  if (tls.mutual == MutualTls::proven) return;
  if (tls.mutual == MutualTls::undeterminable) {
    fit.open = reason_of(tls.mutual_reason);
    return;
  }
  Problem problem;
  problem.kind = FindingKind::not_mutual;
  problem.field = Field::mutual;
  problem.expected = "client certificate";
  problem.observed = to_text(tls.mutual);
  fit.problems.push_back(problem);
}

// To the second: "2026-11-20T10:00:00Z".
std::string time_text(Timestamp time) {
  constexpr std::size_t up_to_seconds = 19;
  return to_text(time).substr(0, up_to_seconds) + "Z";
}

// Judges the leaf, which stands first (RFC 5246 section 7.4.2).
void fit_certificate(std::string_view owner, const CertificateChain& chain, Timestamp when,
                     std::uint32_t min_days_left, TlsFit& fit) {
  // A time that could not be read is left at zero.
  if (chain.empty() || chain.front()->not_after == Timestamp{}) {
    fit.certificate_hidden = true;
    return;
  }
  const Certificate& leaf = *chain.front();
  const bool is_over = leaf.not_after < when;
  if (!is_over && leaf.not_before <= when) {
    constexpr std::int64_t day_ns = std::int64_t{86'400} * ns_per_second;
    const std::int64_t days = (leaf.not_after.ns - when.ns) / day_ns;
    if (days < std::int64_t{min_days_left}) {
      fit.problems.push_back(
          problem_of(FindingKind::expiring_certificate, Field::certificate,
                     fmt::format("{} certificate valid for {} more days", owner, min_days_left),
                     fmt::format("{} valid until {}", leaf.subject, time_text(leaf.not_after))));
    }
    return;
  }
  Problem problem;
  problem.kind = FindingKind::expired_certificate;
  problem.field = Field::certificate;
  problem.expected = fmt::format("{} certificate valid when used", owner);
  problem.observed =
      is_over ? fmt::format("{} valid until {}", leaf.subject, time_text(leaf.not_after))
              : fmt::format("{} valid from {}", leaf.subject, time_text(leaf.not_before));
  fit.problems.push_back(problem);
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

// The certificate names one of the row's names, and what the client asked for.
void fit_names(const TlsProfile& profile, const TlsFacts& tls, TlsFit& fit) {
  if (profile.names.empty()) return;
  if (profile.sni_must_match && !tls.sni.empty() && !matches_any(profile.names, tls.sni)) {
    fit.problems.push_back(
        problem_of(FindingKind::wrong_sni, Field::name, name_list(profile.names), tls.sni));
  }
  if (tls.server_chain.empty()) {
    fit.certificate_hidden = true;
    return;
  }
  const std::vector<std::string> presented = names_of(*tls.server_chain.front());
  const bool names_one =
      std::any_of(profile.names.begin(), profile.names.end(), [&](const std::string& name) {
        return matches_any(presented, name) || matches_any({name}, presented);
      });
  const bool asked = !tls.sni.empty() && matches_any(profile.names, tls.sni);
  if (names_one && (!asked || matches_any(presented, tls.sni))) return;
  fit.problems.push_back(problem_of(FindingKind::wrong_name, Field::name,
                                    asked ? tls.sni : name_list(profile.names),
                                    name_list(presented)));
}

void fit_issuer(const TlsProfile& profile, const TlsFacts& tls, TlsFit& fit) {
  if (profile.issuers.empty() || tls.server_chain.empty()) return;
  const Certificate& leaf = *tls.server_chain.front();
  const bool known =
      std::any_of(profile.issuers.begin(), profile.issuers.end(), [&](const std::string& part) {
        if (part == "public") return leaf.issuer != leaf.subject;
        return leaf.issuer.find(part) != std::string::npos;
      });
  if (known) return;
  fit.problems.push_back(problem_of(FindingKind::wrong_issuer, Field::issuer,
                                    name_list(profile.issuers), leaf.issuer));
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

}  // namespace

TlsFit fit_tls(const TlsProfile& profile, const ClosedFlow& flow) {
  TlsFit fit;
  const TlsFacts* tls = flow.tls();
  if (tls == nullptr) {
    fit.open = Reason::tls_not_seen;
    return fit;
  }
  fit_version(profile, *tls, fit);
  const bool wants_mutual = profile.mutual == TlsProfile::Mutual::yes;
  if (wants_mutual) fit_mutual(*tls, fit);
  fit_certificate("server", tls->server_chain, flow.first, profile.min_days_left, fit);
  fit_key("server", tls->server_chain, fit);
  fit_names(profile, *tls, fit);
  fit_issuer(profile, *tls, fit);
  if (wants_mutual) {
    fit_certificate("client", tls->client_chain, flow.first, profile.min_days_left, fit);
    fit_key("client", tls->client_chain, fit);
    fit_key_usage(profile, *tls, fit);
  }
  return fit;
}

}  // namespace pcapaudit
