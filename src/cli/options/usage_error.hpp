// What is wrong with a command line, said once.
#pragma once

#include <CLI/CLI.hpp>

#include <pcapaudit/base/result.hpp>

namespace pcapaudit {

// One sentence, with the nearest right word when a command or an option is unknown.
Error usage_error(const CLI::App& app, const CLI::ParseError& error, int argc,
                  const char* const* argv);

}  // namespace pcapaudit
