// inspect, and which command is run; the others have files of their own.

#include "cli/commands/commands.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>

#include <fmt/format.h>
#include <unistd.h>

#include "base/files/whole_file.hpp"
#include "base/text/text.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/reading.hpp"
#include "report/text/flow_lines.hpp"
#include "run/pipeline.hpp"
#include "store/output_place.hpp"

namespace pcapaudit {
namespace {

// A flow whose facts are text already, which takes half the room.
struct KeptLine {
  ClosedFlow flow;
  std::string facts;

  explicit KeptLine(AuditedFlow&& audited)
      : flow(std::move(audited.flow)), facts(flow_facts_json(flow, audited.verdict)) {
    facts.shrink_to_fit();
    flow.records = std::vector<AppRecord>();
    flow.vlans = std::vector<std::uint16_t>();
  }
};

// Keeps all flows, as `Kept`: they are printed in the order of their first packet.
template <class Kept>
class Collect final : public FlowSink {
 public:
  Result<void> accept(std::span<AuditedFlow> flows, std::span<const LatePacket> late) override {
    for (AuditedFlow& it : flows) {
      const std::uint64_t id = it.flow.id;
      flows_.emplace(id, std::make_unique<Kept>(std::move(it)));
    }
    for (const LatePacket& it : late) add_late(flows_.at(it.flow)->flow, it);
    return {};
  }
  Result<void> mark_unheard(std::span<const std::uint64_t> flows) override {
    for (const std::uint64_t id : flows) flows_.at(id)->flow.outcome = Outcome::one_sided;
    return {};
  }
  // In the order of their ids.
  std::vector<std::unique_ptr<Kept>> sorted() && {
    std::vector<std::unique_ptr<Kept>> list;
    list.reserve(flows_.size());
    for (auto& [id, flow] : flows_) list.push_back(std::move(flow));
    flows_.clear();
    std::sort(list.begin(), list.end(),
              [](const auto& a, const auto& b) { return a->flow.id < b->flow.id; });
    return list;
  }

 private:
  std::unordered_map<std::uint64_t, std::unique_ptr<Kept>> flows_;  // by id
};

}  // namespace

bool wants_color(When when) {
  if (when != When::automatic) return when == When::always;
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

CommandResult run_inspect(const Options& options) {
  const auto inputs = find_inputs(options);
  if (!inputs) return failure(inputs.error(), ExitCode::usage);
  const bool as_lines = options.format == "jsonl";
  Collect<KeptLine> lines;
  Collect<AuditedFlow> rows;
  FlowSink& sink = as_lines ? static_cast<FlowSink&>(lines) : rows;
  const auto summary = read_captures(options, inputs->captures, nullptr, sink);
  if (!summary) return failure(summary.error(), ExitCode::internal);

  std::string text;
  if (as_lines) {
    for (const auto& it : std::move(lines).sorted()) {
      const std::string& capture = summary->captures[it->flow.capture].facts.name;
      const std::string line = flow_json(it->flow, it->facts, capture) + '\n';
      if (auto written = put(line); !written) return written;
    }
  } else if (!options.quiet) {
    text = flow_table(std::move(rows).sorted());
  }
  if (auto written = print_out(text); !written) return written;
  if (summary->interrupted) return interrupted_exit_code();
  if (is_partial(*summary)) return static_cast<int>(ExitCode::partial);
  return static_cast<int>(summary->flows == 0 ? ExitCode::insufficient : ExitCode::ok);
}

// The files that a command with these options reads.
std::vector<std::string> files_read(const Options& options) {
  std::vector<std::string> files = options.inputs;
  for (const auto* more :
       {&options.policies, &options.from, &options.public_keys, &options.documents}) {
    files.insert(files.end(), more->begin(), more->end());
  }
  for (const auto* one : {&options.baseline, &options.logo_file, &options.redact_key_file}) {
    if (!one->empty()) files.push_back(*one);
  }
  if (std::ranges::find(options.inputs, "-") != options.inputs.end()) {
    files.emplace_back("/dev/stdin");
  }
  return files;
}

CommandResult put(std::string_view text) {
  // fwrite wants a place to read from even when it reads nothing there (C17 7.1.4).
  if (text.empty() || std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) {
    return static_cast<int>(ExitCode::ok);
  }
  return failure({.what = "cannot write to standard output"}, ExitCode::output);
}

CommandResult print_out(std::string_view text) {
  if (auto written = put(text); !written) return written;
  if (std::fflush(stdout) == 0) return static_cast<int>(ExitCode::ok);
  return failure({.what = "cannot write to standard output"}, ExitCode::output);
}

CommandResult print_text(std::string_view text) {
  return print_out(visible(text, tabs_and_lines));
}

CommandResult write_out(const Options& options, const std::string& path, const std::string& text) {
  if (path.empty() || path == "-") return print_out(text);
  if (auto free = check_output(path, OutputKind::document, true, files_read(options)); !free) {
    return failure(free.error(), ExitCode::output);
  }
  const mode_t mode = options.command == Command::evidence ? for_owner : for_owner_and_group;
  if (auto written = write_whole(path, text, mode); !written) {
    return failure(written.error(), ExitCode::output);
  }
  return static_cast<int>(ExitCode::ok);
}

CommandResult run_command(const Options& options) {
  switch (options.command) {
    case Command::audit:
      return run_audit(options);
    case Command::inspect:
      return run_inspect(options);
    case Command::report:
      return run_report(options);
    case Command::explain:
      return run_explain(options);
    case Command::why:
      return run_why(options);
    case Command::rules:
      return run_rules(options);
    case Command::replay:
      return run_replay(options);
    case Command::learn:
      return run_learn(options);
    case Command::init:
      return run_init(options);
    case Command::query:
      return run_query(options);
    case Command::diff:
      return run_diff(options);
    case Command::sign:
      return run_sign(options);
    case Command::verify:
      return run_verify(options);
    case Command::monitor:
      return run_monitor(options);
    case Command::evidence:
      return run_evidence(options);
    case Command::policy_list:
      return run_policy_list(options);
    case Command::policy_apps:
      return run_policy_apps(options);
    case Command::policy_show:
      return run_policy_show(options);
    case Command::policy_plan:
      return run_policy_plan(options);
    case Command::policy_test:
      return run_policy_test(options);
    case Command::policy_export:
      return run_policy_export(options);
    case Command::policy_import:
      return run_policy_import(options);
    case Command::policy_diff:
      return run_policy_diff(options);
    case Command::policy_check:
      break;
  }
  return run_policy_check(options);
}

}  // namespace pcapaudit
