// Do a flow's bytes speak the application that a documented row names?
#pragma once

#include <string>

#include <pcapaudit/policy/verdict.hpp>

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

// What TLS carries as far as bytes tell it: "http", "sip", another name, or "" when hidden.
// Decrypted records come first, then the ALPN name that the server chose (RFC 7301).
std::string carried_in_tls(const ClosedFlow& flow);

// For people: "HTTPS", "SIP inside TLS"; "plain SIP", "client http, server ssh".
std::string expected_application(const DocumentedFlow& row);
std::string observed_application(const DocumentedFlow& row, const ClosedFlow& flow);

}  // namespace pcapaudit
