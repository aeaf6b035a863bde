// Options that several commands have; for the files that build the command line.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/options/options.hpp"

namespace pcapaudit {

inline const std::map<std::string, When> when_words = {
    {"auto", When::automatic}, {"always", When::always}, {"never", When::never}};
inline const std::map<std::string, Severity> severity_words = {{"info", Severity::info},
                                                               {"low", Severity::low},
                                                               {"medium", Severity::medium},
                                                               {"high", Severity::high},
                                                               {"critical", Severity::critical}};

// For transform(): the value is one of these, and in small letters behind it.
CLI::Validator one_of(std::vector<std::string> words);

// An option whose value is one of some words; `shown` in the help.
template <class T>
CLI::Option* add_word(CLI::App& app, const char* name, T& value, const char* text,
                      const std::map<std::string, T>& words, const char* shown) {
  std::vector<std::string> known;
  for (const auto& [word, meaning] : words) known.push_back(word);
  return app.add_option(name, value, text)
      ->transform(CLI::Transformer(words, CLI::ignore_case).description(""))
      ->transform(one_of(std::move(known)))  // the one named last looks first
      ->option_text(shown);
}

// --color, -q, -v
void add_common(CLI::App& app, Options& options);
// --max-loss: a number from 0 to 100
void add_max_loss(CLI::App& app, Options& options);
// --vxlan-port
void add_vxlan_port(CLI::App& app, Options& options);
// A size such as 64M.
CLI::Option* add_size(CLI::App& app, const char* name, std::string& value, const char* text);
// --memory; `usual` in the help
void add_memory(CLI::App& app, Options& options, const char* usual);
// -p, --strict
void add_policies(CLI::App& app, Options& options);

// One command of the command line, with its examples for the help.
struct CommandOfApp {
  const CLI::App* app;
  Command command;
  const char* examples;
};
CommandOfApp add_monitor(CLI::App& app, Options& options);

}  // namespace pcapaudit
