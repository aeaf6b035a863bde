// The command line: grammar, help with examples first, usage errors.
#include "cli/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <thread>

#include "cli/commands.hpp"

namespace pcapaudit {
namespace {

constexpr const char* program_examples =
    "Examples:\n"
    "  pcapaudit inspect capture.pcapng                     what is in it, no policy needed\n"
    "  pcapaudit audit capture.pcapng -p site.toml -o q4.db judge it against the documentation\n"
    "  pcapaudit report q4.db                               read the result again\n"
    "  pcapaudit policy show lync2013-seeds                 the documented flows themselves\n";
constexpr const char* audit_examples =
    "Examples:\n"
    "  pcapaudit audit capture.pcapng -p site.toml\n"
    "  pcapaudit audit captures/ -p site.toml -o q4.db      a directory, in name order\n"
    "  zcat big.gz | pcapaudit audit - -p site.toml         standard input\n"
    "  pcapaudit audit mon.pcap -p site.toml -f 'host 10.1.2.11' --fail-on high\n";
constexpr const char* inspect_examples =
    "Examples:\n"
    "  pcapaudit inspect capture.pcapng\n"
    "  pcapaudit inspect capture.pcapng --format jsonl | jq 'select(.app==\"tls\")'\n";
constexpr const char* report_examples =
    "Examples:\n"
    "  pcapaudit report q4.db\n"
    "  pcapaudit report q4.db --json q4.json\n";
constexpr const char* policy_examples =
    "Examples:\n"
    "  pcapaudit policy list\n"
    "  pcapaudit policy show lync2013-seeds\n"
    "  pcapaudit policy check site.toml\n";

// Puts the examples of a command in front of everything else.
class ExamplesFirst final : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    const std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
    if (mode == CLI::AppFormatMode::Sub) return help;
    const auto found = examples.find(app->get_name());
    return found == examples.end() ? help : found->second + "\n" + help;
  }
  std::map<std::string, std::string> examples;
};

const std::map<std::string, When> when_words = {
    {"auto", When::automatic}, {"always", When::always}, {"never", When::never}};
const std::map<std::string, Severity> severity_words = {{"info", Severity::info},
                                                        {"low", Severity::low},
                                                        {"medium", Severity::medium},
                                                        {"high", Severity::high},
                                                        {"critical", Severity::critical}};

unsigned default_threads() {
  const unsigned cores = std::thread::hardware_concurrency();
  return cores > 2 ? cores - 1 : 1;
}

template <class T>
CLI::Option* add_word(CLI::App& app, const char* name, T& value, const char* text,
                      const std::map<std::string, T>& words, const char* shown) {
  return app.add_option(name, value, text)
      ->transform(CLI::CheckedTransformer(words, CLI::ignore_case).description(""))
      ->option_text(shown);
}

void add_common(CLI::App& app, Options& options) {
  add_word(app, "--color", options.color,
           "colour in text output (auto: on a terminal, NO_COLOR "
           "unset)",
           when_words, "auto|always|never");
  app.add_flag("-q,--quiet", options.quiet, "no summary, no messages but errors");
  app.add_flag("-v,--verbose", options.verbose, "say on stderr what is read");
}

void add_reading(CLI::App& app, Options& options) {
  app.add_option("-f,--filter", options.filter, "BPF expression: only packets that match")
      ->option_text("BPF");
  app.add_flag(
      "--verify-checksums", options.verify_checksums,
      "leave out packets whose checksum is wrong (network cards compute checksums late, so "
      "captures made on the sending host hold many)");
  app.add_option("--threads", options.threads,
                 "worker threads; 0 does all on one (the result is the same)")
      ->check(CLI::Range(0U, 64U).description(""))
      ->option_text("N");
  add_word(app, "--progress", options.progress, "progress line on stderr (auto: on a terminal)",
           std::map<std::string, When>{{"auto", When::automatic}, {"never", When::never}},
           "auto|never");
  add_common(app, options);
}

CLI::App* add_audit(CLI::App& app, Options& options) {
  CLI::App* audit = app.add_subcommand("audit", "judge captures against the documented flows");
  audit->add_option("captures", options.inputs, "pcap or pcapng files, directories, - for stdin")
      ->required()
      ->option_text("CAPTURE|DIR...");
  audit
      ->add_option("-p,--policy", options.policies,
                   "site file, or the name of a built-in pack; may be repeated")
      ->required()
      ->allow_extra_args(false)
      ->option_text("POLICY");
  audit->add_option("-o,--output", options.output, "database to write")->option_text("DB");
  audit->add_flag("--force", options.force, "replace an existing database");
  add_word(*audit, "--fail-on", options.fail_on,
           "exit 1 when a finding is at least this grave [medium]", severity_words,
           "info|low|medium|high|critical");
  audit
      ->add_option("--max-loss", options.max_loss_percent,
                   "exit 4 when more packets were lost by the capture [1]")
      ->check(CLI::Range(0.0, 100.0).description(""))
      ->option_text("PERCENT");
  audit->add_option("--format", options.format, "summary on stdout [text]")
      ->check(CLI::IsMember({"text", "json"}).description(""))
      ->option_text("text|json");
  add_reading(*audit, options);
  return audit;
}

CLI::App* add_inspect(CLI::App& app, Options& options) {
  CLI::App* inspect = app.add_subcommand("inspect", "classify every flow; no policy needed");
  inspect->add_option("captures", options.inputs, "pcap or pcapng files, directories, - for stdin")
      ->required()
      ->option_text("CAPTURE...");
  inspect->add_option("--format", options.format, "table for people, jsonl for machines [table]")
      ->check(CLI::IsMember({"table", "jsonl"}).description(""))
      ->option_text("table|jsonl");
  add_reading(*inspect, options);
  return inspect;
}

CLI::App* add_report(CLI::App& app, Options& options) {
  CLI::App* report = app.add_subcommand("report", "render an audit database");
  report->add_option("database", options.inputs, "written by audit -o")
      ->required()
      ->expected(1)
      ->option_text("DB");
  report->add_option("--json", options.json_file, "write JSON to a file (- for stdout)")
      ->option_text("FILE");
  add_common(*report, options);
  return report;
}

struct PolicyCommands {
  CLI::App *list, *show, *check;
};

PolicyCommands add_policy(CLI::App& app, Options& options) {
  CLI::App* policy = app.add_subcommand("policy", "the documented flows: list, show, check");
  policy->require_subcommand(1);
  PolicyCommands commands{.list = policy->add_subcommand("list", "the built-in packs"),
                          .show = policy->add_subcommand("show", "roles, flows, mappings, doubts"),
                          .check = policy->add_subcommand("check", "load and remark on it")};
  for (CLI::App* one : {commands.show, commands.check}) {
    one->add_option("policies", options.policies, "site files or built-in packs")
        ->required()
        ->option_text("POLICY...");
    add_common(*one, options);
  }
  return commands;
}

}  // namespace

std::expected<Options, int> parse_options(int argc, const char* const* argv) {
  Options options;
  options.threads = default_threads();
  CLI::App app("Holds captured traffic against the documented allowed flows between server roles.",
               "pcapaudit");
  const auto formatter = std::make_shared<ExamplesFirst>();
  formatter->examples = {{"pcapaudit", program_examples}, {"audit", audit_examples},
                         {"inspect", inspect_examples},   {"report", report_examples},
                         {"policy", policy_examples},     {"list", policy_examples},
                         {"show", policy_examples},       {"check", policy_examples}};
  formatter->column_width(34);
  app.formatter(formatter);
  app.set_version_flag("--version", "pcapaudit " PCAPAUDIT_VERSION);
  app.require_subcommand(1);
  const CLI::App* audit = add_audit(app, options);
  const CLI::App* inspect = add_inspect(app, options);
  const CLI::App* report = add_report(app, options);
  const PolicyCommands policy = add_policy(app, options);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
      return std::unexpected(app.exit(error));  // help or version, on stdout
    }
    std::string name = "pcapaudit";
    for (const CLI::App* sub : app.get_subcommands()) name += " " + sub->get_name();
    print_error(
        {.what = error.what(), .where = {}, .excerpt = {}, .hint = "see " + name + " --help"});
    return std::unexpected(static_cast<int>(ExitCode::usage));
  }
  if (*inspect) {
    options.command = Command::inspect;
    if (options.format == "text") options.format = "table";
  } else if (*report) {
    options.command = Command::report;
  } else if (*audit) {
    options.command = Command::audit;
  } else if (*policy.list) {
    options.command = Command::policy_list;
  } else {
    options.command = *policy.show ? Command::policy_show : Command::policy_check;
  }
  return options;
}

}  // namespace pcapaudit
