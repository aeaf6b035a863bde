// diff: what differs between two audits.
#include <cstdio>

#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/reading.hpp"
#include "report/diff/diff.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {

CommandResult run_diff(const Options& options) {
  const auto older = open_store(options, options.inputs[0]);
  if (!older) return std::unexpected(older.error());
  const auto newer = open_store(options, options.inputs[1]);
  if (!newer) return std::unexpected(newer.error());
  const bool named = options.redact_key_file.empty();
  const auto changes =
      compare(**older, named ? options.inputs[0] : "", **newer, named ? options.inputs[1] : "");
  if (!changes) return failure(changes.error(), ExitCode::usage);
  if (!options.html_file.empty()) {
    const auto written = write_out(options, options.html_file, render_changes_html(*changes));
    if (!written) return written;
  }
  if (options.html_file != "-" && !options.quiet) {
    const std::string text = options.format == "json"
                                 ? render_changes_json(*changes)
                                 : render_changes_text(*changes, wants_color(options.color));
    if (const auto written = print_out(text); !written) return written;
  }
  const std::uint64_t worse = count_worse(*changes, options.fail_on);
  if (worse == 0) {
    return judged_as_far(**older, judged_as_far(**newer, static_cast<int>(ExitCode::ok)));
  }
  if (!options.quiet) {
    say(fmt::format("pcapaudit: exit 1: {} at or above {} new or worse",
                    counted(worse, "finding", "findings"), to_text(options.fail_on)));
  }
  return static_cast<int>(ExitCode::findings);
}

}  // namespace pcapaudit
