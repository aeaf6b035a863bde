// Sums and wording of findings.

#include "store/findings/finding.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace pcapaudit {
namespace {

// From harmless to serious: data that flowed both ways is worse than a blocked attempt.
constexpr std::array<std::string_view, 6> outcomes_by_weight = {
    "blocked", "refused", "one-sided", "midstream", "handshake", "data"};

std::size_t weight(std::string_view outcome) {
  const auto* const end = outcomes_by_weight.end();
  const auto* const found = std::find(outcomes_by_weight.begin(), end, outcome);
  return found == end ? 0 : static_cast<std::size_t>(found - outcomes_by_weight.begin()) + 1;
}

// " (4443 expected, 443 seen)", as far as it is known.
std::string difference(const Finding& finding) {
  if (finding.expected.empty() && finding.observed.empty()) return {};
  if (finding.observed.empty()) return fmt::format(" ({} expected)", finding.expected);
  if (finding.expected.empty()) return fmt::format(" ({} seen)", finding.observed);
  return fmt::format(" ({} expected, {} seen)", finding.expected, finding.observed);
}

std::string undocumented_text(const Finding& finding) {
  if (finding.nearest_rule.empty()) return "no documented flow";
  if (finding.failing_field.empty()) {
    return fmt::format("no documented flow; nearest is {}", finding.nearest_rule);
  }
  return fmt::format("no documented flow; nearest is {}, which fails on {}{}", finding.nearest_rule,
                     finding.failing_field, difference(finding));
}

// What is wrong, without the flow itself.
std::string complaint(const Finding& finding) {
  const std::string rule =
      finding.nearest_rule.empty() ? "the documented flow" : finding.nearest_rule;
  const std::string why = difference(finding);
  switch (parse_finding_kind(finding.kind).value_or(FindingKind::undocumented)) {
    case FindingKind::undocumented:
      return undocumented_text(finding);
    case FindingKind::reversed_direction:
      return fmt::format("documented only the other way round, by {}", rule);
    case FindingKind::wrong_application:
      return fmt::format("{} fits, but the bytes are another application{}", rule, why);
    case FindingKind::not_mutual:
      return fmt::format("{} asks for mutual TLS, and the client showed no certificate{}", rule,
                         why);
    case FindingKind::old_tls:
      return fmt::format("{} asks for a newer TLS version{}", rule, why);
    case FindingKind::expired_certificate:
      return fmt::format("a certificate was not valid at the time{}", why);
    case FindingKind::outside_schedule:
      return fmt::format("{} fits, at another time{}", rule, why);
    case FindingKind::wrong_name:
      return fmt::format("the server certificate names something else{}", why);
    case FindingKind::wrong_sni:
      return fmt::format("the client asked for a name that {} does not know{}", rule, why);
    case FindingKind::wrong_issuer:
      return fmt::format("the server certificate comes from another issuer{}", why);
    case FindingKind::wrong_key_usage:
      return fmt::format("the client certificate is not made for authentication{}", why);
    case FindingKind::no_encryption:
      return fmt::format("the TLS of {} encrypts nothing{}", rule, why);
    case FindingKind::forged_proof:
      return fmt::format("a certificate was shown without the proof of its key{}", why);
    case FindingKind::anonymous_cipher:
      return fmt::format("the TLS of {} proves no identity{}", rule, why);
    case FindingKind::untrusted_certificate:
      return fmt::format("a certificate does not lead to the anchors of {}{}", rule, why);
    case FindingKind::wrong_cipher:
      return fmt::format("{} does not allow this cipher{}", rule, why);
    case FindingKind::wrong_key_exchange:
      return fmt::format("{} does not allow this key exchange{}", rule, why);
    case FindingKind::http_path:
      return fmt::format("{} is not for this path{}", rule, why);
    case FindingKind::http_host:
      return fmt::format("{} is not for this host{}", rule, why);
    case FindingKind::no_redirect:
      return fmt::format("{} is for redirects only, and the answer was none{}", rule, why);
    case FindingKind::clear_credentials:
      return fmt::format("credentials could be read on the way{}", why);
    case FindingKind::link_chatter:
      return "what hosts call out to everybody on their link; no documented flow";
    case FindingKind::weak_tls:
      return fmt::format("allowed by {}, with an old TLS version{}", rule, why);
    case FindingKind::weak_key:
      return fmt::format("allowed by {}, with a short key{}", rule, why);
    case FindingKind::flawed_chain:
      return fmt::format("allowed by {}, with a flawed certificate chain{}", rule, why);
    case FindingKind::weak_cipher:
      return fmt::format("allowed by {}, with a weak cipher{}", rule, why);
    case FindingKind::weak_key_exchange:
      return fmt::format("allowed by {}, with a weak key exchange{}", rule, why);
    case FindingKind::expiring_certificate:
      return fmt::format("allowed by {}, and a certificate ends soon{}", rule, why);
    case FindingKind::outside_purpose:
      return fmt::format("allowed by {}, outside of its purpose{}", rule, why);
    case FindingKind::exception_expired:
      return fmt::format("an exception for this is not in force{}", why);
    case FindingKind::inner_without_outer:
      return fmt::format("{} was used while no request from outside was open (mapping {})", rule,
                         finding.subject);
    case FindingKind::wrong_inner_leg:
      return fmt::format("requests from outside went on to another port than {} documents{}", rule,
                         why);
    case FindingKind::discouraged:
      return fmt::format("allowed by {}, but the documentation advises against it here{}", rule,
                         why);
    case FindingKind::vip_bypass:
      return fmt::format(
          "allowed by {}, but a pool member was addressed instead of the virtual "
          "address{}",
          rule, why);
    case FindingKind::needed_not_seen:
      return fmt::format("{} is needed, and no flow used it although both sides were seen", rule);
    case FindingKind::role_contradiction:
    case FindingKind::unknown_host:
    case FindingKind::exception_unused:
    case FindingKind::exception_over_limit:
      break;  // these speak of a host or an exception, not of a flow
  }
  return {};
}

// Sentences about a host or an exception; empty for all others.
std::string subject_text(const Finding& finding) {
  const std::string& subject = finding.subject;
  const bool resembles = !finding.expected.empty();
  if (finding.hosts > 0) {
    return fmt::format("{} hosts have no role and talk to hosts that have one: v_unknown_host.",
                       finding.hosts);
  }
  switch (parse_finding_kind(finding.kind).value_or(FindingKind::undocumented)) {
    case FindingKind::role_contradiction:
      return fmt::format("{} is bound as {} and behaves like {}: that role would explain {}.",
                         subject, finding.client_names, finding.expected, finding.observed);
    case FindingKind::unknown_host:
      return fmt::format(
          "{} has no role and talks to hosts that have one{}.", subject,
          resembles ? fmt::format("; it resembles {} ({})", finding.expected, finding.observed)
                    : "");
    case FindingKind::exception_unused:
      return fmt::format("exception {} covered nothing here.", subject);
    case FindingKind::exception_over_limit:
      return fmt::format("exception {} covered more than its limit{}.", subject,
                         difference(finding));
    default:
      return {};
  }
}

std::string_view name_or_nobody(const std::string& names) {
  return names.empty() ? std::string_view("an address without a role") : names;
}

}  // namespace

void merge(Finding& sum, const Finding& one) {
  sum.flows += one.flows;
  sum.severity = std::max(sum.severity, one.severity);
  sum.transports.insert(one.transports.begin(), one.transports.end());
  if (weight(one.outcome) > weight(sum.outcome)) sum.outcome = one.outcome;
  if (one.first_ns) sum.first_ns = std::min(sum.first_ns.value_or(*one.first_ns), *one.first_ns);
  if (one.last_ns) sum.last_ns = std::max(sum.last_ns.value_or(*one.last_ns), *one.last_ns);
  if (sum.mistake.empty()) sum.mistake = one.mistake;
}

std::string finding_text(const Finding& finding, const Policy& policy) {
  if (std::string about = subject_text(finding); !about.empty()) return about;
  std::string text = fmt::format("{} to {} on {}", name_or_nobody(finding.client_names),
                                 name_or_nobody(finding.server_names), port_name(finding));
  if (!finding.service.empty()) text += fmt::format(" ({})", finding.service);
  text += fmt::format(": {}.", complaint(finding));
  const auto mistake = std::find_if(policy.mistakes.begin(), policy.mistakes.end(),
                                    [&](const Mistake& it) { return it.id == finding.mistake; });
  if (mistake != policy.mistakes.end()) text += " " + mistake->say;
  return text;
}

}  // namespace pcapaudit
