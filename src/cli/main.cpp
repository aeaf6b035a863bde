// The program: options in, one command, an exit code out. The one place that prints errors.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>

#include <fcntl.h>
#include <unistd.h>

#include "cli/commands/commands.hpp"
#include "cli/documents_program.hpp"
#include "policy/import.hpp"

namespace pcapaudit {
namespace {

// A file that is opened must not become standard input or output because those are closed: what is
// printed would go into it. They get a file that refuses what they are for.
void hold_standard_places() {
  for (const int place : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(place, F_GETFD) >= 0 || errno != EBADF) continue;
    const int held = open("/dev/null", place == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (held < 0) return;
  }
}

int main_inside(int argc, char** argv) {
  const auto options = parse_options(argc, argv);
  if (!options) return options.error();
  const CommandResult result = needs_documents(*options) && !reads_documents()
                                   ? std::unexpected(become_documents_program(argv))
                                   : run_command(*options);
  if (result) return *result;
  print_error(result.error().error);
  return static_cast<int>(result.error().code);
}

}  // namespace
}  // namespace pcapaudit

int main(int argc, char** argv) {
  try {
    pcapaudit::hold_standard_places();
    std::signal(SIGPIPE, SIG_IGN);  // an output that was closed is an error that is told
    std::signal(SIGXFSZ, SIG_IGN);  // so is one that grew too large
    return pcapaudit::main_inside(argc, argv);
  } catch (const std::exception& error) {
    // Nothing of ours throws: this is a bug or the machine is out of memory.
    std::fprintf(stderr, "pcapaudit: internal error: %s\n", error.what());
    return static_cast<int>(pcapaudit::ExitCode::internal);
  }
}
