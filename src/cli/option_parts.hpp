// Options that several commands have; for the files that build the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "cli/options.hpp"

namespace pcapaudit {

inline const std::map<std::string, When> when_words = {
    {"auto", When::automatic}, {"always", When::always}, {"never", When::never}};
inline const std::map<std::string, Severity> severity_words = {{"info", Severity::info},
                                                               {"low", Severity::low},
                                                               {"medium", Severity::medium},
                                                               {"high", Severity::high},
                                                               {"critical", Severity::critical}};

// An option whose value is one of some words; `shown` in the help.
template <class T>
CLI::Option* add_word(CLI::App& app, const char* name, T& value, const char* text,
                      const std::map<std::string, T>& words, const char* shown) {
  return app.add_option(name, value, text)
      ->transform(CLI::CheckedTransformer(words, CLI::ignore_case).description(""))
      ->option_text(shown);
}

// --color, -q, -v
void add_common(CLI::App& app, Options& options);
// --vxlan-port
void add_vxlan_port(CLI::App& app, Options& options);
// -p, --strict
void add_policies(CLI::App& app, Options& options);

extern const char* const monitor_examples;
CLI::App* add_monitor(CLI::App& app, Options& options);

}  // namespace pcapaudit
