// The grammar of commands that show or sign a finished audit, for options.cpp.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/options/option_parts.hpp"

namespace pcapaudit {

// query, diff, sign, verify.
std::vector<CommandOfApp> add_form_commands(CLI::App& app, Options& options);

// Options that several commands have, defined in options.cpp.
void add_database_option(CLI::App& app, Options& options);
void add_redact_option(CLI::App& app, Options& options);
void add_fail_on_option(CLI::App& app, Options& options, const char* text);

}  // namespace pcapaudit
