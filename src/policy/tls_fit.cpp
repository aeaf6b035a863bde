// Version, mutual authentication and certificates against a TLS profile; see the header.
#include "policy/tls_fit.hpp"

#include <fmt/format.h>

#include <algorithm>

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

void fit_version(const TlsProfile& profile, const TlsFacts& tls, TlsFit& fit) {
  if (profile.min_version == 0) return;
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
void fit_certificate(std::string_view owner, const std::vector<Certificate>& chain, Timestamp when,
                     TlsFit& fit) {
  // A time that could not be read is left at zero.
  if (chain.empty() || chain.front().not_after == Timestamp{}) {
    fit.certificate_hidden = true;
    return;
  }
  const Certificate& leaf = chain.front();
  const bool is_over = leaf.not_after < when;
  if (!is_over && leaf.not_before <= when) return;
  Problem problem;
  problem.kind = FindingKind::expired_certificate;
  problem.field = Field::certificate;
  problem.expected = fmt::format("{} certificate valid when used", owner);
  problem.observed =
      is_over ? fmt::format("{} valid until {}", leaf.subject, time_text(leaf.not_after))
              : fmt::format("{} valid from {}", leaf.subject, time_text(leaf.not_before));
  fit.problems.push_back(problem);
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
  fit_certificate("server", tls->server_chain, flow.first, fit);
  if (wants_mutual) fit_certificate("client", tls->client_chain, flow.first, fit);
  return fit;
}

}  // namespace pcapaudit
