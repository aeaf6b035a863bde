// Runs the line for a command.

#include "cli/reading.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <sys/prctl.h>

#include "cli/commands/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "monitor/live/rotation.hpp"
#include "run/memory.hpp"
#include "run/secrets.hpp"

namespace pcapaudit {
Result<std::size_t> memory_for_flows(const Options& options, std::size_t usual, std::size_t other) {
  const std::uint64_t memory =
      options.memory.empty() ? usual : parse_size(options.memory).value_or(0);
  if (const auto flows = flow_memory(memory, other)) return *flows;
  return fail(
      fmt::format("{} is too little memory", human_bytes(memory)),
      fmt::format("write --memory {}M or more", (fixed_memory + other + least_flow_memory) >> 20));
}

Result<RunSummary> read_captures(const Options& options, const std::vector<std::string>& inputs,
                                 const std::shared_ptr<const TlsKeyStore>& keys,
                                 const Policy* policy, FlowSink& sink) {
  const auto memory = memory_for_flows(options, usual_memory(), 0);
  if (!memory) return std::unexpected(memory.error());
  ProgressLine line(options.progress, options.quiet);
  auto summary = run({.inputs = inputs,
                      .source = {.filter = options.filter},
                      .decode = options.decode,
                      .policy = policy,
                      .tls_keys = keys,
                      .workers = options.threads,
                      .memory = *memory,
                      .progress = [&line](const Progress& progress) { line.show(progress); },
                      .interrupted = &interrupt_signal()},
                     sink);
  line.clear();
  if (!summary) return summary;
  for (const CaptureSummary& capture : summary->captures) {
    if (capture.facts.damage) {
      print_error(*capture.facts.damage);
    } else if (options.verbose) {
      say(fmt::format("{}: {} packets, {}, sha256 {}", capture.facts.name, capture.facts.packets,
                      human_bytes(capture.facts.bytes), capture.facts.sha256));
    }
  }
  return summary;
}

Result<std::shared_ptr<const TlsKeyStore>> find_secrets(const Options& options,
                                                        const std::vector<std::string>& inputs) {
  auto given = collect_secrets(options.key_logs, inputs);
  if (!given) return std::unexpected(given.error());
  if (!options.quiet) {
    for (const Error& warning : given->warnings) print_warning(warning);
  }
  if (given->keys != nullptr) ::prctl(PR_SET_DUMPABLE, 0);
  return std::move(given->keys);
}

void add_decode_arguments(std::vector<std::string>& arguments, const DecodeOptions& decode) {
  if (decode.verify_checksums) arguments.emplace_back("--verify-checksums");
  for (const std::uint16_t port : decode.vxlan_ports) {
    arguments.insert(arguments.end(), {"--vxlan-port", std::to_string(port)});
  }
}

Result<InputFiles> find_inputs(const Options& options) {
  if (auto checked = check_filter(options.filter); !checked) {
    return std::unexpected(checked.error());
  }
  if (const auto memory = memory_for_flows(options, usual_memory(), 0); !memory) {
    return std::unexpected(memory.error());
  }
  auto inputs = expand_paths(options.inputs);
  if (!inputs || options.quiet) return inputs;
  if (inputs->captures.size() > options.inputs.size()) {
    say(fmt::format("{} captures", inputs->captures.size()));
  }
  for (const std::string& name : inputs->others) {
    say("skipped, as it is no capture: " + name);
  }
  return inputs;
}

bool is_partial(const RunSummary& summary) {
  return std::any_of(
      summary.captures.begin(), summary.captures.end(),
      [](const CaptureSummary& capture) { return capture.facts.damage.has_value(); });
}

}  // namespace pcapaudit
