// The grammar of commands that show or sign a finished audit, for options.cpp.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/options/options.hpp"

namespace pcapaudit {

// One command that add_form_commands() made, with its examples for the help.
struct CommandOfApp {
  const CLI::App* app;
  Command command;
  const char* examples;
};

// query, diff, sign, verify.
std::vector<CommandOfApp> add_form_commands(CLI::App& app, Options& options);

// Options that several commands have, defined in options.cpp.
void add_database_option(CLI::App& app, Options& options);
void add_redact_option(CLI::App& app, Options& options);
void add_fail_on_option(CLI::App& app, Options& options, const char* text);

}  // namespace pcapaudit
