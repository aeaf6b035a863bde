// What a running monitor knows of itself, as one value, and its texts for people and for
// Prometheus.
//
// Made by the monitor, read by everybody else. Times are wall-clock (UTC); counters count since
// the start of the program unless the name says otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <pcapaudit/base/time.hpp>

#include "monitor/alert/alert.hpp"
#include "net/packet.hpp"
#include "policy/judge/verdict.hpp"

namespace pcapaudit {

struct InterfaceStatus {
  std::string name;
  bool up = true;
  std::uint64_t packets = 0, bytes = 0;  // taken; bytes on the wire
  std::uint64_t kernel_dropped = 0;      // the kernel's buffer was full
  std::uint64_t nic_dropped = 0;         // the interface itself lost them
  std::uint64_t truncated = 0;           // longer than the snap length
  std::int64_t blind_ns = 0;             // time in which the interface was down

  bool operator==(const InterfaceStatus&) const = default;
};

struct RecentFinding {
  Timestamp time;
  std::string finding, text;
  Severity severity = Severity::info;
};

struct MonitorStatus {
  static constexpr std::size_t recent_kept = 5;

  std::string version;
  Timestamp started, now;
  std::vector<InterfaceStatus> interfaces;
  double packets_per_second = 0, bits_per_second = 0;  // over the last seconds

  std::array<std::uint64_t, decode_issue_count> decode_issues{};
  std::uint64_t duplicates = 0;
  std::uint64_t gaps = 0;  // of stored flows: places where bytes of a stream are missing
  std::array<std::uint64_t, 5> verdicts{};                             // by VerdictKind
  std::map<std::pair<Severity, std::string>, std::uint64_t> findings;  // by kind: flows with one
  std::vector<RecentFinding> recent;                                   // newest first
  std::map<std::string, Timestamp> rule_last_seen;                     // of allowed flows
  std::map<std::string, DateTime> certificate_ends;  // by role: the earliest end seen
  std::map<std::string, Timestamp> exception_ends;   // by id

  std::string policy_digest, site;
  Timestamp policy_loaded;
  std::uint64_t policy_reloads_failed = 0;
  std::string policy_error;  // of the last reload; "" when it was taken

  std::string database;
  std::uint64_t database_bytes = 0, disk_free = 0, byte_budget = 0;  // budget 0: none
  std::uint64_t queued = 0;  // hand-overs not yet written, a tenth of a second each
  std::uint64_t open_flows = 0;
  // Caps that were reached, and what they cost.
  std::uint64_t flows_evicted = 0;      // ended early, the table being full
  std::uint64_t flows_capped = 0;       // reassembly or dissection reached a cap
  std::uint64_t flows_not_written = 0;  // the database failed
  std::int64_t writer_wait_ns = 0;      // the capture waited for the database
  std::uint64_t evidence_bytes = 0, evidence_slices = 0, evidence_left_out = 0;
  std::uint64_t alerts_sent = 0, alerts_lost = 0, alerts_withheld = 0;

  std::uint64_t packets() const;
  std::uint64_t lost() const;   // by kernel and interface
  double loss_percent() const;  // of all that was on the wire, as far as it is known
};

// Prometheus text format 0.0.4. No label holds an address: their number has no bound.
std::string render_metrics(const MonitorStatus& status);

// One line of JSON, `"type": "statistics"`: the numbers of this minute for machines.
std::string render_statistics(const MonitorStatus& status);

// One line: for logs and service managers.
std::string status_line(const MonitorStatus& status);
// Some lines for a terminal of `columns`; `color` for severities.
std::string status_view(const MonitorStatus& status, std::size_t columns, bool color);

}  // namespace pcapaudit
