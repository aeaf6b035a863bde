// Store: one connection and its transactions, everything else in its neighbours.

#include "store/store.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "base/files/whole_file.hpp"
#include "store/findings/findings.hpp"
#include "store/findings/host_votes.hpp"
#include "store/findings/related.hpp"
#include "store/impl.hpp"
#include "store/output_place.hpp"
#include "store/redaction/strip.hpp"
#include "store/rows/policy_rows.hpp"
#include "store/rows/stored_flows.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"

namespace pcapaudit {
namespace {

constexpr std::string_view in_memory = ":memory:";

// While a database is built nobody else reads it, and after a crash the audit runs again: so
// the rollback journal lives in memory and nothing waits for the disk. finish() does wait.
// CHECK constraints tell readers what to expect; what is written comes from enumerations, and the
// tests ask PRAGMA integrity_check, which reads the constraints too.
constexpr const char* building_pragmas =
    "PRAGMA page_size = 16384; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; "
    "PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; "
    "PRAGMA ignore_check_constraints = ON;";
// Others read a live database while it grows; a crash loses at most what was not committed.
constexpr const char* live_pragmas =
    "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; "
    "PRAGMA wal_autocheckpoint = 256; "  // live_log_bytes
    "PRAGMA ignore_check_constraints = ON;";
constexpr int reader_wait_ms = 5000;  // for others to finish what they read
constexpr int retry_ms = 20;
// Each commit writes the pages that changed: with few commits those at the ends of the tables are
// written once.
constexpr std::size_t flows_per_transaction = 32'768;

std::string link_types(const CaptureFacts& facts) {
  std::set<std::uint32_t> types;
  for (const CaptureInterface& it : facts.interfaces) {
    types.insert(static_cast<std::uint32_t>(it.link_type));
  }
  return fmt::format("{}", fmt::join(types, ","));
}

// The shortest that cuts; 0 when packets are whole.
std::uint32_t snap_length(const CaptureFacts& facts) {
  std::uint32_t shortest = 0;
  for (const CaptureInterface& it : facts.interfaces) {
    if (it.snap_length != 0 && (shortest == 0 || it.snap_length < shortest)) {
      shortest = it.snap_length;
    }
  }
  return shortest;
}

void insert_captures(SQLite::Database& database, std::span<const CaptureSummary> captures) {
  SQLite::Statement capture(
      database,
      "INSERT INTO capture (id, name, sha256, format, link_types, packets, bytes, decoded, "
      "truncated, dropped, dropped_kernel, dropped_interface, filtered, without_time, snap_length, "
      "same_as, overlaps, duplicates, fragments, reassembled, incomplete, damage, first, last) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?, ?, ?, ?, ?, ?, ?, ?, "
      "?, ?)");
  SQLite::Statement issue(database,
                          "INSERT INTO decode_issue (capture, issue, packets) VALUES (?, ?, ?)");
  SQLite::Statement blind(database,
                          "INSERT INTO blind (capture, first, last, why) VALUES (?, ?, ?, ?)");
  SQLite::Statement loss(database, "INSERT INTO loss (capture, minute, packets) VALUES (?, ?, ?)");
  for (std::size_t i = 0; i < captures.size(); ++i) {
    const CaptureFacts& it = captures[i].facts;
    const std::string damage = it.damage ? it.damage->what : std::string();
    std::optional<std::string_view> damage_text;
    if (it.damage) damage_text = damage;
    sqlite::run(capture, i, it.name, it.sha256, it.format, link_types(it), it.packets, it.bytes,
                captures[i].packets.decoded, it.truncated, it.dropped, it.dropped_kernel,
                it.dropped_interface, it.filtered, it.without_time, snap_length(it),
                sqlite::OrNull{it.same_as}, sqlite::OrNull{it.overlaps},
                captures[i].packets.duplicates, captures[i].packets.fragments,
                captures[i].packets.reassembled, captures[i].packets.incomplete, damage_text,
                it.first, it.last);
    for (const BlindTime& time : it.blind) sqlite::run(blind, i, time.first, time.last, time.why);
    for (const MinuteLoss& one : it.losses) sqlite::run(loss, i, one.minute, one.packets);
    for (std::size_t k = 0; k < decode_issue_count; ++k) {
      const std::uint64_t packets = captures[i].packets.issues[k];
      if (packets == 0) continue;
      sqlite::run(issue, i, to_text(static_cast<DecodeIssue>(k)), packets);
    }
  }
}

// Somebody may look at the new file already; SQLite does not wait for him when the journal changes.
void become_live(SQLite::Database& database) {
  database.setBusyTimeout(reader_wait_ms);
  for (int waited_ms = 0; waited_ms < reader_wait_ms; waited_ms += retry_ms) {
    if (database.tryExec(live_pragmas) == SQLite::OK) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(retry_ms));
  }
  database.exec(live_pragmas);
}

// Run and inputs as they are now, in place of earlier ones. `findings_until`: closed without.
void write_run(SQLite::Database& database, const RunFacts& run,
               std::span<const CaptureSummary> captures,
               const std::optional<Timestamp>& findings_until) {
  for (const char* table : {"run", "blind", "loss", "decode_issue", "capture"}) {
    database.exec(fmt::format("DELETE FROM {}", table));
  }
  SQLite::Statement row(database,
                        "INSERT INTO run (id, tool_version, arguments, skipped, partial, closed, "
                        "findings_until, writer_wait_ns) VALUES (1, ?, ?, ?, ?, ?, ?, ?)");
  sqlite::run(row, run.tool_version, sqlite::json_list(run.arguments),
              sqlite::json_list(run.skipped), run.partial, !findings_until, findings_until,
              run.writer_wait_ns);
  insert_captures(database, captures);
}

// What the writer had in memory when it was killed, or what changed since: judged again.
Hosts votes_of(SQLite::Database& database, const Policy& policy) {
  const Judge judge(policy);
  Hosts hosts;
  for_each_stored_flow(database, "verdict <> 'allowed'", [&](ClosedFlow&& flow) {
    Verdict verdict = judge.judge(flow);
    vote({.flow = std::move(flow), .verdict = std::move(verdict)}, hosts);
  });
  return hosts;
}

// Verdicts are final only with what related flows change.
void write_findings(SQLite::Database& database, const Policy& policy, const Hosts& hosts) {
  for (const char* table : {"finding", "finding_cause", "leg", "resemblance"}) {
    database.exec(fmt::format("DELETE FROM {}", table));
  }
  const bool changed = settle_related(database, policy);
  insert_findings(database, policy, changed ? votes_of(database, policy) : hosts);
}

// Where the file of `path` is: its name with links followed.
std::filesystem::path place_of(const std::string& path) {
  std::error_code error;
  auto place = std::filesystem::canonical(path, error);
  return error ? std::filesystem::path(path) : place;
}

// An audit says what it read in the end; a monitor whenever it commits.
Result<void> check_begun(SQLite::Database& database, const std::string& path) {
  SQLite::Statement run(database, "SELECT 1 FROM run ORDER BY 1");
  if (run.executeStep()) return {};
  return fail(fmt::format("{} is a part of an audit that did not come to its end", path),
              "audit the captures again");
}

}  // namespace

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::create(const std::string& path, bool overwrite,
                                             StoreUse use) try {
  const bool is_file = path != in_memory;
  if (is_file) {
    if (path.ends_with(part_ending)) {
      return fail(fmt::format("{}: names in {} are for what is being written", path, part_ending),
                  "write to another name with -o");
    }
    if (auto room = check_output(path, OutputKind::database, overwrite, {}); !room) {
      return std::unexpected(room.error());
    }
  }
  const int flags = SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
  std::unique_ptr<Impl> impl;
  if (is_file && use == StoreUse::batch) {
    auto part = PartFile::claim(place_of(path).string());
    if (!part) return std::unexpected(part.error());
    impl = std::make_unique<Impl>(path, *std::move(part), flags);
  } else {
    if (is_file) {
      std::filesystem::remove(path);
      // Empty, for the mode: SQLite's own is the umask's.
      if (auto made = write_whole(path, {}, for_owner_and_group); !made) {
        return std::unexpected(made.error());
      }
    }
    impl = std::make_unique<Impl>(path, flags);
  }
  impl->use = use;
  if (use == StoreUse::live) {
    become_live(impl->database);
  } else {
    impl->database.exec(building_pragmas);
  }
  create_schema(impl->database);
  return std::unique_ptr<Store>(new Store(std::move(impl)));
} catch (const std::exception& error) {
  return fail(describe(path, error));
}

Result<std::unique_ptr<Store>> Store::open(const std::string& path) try {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return fail(fmt::format("{}: no such file", path));
  if (auto whole = check_no_part(path); !whole) return std::unexpected(whole.error());
  auto impl = std::make_unique<Impl>(path, SQLite::OPEN_READONLY);
  distrust(impl->database);
  if (auto ours = check_schema(impl->database, path); !ours) {
    return std::unexpected(ours.error());
  }
  if (auto begun = check_begun(impl->database, path); !begun) {
    return std::unexpected(begun.error());
  }
  return std::unique_ptr<Store>(new Store(std::move(impl)));
} catch (const SQLite::Exception& error) {
  constexpr int not_a_database = 26;  // SQLITE_NOTADB
  if (error.getErrorCode() == not_a_database) {
    return fail(fmt::format("{} is not a pcapaudit database", path));
  }
  return fail(describe(path, error));
} catch (const std::exception& error) {
  return fail(describe(path, error));
}

Result<void> Store::write_policy(const Policy& policy) try {
  SQLite::Transaction transaction(impl_->database);
  insert_policy(impl_->database, policy);
  transaction.commit();
  impl_->policy = policy;
  impl_->flow_rows.emplace(impl_->database, *impl_->policy);
  return {};
} catch (const std::exception& error) {
  return fail(describe(impl_->path, error));
}

Result<void> Store::accept(std::span<const AuditedFlow> batch,
                           std::span<const LatePacket> late) try {
  if (impl_->failure) return std::unexpected(*impl_->failure);
  if (!impl_->flow_rows) return fail(fmt::format("{}: flows before the policy", impl_->path));
  if (!impl_->transaction) impl_->transaction.emplace(impl_->database);
  impl_->flow_rows->insert(batch);
  for (const LatePacket& packet : late) impl_->flow_rows->add_late(packet);
  impl_->uncommitted += batch.size();
  if (impl_->use == StoreUse::batch && impl_->uncommitted >= flows_per_transaction) {
    impl_->commit();
  }
  return {};
} catch (const std::exception& error) {
  impl_->transaction.reset();  // rolls back
  impl_->failure = Error{.what = describe(impl_->path, error)};
  return std::unexpected(*impl_->failure);
}

Result<void> Store::mark_unheard(std::span<const std::uint64_t> flows) try {
  if (!impl_->transaction) impl_->transaction.emplace(impl_->database);
  for (const std::uint64_t flow : flows) impl_->flow_rows->mark_unheard(flow);
  return {};
} catch (const std::exception& error) {
  return fail(describe(impl_->path, error));
}

Result<void> Store::finish(const RunFacts& run, std::span<const CaptureSummary> captures) try {
  if (impl_->failure) return std::unexpected(*impl_->failure);
  if (!impl_->policy) return fail(fmt::format("{}: finished before the policy", impl_->path));
  if (!impl_->transaction) impl_->transaction.emplace(impl_->database);
  impl_->flow_rows->write_sums();
  const Hosts hosts = impl_->flow_rows->hosts();
  impl_->flow_rows.reset();
  impl_->commit();
  impl_->database.exec("PRAGMA synchronous = FULL");
  SQLite::Transaction transaction(impl_->database);
  write_run(impl_->database, run, captures, std::nullopt);
  write_findings(impl_->database, *impl_->policy, hosts);
  transaction.commit();
  impl_->database.exec("PRAGMA locking_mode = NORMAL; PRAGMA ignore_check_constraints = OFF");
  // A reader may hold the log open; then it stays beside the database, which is complete with it.
  if (impl_->use == StoreUse::live) impl_->database.tryExec("PRAGMA journal_mode = DELETE");
  return impl_->part ? impl_->part->take_place() : Result<void>{};
} catch (const std::exception& error) {
  return fail(describe(impl_->path, error));
}

Result<void> Store::checkpoint(const RunFacts& run, std::span<const CaptureSummary> captures) try {
  if (impl_->failure) return std::unexpected(*impl_->failure);
  if (!impl_->policy) return fail(fmt::format("{}: checkpoint before the policy", impl_->path));
  if (!impl_->transaction) impl_->transaction.emplace(impl_->database);
  impl_->flow_rows->write_sums();
  write_run(impl_->database, run, captures, impl_->findings_until);
  impl_->commit();
  return {};
} catch (const std::exception& error) {
  return fail(describe(impl_->path, error));
}

Result<void> Store::summarize(const RunFacts& run, std::span<const CaptureSummary> captures,
                              Timestamp now) try {
  if (impl_->failure) return std::unexpected(*impl_->failure);
  if (!impl_->policy) return fail(fmt::format("{}: summary before the policy", impl_->path));
  if (!impl_->transaction) impl_->transaction.emplace(impl_->database);
  impl_->findings_until = now;
  impl_->flow_rows->write_sums();
  write_run(impl_->database, run, captures, now);
  write_findings(impl_->database, *impl_->policy, impl_->flow_rows->hosts());
  impl_->commit();
  return {};
} catch (const std::exception& error) {
  return fail(describe(impl_->path, error));
}

Result<std::uint64_t> Store::bytes() const try {
  SQLite::Statement size(impl_->database,
                         "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size "
                         "ORDER BY 1");
  size.executeStep();
  return static_cast<std::uint64_t>(size.getColumn(0).getInt64());
} catch (const std::exception& error) {
  return fail(describe(impl_->path, error));
}

Result<std::optional<LeftOpen>> Store::find_left_open(const std::string& path) try {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  if (auto ours = check_schema(database, path); !ours) return std::unexpected(ours.error());
  // Without a row of its own nothing was committed but tables: its writer may be at work just now.
  SQLite::Statement run(database, "SELECT 1 FROM run WHERE NOT closed ORDER BY 1");
  if (!run.executeStep()) return std::nullopt;
  run.reset();
  database.exec("PRAGMA journal_mode = DELETE");  // refused while another connection is open
  SQLite::Statement flows(
      database,
      "SELECT coalesce(sum(flows), 0), min(first_text), max(last_text) FROM flow_group "
      "ORDER BY 1");
  flows.executeStep();
  return LeftOpen{.flows = static_cast<std::uint64_t>(flows.getColumn(0).getInt64()),
                  .first = flows.getColumn(1).getString(),
                  .last = flows.getColumn(2).getString()};
} catch (const std::exception& error) {
  return fail(describe(path, error));
}

Result<void> Store::recover(const std::string& path) try {
  SQLite::Database database(path, SQLite::OPEN_READWRITE, reader_wait_ms);
  if (auto ours = check_schema(database, path); !ours) return ours;
  const auto policy = stored_policy(database);
  if (!policy) return std::unexpected(policy.error());
  const Hosts hosts = votes_of(database, *policy);
  SQLite::Transaction transaction(database);
  write_findings(database, *policy, hosts);
  database.exec("UPDATE run SET closed = 1, partial = 1, findings_until = NULL");
  transaction.commit();
  return {};
} catch (const std::exception& error) {
  return fail(describe(path, error));
}

Result<void> Store::strip(const std::string& path) try {
  const std::string smaller = path + "-stripped";
  std::error_code error;
  std::filesystem::remove(smaller, error);  // of a program that was killed
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE, reader_wait_ms);
    if (auto ours = check_schema(database, path); !ours) return ours;
    // With a log beside it, another file cannot take its place: somebody reads it, and may end.
    database.exec("PRAGMA journal_mode = DELETE");
    if (pcapaudit::is_stripped(database)) return {};
    strip_flows(database, smaller);
  }
  std::filesystem::rename(smaller, path, error);
  if (error) return fail(fmt::format("{}: {}", smaller, error.message()));
  return {};
} catch (const std::exception& error) {
  return fail(describe(path, error));
}

Result<bool> Store::is_stripped(const std::string& path) try {
  const SQLite::Database database(path, SQLite::OPEN_READONLY);
  if (auto ours = check_schema(database, path); !ours) return std::unexpected(ours.error());
  return pcapaudit::is_stripped(database);
} catch (const std::exception& error) {
  return fail(describe(path, error));
}

}  // namespace pcapaudit
