// The judgement of one flow: which documented row it met, or missed and why.
//
// Pure: the same policy and flow give the same verdict, on any thread. A Judge is built once for a
// policy, which must outlive it, and may be asked by many threads at once.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <pcapaudit/policy/verdict_kind.hpp>

#include "base/keyed_hash.hpp"
#include "flow/closed_flow.hpp"
#include "policy/policy.hpp"
#include "policy/role_map.hpp"

namespace pcapaudit {

// Why a flow could not be judged, or what of an allowed one was not visible.
enum class Reason : std::uint8_t {
  none,
  no_payload,              // the row fits by address and port; no bytes tell the application
  unknown_application,     // bytes were seen, and no dissector knows them
  one_sided,               // only the client's or only the server's bytes were seen
  direction_unknown,       // who opened the connection is a guess
  mutual_tls13_encrypted,  // MutualReason of a row that asks for mutual TLS
  mutual_indicated,        // a certificate, by the sizes of records; allowed where that is accepted
  mutual_indicated_absent,  // none, by these, and the row wants to be asked
  mutual_resumed,
  mutual_midstream,
  mutual_gap,
  mutual_truncated,
  mutual_renegotiated,
  mutual_aborted,
  mutual_forged,
  mutual_unverifiable,
  unknown_host,        // a host without a role, and the site wants to be asked
  certificate_hidden,  // allowed: TLS itself hides the certificates
  tls_not_seen,        // the row demands something of TLS, and that part was not captured
  requests_unread,     // the row demands something of all requests, and not all could be read
  responses_unread,    // the same of answers
  application_unread,  // bytes behind the recognised ones could have been anything
  certificate_unread,  // the row demands something of the certificate, which was lost
  time_unknown,        // a certificate or a schedule speaks of the time, and no packet has one
};
std::string_view to_text(Reason reason);  // "no-payload", ...; empty behind the last

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
  certificate,
  schedule,
  name,         // of the server, in the certificate or asked for
  issuer,       // of the certificate
  key,          // of the certificate
  path,         // of HTTP
  host,         // of HTTP
  answer,       // of HTTP
  credentials,  // of HTTP
  cipher,       // of TLS
  key_exchange  // of TLS
};
constexpr std::size_t field_count = 20;
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
  std::string mistake;    // id of the [[mistake]] that explains it, or empty
  std::string exception;  // id of the exception that covers it, or empty
  bool operator==(const Problem&) const = default;
};

struct Verdict {
  VerdictKind kind = VerdictKind::ignored;
  std::string rule;               // the row that was met, or that fits and fails a requirement
  std::vector<std::string> used;  // all rows that it met, or may have met while undetermined
  std::vector<Problem> problems;  // gravest first; also on allowed flows (discouraged, ...)
  std::vector<NearMiss> nearest;  // at most three, best first
  Reason reason = Reason::none;
  RoleSet client_roles = 0, server_roles = 0;
  std::string exception;  // of a waived flow: what covers its gravest problem
  std::string service;    // "HTTPS", "SIP/MTLS", ... ("" when none)
  Basis basis = Basis::none;
  // An answered flow that no row documents, and the roles of the site that would explain it if its
  // server (or its client) had them.
  bool is_unexplained = false;
  RoleSet server_explained_as = 0, client_explained_as = 0;
  bool operator==(const Verdict&) const = default;
};

// How one row was tried: the field that failed, or none when it matched.
struct RowTrial {
  const DocumentedFlow* row = nullptr;
  NearMiss miss;
};

class NearestRows;

class Judge {
 public:
  explicit Judge(const Policy& policy);
  ~Judge();

  Verdict judge(const ClosedFlow& flow) const;
  // Every row in the policy's order, for `explain`.
  std::vector<RowTrial> trace(const ClosedFlow& flow) const;
  const Policy& policy() const { return policy_; }
  const RoleMap& roles() const { return roles_; }

  // Rows that may speak of this transport and port, in no particular order.
  template <class Use>
  void each_row_on(Transport transport, std::uint16_t port, Use use) const {
    const Rows& rows = rows_[static_cast<std::size_t>(transport)];
    if (const auto listed = rows.by_port.find(port); listed != rows.by_port.end()) {
      for (const DocumentedFlow* row : listed->second) use(*row);
    }
    for (const DocumentedFlow* row : rows.wide) {
      if (!has_ports(transport) || contains(row->ports, port)) use(*row);
    }
  }

 private:
  friend class Judgement;

  const Policy& policy_;
  RoleMap roles_;
  // Rows by port, those with wide ranges or without ports; for each transport.
  struct Rows {
    std::unordered_map<std::uint16_t, std::vector<const DocumentedFlow*>> by_port;
    std::vector<const DocumentedFlow*> wide;
  };
  std::array<Rows, transport_count> rows_;
  std::unique_ptr<const NearestRows> nearest_;
};

// Asks a Judge, and gives flows that are alike in all that was looked at the verdict that was found
// before. The same verdicts, for less; one thread at a time.
class RememberingJudge {
 public:
  explicit RememberingJudge(const Judge& judge) : judge_(&judge) {}
  Verdict judge(const ClosedFlow& flow);

 private:
  const Judge* judge_;
  std::unordered_map<std::string, Verdict, KeyedHash, std::equal_to<>>
      verdicts_;          // by what was looked at
  std::string likeness_;  // used again and again
};

struct ServiceName {
  std::string service;
  Basis basis = Basis::none;
};
// The documentation's name for what the flow carries, from its bytes, then from the
// documented application of its row ("" when there is none), then from the port.
ServiceName service_of(const ClosedFlow& flow, std::string_view documented_app);

}  // namespace pcapaudit
