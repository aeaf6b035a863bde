// The table; see the header.

#include "policy/finding_kind.hpp"

#include <algorithm>
#include <array>

namespace pcapaudit {
namespace {

using Kind = FindingKind;
using Nature = FindingKindFacts::Nature;

// In the order of the enum.
constexpr auto kinds = std::to_array<FindingKindFacts>({
    {Kind::undocumented, Nature::violation, Severity::high, "undocumented", "", "Not documented",
     "Stop the traffic at its client or at the firewall, or have it documented.", ""},
    {Kind::reversed_direction, Nature::violation, Severity::high, "reversed-direction", "",
     "Documented the other way round",
     "Find out which side is meant to open the connection; close the other direction.",
     "documented only the other way round, by {rule}"},
    {Kind::wrong_application, Nature::violation, Severity::high, "wrong-application",
     "app-mismatch", "Another application",
     "Find the program that speaks here and move it, or correct its settings.",
     "{rule} fits, but the bytes are another application{why}"},
    {Kind::not_mutual, Nature::violation, Severity::high, "not-mutual", "tls.not-mutual",
     "No mutual TLS", "Let the server ask for a client certificate and the client present it.",
     "{rule} asks for mutual TLS, and the client showed no certificate{why}"},
    {Kind::old_tls, Nature::violation, Severity::high, "old-tls", "tls.version",
     "TLS version too old",
     "Switch the old version off at the server; see which clients still need it.",
     "{rule} asks for a newer TLS version{why}"},
    {Kind::expired_certificate, Nature::violation, Severity::high, "expired-certificate",
     "tls.expired", "Certificate not valid", "Replace the certificate, and have its end watched.",
     "a certificate was not valid at the time{why}"},
    {Kind::outside_schedule, Nature::violation, Severity::medium, "outside-schedule", "",
     "Outside the documented time", "Move the job into its window, or have the window changed.",
     "{rule} fits, at another time{why}"},
    {Kind::wrong_name, Nature::violation, Severity::medium, "wrong-name", "tls.name",
     "Wrong name in the certificate", "Install a certificate with the documented names.",
     "the server certificate names something else{why}"},
    {Kind::wrong_sni, Nature::violation, Severity::medium, "wrong-sni", "tls.sni",
     "Unknown server name", "Correct the client's target, or add the name to the site file.",
     "the client asked for a name that {rule} does not know{why}"},
    {Kind::wrong_issuer, Nature::violation, Severity::medium, "wrong-issuer", "tls.issuer",
     "Unexpected issuer",
     "Install a certificate of the documented issuer; rule out interception on the way.",
     "the server certificate comes from another issuer{why}"},
    {Kind::wrong_key_usage, Nature::violation, Severity::medium, "wrong-key-usage", "",
     "Certificate not made for this",
     "Issue the client a certificate with the usage client authentication.",
     "the client certificate is not made for authentication{why}"},
    {Kind::no_encryption, Nature::violation, Severity::high, "no-encryption", "tls.no-encryption",
     "TLS without encryption", "Switch the NULL suites off at the server, at once.",
     "the TLS of {rule} encrypts nothing{why}"},
    {Kind::forged_proof, Nature::violation, Severity::critical, "forged-proof", "tls.forged",
     "Signature does not fit the certificate",
     "Someone shows a certificate without its key: find out who, and stop the peer.",
     "a certificate was shown without the proof of its key{why}"},
    {Kind::anonymous_cipher, Nature::violation, Severity::high, "anonymous-cipher", "tls.anonymous",
     "TLS without identities",
     "Switch the anonymous suites off at the server: anyone on the way can read along.",
     "the TLS of {rule} proves no identity{why}"},
    {Kind::untrusted_certificate, Nature::violation, Severity::high, "untrusted-certificate",
     "tls.trust", "Certificate not trusted",
     "Install a certificate of the site's authorities, with the intermediates.",
     "a certificate does not lead to the anchors of {rule}{why}"},
    {Kind::wrong_cipher, Nature::violation, Severity::medium, "wrong-cipher", "tls.cipher",
     "Cipher not allowed", "Restrict the server to the suites that the row names.",
     "{rule} does not allow this cipher{why}"},
    {Kind::wrong_key_exchange, Nature::violation, Severity::medium, "wrong-key-exchange",
     "tls.key-exchange", "Key exchange not allowed",
     "Restrict the server to the key exchanges and group sizes that the row names.",
     "{rule} does not allow this key exchange{why}"},
    {Kind::http_path, Nature::violation, Severity::medium, "http-path", "http.path",
     "Path not documented", "Narrow the publishing rule of the proxy, or document the path.",
     "{rule} is not for this path{why}"},
    {Kind::http_host, Nature::violation, Severity::medium, "http-host", "http.host",
     "Host name not documented",
     "Narrow the publishing rule of the proxy, or document the host name.",
     "{rule} is not for this host{why}"},
    {Kind::no_redirect, Nature::violation, Severity::medium, "no-redirect", "http.no-redirect",
     "Content instead of a redirect",
     "Let the listener answer with a redirect to https and nothing else.",
     "{rule} is for redirects only, and the answer was none{why}"},
    {Kind::clear_credentials, Nature::violation, Severity::high, "clear-credentials",
     "http.clear-credentials", "Credentials in clear",
     "Protect the service by TLS and change the credentials.",
     "credentials could be read on the way{why}"},
    {Kind::link_chatter, Nature::violation, Severity::low, "link-chatter", "", "Chatter of a link",
     "Switch discovery off where nobody needs it, or document the group.",
     "what hosts call out to everybody on their link; no documented flow"},
    {Kind::discouraged, Nature::remark, Severity::low, "discouraged", "", "Advised against",
     "Plan the way that the documentation recommends.",
     "allowed by {rule}, but the documentation advises against it here{why}"},
    {Kind::vip_bypass, Nature::remark, Severity::medium, "vip-bypass", "",
     "Past the virtual address", "Let the client use the virtual address.",
     "allowed by {rule}, but a pool member was addressed instead of the virtual address{why}"},
    {Kind::weak_tls, Nature::remark, Severity::low, "weak-tls", "tls.weak", "Weak TLS",
     "Plan to switch the version off.", "allowed by {rule}, with an old TLS version{why}"},
    {Kind::weak_key, Nature::remark, Severity::medium, "weak-key", "tls.key", "Short key",
     "Replace the certificate by one with a longer key.",
     "allowed by {rule}, with a short key{why}"},
    {Kind::flawed_chain, Nature::remark, Severity::low, "flawed-chain", "",
     "Flawed certificate chain",
     "Send the own certificate first, each issuer behind it; renew what is signed weakly.",
     "allowed by {rule}, with a flawed certificate chain{why}"},
    {Kind::weak_cipher, Nature::remark, Severity::medium, "weak-cipher", "", "Weak cipher",
     "Switch the suite off at the server; see which clients need it.",
     "allowed by {rule}, with a weak cipher{why}"},
    {Kind::weak_key_exchange, Nature::remark, Severity::low, "weak-key-exchange", "",
     "Weak key exchange",
     "Prefer suites with forward secrecy (ECDHE, or DHE with 2048 bits and more).",
     "allowed by {rule}, with a weak key exchange{why}"},
    {Kind::expiring_certificate, Nature::remark, Severity::medium, "expiring-certificate",
     "tls.expiring", "Certificate ends soon", "Renew the certificate in time.",
     "allowed by {rule}, and a certificate ends soon{why}"},
    {Kind::outside_purpose, Nature::remark, Severity::low, "outside-purpose", "",
     "Outside its purpose", "See whether the proxy publishes more than it should.",
     "allowed by {rule}, outside of its purpose{why}"},
    {Kind::exception_expired, Nature::remark, Severity::low, "exception-expired",
     "exception.expired", "Exception not in force",
     "Correct the cause, or have the exception renewed by its approver.",
     "an exception for this is not in force{why}"},
    {Kind::inner_without_outer, Nature::run_violation, Severity::medium, "inner-without-outer", "",
     "Inner leg without a request", "Find out what on the proxy opens these connections.",
     "{rule} was used while no request from outside was open (mapping {subject})"},
    {Kind::wrong_inner_leg, Nature::run_violation, Severity::high, "wrong-inner-leg",
     "mapping-missing", "Wrong inner port", "Correct the port translation of the publishing rule.",
     "requests from outside went on to another port than {rule} documents{why}"},
    {Kind::needed_not_seen, Nature::run_remark, Severity::low, "needed-not-seen", "",
     "Needed and not seen", "See whether the service works; else correct the site's answers.",
     "{rule} is needed, and no flow used it although both sides were seen"},
    {Kind::role_contradiction, Nature::run_remark, Severity::medium, "role-contradiction", "",
     "Behaves like another role", "Check the inventory: which role does this address have?", ""},
    {Kind::unknown_host, Nature::run_remark, Severity::low, "unknown-host", "",
     "Host without a role", "Bind the address to its role in the site file, or take the host away.",
     ""},
    {Kind::exception_unused, Nature::run_remark, Severity::info, "exception-unused",
     "exception.unused", "Exception without use",
     "Withdraw the exception when it is not needed any more.", ""},
    {Kind::exception_over_limit, Nature::run_remark, Severity::medium, "exception-over-limit",
     "exception.over-limit", "Exception beyond its limit",
     "Have the owner explain the rise, or have the limit changed.", ""},
});
static_assert(kinds.size() == finding_kind_count);
static_assert(std::is_sorted(kinds.begin(), kinds.end(),
                             [](const auto& a, const auto& b) { return a.kind < b.kind; }));

constexpr std::array<std::string_view, 5> severity_names = {"info", "low", "medium", "high",
                                                            "critical"};

}  // namespace

const FindingKindFacts& facts_of(FindingKind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}

std::string_view to_text(FindingKind kind) {
  return facts_of(kind).name;
}

std::optional<FindingKind> parse_finding_kind(std::string_view text) {
  const auto* const found = std::find_if(kinds.begin(), kinds.end(), [&](const auto& it) {
    return it.name == text || (it.alias == text && !text.empty());
  });
  if (found == kinds.end()) return std::nullopt;
  return found->kind;
}

bool is_violation(FindingKind kind) {
  return facts_of(kind).nature == Nature::violation;
}

bool is_of_run(FindingKind kind) {
  const Nature nature = facts_of(kind).nature;
  return nature == Nature::run_violation || nature == Nature::run_remark;
}

bool deviates(FindingKind kind) {
  const Nature nature = facts_of(kind).nature;
  return nature == Nature::violation || nature == Nature::run_violation;
}

std::string_view to_text(Severity severity) {
  return severity_names[static_cast<std::size_t>(severity)];
}

std::optional<Severity> parse_severity(std::string_view text) {
  const auto* const found = std::find(severity_names.begin(), severity_names.end(), text);
  if (found == severity_names.end()) return std::nullopt;
  return static_cast<Severity>(found - severity_names.begin());
}

}  // namespace pcapaudit
