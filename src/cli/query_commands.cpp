// query: somebody's own SQL over an audit database, reading only.
#include <fmt/format.h>

#include <cstdio>

#include <pcapaudit/report/query.hpp>

#include "cli/commands.hpp"

namespace pcapaudit {

CommandResult run_query(const Options& options) {
  const auto store = Store::open(options.inputs.front());
  if (!store) return failure(store.error(), ExitCode::usage);
  bool broken = false;  // standard output
  const auto done = answer_query(
      **store, options.subject, options.format, [&](std::string_view text) -> Result<void> {
        if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) {
          return {};
        }
        broken = true;
        return fail("cannot write to standard output");
      });
  if (!done) return failure(done.error(), broken ? ExitCode::output : ExitCode::usage);
  return write_out("", "");
}

}  // namespace pcapaudit
