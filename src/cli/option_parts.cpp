// Options that several commands have.
#include "cli/option_parts.hpp"

namespace pcapaudit {

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

void add_policies(CLI::App& app, Options& options) {
  app.add_option("-p,--policy", options.policies,
                 "site file, or the name of a built-in pack; may be repeated")
      ->required()
      ->allow_extra_args(false)
      ->option_text("POLICY");
  app.add_flag("--strict", options.strict, "only rows that stand in a table or sentence");
}

}  // namespace pcapaudit
