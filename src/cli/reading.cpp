// Runs the line for a command.
#include "cli/reading.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <pcapaudit/app/app_record.hpp>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"

namespace pcapaudit {

Result<RunSummary> read_captures(const Options& options, const std::vector<std::string>& inputs,
                                 const Policy* policy, FlowSink& sink) {
  ProgressLine line(options.progress, options.quiet);
  auto summary = run({.inputs = inputs,
                      .source = {.filter = options.filter},
                      .decode = options.decode,
                      .policy = policy,
                      .workers = options.threads,
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
