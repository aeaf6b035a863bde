// Questions to an audit database: explain, rules, replay, learn.
#include <filesystem>

#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/reading.hpp"
#include "report/text/explain.hpp"
#include "run/pipeline.hpp"

namespace pcapaudit {

CommandResult run_explain(const Options& options) {
  const auto store = open_store(options, options.inputs.front());
  if (!store) return std::unexpected(store.error());
  const auto text = explain(**store, options.subject);
  if (!text) return failure(text.error(), ExitCode::usage);
  return judged_as_far(**store, print_text(*text));
}

CommandResult run_rules(const Options& options) {
  const auto store = open_store(options, options.inputs.front());
  if (!store) return std::unexpected(store.error());
  const auto text = render_rules(**store);
  if (!text) return failure(text.error(), ExitCode::usage);
  return judged_as_far(**store, print_text(*text));
}

CommandResult run_replay(const Options& options) {
  const auto store = open_store(options, options.inputs.front());
  if (!store) return std::unexpected(store.error());
  const auto draft = load_policy(options.policies, options.strict);
  if (!draft) return failure(draft.error(), ExitCode::usage);
  const auto result = replay(**store, *draft);
  if (!result) return failure(result.error(), ExitCode::usage);
  return judged_as_far(**store, print_text(result->text));
}

// A database is asked as it is; captures are judged first, in memory.
CommandResult run_learn(const Options& options) {
  auto store = Store::open(options.inputs.front());
  if (!store && options.policies.empty()) {
    return failure({.what = store.error().what,
                    .where = {},
                    .excerpt = {},
                    .hint = "give a database of audit -o, or captures with -p site.toml"},
                   ExitCode::usage);
  }
  if (!store) {
    auto audited = audit_in_memory(options);
    if (!audited) return std::unexpected(audited.error());
    store = std::move(*audited);
  }
  const auto unfinished = (*store)->unfinished();
  if (!unfinished) return failure(unfinished.error(), ExitCode::usage);
  if (*unfinished) print_warning({.what = **unfinished});
  const auto text = learn(**store);
  if (!text) return failure(text.error(), ExitCode::usage);
  return judged_as_far(**store, write_out(options, options.output, *text));
}

}  // namespace pcapaudit
