// inspect, report and the policy commands; audit has a file of its own.
#include "cli/commands.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <pcapaudit/report/flow_lines.hpp>
#include <pcapaudit/report/report.hpp>
#include <pcapaudit/run/pipeline.hpp>

#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/reading.hpp"
#include "policy/policy_show.hpp"

namespace pcapaudit {
namespace {

// Keeps all flows: they are printed in the order of their first packet.
class Collect final : public FlowSink {
 public:
  Result<void> accept(std::span<const AuditedFlow> flows) override {
    flows_.insert(flows_.end(), flows.begin(), flows.end());
    return {};
  }
  std::vector<AuditedFlow> sorted() && {
    std::sort(flows_.begin(), flows_.end(),
              [](const AuditedFlow& a, const AuditedFlow& b) { return a.flow.id < b.flow.id; });
    return std::move(flows_);
  }

 private:
  std::vector<AuditedFlow> flows_;
};

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return fail(fmt::format("cannot write {}", path));
  return {};
}

}  // namespace

bool wants_color(When when) {
  if (when != When::automatic) return when == When::always;
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

CommandResult run_inspect(const Options& options) {
  auto inputs = expand_paths(options.inputs);
  if (!inputs) return failure(inputs.error(), ExitCode::usage);
  Collect sink;
  const auto summary = read_captures(options, *inputs, nullptr, sink);
  if (!summary) return failure(summary.error(), ExitCode::internal);

  const std::vector<AuditedFlow> flows = std::move(sink).sorted();
  if (options.format == "jsonl") {
    for (const AuditedFlow& audited : flows) {
      fmt::print("{}\n", flow_json(audited, summary->captures[audited.flow.capture].facts.name));
    }
  } else if (!options.quiet) {
    fmt::print("{}", flow_table(flows));
  }
  if (std::fflush(stdout) != 0) {
    return failure({.what = "cannot write to standard output"}, ExitCode::output);
  }
  if (summary->interrupted) return interrupted_exit_code();
  if (is_partial(*summary)) return static_cast<int>(ExitCode::partial);
  return static_cast<int>(flows.empty() ? ExitCode::insufficient : ExitCode::ok);
}

CommandResult run_report(const Options& options) {
  const auto store = Store::open(options.inputs.front());
  if (!store) return failure(store.error(), ExitCode::usage);
  if (!options.json_file.empty()) {
    const auto json = render_json(**store);
    if (!json) return failure(json.error(), ExitCode::usage);
    if (options.json_file == "-") {
      fmt::print("{}", *json);
      return static_cast<int>(ExitCode::ok);
    }
    const auto written = write_file(options.json_file, *json);
    if (!written) return failure(written.error(), ExitCode::output);
    return static_cast<int>(ExitCode::ok);
  }
  const auto text = render_text(
      **store, {.database_name = options.inputs.front(), .color = wants_color(options.color)});
  if (!text) return failure(text.error(), ExitCode::usage);
  fmt::print("{}", *text);
  return static_cast<int>(ExitCode::ok);
}

CommandResult run_policy_list(const Options&) {
  fmt::print("{}", list_packs());
  return static_cast<int>(ExitCode::ok);
}

CommandResult run_policy_show(const Options& options) {
  const auto policy = load_policy(options.policies);
  if (!policy) return failure(policy.error(), ExitCode::usage);
  fmt::print("{}", show_policy(*policy));
  return static_cast<int>(ExitCode::ok);
}

CommandResult run_policy_check(const Options& options) {
  const auto policy = load_policy(options.policies);
  if (!policy) return failure(policy.error(), ExitCode::usage);
  std::size_t errors = 0;
  for (const Lint& lint : policy->lints) {
    errors += lint.is_error ? 1 : 0;
    lint.is_error ? print_error(lint.remark) : print_warning(lint.remark);
  }
  if (!options.quiet) {
    fmt::print("{} documented flows, {} roles, {} errors, {} remarks: loads\n",
               policy->flows.size(), policy->roles.size(), errors, policy->lints.size() - errors);
  }
  return static_cast<int>(errors == 0 ? ExitCode::ok : ExitCode::usage);
}

CommandResult run_command(const Options& options) {
  switch (options.command) {
    case Command::audit:
      return run_audit(options);
    case Command::inspect:
      return run_inspect(options);
    case Command::report:
      return run_report(options);
    case Command::policy_list:
      return run_policy_list(options);
    case Command::policy_show:
      return run_policy_show(options);
    case Command::policy_check:
      break;
  }
  return run_policy_check(options);
}

}  // namespace pcapaudit
