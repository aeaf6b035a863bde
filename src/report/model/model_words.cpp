// Reasons and packet issues in words; the facts behind them: docs/verdicts.md.

#include "report/model/model_words.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace pcapaudit {
namespace {

struct Meaning {
  std::string_view name, text;
};

constexpr std::array reasons = {
    Meaning{"no-payload", "a row fits by address and port; no bytes tell the application"},
    Meaning{"unknown-application", "there were bytes, and no dissector knows them"},
    Meaning{"one-sided", "only the client's or only the server's bytes were captured"},
    Meaning{"direction-unknown", "who opened the connection is a guess"},
    Meaning{"tls13-encrypted", "mutual TLS is demanded, and TLS 1.3 encrypts the certificates"},
    Meaning{"tls13-indicated",
            "mutual TLS is demanded; the sizes of TLS 1.3 records fit a client certificate with "
            "its proof"},
    Meaning{"tls13-indicated-absent",
            "mutual TLS is demanded; the sizes of TLS 1.3 records leave no room for a client "
            "certificate"},
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
    Meaning{"time-unknown",
            "a certificate or a schedule speaks of the time, and no packet has one"},
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

std::string_view status_words(ReportRule::Status status) {
  constexpr std::string_view words[] = {"used", "unused", "undetermined only", "window too short",
                                        "not observable"};
  return words[static_cast<std::size_t>(status)];
}

std::string_view meaning_of_reason(std::string_view reason) {
  return meaning_in(reasons, reason);
}

std::string_view meaning_of_issue(std::string_view issue) {
  return meaning_in(issues, issue);
}

}  // namespace pcapaudit
