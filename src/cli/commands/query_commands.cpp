// query: somebody's own SQL over an audit database, reading only.
#include <cstdio>

#include <fmt/format.h>

#include "base/files/read_file.hpp"
#include "cli/commands/commands.hpp"
#include "report/text/query.hpp"

namespace pcapaudit {

std::expected<std::unique_ptr<Store>, CommandFailure> open_store(const Options& options,
                                                                 const std::string& path) {
  std::string key;
  if (!options.redact_key_file.empty()) {
    constexpr std::size_t largest = std::size_t{1} << 20;
    auto text = read_file(options.redact_key_file, largest);
    if (!text) return failure(text.error(), ExitCode::usage);
    key = *std::move(text);
  }
  auto store =
      options.redact_key_file.empty() ? Store::open(path) : Store::open_redacted(path, key);
  if (!store) return failure(store.error(), ExitCode::usage);
  const auto unfinished = (*store)->unfinished();
  if (!unfinished) return failure(unfinished.error(), ExitCode::usage);
  if (*unfinished) print_warning({.what = **unfinished});
  return std::move(*store);
}

CommandResult judged_as_far(const Store& store, CommandResult result) {
  if (!result || *result != static_cast<int>(ExitCode::ok)) return result;
  const auto unfinished = store.unfinished();
  if (!unfinished) return failure(unfinished.error(), ExitCode::usage);
  return *unfinished ? CommandResult(static_cast<int>(ExitCode::insufficient)) : result;
}

CommandResult run_query(const Options& options) {
  const auto store = open_store(options, options.inputs.front());
  if (!store) return std::unexpected(store.error());
  // A database may come from anybody, and so may a statement. More rows than a million are for
  // `report --csv`.
  const AskLimits limits{.time = std::chrono::seconds(options.query_seconds),
                         .rows = 1'000'000,
                         .memory = std::size_t{512} << 20};
  bool broken = false;  // standard output
  const auto done = answer_query(
      **store, options.subject, options.format,
      [&](std::string_view text) -> Result<void> {
        if (auto written = put(text); !written) {
          broken = true;
          return std::unexpected(written.error().error);
        }
        return {};
      },
      limits);
  if (!done) return failure(done.error(), broken ? ExitCode::output : ExitCode::usage);
  return judged_as_far(**store, print_out({}));
}

}  // namespace pcapaudit
