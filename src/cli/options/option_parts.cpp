// Options that several commands have.

#include "cli/options/option_parts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text/nearest_word.hpp"
#include "base/text/text.hpp"
#include "monitor/live/rotation.hpp"

namespace pcapaudit {

CLI::Validator one_of(std::vector<std::string> words) {
  return CLI::Validator(
      [words = std::move(words)](std::string& word) -> std::string {
        const std::string small = CLI::detail::to_lower(word);
        if (std::ranges::find(words, small) != words.end()) {
          word = small;
          return "";
        }
        return fmt::format(
            "\"{}\" is none of {}{}", visible(word), fmt::join(words, ", "),
            did_you_mean(small, words).empty() ? "" : "; " + did_you_mean(small, words));
      },
      "");
}

void add_max_loss(CLI::App& app, Options& options) {
  app.add_option("--max-loss", options.max_loss_percent,
                 "exit 4 when more packets were lost by the capture [1]")
      ->check(CLI::Validator(
          [](const std::string& word) -> std::string {
            double percent = 0;  // not a number is in no range
            const bool fits =
                CLI::detail::lexical_cast(word, percent) && percent >= 0 && percent <= 100;
            return fits ? "" : fmt::format("{} is no number from 0 to 100", visible(word));
          },
          ""))
      ->option_text("PERCENT");
}

void add_common(CLI::App& app, Options& options) {
  add_word(app, "--color", options.color,
           "colour in text output (auto: on a terminal, NO_COLOR "
           "unset)",
           when_words, "auto|always|never");
  app.add_flag("-q,--quiet", options.quiet, "no summary, no messages but errors");
  app.add_flag("-v,--verbose", options.verbose, "say on stderr what is read");
}

void add_vxlan_port(CLI::App& app, Options& options) {
  app.add_option("--vxlan-port", options.decode.vxlan_ports,
                 "UDP port of VXLAN beside 4789, 4790 and 8472; may be repeated")
      ->check(CLI::Range(1U, 65'535U).description(""))
      ->allow_extra_args(false)
      ->option_text("PORT");
}

CLI::Option* add_size(CLI::App& app, const char* name, std::string& value, const char* text) {
  return app.add_option(name, value, text)
      ->check([](const std::string& it) {
        return parse_size(it) ? std::string() : "\"" + it + "\" is no size such as 64M";
      })
      ->option_text("SIZE");
}

void add_memory(CLI::App& app, Options& options, const char* usual) {
  add_size(app, "--memory", options.memory,
           fmt::format("memory to take; beyond it what waits in flows to be read is given up, then "
                       "flows end early, counted [{}]",
                       usual)
               .c_str());
}

void add_policies(CLI::App& app, Options& options) {
  app.add_option("-p,--policy", options.policies,
                 "site file, or the name of a built-in pack; may be repeated")
      ->required()
      ->allow_extra_args(false)
      ->option_text("POLICY");
  app.add_flag("--strict", options.strict, "only rows that stand in a table or sentence");
}

}  // namespace pcapaudit
