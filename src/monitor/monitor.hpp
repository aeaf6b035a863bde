// The live audit: interfaces in, a database that grows, alerts, metrics; until it is told to stop.
//
// run_monitor() works on the caller's thread (capture, decoding, flows, judgement) and one of its
// own (database, alerts). Memory is capped by the options.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "capture/live_source.hpp"
#include "flow/flow_table.hpp"
#include "monitor/alert/alert.hpp"
#include "monitor/live/rotation.hpp"
#include "monitor/status.hpp"
#include "net/decoder.hpp"

namespace pcapaudit {

struct MonitorOptions {
  std::vector<LiveOptions> interfaces;
  std::vector<std::string> policies;
  bool strict = false;
  DecodeOptions decode;
  std::string user;  // who to become; "": nobody else
  std::string database;
  bool overwrite = false;
  bool rotates = false;  // names carry the time; else only after a reload
  RotationRule rotation;
  RotationBudget budget;  // disk_free is looked up
  std::string alerts;     // as open_alert_sink() takes it; "": none
  AlertFormat alert_format = AlertFormat::json;
  bool statistics = false;  // at the start and each minute, to where alerts go: a line of JSON
  std::int64_t alert_repeat_ns = 3600 * ns_per_second;
  std::string metrics;                        // address:port; "": none
  std::string evidence_directory;             // "": none
  FlowLimits limits{.max_flows = 1'000'000};  // of open flows
  std::size_t evidence_memory = 64 * 1024 * 1024;
  std::vector<std::string> arguments;  // as they go into the database
  AlertOrigin origin;
};

// How the world reaches in: the clock, signals, and somebody to tell.
struct MonitorControls {
  std::function<Timestamp()> clock;
  const std::atomic<int>* stop = nullptr;  // not 0: end
  std::atomic<bool>* reload = nullptr;     // set: load the policy again; cleared here
  std::atomic<bool>* show = nullptr;       // set: tell the status now; cleared here
  std::function<void(const MonitorStatus&, bool asked)> status;  // every second, and when asked
  std::function<void(const Error&)> complain;                    // it goes on
  std::function<void(const std::string&)> say;                   // what happened, for people
};

struct MonitorResult {
  MonitorStatus status;
  std::optional<Severity> worst;    // of all findings
  std::optional<Error> input_lost;  // an interface is gone
};

struct MonitorFailure {
  enum class Kind : std::uint8_t { usage, output };
  Kind kind = Kind::usage;
  Error error;
};

std::expected<MonitorResult, MonitorFailure> run_monitor(const MonitorOptions& options,
                                                         const MonitorControls& controls);

}  // namespace pcapaudit
