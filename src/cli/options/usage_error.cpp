// What is wrong with a command line; see the header.

#include "cli/options/usage_error.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text/nearest_word.hpp"
#include "base/text/text.hpp"

namespace pcapaudit {
namespace {

// The command that the words reached, as far as they are known.
const CLI::App& reached(const CLI::App& app) {
  const auto below = app.get_subcommands();
  return below.empty() ? app : reached(*below.front());
}

// What may be written where `command` stands.
std::vector<std::string> words_of(const CLI::App& command, bool options) {
  std::vector<std::string> words;
  if (options) {
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    }
    return words;
  }
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    words.push_back(sub->get_name());
  }
  return words;
}

}  // namespace

Error usage_error(const CLI::App& app, const CLI::ParseError& error, int argc,
                  const char* const* argv) {
  const CLI::App& command = reached(app);
  std::string name = "pcapaudit";
  for (const CLI::App* sub = &app; !sub->get_subcommands().empty();) {
    sub = sub->get_subcommands().front();
    name += " " + sub->get_name();
  }
  Error told{.what = error.what(), .where = {}, .excerpt = {}, .hint = "see " + name + " --help"};
  const bool wants_command = !words_of(command, false).empty();
  for (int i = 1; i < argc; ++i) {
    const std::string word = std::string(argv[i]).substr(0, std::string_view(argv[i]).find('='));
    const bool is_option = word.starts_with("--");
    if (is_option ? word.size() <= 2 || command.get_option_no_throw(word) != nullptr
                  : !wants_command || word.starts_with("-")) {
      continue;
    }
    const auto known = words_of(command, is_option);
    if (std::find(known.begin(), known.end(), word) != known.end() || name.ends_with(" " + word)) {
      continue;
    }
    told.what = fmt::format("unknown {} {}", is_option ? "option" : "command", visible(word));
    told.hint = did_you_mean(word, known, told.hint);
    break;
  }
  return told;
}

}  // namespace pcapaudit
