// evidence: the packets that prove a finding, cut out of the captures that were audited.
#include "monitor/live/evidence.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

// What to read, in this order; a digest must fit, and files that the user names have none.
std::expected<std::vector<RecordedCapture>, CommandFailure> inputs_of(
    const Options& options, const Store& store, const EvidenceSubject& subject) {
  if (options.from.empty()) {
    auto recorded = captures_of(store, subject);
    if (!recorded) return failure(recorded.error(), ExitCode::usage);
    return *std::move(recorded);
  }
  const auto files = expand_paths(options.from);
  if (!files) return failure(files.error(), ExitCode::usage);
  std::vector<RecordedCapture> inputs;
  for (const std::string& file : files->captures) inputs.push_back({.name = file, .sha256 = ""});
  return inputs;
}

std::string missing_text(const std::vector<std::uint64_t>& flows) {
  return fmt::format("no packet of flow {} in these captures", fmt::join(flows, ", "));
}

}  // namespace

CommandResult run_evidence(const Options& options) {
  const auto store = open_store(options, options.inputs.front());
  if (!store) return std::unexpected(store.error());
  const EvidenceLimits limits;
  auto subject = evidence_subject(**store, options.subject, limits);
  if (!subject) return failure(subject.error(), ExitCode::usage);
  const auto inputs = inputs_of(options, **store, *subject);
  if (!inputs) return std::unexpected(inputs.error());

  EvidenceSlice slice(*subject, limits, PCAPAUDIT_VERSION);
  for (const RecordedCapture& capture : *inputs) {
    const auto digest = add_capture(capture.name, options.decode, slice);
    if (!digest) return failure(digest.error(), ExitCode::usage);
    if (!capture.sha256.empty() && *digest != capture.sha256) {
      return failure({.what = fmt::format(
                          "{} is not the file that was audited: its SHA-256 differs", capture.name),
                      .hint = "name the right one with --from"},
                     ExitCode::usage);
    }
  }
  if (const auto written = write_out(options, options.output, slice.bytes()); !written)
    return written;
  if (!options.quiet) {
    say(fmt::format("{}: {} of {}, {} more left out; the finding has {}", subject->finding,
                    counted(slice.packets(), "packet", "packets"),
                    counted(subject->flows.size(), "flow", "flows"), slice.left_out(),
                    counted(subject->flows_in_all, "flow", "flows")));
  }
  const auto missing = slice.flows_without_packets();
  if (missing.empty()) return static_cast<int>(ExitCode::ok);
  return failure({.what = missing_text(missing), .hint = "name more captures with --from"},
                 ExitCode::insufficient);
}

}  // namespace pcapaudit
