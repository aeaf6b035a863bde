// What a report says about the captured traffic as such: coverage, TLS, clear text, what could not
// be judged, traffic over time. Parts of the ReportModel: see model.hpp for owner, text and limits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pcapaudit/base/time.hpp>

namespace pcapaudit {

// The head of a list: `total` rows exist, `rows` are the ones shown.
template <class T>
struct Listed {
  std::vector<T> rows;
  std::uint64_t total = 0;
  std::uint64_t cut() const { return total - rows.size(); }
  bool operator==(const Listed&) const = default;
};

struct NamedCount {
  std::string name;
  std::uint64_t count = 0;
  bool operator==(const NamedCount&) const = default;
};

struct VerdictCounts {
  std::uint64_t flows = 0, allowed = 0, violation = 0, waived = 0, undetermined = 0, ignored = 0;
  bool operator==(const VerdictCounts&) const = default;
};

struct TimeSpan {
  Timestamp from, to;
  bool operator==(const TimeSpan&) const = default;
};

// Flows with bytes of their streams missing that began in the part of the time line from `at` on.
struct LossMark {
  Timestamp at;
  std::uint64_t flows = 0;
  bool operator==(const LossMark&) const = default;
};

struct ReportCapture {
  std::string name, sha256, format, link_types, damage;  // damage: empty when whole
  std::uint64_t packets = 0, bytes = 0, decoded = 0, truncated = 0, dropped = 0, filtered = 0,
                duplicates = 0, fragments = 0, reassembled = 0, incomplete = 0;
  std::optional<Timestamp> first, last;
  // Whole minutes in it without a packet of any flow; the longest ones, in order of time.
  Listed<TimeSpan> silent;
  std::uint64_t silent_minutes = 0;
  std::vector<LossMark> losses;  // where its flows with missing bytes began
  bool operator==(const ReportCapture&) const = default;
};

// Flows that were not read whole, for one cause (Unread).
struct UnreadCount {
  std::string cause;
  std::uint64_t ended = 0;   // not read to their end
  std::uint64_t passed = 0;  // read on behind a place where messages may be missing
  bool operator==(const UnreadCount&) const = default;
};

struct ReportCoverage {
  std::vector<std::string> notes;  // on captures: cut packets, packets without time, copies
  std::optional<TimeSpan> time;    // of all captures
  Listed<ReportCapture> captures;
  std::uint64_t packets = 0, dropped = 0, truncated = 0, gaps = 0, gap_flows = 0;
  // Live: seconds without the interface; flows that ended early, the table of them being full.
  std::uint64_t blind_seconds = 0, evicted_flows = 0;
  std::uint64_t capped_flows = 0;  // a cap of reassembly or dissection was reached
  std::uint64_t duplicates = 0, fragments = 0, incomplete = 0;
  std::uint64_t one_sided = 0, midstream = 0;  // flows
  std::uint64_t encrypted = 0;                 // flows of which TLS or QUIC hides the content
  std::uint64_t hidden_certificates = 0, hidden_names = 0, resumed = 0;  // flows
  std::uint64_t by_record_sizes = 0;  // allowed flows whose client certificate is indicated alone
  std::uint64_t unknown_application = 0, no_payload = 0;  // flows
  std::vector<UnreadCount> unread;                        // by cause
  std::vector<NamedCount> decode_issues;                  // packets without a flow
  std::vector<std::string> unseen_roles;   // roles with addresses that were at no end of any flow
  std::vector<std::string> unbound_roles;  // roles that rows name and that have no address
  bool operator==(const ReportCoverage&) const = default;
};

// Connections by what was seen of mutual TLS.
struct MutualCounts {
  std::uint64_t proven = 0, declined = 0, not_requested = 0;
  std::uint64_t indicated = 0, indicated_absent = 0, undeterminable = 0;
  bool operator==(const MutualCounts&) const = default;
};

struct TlsServer {
  std::string address, role, subject;  // of the newest server certificate seen there
  std::uint64_t port = 0, flows = 0, resumed = 0;
  MutualCounts mutual;
  Listed<std::string> names, versions, ciphers;  // asked for; negotiated
  std::optional<DateTime> not_after;
  bool operator==(const TlsServer&) const = default;
};

struct ReportCertificate {
  std::string sha256, subject, issuer, key, signature;
  std::vector<std::string> names;
  std::optional<DateTime> not_before, not_after;  // none: not readable
  std::int64_t days_left = 0;                     // at the last packet; negative when it had ended
  std::uint64_t server_flows = 0, client_flows = 0, issuer_flows = 0;
  bool operator==(const ReportCertificate&) const = default;
};

// What was seen of mutual TLS in the flows of one documented flow.
struct MutualEvidence {
  std::string rule, service;
  MutualCounts counts;
  std::vector<NamedCount> reasons;  // why undeterminable, or what the sizes of records fit
  bool operator==(const MutualEvidence&) const = default;
};

struct ReportTls {
  std::uint64_t flows = 0, established = 0, resumed = 0;
  std::vector<NamedCount> versions;
  Listed<TlsServer> servers;
  Listed<ReportCertificate> certificates;  // ending first
  Listed<MutualEvidence> mutual;
  bool operator==(const ReportTls&) const = default;
};

struct ClearHttp {
  std::string server, role;
  std::uint64_t port = 0, flows = 0, requests = 0, credentials = 0;  // flows with credentials
  Listed<std::string> methods, hosts, paths, statuses, user_agents;
  bool operator==(const ClearHttp&) const = default;
};

struct SipServer {
  std::string server, role, transport;
  std::uint64_t port = 0, flows = 0, requests = 0, transactions = 0, answered = 0;
  bool in_clear = false;
  Listed<std::string> methods, domains, user_agents;
  bool operator==(const SipServer&) const = default;
};

struct ReportApplication {
  std::string app, service;
  std::uint64_t flows = 0, bytes = 0;
  bool operator==(const ReportApplication&) const = default;
};

struct ReportFacts {
  Listed<ReportApplication> applications;
  Listed<ClearHttp> http;
  Listed<SipServer> sip;
  bool operator==(const ReportFacts&) const = default;
};

struct UndeterminedGroup {
  std::string client, server, service, transport, reason, rule;
  std::uint64_t server_port = 0, flows = 0, bytes = 0;
  bool operator==(const UndeterminedGroup&) const = default;
};

struct UnknownHost {
  std::string address, offers, uses, resembles;
  std::string first, last;  // RFC 3339, as the view has them
  std::uint64_t flows = 0;
  bool operator==(const UnknownHost&) const = default;
};

struct UndeterminedReason {
  std::string reason, meaning;
  std::uint64_t flows = 0, bytes = 0;
  bool operator==(const UndeterminedReason&) const = default;
};

struct ReportUndetermined {
  std::vector<UndeterminedReason> reasons;
  Listed<UndeterminedGroup> groups;
  Listed<UnknownHost> hosts;
  bool operator==(const ReportUndetermined&) const = default;
};

// One pair of role sets and its bytes in each part of the time.
struct TrafficLine {
  std::string client, server;
  std::uint64_t bytes = 0, packets = 0;
  std::vector<std::uint64_t> parts;
  bool operator==(const TrafficLine&) const = default;
};

// The time of the audit in at most 96 equal parts.
struct ReportTraffic {
  std::optional<Timestamp> from;  // start of the first part; none without flows
  std::int64_t seconds_per_part = 60;
  std::vector<VerdictCounts> begun;  // flows that began in the part
  std::vector<std::uint64_t> bytes;  // on the wire; empty when a part is shorter than a minute,
                                     // which is how fine the database knows it
  Listed<TrafficLine> pairs;         // the busiest
  bool operator==(const ReportTraffic&) const = default;
};

}  // namespace pcapaudit
