// monitor: the live audit with its signals, its status on the terminal, and its exit code.
#include "monitor/monitor.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/files/outlet.hpp"
#include "base/text/text.hpp"
#include "cli/commands/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "monitor/host/privileges.hpp"
#include "store/store.hpp"

namespace pcapaudit {
namespace {

constexpr std::size_t default_columns = 100;
constexpr std::size_t usual_memory = std::size_t{512} << 20;

Timestamp wall_clock() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

std::string host_name() {
  std::string name(256, '\0');
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.c_str();
}

std::size_t columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return default_columns;
  return size.ws_col;
}

// Standard error of a monitor: the status, redrawn in place on a terminal and printed once when
// asked, and news. Nobody who does not read it stops the audit.
class Screen {
 public:
  explicit Screen(const Options& options)
      : redraws_(options.progress != When::never && !options.quiet && isatty(STDERR_FILENO) == 1),
        color_(wants_color(options.color) && isatty(STDERR_FILENO) == 1) {}

  void show(const MonitorStatus& status, bool asked) {
    if (!redraws_ && !asked) return;
    const std::string view = status_view(status, columns(), color_);
    outlet_.post(cleared() + view);
    if (redraws_) lines_ = std::count(view.begin(), view.end(), '\n');
  }
  void say(std::string_view news) {
    outlet_.post(fmt::format("{}pcapaudit: {}\n", cleared(), visible(news, tabs_and_lines)));
  }
  void complain(const Error& error) { outlet_.post(cleared() + error_text("error", error)); }

 private:
  static constexpr std::size_t texts_waiting = 64;  // a minute of the status

  std::string cleared() {
    const std::string move = lines_ > 0 ? fmt::format("\x1b[{}A\x1b[J", lines_) : "";
    lines_ = 0;
    return move;
  }

  bool redraws_, color_;
  std::ptrdiff_t lines_ = 0;
  Outlet outlet_{texts_waiting, draw};
};

std::vector<std::string> result_arguments(const Options& options) {
  std::vector<std::string> arguments = {"monitor"};
  for (const std::string& it : options.interfaces) arguments.insert(arguments.end(), {"-i", it});
  for (const std::string& it : options.policies) arguments.insert(arguments.end(), {"-p", it});
  if (!options.filter.empty()) arguments.insert(arguments.end(), {"-f", options.filter});
  add_decode_arguments(arguments, options.decode);
  if (options.strict) arguments.emplace_back("--strict");
  return arguments;
}

std::vector<LiveOptions> live_options(const Options& options) {
  std::vector<LiveOptions> interfaces;
  for (const std::string& name : options.interfaces) {
    interfaces.push_back({.interface = name,
                          .filter = options.filter,
                          .snap_length = options.snap_length,
                          .buffer_bytes = parse_size(options.buffer).value_or(0)});
  }
  return interfaces;
}

MonitorOptions monitor_options(const Options& options) {
  MonitorOptions monitor = options.monitor;
  monitor.interfaces = live_options(options);
  monitor.policies = options.policies;
  monitor.strict = options.strict;
  monitor.decode = options.decode;
  if (monitor.user.empty()) monitor.user = default_user();
  monitor.database = options.output;
  monitor.overwrite = options.force;
  monitor.rotates = !options.rotate.empty();
  monitor.rotation = {.bytes = parse_size(options.rotate).value_or(0),
                      .daily = options.rotate == "daily"};
  monitor.budget = {.bytes = parse_size(options.budget).value_or(0),
                    .disk_free = 0,
                    .keep_free = parse_size(options.keep_free).value_or(0),
                    .current_grows_to = parse_size(options.rotate).value_or(0) + live_log_bytes};
  monitor.statistics = options.format == "jsonl";
  if (monitor.statistics) monitor.alerts = "-";
  const bool to_syslog = monitor.alerts == "syslog";
  monitor.alert_format = parse_alert_format(options.alert_format)
                             .value_or(to_syslog ? AlertFormat::rfc5424 : AlertFormat::json);
  monitor.alert_repeat_ns = std::int64_t{options.alert_repeat} * ns_per_second;
  monitor.evidence_memory = parse_size(options.evidence_memory).value_or(0);
  monitor.arguments = result_arguments(options);
  monitor.origin = {.host = host_name(),
                    .version = PCAPAUDIT_VERSION,
                    .interface = fmt::format("{}", fmt::join(options.interfaces, "+")),
                    .process = static_cast<std::uint32_t>(::getpid())};
  return monitor;
}

// A permission that is missing gets the one line that mends it.
CommandFailure command_failure(MonitorFailure failed) {
  if (is_permission_error(failed.error)) {
    std::error_code error;
    const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
    failed.error.hint = capture_permission_hint(error ? "pcapaudit" : path.string());
  }
  const bool output = failed.kind == MonitorFailure::Kind::output;
  return {.error = std::move(failed.error), .code = output ? ExitCode::output : ExitCode::usage};
}

struct Conclusion {
  ExitCode code = ExitCode::ok;
  std::string why;
};

Conclusion conclude(const Options& options, const MonitorResult& result) {
  if (result.worst && *result.worst >= options.fail_on) {
    return {ExitCode::findings,
            fmt::format("there are findings at or above {}", to_text(options.fail_on))};
  }
  if (result.input_lost) return {ExitCode::partial, result.input_lost->what};
  const MonitorStatus& status = result.status;
  std::uint64_t flows = 0;
  for (const std::uint64_t count : status.verdicts) flows += count;
  if (flows == 0) return {ExitCode::insufficient, "no flow was seen"};
  if (status.loss_percent() > options.max_loss_percent) {
    return {ExitCode::insufficient,
            fmt::format("{:.2f} % of the packets were lost, more than --max-loss {} %",
                        status.loss_percent(), options.max_loss_percent)};
  }
  return {ExitCode::ok, fmt::format("no finding at or above {}", to_text(options.fail_on))};
}

}  // namespace

CommandResult run_monitor(const Options& options) {
  Screen screen(options);
  const MonitorControls controls{
      .clock = wall_clock,
      .stop = &interrupt_signal(),
      .reload = &reload_signal(),
      .show = &show_signal(),
      .status = [&](const MonitorStatus& status, bool asked) { screen.show(status, asked); },
      .complain = [&](const Error& error) { screen.complain(error); },
      .say =
          [&](const std::string& news) {
            if (!options.quiet) screen.say(news);
          }};
  MonitorOptions monitor = monitor_options(options);
  const auto memory = memory_for_flows(options, usual_memory, monitor.evidence_memory);
  if (!memory) return failure(memory.error(), ExitCode::usage);
  monitor.limits.max_bytes = *memory;
  const auto result = run_monitor(monitor, controls);
  if (!result) return std::unexpected(command_failure(result.error()));
  const Conclusion conclusion = conclude(options, *result);
  if (!options.quiet) {
    screen.say(status_line(result->status));
    screen.say(fmt::format("exit {}: {}", static_cast<int>(conclusion.code), conclusion.why));
  }
  return static_cast<int>(conclusion.code);
}

}  // namespace pcapaudit
