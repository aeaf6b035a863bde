// The capturing thread: packets, ticks, signals, status; see the header.

#include "monitor/monitor.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "monitor/host/confinement.hpp"
#include "monitor/host/metrics_server.hpp"
#include "monitor/host/privileges.hpp"
#include "monitor/host/service.hpp"
#include "monitor/live/database_files.hpp"
#include "monitor/live/live_engine.hpp"
#include "monitor/live/live_evidence.hpp"
#include "monitor/live/live_input.hpp"
#include "monitor/live/live_writer.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

using Kind = MonitorFailure::Kind;

constexpr std::int64_t tick_ns = ns_per_second / 10;
constexpr std::int64_t status_interval_ns = ns_per_second;
constexpr std::int64_t statistics_interval_ns = 60 * ns_per_second;
constexpr std::size_t packets_at_a_time = 512;

std::unexpected<MonitorFailure> failure(Kind kind, Error error) {
  return std::unexpected(MonitorFailure{.kind = kind, .error = std::move(error)});
}

Result<void> make_folder(const std::string& path) {
  std::error_code error;
  if (!path.empty()) std::filesystem::create_directories(path, error);
  if (error) return fail(fmt::format("{}: {}", path, error.message()));
  return {};
}

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

// Policies are read again on HUP, with those that they use; time zones when they are; the state of
// interfaces and of this process each second. A part of /dev is where syslog listens.
ReachableFiles reachable_files(const MonitorOptions& options) {
  ReachableFiles files{.read = {"/usr/share/zoneinfo", "/etc/localtime", "/sys", "/proc"},
                       .written = {folder_of(options.database), "/dev/null"}};
  for (const std::string& it : options.policies) files.read.push_back(folder_of(it));
  if (!options.evidence_directory.empty()) files.written.push_back(options.evidence_directory);
  if (!options.alerts.empty() && options.alerts != "-" && options.alerts != "syslog") {
    files.written.push_back(folder_of(options.alerts));
  }
  return files;
}

Result<std::shared_ptr<const LivePolicy>> load(const MonitorOptions& options) {
  auto policy = load_policy(options.policies, options.strict);
  if (!policy) return std::unexpected(policy.error());
  return std::make_shared<const LivePolicy>(*std::move(policy));
}

class Monitor {
 public:
  Monitor(const MonitorOptions& options, const MonitorControls& controls, LiveInput input,
          std::shared_ptr<const LivePolicy> policy, std::vector<std::string> names)
      : options_(options),
        controls_(controls),
        input_(std::move(input)),
        engine_(std::move(policy), options.interfaces.size(), options.decode,
                options.evidence_directory.empty() ? 0 : options.evidence_memory, options.limits),
        evidence_(std::move(names), options.origin.version, options.decode) {}

  std::expected<void, MonitorFailure> start();
  std::expected<MonitorResult, MonitorFailure> run();

 private:
  bool take_packets();
  void pass_on(bool with_summaries);
  void tick();
  void report(bool asked);
  void reload();
  void rotate(std::shared_ptr<const LivePolicy> policy);
  bool is_rotation_due();
  std::expected<MonitorResult, MonitorFailure> finish();
  MonitorStatus status();
  std::vector<CaptureSummary> summaries() { return engine_.summaries(input_.facts(now_)); }

  const MonitorOptions& options_;
  const MonitorControls& controls_;
  LiveInput input_;
  LiveEngine engine_;
  LiveEvidence evidence_;
  FindingBook book_;
  std::unique_ptr<MetricsServer> metrics_;
  std::unique_ptr<LiveWriter> writer_;
  std::optional<Error> input_lost_;
  Timestamp now_, last_packet_, started_, ticked_, reported_, counted_, segment_begun_,
      policy_loaded_;
  std::uint64_t packets_reported_ = 0, bytes_reported_ = 0;  // at the last report
  double packets_per_second_ = 0, bits_per_second_ = 0;
  std::uint64_t reloads_failed_ = 0;
  std::string policy_error_, complaint_;
  ServiceNotifier notifier_;
  bool reopens_alerts_ = false;
};

std::expected<void, MonitorFailure> Monitor::start() {
  now_ = started_ = ticked_ = reported_ = segment_begun_ = policy_loaded_ = controls_.clock();
  RotationBudget budget = options_.budget;
  budget.disk_free = disk_free(options_.database);
  if (auto fits = check_budget(database_files(options_.database, ""), budget); !fits) {
    return failure(Kind::output, fits.error());
  }
  input_.look(now_);
  auto writer = LiveWriter::start(options_, engine_.policy(), summaries(), now_);
  if (!writer) return failure(Kind::output, writer.error());
  writer_ = std::move(*writer);
  if (options_.metrics.empty()) return {};
  auto metrics = MetricsServer::start(options_.metrics);
  if (!metrics) return failure(Kind::usage, metrics.error());
  metrics_ = std::move(*metrics);
  return {};
}

// Some packets at once; false when there was none.
bool Monitor::take_packets() {
  std::size_t taken = 0;
  while (taken < packets_at_a_time) {
    const auto packet = input_.next(now_);
    if (!packet) {
      input_lost_ = packet.error();
      return false;
    }
    if (packet->view == nullptr) break;
    engine_.add(*packet->view, packet->capture);
    last_packet_ = packet->view->time;
    ++taken;
  }
  return taken > 0;
}

// Flows that ended, and what they give rise to.
void Monitor::pass_on(bool with_summaries) {
  WriterItem item;
  item.ended = engine_.take_ended();
  item.now = now_;
  for (const AuditedFlow& audited : item.ended.flows) {
    std::vector<Alert> alerts = book_.alerts_of(audited, *engine_.policy());
    if (!alerts.empty() && !options_.evidence_directory.empty()) {
      auto file = evidence_.slice(alerts.front(), engine_.ring(), now_);
      if (file) item.evidence.push_back(*std::move(file));
    }
    std::move(alerts.begin(), alerts.end(), std::back_inserter(item.alerts));
  }
  if (with_summaries) item.captures = summaries();
  item.reopens_alerts = std::exchange(reopens_alerts_, false);
  if (options_.statistics && now_.ns - counted_.ns >= statistics_interval_ns) {
    counted_ = now_;
    item.statistics = render_statistics(status());
  }
  const bool is_empty = item.ended.flows.empty() && item.ended.late.empty();
  if (!is_empty || with_summaries || item.reopens_alerts || !item.statistics.empty()) {
    writer_->push(std::move(item));
  }
}

void Monitor::tick() {
  ticked_ = now_;
  input_.look(now_);
  engine_.advance(now_);
  const bool reports = now_.ns - reported_.ns >= status_interval_ns;
  pass_on(reports);
  if (controls_.reload->exchange(false)) reload();
  if (is_rotation_due()) rotate(engine_.policy());
  const bool asked = controls_.show->exchange(false);
  if (reports || asked) report(asked);
}

bool Monitor::is_rotation_due() {
  if (!options_.rotates || now_.ns - segment_begun_.ns < ns_per_second) return false;
  const WriterStatus written = writer_->status();
  // However small the size: a database without flows would only be followed by another one.
  const std::uint64_t bytes = written.database_flows > 0 ? written.database_bytes : 0;
  return pcapaudit::is_rotation_due(options_.rotation, segment_begun_, now_, bytes);
}

// Another database; flows that are open go on and end there.
void Monitor::rotate(std::shared_ptr<const LivePolicy> policy) {
  WriterItem item;
  item.ended = engine_.take_ended();
  item.now = now_;
  item.captures = summaries();
  item.begins = policy;
  input_.begin_segment(now_);
  engine_.begin_segment();
  item.new_captures = summaries();
  writer_->push(std::move(item));
  engine_.judge_by(std::move(policy));
  book_.clear();
  segment_begun_ = now_;
}

void Monitor::reload() {
  notifier_.send(ServiceNotice::reloading);
  reopens_alerts_ = true;
  auto policy = load(options_);
  if (!policy) {
    ++reloads_failed_;
    policy_error_ =
        policy.error().where + (policy.error().where.empty() ? "" : ": ") + policy.error().what;
    controls_.complain(policy.error());
    controls_.say(fmt::format("the policy {:.12} stays", engine_.policy()->policy.digest));
  } else {
    policy_error_.clear();
    policy_loaded_ = now_;
    const Policy& read = (*policy)->policy;
    if (read.digest == engine_.policy()->policy.digest) {
      controls_.say(fmt::format("policy {:.12} read again: nothing changed", read.digest));
    } else {
      controls_.say(fmt::format("policy {:.12} judges from now on ({}), into a new database",
                                read.digest,
                                counted(read.flows.size(), "documented flow", "documented flows")));
      rotate(*policy);
    }
  }
  notifier_.send(ServiceNotice::ready);
}

MonitorStatus Monitor::status() {
  WriterStatus written = writer_->status();
  MonitorStatus status;
  status.version = options_.origin.version;
  status.started = started_;
  status.now = now_;
  status.interfaces = input_.status(now_);
  status.packets_per_second = packets_per_second_;
  status.bits_per_second = bits_per_second_;
  status.decode_issues = engine_.counters().issues;
  status.duplicates = engine_.counters().duplicates;
  status.gaps = written.gaps;
  status.verdicts = written.verdicts;
  status.findings = std::move(written.findings);
  status.recent = std::move(written.recent);
  status.rule_last_seen = std::move(written.rule_last_seen);
  status.certificate_ends = std::move(written.certificate_ends);
  const Policy& policy = engine_.policy()->policy;
  for (const Exception& it : policy.exceptions) status.exception_ends[it.id] = it.valid_to;
  status.policy_digest = policy.digest;
  status.site = policy.site_name;
  status.policy_loaded = policy_loaded_;
  status.policy_reloads_failed = reloads_failed_;
  status.policy_error = policy_error_;
  status.database = written.database;
  status.database_bytes = bytes_on_disk(written.database);
  status.disk_free = disk_free(options_.database);
  status.byte_budget = options_.budget.bytes;
  status.queued = writer_->queued();
  status.open_flows = engine_.open_flows();
  status.flows_evicted = written.evicted;
  status.flows_capped = written.capped;
  status.flows_not_written = written.flows_not_written;
  status.writer_wait_ns = writer_->wait_ns();
  status.evidence_left_out = evidence_.passed_over() + written.evidence_lost;
  status.evidence_bytes = engine_.ring().bytes();
  status.evidence_slices = written.evidence_slices;
  status.alerts_sent = written.alerts_sent;
  status.alerts_lost = written.alerts_lost;
  status.alerts_withheld = written.alerts_withheld;
  for (const std::string& news : writer_->take_news()) controls_.say(news);
  if (!written.complaint.empty() && written.complaint != complaint_) {
    complaint_ = written.complaint;
    controls_.complain({.what = complaint_});
  }
  return status;
}

void Monitor::report(bool asked) {
  const std::vector<InterfaceStatus> interfaces = input_.status(now_);
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  for (const InterfaceStatus& it : interfaces) {
    packets += it.packets;
    bytes += it.bytes;
  }
  const double seconds =
      static_cast<double>(now_.ns - reported_.ns) / static_cast<double>(ns_per_second);
  if (seconds > 0 && !asked) {
    packets_per_second_ = static_cast<double>(packets - packets_reported_) / seconds;
    bits_per_second_ = 8 * static_cast<double>(bytes - bytes_reported_) / seconds;
    packets_reported_ = packets;
    bytes_reported_ = bytes;
    reported_ = now_;
  }
  const MonitorStatus now = status();
  if (metrics_) metrics_->publish(render_metrics(now));
  controls_.status(now, asked);
  notifier_.status(status_line(now));
}

std::expected<MonitorResult, MonitorFailure> Monitor::run() {
  notifier_.send(ServiceNotice::ready);
  report(false);
  while (*controls_.stop == 0 && !input_lost_) {
    now_ = controls_.clock();
    const bool busy = take_packets();
    if (now_.ns - ticked_.ns >= tick_ns || now_ < ticked_) {
      tick();
      if (writer_->has_failed()) break;
    }
    if (!busy) input_.wait();
  }
  return finish();
}

// What came before the end and lies in the kernel's buffer belongs to the audit, however far behind
// it is, and also when its interface is gone.
std::expected<MonitorResult, MonitorFailure> Monitor::finish() {
  notifier_.send(ServiceNotice::stopping);
  const Timestamp stop = controls_.clock();
  constexpr std::int64_t hand_over_ns = 3 * LiveSource::hand_over_ms * (ns_per_second / 1000);
  bool more = true;
  while (last_packet_ <= stop && (more || now_.ns - stop.ns < hand_over_ns)) {
    now_ = controls_.clock();
    more = take_packets();
    if (now_.ns - ticked_.ns >= tick_ns) tick();
    if (writer_->has_failed()) break;
    if (!more) input_.wait();
  }
  input_.look(now_);
  while (engine_.close_some()) pass_on(false);
  pass_on(false);
  writer_->finish(summaries(), input_lost_.has_value());
  report(false);
  const WriterStatus written = writer_->status();
  if (written.failure) {
    Error error = *written.failure;
    error.what += fmt::format(
        "; {} not written",
        counted(written.flows_not_written, "flow that ended was", "flows that ended were"));
    return failure(Kind::output, std::move(error));
  }
  return MonitorResult{
      .status = status(), .worst = written.worst, .input_lost = std::move(input_lost_)};
}

}  // namespace

std::expected<MonitorResult, MonitorFailure> run_monitor(const MonitorOptions& options,
                                                         const MonitorControls& controls) {
  auto policy = load(options);
  if (!policy) return failure(Kind::usage, policy.error());
  auto input = LiveInput::open(options.interfaces);
  if (!input) return failure(Kind::usage, input.error());
  if (auto dropped = drop_privileges(options.user); !dropped) {
    return failure(Kind::usage, dropped.error());
  }
  if (auto made = make_folder(options.evidence_directory); !made) {
    return failure(Kind::output, made.error());
  }
  // A system that has no such walls is told of, and no reason to see nothing.
  const auto confined = confine_files(reachable_files(options));
  if (!confined) controls.complain(confined.error());
  if (confined && !*confined) {
    controls.say(
        "this kernel has no Landlock: files of others stay as the system's permissions say");
  }
  std::vector<std::string> names;
  for (const LiveOptions& it : options.interfaces) names.push_back(it.interface);
  Monitor monitor(options, controls, *std::move(input), *std::move(policy), std::move(names));
  if (auto started = monitor.start(); !started) return std::unexpected(started.error());
  if (auto calls = confine_calls(); !calls) controls.complain(calls.error());
  return monitor.run();
}

}  // namespace pcapaudit
