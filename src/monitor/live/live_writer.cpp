// The writing thread; see the header.

#include "monitor/live/live_writer.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include <fmt/format.h>

#include "base/files/whole_file.hpp"
#include "monitor/live/database_files.hpp"
#include "policy/judge/question.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

// Flows that may wait for the database: ten seconds of a thousand a second, and some 20 MB.
constexpr std::size_t flows_waiting = 16'384;
constexpr std::int64_t commit_interval_ns = ns_per_second;
// Findings and sums are written anew this often at most, and in a twentieth of the time at most.
constexpr std::int64_t summary_interval_ns = 60 * ns_per_second;
constexpr std::int64_t summary_share = 20;
constexpr std::size_t max_unanswered = 1'000'000;  // attempts remembered
constexpr std::size_t max_heard = 1'000'000;       // addresses remembered: 50 MB, a scan of a /12
constexpr std::uint64_t max_evidence_bytes = 256ULL * 1024 * 1024;  // of one run

// A slice is whole or not there, and replaces nothing.
Result<void> write_new_file(const std::string& path, const std::string& bytes) {
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, error))) {
    return fail(path + ": exists already, and stays");
  }
  return write_whole(path, bytes, for_owner);
}

}  // namespace

LiveWriter::LiveWriter(const MonitorOptions& options)
    : options_(options), queue_(flows_waiting), folder_(options.alert_repeat_ns) {}

LiveWriter::~LiveWriter() {
  queue_.close();
}

Result<std::unique_ptr<LiveWriter>> LiveWriter::start(const MonitorOptions& options,
                                                      std::shared_ptr<const LivePolicy> policy,
                                                      const std::vector<CaptureSummary>& captures,
                                                      Timestamp now) {
  std::unique_ptr<LiveWriter> writer(new LiveWriter(options));
  if (!options.alerts.empty()) {
    auto sink = open_alert_sink(options.alerts);
    if (!sink) return std::unexpected(sink.error());
    writer->alerts_ = std::make_unique<AlertOutlet>(*std::move(sink));
  }
  writer->look_after_left_open();
  if (auto begun = writer->begin_database(std::move(policy), now, captures); !begun) {
    return std::unexpected(begun.error());
  }
  writer->keep_house();
  writer->thread_ = std::jthread([it = writer.get()] { it->work(); });
  return writer;
}

Result<void> LiveWriter::begin_database(std::shared_ptr<const LivePolicy> policy, Timestamp now,
                                        const std::vector<CaptureSummary>& captures) {
  const bool is_first = path_.empty();
  path_ =
      options_.rotates || !is_first ? free_rotated_path(options_.database, now) : options_.database;
  auto store = Store::create(path_, options_.overwrite && is_first, StoreUse::live);
  if (!store) return std::unexpected(store.error());
  store_ = std::move(*store);
  policy_ = std::move(policy);
  if (auto written = store_->write_policy(policy_->policy); !written) return written;
  if (auto written = store_->summarize(run_facts(true), captures, now); !written) return written;
  committed_ = summarized_ = now;
  summary_interval_ns_ = summary_interval_ns;
  attempts_ = Attempts(max_heard);
  const std::scoped_lock lock(mutex_);
  status_.database = path_;
  status_.database_bytes = status_.database_flows = 0;
  return {};
}

RunFacts LiveWriter::run_facts(bool partial) const {
  return {.tool_version = options_.origin.version,
          .arguments = options_.arguments,
          .partial = partial,
          .writer_wait_ns = wait_ns_};
}

Result<void> LiveWriter::finish_database(const std::vector<CaptureSummary>& captures,
                                         bool partial) {
  if (auto settled = settle_unanswered(); !settled) return settled;
  if (auto done = store_->finish(run_facts(partial), captures); !done) return done;
  const auto worst = store_->query("SELECT DISTINCT severity FROM v_finding ORDER BY severity");
  if (!worst) return std::unexpected(worst.error());
  const std::scoped_lock lock(mutex_);
  for (const auto& row : worst->rows) {
    const auto severity = parse_severity(row[0]);
    if (severity) status_.worst = std::max(status_.worst.value_or(*severity), *severity);
  }
  return {};
}

void LiveWriter::work() {
  while (const auto item = queue_.pop()) {
    if (status_.failure) {  // only this thread writes it
      const std::scoped_lock lock(mutex_);
      status_.flows_not_written += item->ended.flows.size();
    } else if (auto written = write(*item); !written) {
      const std::scoped_lock lock(mutex_);
      status_.failure = written.error();
      status_.flows_not_written = item->ended.flows.size();
      has_failed_ = true;
    }
  }
}

Result<void> LiveWriter::write(const WriterItem& item) {
  if (auto noted = note_flows(item.ended); !noted) return noted;
  if (item.reopens_alerts && alerts_) alerts_->reopen();
  if (!item.statistics.empty() && alerts_) alerts_->send(item.statistics);
  tell(item.alerts, item.now);
  write_evidence(item.evidence);
  if (item.begins) {
    if (auto done = finish_database(item.captures, false); !done) return done;
    if (auto done = begin_database(item.begins, item.now, item.new_captures); !done) return done;
    keep_house();
    return {};
  }
  if (item.captures.empty() || item.now.ns - committed_.ns < commit_interval_ns) return {};
  committed_ = item.now;
  if (auto settled = settle_unanswered(); !settled) return settled;
  const bool only_rows = item.now.ns - summarized_.ns < summary_interval_ns_;
  if (auto done = only_rows ? store_->checkpoint(run_facts(true), item.captures) : summarize(item);
      !done) {
    return done;
  }
  const auto bytes = store_->bytes();
  if (!bytes) return std::unexpected(bytes.error());
  const std::scoped_lock lock(mutex_);
  status_.database_bytes = *bytes;
  return {};
}

Result<void> LiveWriter::summarize(const WriterItem& item) {
  const auto begin = std::chrono::steady_clock::now();
  if (auto done = store_->summarize(run_facts(true), item.captures, item.now); !done) return done;
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begin;
  summary_interval_ns_ = std::max(summary_interval_ns, took.count() * summary_share);
  summarized_ = item.now;
  keep_house();
  return {};
}

void LiveWriter::push(WriterItem item) {
  const auto begin = std::chrono::steady_clock::now();
  const std::size_t weight = 1 + item.ended.flows.size();
  if (!queue_.push(std::move(item), weight)) return;
  const std::chrono::nanoseconds waited = std::chrono::steady_clock::now() - begin;
  wait_ns_ += waited.count();
}

std::vector<std::string> LiveWriter::take_news() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(news_, {});
}

// Databases that an earlier monitor did not close. Without --rotate its place is taken: it gets a
// name with its time.
void LiveWriter::look_after_left_open() {
  std::vector<std::string> paths;
  for (const DatabaseFile& file : database_files(options_.database, "")) paths.push_back(file.path);
  if (!options_.rotates && !options_.overwrite) paths.push_back(options_.database);
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) continue;
    const auto found = Store::find_left_open(path);
    if (!found) {
      if (path != options_.database) complain(found.error());  // else create() will say it
      continue;
    }
    if (!*found) continue;
    std::string now_called = path;
    if (path == options_.database) {
      const auto first = parse_time((*found)->first);
      now_called = free_rotated_path(options_.database, first.value_or(Timestamp{}));
      std::filesystem::rename(path, now_called, error);
      if (error) {
        complain({.what = fmt::format("{}: {}", path, error.message())});
        continue;
      }
    }
    const LeftOpen& it = **found;
    news_.push_back(fmt::format(
        "{} was left open by a monitor that did not end in order: {}{} kept, what it had not "
        "committed in its last second is lost; its findings are made now{}",
        path, counted(it.flows, "flow", "flows"),
        it.last.empty() ? "" : fmt::format(" until {} UTC", to_second(it.last)),
        now_called == path ? "" : fmt::format(", under the name {}", now_called)));
    left_open_.push_back(now_called);
  }
}

Result<void> LiveWriter::note_flows(const EndedFlows& ended) {
  if (ended.flows.empty() && ended.late.empty()) return {};
  const bool was_full = attempts_.is_full();
  attempts_.note(ended.flows);
  if (attempts_.is_full() && !was_full) {
    complain({.what = fmt::format("more than {} addresses were heard in {}: attempts to further "
                                  "ones that nobody answers count as one-sided, not as blocked",
                                  grouped(max_heard), path_)});
  }
  if (auto stored = store_->accept(ended.flows, ended.late); !stored) return stored;
  {
    const std::scoped_lock lock(mutex_);
    for (const AuditedFlow& audited : ended.flows) note_flow(audited);
    status_.database_flows += ended.flows.size();
  }
  if (attempts_.waiting() < max_unanswered) return {};
  return settle_unanswered();
}

Result<void> LiveWriter::settle_unanswered() {
  const std::vector<std::uint64_t> unheard = attempts_.take_unheard();
  return unheard.empty() ? Result<void>{} : store_->mark_unheard(unheard);
}

// With the mutex held.
void LiveWriter::note_flow(const AuditedFlow& audited) {
  const Verdict& verdict = audited.verdict;
  ++status_.verdicts[static_cast<std::size_t>(verdict.kind)];
  status_.gaps += audited.flow.gaps;
  const auto& odd = audited.flow.anomalies;
  if (odd[static_cast<std::size_t>(Anomaly::evicted)] > 0) ++status_.evicted;
  if (odd[static_cast<std::size_t>(Anomaly::reassembly_cap)] > 0 ||
      odd[static_cast<std::size_t>(Anomaly::window_cap)] > 0 ||
      odd[static_cast<std::size_t>(Anomaly::memory)] > 0) {
    ++status_.capped;
  }
  if (verdict.kind == VerdictKind::allowed || verdict.kind == VerdictKind::waived) {
    for (const std::string& rule : verdict.used) {
      Timestamp& seen = status_.rule_last_seen[rule];
      seen = std::max(seen, audited.flow.last);
    }
  }
  const TlsFacts* const tls = audited.flow.tls();
  if (tls == nullptr || tls->server_chain.empty()) return;
  if (!tls->server_chain.front()->not_after) return;
  const DateTime end = *tls->server_chain.front()->not_after;
  const auto [place, is_new] =
      status_.certificate_ends.try_emplace(policy_->policy.role_names(verdict.server_roles), end);
  if (!is_new) place->second = std::min(place->second, end);
}

void LiveWriter::tell(const std::vector<Alert>& alerts, Timestamp now) {
  for (const Alert& alert : alerts) {
    {
      const std::scoped_lock lock(mutex_);
      ++status_.findings[{alert.severity, alert.kind}];
    }
    if (const auto news = folder_.add(alert, now)) send(*news);
  }
  for (const Alert& alert : folder_.due(now)) send(alert);
  note_alerts();
  const std::scoped_lock lock(mutex_);
  status_.alerts_withheld = folder_.withheld();
}

void LiveWriter::send(const Alert& alert) {
  if (alerts_) alerts_->send(format_alert(alert, options_.origin, options_.alert_format));
  const std::scoped_lock lock(mutex_);
  auto& recent = status_.recent;
  recent.insert(recent.begin(), {.time = alert.last,
                                 .finding = alert.finding,
                                 .text = alert.text,
                                 .severity = alert.severity});
  if (recent.size() > MonitorStatus::recent_kept) recent.pop_back();
}

void LiveWriter::note_alerts() {
  if (!alerts_) return;
  const std::string complaint = alerts_->complaint();
  const std::scoped_lock lock(mutex_);
  status_.alerts_sent = alerts_->sent();
  status_.alerts_lost = alerts_->lost();
  if (!complaint.empty()) status_.complaint = complaint;
}

void LiveWriter::write_evidence(const std::vector<LiveEvidence::File>& files) {
  for (const LiveEvidence::File& file : files) {
    Result<void> written = fail("evidence: the cap of bytes is reached");
    if (evidence_bytes_ + file.bytes.size() <= max_evidence_bytes) {
      const std::filesystem::path directory(options_.evidence_directory);
      written = write_new_file((directory / file.name).string(), file.bytes);
    }
    if (written) {
      evidence_bytes_ += file.bytes.size();
    } else {
      complain(written.error());
    }
    const std::scoped_lock lock(mutex_);
    ++(written ? status_.evidence_slices : status_.evidence_lost);
  }
}

// On a thread of its own: giving the room of a large database back takes its time.
void LiveWriter::keep_house() {
  using namespace std::chrono_literals;
  if (housekeeping_.valid()) {
    if (housekeeping_.wait_for(0s) != std::future_status::ready) return;
    if (auto done = housekeeping_.get(); !done) complain(done.error());
  }
  housekeeping_ =
      std::async(std::launch::async,
                 [database = options_.database, current = path_, budget = options_.budget,
                  left_open = std::exchange(left_open_, {}), this]() -> Result<void> {
                   for (const std::string& path : left_open) {
                     if (auto done = Store::recover(path); !done) complain(done.error());
                   }
                   return make_room(database, current, budget);
                 });
}

void LiveWriter::complain(const Error& error) {
  const std::scoped_lock lock(mutex_);
  status_.complaint = error.what;
}

void LiveWriter::finish(const std::vector<CaptureSummary>& captures, bool partial) {
  queue_.close();
  thread_.join();
  if (housekeeping_.valid()) {
    if (auto done = housekeeping_.get(); !done) complain(done.error());
  }
  if (status_.failure) return;
  for (const Alert& alert : folder_.flush()) send(alert);
  if (alerts_) alerts_->close();
  note_alerts();
  if (auto done = finish_database(captures, partial); !done) status_.failure = done.error();
}

WriterStatus LiveWriter::status() const {
  const std::scoped_lock lock(mutex_);
  return status_;
}

}  // namespace pcapaudit
