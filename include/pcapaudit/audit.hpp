// An audit as one call: captures and policies in, a database and a summary out.
//
// For programs that link the library; the command line's `audit` does the same. Nothing is printed,
// no signal is taken, no state outlives the call, and several calls may run at once. What goes
// wrong with policies, options or the database is the Result's Error; a capture that cannot be read
// to its end is no error but `damaged` in the summary. The guide: docs/embedding.md.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/app/dissector.hpp>
#include <pcapaudit/base/ip.hpp>
#include <pcapaudit/base/result.hpp>
#include <pcapaudit/base/time.hpp>
#include <pcapaudit/policy/verdict_kind.hpp>

namespace pcapaudit {

constexpr unsigned most_audit_threads = 64;  // more than any machine reads a capture with

struct AuditOptions {
  std::vector<std::string> captures = {};  // files, folders, "-": standard input
  std::vector<std::string> policies = {};  // files, or names of built-in packs
  std::string database = {};               // the file to write; empty: in memory, gone at the end
  bool replace = false;                    // a database of pcapaudit that stands there goes
  unsigned threads = 1;     // workers beside the caller's; 0: all on the caller's thread
  std::size_t memory = 0;   // bytes for the whole audit; 0: half of the machine's
  std::string filter = {};  // BPF expression; empty: every packet
  bool strict = false;      // rows and prose of the documentation only
  // Key logs (NSS format) with which TLS is read inside, beside secrets that captures bring along.
  std::vector<std::string> key_logs = {};
  // Of protocols that the library does not know, probed before or after its own. Policies may name
  // what they tell. The objects outlive the call.
  DissectorList dissectors_before = {}, dissectors_after = {};
  const std::atomic<int>* stop = nullptr;  // not 0: end early, with what was read so far
};

struct FlowEnd {
  IpAddress address;
  std::uint16_t port = 0;  // 0 where the transport has none
  std::string roles;       // of the policy, joined by '+'; empty: none
};

// One flow and its verdict. Views live as long as the call that it is passed to.
struct JudgedFlow {
  std::uint64_t id = 0;  // as in the database: the number of its first packet in the whole audit
  VerdictKind verdict = VerdictKind::ignored;
  FlowEnd client, server;
  std::string_view transport;  // "tcp", "udp", ...
  std::string_view app;        // what the bytes are: "tls", "mqtt", "unknown"; "none" without any
  std::string_view service;    // the documentation's word for it: "HTTPS"; may be empty
  std::string_view row;        // that was met, that was not kept, or that comes nearest; or empty
  std::string_view kind;       // of the gravest problem: "wrong-application"; empty: none
  std::string_view severity;   // of that problem: "info" to "critical"
  std::string reason;          // one English sentence: why the verdict is what it is
  std::span<const AppRecord> records;  // what the dissectors found out
  Timestamp first, last;
  std::uint64_t packets = 0, bytes = 0;  // both directions; bytes on the wire
};
// Called for every flow when it ends, from one thread at a time, though not the caller's, and in no
// particular order. Must not throw. What only the whole capture shows (flows that another one
// announced, needed rows that nobody used) is in the database and in the summary alone.
using OnFlow = std::function<void(const JudgedFlow&)>;

struct AuditSummary {
  std::uint64_t flows = 0;
  std::uint64_t allowed = 0, violation = 0, waived = 0, undetermined = 0, ignored = 0;
  std::uint64_t findings = 0;  // causes of violations and remarks, as in the view v_finding
  std::uint64_t packets = 0;   // read
  std::uint64_t unread = 0;    // of those: belong to no flow (ARP, damaged headers, ...)
  std::uint64_t lost = 0;      // as the captures say of themselves
  std::vector<Error> damaged;  // captures that could not be read, or not to their end
  // On policies: what they most likely do not mean; on key logs: what is doubtful.
  std::vector<Error> remarks;
  bool stopped = false;  // AuditOptions::stop
  bool operator==(const AuditSummary&) const = default;
};

// Audits, and closes the database. `on_flow` may be empty.
Result<AuditSummary> audit(const AuditOptions& options, const OnFlow& on_flow = {});

}  // namespace pcapaudit
