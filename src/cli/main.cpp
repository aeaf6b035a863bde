// The program: options in, one command, an exit code out. The one place that prints errors.
#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "cli/commands.hpp"

namespace pcapaudit {
namespace {

int main_inside(int argc, const char* const* argv) {
  const auto options = parse_options(argc, argv);
  if (!options) return options.error();
  const CommandResult result = run_command(*options);
  if (result) return *result;
  print_error(result.error().error);
  return static_cast<int>(result.error().code);
}

}  // namespace
}  // namespace pcapaudit

int main(int argc, char** argv) {
  try {
    return pcapaudit::main_inside(argc, argv);
  } catch (const std::exception& error) {
    // Nothing of ours throws: this is a bug or the machine is out of memory.
    std::fprintf(stderr, "pcapaudit: internal error: %s\n", error.what());
    return static_cast<int>(pcapaudit::ExitCode::internal);
  }
}
