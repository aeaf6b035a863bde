// What becomes of judged flows on a live interface: rows, alerts, evidence files, rotation.
//
// Owns a thread, the database and the way of the alerts. push() may wait when the disk is slow;
// then the kernel's buffer fills, and what it drops is counted. status() may be called by another
// thread.
#pragma once

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/queue.hpp"
#include "monitor/alert/alert_folder.hpp"
#include "monitor/alert/alert_outlet.hpp"
#include "monitor/live/live_evidence.hpp"
#include "monitor/live/live_policy.hpp"
#include "monitor/monitor.hpp"
#include "run/attempts.hpp"
#include "run/worker.hpp"
#include "store/store.hpp"

namespace pcapaudit {

// One hand-over: ten times a second.
struct WriterItem {
  EndedFlows ended;
  std::vector<Alert> alerts;
  std::vector<LiveEvidence::File> evidence;
  Timestamp now;
  std::vector<CaptureSummary> captures;      // of this segment so far; may be empty
  std::shared_ptr<const LivePolicy> begins;  // behind all this: another database, by this policy
  std::vector<CaptureSummary> new_captures;  // its captures: nothing yet
  bool reopens_alerts = false;
  std::string statistics;  // a line for where alerts go
};

// The part of the status that the writer knows.
struct WriterStatus {
  std::uint64_t gaps = 0;
  std::array<std::uint64_t, 5> verdicts{};
  std::map<std::pair<Severity, std::string>, std::uint64_t> findings;
  std::vector<RecentFinding> recent;
  std::map<std::string, Timestamp> rule_last_seen;
  std::map<std::string, DateTime> certificate_ends;
  std::string database;
  std::uint64_t database_bytes = 0, database_flows = 0;  // of it, as of the last commit
  std::uint64_t evidence_slices = 0, evidence_lost = 0;
  std::uint64_t alerts_sent = 0, alerts_lost = 0, alerts_withheld = 0;
  std::optional<Severity> worst;        // of the findings in finished databases
  std::optional<Error> failure;         // the database cannot be written: nothing more is taken
  std::uint64_t flows_not_written = 0;  // since then
  std::uint64_t capped = 0;             // flows whose reassembly reached a cap
  std::uint64_t evicted = 0;            // flows that ended early, the table being full
  std::string complaint;                // of alerts, evidence or rotation; "" when all went well
};

class LiveWriter {
 public:
  // The first database is begun here, so that a bad path fails at once.
  static Result<std::unique_ptr<LiveWriter>> start(const MonitorOptions& options,
                                                   std::shared_ptr<const LivePolicy> policy,
                                                   const std::vector<CaptureSummary>& captures,
                                                   Timestamp now);
  ~LiveWriter();

  void push(WriterItem item);
  // Writes what was pushed, finishes the database and ends the thread. `captures`: of the segment.
  void finish(const std::vector<CaptureSummary>& captures, bool partial);
  WriterStatus status() const;
  bool has_failed() const { return has_failed_; }
  // What people should know, since the last call.
  std::vector<std::string> take_news();
  // So long push() has waited for room.
  std::int64_t wait_ns() const { return wait_ns_; }
  std::size_t queued() { return queue_.size(); }

 private:
  explicit LiveWriter(const MonitorOptions& options);

  Result<void> begin_database(std::shared_ptr<const LivePolicy> policy, Timestamp now,
                              const std::vector<CaptureSummary>& captures);
  Result<void> finish_database(const std::vector<CaptureSummary>& captures, bool partial);
  void work();
  Result<void> write(const WriterItem& item);
  Result<void> summarize(const WriterItem& item);
  void look_after_left_open();
  Result<void> settle_unanswered();
  Result<void> note_flows(const EndedFlows& ended);
  void note_flow(const AuditedFlow& audited);
  void tell(const std::vector<Alert>& alerts, Timestamp now);
  void send(const Alert& alert);
  void note_alerts();
  void write_evidence(const std::vector<LiveEvidence::File>& files);
  void keep_house();
  void complain(const Error& error);
  RunFacts run_facts(bool partial) const;

  const MonitorOptions options_;
  Queue<WriterItem> queue_;
  std::shared_ptr<const LivePolicy> policy_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<AlertOutlet> alerts_;
  AlertFolder folder_;
  std::string path_;
  Timestamp committed_, summarized_;
  std::int64_t summary_interval_ns_ = 0;
  // An attempt counts as blocked only when its target was heard since this database began. It is
  // settled before each commit: a flow without answer ends an hour after it was tried, or at the
  // end, and by then its target had the time to be heard.
  Attempts attempts_;  // of this database
  std::uint64_t evidence_bytes_ = 0;
  std::vector<std::string> left_open_;  // databases whose findings are to be made
  mutable std::mutex mutex_;            // of status_
  WriterStatus status_;
  std::vector<std::string> news_;  // with the mutex as well
  std::atomic<bool> has_failed_ = false;
  std::atomic<std::int64_t> wait_ns_ = 0;
  std::future<Result<void>> housekeeping_;  // uses what stands above
  std::jthread thread_;
};

}  // namespace pcapaudit
