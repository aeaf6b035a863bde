// The audit database: SQLite, one file, written by one thread.
//
// Schema and stable views: schema/*.sql. Times are integer nanoseconds UTC.
// Rows do not depend on the order in which flows arrive.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <pcapaudit/base/result.hpp>

#include "capture/packet_source.hpp"
#include "flow/closed_flow.hpp"
#include "net/decoder.hpp"
#include "policy/judge/verdict.hpp"
#include "policy/policy.hpp"
#include "store/rows/rows.hpp"

namespace pcapaudit {

struct AuditedFlow {
  ClosedFlow flow;
  Verdict verdict;
};

// One input as counted by the whole line.
struct CaptureSummary {
  CaptureFacts facts;
  DecoderCounters packets;
};

struct RunFacts {
  std::string tool_version;
  std::vector<std::string> arguments;     // what changes the result: inputs, policy, filter ...
  std::vector<std::string> skipped = {};  // files of folders that are no captures
  bool partial = false;                   // some input was damaged, or the run was interrupted
  std::int64_t writer_wait_ns = 0;        // live: the capture waited so long for the database
};

// A live database whose writer did not come to close it.
struct LeftOpen {
  std::uint64_t flows = 0;
  std::string first, last;  // of these flows, RFC 3339; "" without flows
};

// Text cells of one query, for reports and dumps.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // NULL is the empty string
};

// `batch`: nobody reads before the end, and after a crash the audit runs again. `live`: others read
// meanwhile, and what was committed survives a crash (write-ahead log).
// The log beside a live database is written back at this size; one long transaction may exceed it.
constexpr std::uint64_t live_log_bytes = 4 * 1024 * 1024;

enum class StoreUse : std::uint8_t { batch, live };

// What one statement may take; 0: any. Reaching a limit is an error.
struct AskLimits {
  std::chrono::seconds time{0};
  std::uint64_t rows = 0;
  std::size_t memory = 0;  // bytes that SQLite holds, in the whole process
};

class Store {
 public:
  // Creates a database file, or ":memory:". An existing file fails unless `overwrite`.
  static Result<std::unique_ptr<Store>> create(const std::string& path, bool overwrite,
                                               StoreUse use = StoreUse::batch);
  // Opens an audit for reading; fails on a file that is not ours, of another schema version, or the
  // part of an audit that did not come to its end.
  static Result<std::unique_ptr<Store>> open(const std::string& path);
  // A private copy of an audit, gone with the Store, in which addresses, names, URIs and the free
  // text that holds them are pseudonyms: the same under the same key in every audit
  // (docs/formats.md). The policy's texts are left out, so policy() and each_flow() are of no use.
  static Result<std::unique_ptr<Store>> open_redacted(const std::string& path,
                                                      const std::string& key);
  ~Store();

  // Writing, in this order: policy once, flows in batches, finish once. A write that fails takes
  // back what was not committed yet, and nothing more is written.
  Result<void> write_policy(const Policy& policy);
  // `late` packets belong to flows of this batch or of earlier ones.
  Result<void> accept(std::span<const AuditedFlow> batch, std::span<const LatePacket> late = {});
  // These flows, stored as blocked attempts, were one-sided.
  Result<void> mark_unheard(std::span<const std::uint64_t> flows);
  Result<void> finish(const RunFacts& run, std::span<const CaptureSummary> captures);
  // Between batches: all so far is on its way to the disk and visible to others, with sums, run and
  // captures as they are now. A live database commits by nothing else, so that what a crash leaves
  // fits together.
  Result<void> checkpoint(const RunFacts& run, std::span<const CaptureSummary> captures);
  // The same, with findings as they are `now`.
  Result<void> summarize(const RunFacts& run, std::span<const CaptureSummary> captures,
                         Timestamp now);

  // Looks whether a live database was left open, and brings its write-ahead log home if so. Fails
  // while somebody uses it.
  static Result<std::optional<LeftOpen>> find_left_open(const std::string& path);
  // Makes the findings of a database that was left open from what it holds, and closes it: partial.
  static Result<void> recover(const std::string& path);

  // Of the database as it is now, log and uncommitted rows included.
  Result<std::uint64_t> bytes() const;

  // Takes the flows out of a finished database and gives their room back. Findings, and the views
  // that sum flows up, keep what they said.
  static Result<void> strip(const std::string& path);
  static Result<bool> is_stripped(const std::string& path);

  // A sentence that says why the audit is not finished, or nothing.
  Result<std::optional<std::string>> unfinished() const;

  // Reading. `sql` must have an ORDER BY.
  Result<Table> query(const std::string& sql) const;
  // One statement of somebody else's, which may only read: anything that writes, opens another
  // file, loads code or changes the connection is refused. Row by row, so memory does not grow with
  // them.
  Result<void> ask(const std::string& sql, RowSink& sink, const AskLimits& limits = {}) const;
  // The id of the one finding that is meant: by its id, the beginning of it from four digits on, or
  // the id of a cause that became part of it.
  Result<std::string> find_finding(std::string_view id) const;
  // The policy that judged, loaded again from its stored texts.
  Result<Policy> policy() const;
  // The flows in the order of their ids; `where` is a condition on the table flow, "1" for all.
  Result<void> each_flow(const std::string& where,
                         const std::function<void(ClosedFlow&&)>& use) const;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pcapaudit
