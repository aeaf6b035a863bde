// The judgement of one flow: which documented row it met, or missed and why.
//
// evaluate() is pure: the same policy and flow give the same verdict, on any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/flow/closed_flow.hpp>
#include <pcapaudit/policy/policy.hpp>

namespace pcapaudit {

enum class VerdictKind : std::uint8_t { allowed, violation, waived, undetermined, ignored };
std::string_view to_text(VerdictKind kind);

// Why a flow could not be judged, or what of an allowed one was not visible.
enum class Reason : std::uint8_t {
  none,
  no_payload,              // the row fits by address and port; no bytes tell the application
  unknown_application,     // bytes were seen, and no dissector knows them
  one_sided,               // only the client's or only the server's bytes were seen
  direction_unknown,       // who opened the connection is a guess
  mutual_tls13_encrypted,  // MutualReason of a row that asks for mutual TLS
  mutual_resumed,
  mutual_midstream,
  mutual_gap,
  mutual_truncated,
  mutual_renegotiated,
  certificate_hidden,  // allowed: the certificates could not be seen
  tls_not_seen,        // the row demands something of TLS, and that part was not captured
};
std::string_view to_text(Reason reason);  // "no-payload", "tls13-encrypted", ...

// A field of a documented row that does not fit.
enum class Field : std::uint8_t {
  none,
  from,
  to,
  transport,
  port,
  direction,
  application,
  mutual,
  tls_version,
  certificate
};
std::string_view to_text(Field field);  // "from", "to", ...

struct NearMiss {
  std::string rule;
  Field field = Field::none;
  std::string expected, observed;
  bool operator==(const NearMiss&) const = default;
};

struct Problem {
  FindingKind kind = FindingKind::undocumented;
  Severity severity = Severity::high;
  std::string rule;  // the row that fails, or empty
  Field field = Field::none;
  std::string expected, observed;
  std::string mistake;  // id of the [[mistake]] that explains it, or empty
  bool operator==(const Problem&) const = default;
};

struct Verdict {
  VerdictKind kind = VerdictKind::ignored;
  std::string rule;               // the row that was met, or that fits and fails a requirement
  std::vector<std::string> used;  // all rows that the flow matches
  std::vector<Problem> problems;  // gravest first; also on allowed flows (discouraged, ...)
  std::vector<NearMiss> nearest;  // at most three, best first
  Reason reason = Reason::none;
  RoleSet client_roles = 0, server_roles = 0;
  std::string service;  // "HTTPS", "SIP/MTLS", ... ("" when none)
  Basis basis = Basis::none;
  bool operator==(const Verdict&) const = default;
};

Verdict evaluate(const Policy& policy, const ClosedFlow& flow);

struct ServiceName {
  std::string service;
  Basis basis = Basis::none;
};
// The documentation's name for what the flow carries, from its bytes, then from the
// documented application of its row ("" when there is none), then from the port.
ServiceName service_of(const ClosedFlow& flow, std::string_view documented_app);

}  // namespace pcapaudit
