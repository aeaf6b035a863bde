// Kinds of findings, reasons and packet issues in words; the facts behind them: docs/verdicts.md.

#include "report/model/model_words.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace pcapaudit {
namespace {

struct KindEntry {
  std::string_view kind;
  KindWords words;
};

constexpr std::array kinds = {
    KindEntry{"undocumented",
              {"Not documented",
               "Stop the traffic at its client or at the firewall, or have it documented."}},
    KindEntry{"reversed-direction",
              {"Documented the other way round",
               "Find out which side is meant to open the connection; close the other direction."}},
    KindEntry{"wrong-application",
              {"Another application",
               "Find the program that speaks here and move it, or correct its settings."}},
    KindEntry{"outside-schedule",
              {"Outside the documented time",
               "Move the job into its window, or have the window changed."}},
    KindEntry{"not-mutual",
              {"No mutual TLS",
               "Let the server ask for a client certificate and the client present it."}},
    KindEntry{"old-tls",
              {"TLS version too old",
               "Switch the old version off at the server; see which clients still need it."}},
    KindEntry{"expired-certificate",
              {"Certificate not valid", "Replace the certificate, and have its end watched."}},
    KindEntry{
        "wrong-name",
        {"Wrong name in the certificate", "Install a certificate with the documented names."}},
    KindEntry{
        "wrong-sni",
        {"Unknown server name", "Correct the client's target, or add the name to the site file."}},
    KindEntry{
        "wrong-issuer",
        {"Unexpected issuer",
         "Install a certificate of the documented issuer; rule out interception on the way."}},
    KindEntry{"wrong-key-usage",
              {"Certificate not made for this",
               "Issue the client a certificate with the usage client authentication."}},
    KindEntry{"no-encryption",
              {"TLS without encryption", "Switch the NULL suites off at the server, at once."}},
    KindEntry{"forged-proof",
              {"Signature does not fit the certificate",
               "Someone shows a certificate without its key: find out who, and stop the peer."}},
    KindEntry{"anonymous-cipher",
              {"TLS without identities",
               "Switch the anonymous suites off at the server: anyone on the way can read along."}},
    KindEntry{"untrusted-certificate",
              {"Certificate not trusted",
               "Install a certificate of the site's authorities, with the intermediates."}},
    KindEntry{"wrong-cipher",
              {"Cipher not allowed", "Restrict the server to the suites that the row names."}},
    KindEntry{"wrong-key-exchange",
              {"Key exchange not allowed",
               "Restrict the server to the key exchanges and group sizes that the row names."}},
    KindEntry{
        "http-path",
        {"Path not documented", "Narrow the publishing rule of the proxy, or document the path."}},
    KindEntry{"http-host",
              {"Host name not documented",
               "Narrow the publishing rule of the proxy, or document the host name."}},
    KindEntry{"no-redirect",
              {"Content instead of a redirect",
               "Let the listener answer with a redirect to https and nothing else."}},
    KindEntry{"clear-credentials",
              {"Credentials in clear", "Protect the service by TLS and change the credentials."}},
    KindEntry{"link-chatter",
              {"Chatter of a link",
               "Switch discovery off where nobody needs it, or document the group."}},
    KindEntry{"discouraged",
              {"Advised against", "Plan the way that the documentation recommends."}},
    KindEntry{"vip-bypass",
              {"Past the virtual address", "Let the client use the virtual address."}},
    KindEntry{"weak-tls", {"Weak TLS", "Plan to switch the version off."}},
    KindEntry{"weak-key", {"Short key", "Replace the certificate by one with a longer key."}},
    KindEntry{
        "flawed-chain",
        {"Flawed certificate chain",
         "Send the own certificate first, each issuer behind it; renew what is signed weakly."}},
    KindEntry{"weak-cipher",
              {"Weak cipher", "Switch the suite off at the server; see which clients need it."}},
    KindEntry{"weak-key-exchange",
              {"Weak key exchange",
               "Prefer suites with forward secrecy (ECDHE, or DHE with 2048 bits and more)."}},
    KindEntry{"expiring-certificate", {"Certificate ends soon", "Renew the certificate in time."}},
    KindEntry{"outside-purpose",
              {"Outside its purpose", "See whether the proxy publishes more than it should."}},
    KindEntry{"exception-expired",
              {"Exception not in force",
               "Correct the cause, or have the exception renewed by its approver."}},
    KindEntry{
        "inner-without-outer",
        {"Inner leg without a request", "Find out what on the proxy opens these connections."}},
    KindEntry{"wrong-inner-leg",
              {"Wrong inner port", "Correct the port translation of the publishing rule."}},
    KindEntry{
        "needed-not-seen",
        {"Needed and not seen", "See whether the service works; else correct the site's answers."}},
    KindEntry{
        "role-contradiction",
        {"Behaves like another role", "Check the inventory: which role does this address have?"}},
    KindEntry{"unknown-host",
              {"Host without a role",
               "Bind the address to its role in the site file, or take the host away."}},
    KindEntry{"exception-unused",
              {"Exception without use", "Withdraw the exception when it is not needed any more."}},
    KindEntry{"exception-over-limit",
              {"Exception beyond its limit",
               "Have the owner explain the rise, or have the limit changed."}},
};

struct Meaning {
  std::string_view name, text;
};

constexpr std::array reasons = {
    Meaning{"no-payload", "a row fits by address and port; no bytes tell the application"},
    Meaning{"unknown-application", "there were bytes, and no dissector knows them"},
    Meaning{"one-sided", "only the client's or only the server's bytes were captured"},
    Meaning{"direction-unknown", "who opened the connection is a guess"},
    Meaning{"tls13-encrypted", "mutual TLS is demanded, and TLS 1.3 encrypts the certificates"},
    Meaning{"resumed", "mutual TLS is demanded, and a resumed session shows no certificates"},
    Meaning{"midstream", "mutual TLS is demanded, and the handshake was before the capture"},
    Meaning{"gap", "mutual TLS is demanded, and bytes of the handshake are missing"},
    Meaning{"truncated", "mutual TLS is demanded, and the handshake was cut short"},
    Meaning{"renegotiated", "mutual TLS is demanded, and a second handshake was encrypted"},
    Meaning{"aborted", "mutual TLS is demanded, and a fatal alert ended the handshake before"},
    Meaning{"forged", "mutual TLS is demanded, and the client's signature does not hold"},
    Meaning{"unverifiable", "mutual TLS is demanded, and the client's signature cannot be checked"},
    Meaning{"tls-handshake-not-seen", "the row demands TLS, and no handshake was captured"},
    Meaning{"unknown-host", "a host has no role, and the site wants to be asked"},
    Meaning{"certificate-hidden", "a certificate could not be seen"},
    Meaning{"requests-unread", "the row speaks of requests, and not all of them could be read"},
    Meaning{"responses-unread", "the row speaks of answers, and not all of them could be read"},
    Meaning{"application-unread", "what came behind the recognised bytes could not be read"},
    Meaning{"time-unknown", "a certificate or a schedule speaks of the time, and no packet has one"},
    Meaning{"certificate-unread", "the row speaks of the certificate, and its bytes are missing"},
};

constexpr std::array issues = {
    Meaning{"not-ip", "neither IPv4 nor IPv6 (ARP, LLDP and the like)"},
    Meaning{"fragment", "part of a datagram that never became whole"},
    Meaning{"unsupported-link", "a link type that cannot be read"},
    Meaning{"truncated", "cut before the end of its headers"},
    Meaning{"malformed", "headers that contradict themselves"},
    Meaning{"nesting-cap", "more tunnels inside each other than are followed"},
    Meaning{"bad-checksum", "left out by --verify-checksums"},
    Meaning{"encrypted", "encrypted below IP (MACsec, Wi-Fi): what is inside was not seen"},
    Meaning{"aggregate", "several frames in one (802.11 A-MSDU), which are not taken apart"},
};

std::string_view meaning_in(std::span<const Meaning> list, std::string_view name) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const Meaning& it) { return it.name == name; });
  return found == list.end() ? std::string_view() : found->text;
}

}  // namespace

KindWords words_of_kind(std::string_view kind) {
  const auto* const found = std::find_if(kinds.begin(), kinds.end(),
                                         [&](const KindEntry& it) { return it.kind == kind; });
  return found == kinds.end() ? KindWords{kind, ""} : found->words;
}

std::string_view meaning_of_reason(std::string_view reason) {
  return meaning_in(reasons, reason);
}

std::string_view meaning_of_issue(std::string_view issue) {
  return meaning_in(issues, issue);
}

}  // namespace pcapaudit
