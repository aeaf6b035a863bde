// Do a flow's bytes speak the application that a documented row names?
#pragma once

#include <string>

#include "policy/judge/verdict.hpp"

namespace pcapaudit {

struct ApplicationFit {
  enum class Kind : std::uint8_t { fits, undetermined, wrong };  // best first
  Kind kind = Kind::fits;
  Reason reason = Reason::none;  // of `undetermined`
};

// What a judgement takes from the counts of a flow.
struct SeenBytes {
  bool of_client = false, of_server = false;
  bool is_recognisable = false;  // enough of both to know applications by their first bytes
  bool is_whole = false;         // nothing is missing, nothing was cut
};
SeenBytes seen_bytes(const ClosedFlow& flow);

// Is the row for an application inside TLS?
bool wants_tls(const DocumentedFlow& row);
ApplicationFit fit_application(const DocumentedFlow& row, const ClosedFlow& flow);
// Is TLS the mock handshake that Microsoft's relay begins TCP connections with?
ApplicationFit mock_handshake_fit(const ClosedFlow& flow);

// The row's protocol, whether in clear or inside TLS; "" for whatever TLS carries.
std::string_view protocol_of(const DocumentedFlow& row);
// ... and the flow speaks that protocol, though perhaps not in the way that the row asks for.
bool is_same_protocol(const DocumentedFlow& row, const ClosedFlow& flow);

// Are the bytes what a row, an exception or a mistake calls by this name?
bool carries(const ClosedFlow& flow, std::string_view app);

// What TLS carries as far as bytes tell it: "http", "sip", another name, or "" when hidden.
// Decrypted records come first, then the ALPN name that the server chose (RFC 7301).
std::string carried_in_tls(const ClosedFlow& flow);

// For people: "HTTPS", "SIP inside TLS"; "plain SIP", "client http, server ssh".
std::string expected_application(const DocumentedFlow& row);
std::string observed_application(const DocumentedFlow& row, const ClosedFlow& flow);

}  // namespace pcapaudit
