// A finding as news: one alert, as a line that log collectors read.
//
// Values and pure functions; no clock, no I/O. Times are of the capture. Texts may hold bytes
// that an attacker put on the wire: every format escapes them by its own rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "flow/closed_flow.hpp"
#include "policy/policy.hpp"

namespace pcapaudit {

// What a flow adds to a finding.
struct Alert {
  std::string finding;  // "V-1A2B", as in the database
  std::string kind;     // to_text(FindingKind)
  Severity severity = Severity::info;
  std::string client_role, server_role;
  std::string service;  // "" when none
  std::string outcome;  // to_text(Outcome)
  std::string rule;     // the row that fails or comes nearest; "" when none
  std::string text;     // one sentence
  Transport transport = Transport::tcp;
  Endpoint client, server;    // of the flow that gave rise to it
  std::uint64_t flow = 0;     // its id
  Timestamp first, last;      // of that flow
  std::uint64_t flows = 1;    // since the alert before this one, this flow included
  std::uint64_t in_all = 1;   // since this finding was last silent
  std::string policy_digest;  // of the policy that judged

  bool operator==(const Alert&) const = default;
};

// Who speaks.
struct AlertOrigin {
  std::string host, version, interface;
  std::uint32_t process = 0;
};

enum class AlertFormat : std::uint8_t { rfc5424, json, ecs, cef };
std::optional<AlertFormat> parse_alert_format(std::string_view text);  // "rfc5424", "json", ...

// One line without a line break, valid UTF-8.
//
// rfc5424: facility 13 (log audit), structured data `finding@32473` (RFC 5424 6). json: our own
// keys, those of v_finding and v_flow. ecs: Elastic Common Schema 8. cef: ArcSight Common Event
// Format, version 0.
std::string format_alert(const Alert& alert, const AlertOrigin& origin, AlertFormat format);

}  // namespace pcapaudit
