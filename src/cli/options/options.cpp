// The command line: grammar, help with examples first, usage errors.

#include "cli/options/options.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <pcapaudit/app/app_record.hpp>

#include "base/text/nearest_word.hpp"
#include "cli/commands/commands.hpp"
#include "cli/options/examples.hpp"
#include "cli/options/form_options.hpp"
#include "cli/options/option_parts.hpp"
#include "cli/options/policy_options.hpp"
#include "cli/options/usage_error.hpp"
#include "policy/judge/verdict.hpp"
#include "report/formats.hpp"

namespace pcapaudit {
namespace {

// Puts the examples of a command in front of everything else.
class ExamplesFirst final : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    const std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
    if (mode == CLI::AppFormatMode::Sub) return help;
    // "diff" is a command of its own, and one of `policy`.
    const CLI::App* parent = app->get_parent();
    const bool is_inner = parent != nullptr && parent->get_parent() != nullptr;
    const auto found = examples.find(is_inner ? parent->get_name() : app->get_name());
    return found == examples.end() ? help : found->second + "\n" + help;
  }
  std::map<std::string, std::string> examples;
};

std::vector<std::string> reason_words() {
  std::vector<std::string> words;
  for (std::uint8_t i = 1; !to_text(Reason{i}).empty(); ++i) words.emplace_back(to_text(Reason{i}));
  return words;
}

bool is_reason(const std::string& word) {
  const auto words = reason_words();
  return std::find(words.begin(), words.end(), word) != words.end();
}

unsigned default_threads() {
  const unsigned cores = std::thread::hardware_concurrency();
  return cores > 2 ? cores - 1 : 1;
}

void add_reading(CLI::App& app, Options& options) {
  app.add_option("-f,--filter", options.filter, "BPF expression: only packets that match")
      ->option_text("BPF");
  app.add_flag(
      "--verify-checksums", options.decode.verify_checksums,
      "leave out packets whose checksum is wrong (network cards compute checksums late, so "
      "captures made on the sending host hold many)");
  add_vxlan_port(app, options);
  app.add_option("--threads", options.threads,
                 "worker threads; 0 does all on one (the result is the same)")
      ->check(CLI::Range(0U, 64U).description(""))
      ->option_text("N");
  add_memory(app, options, "half of the machine's");
  add_word(app, "--progress", options.progress, "progress line on stderr (auto: on a terminal)",
           std::map<std::string, When>{{"auto", When::automatic}, {"never", When::never}},
           "auto|never");
  add_common(app, options);
}

CommandOfApp add_audit(CLI::App& app, Options& options) {
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
  audit->add_flag("--strict", options.strict, "only rows that stand in a table or sentence");
  audit->add_option("-o,--output", options.output, "database to write")->option_text("DB");
  audit->add_flag("--force", options.force, "replace an existing database");
  add_fail_on_option(*audit, options, "exit 1 when a finding is at least this grave [medium]");
  add_max_loss(*audit, options);
  audit
      ->add_option("--accept-undetermined", options.accepted_reasons,
                   "reasons for which flows that a row fits may stay unjudged (else exit 4)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Validator(
          [](const std::string& word) {
            return is_reason(word)
                       ? ""
                       : fmt::format("\"{}\" is no reason; {}", word,
                                     did_you_mean(word, reason_words(), "see docs/verdicts.md"));
          },
          ""))
      ->option_text("REASON,...");
  audit->add_option("--format", options.format, "summary on stdout [text]")
      ->transform(one_of({"text", "json"}))
      ->option_text("text|json");
  add_reading(*audit, options);
  return {.app = audit, .command = Command::audit, .examples = audit_examples};
}

CommandOfApp add_inspect(CLI::App& app, Options& options) {
  CLI::App* inspect = app.add_subcommand("inspect", "classify every flow; no policy needed");
  inspect->add_option("captures", options.inputs, "pcap or pcapng files, directories, - for stdin")
      ->required()
      ->option_text("CAPTURE...");
  inspect->add_option("--format", options.format, "table for people, jsonl for machines [table]")
      ->transform(one_of({"table", "jsonl"}))
      ->option_text("table|jsonl");
  add_reading(*inspect, options);
  return {.app = inspect, .command = Command::inspect, .examples = inspect_examples};
}

CommandOfApp add_report(CLI::App& app, Options& options) {
  CLI::App* report = app.add_subcommand("report", "render an audit database");
  report->add_option("database", options.inputs, "written by audit -o")
      ->required()
      ->expected(1)
      ->option_text("DB");
  report->add_option("--json", options.json_file, "write JSON to a file (- for stdout)")
      ->option_text("FILE");
  report->add_option("--csv", options.csv_folder, "write one CSV file for each view")
      ->option_text("DIR");
  for (const ReportFormat& format : report_formats()) {
    report
        ->add_option_function<std::string>(
            fmt::format("--{}", format.name),
            [&options, name = std::string(format.name)](const std::string& file) {
              options.report_files[name] = file;
            },
            std::string(format.about) + " (- for stdout)")
        ->option_text("FILE");
  }
  report->add_option("--title", options.title, "title on the first page")->option_text("TEXT");
  report->add_option("--classification", options.classification, "stands on every page")
      ->option_text("TEXT");
  report->add_option("--logo", options.logo_file, "PNG, JPEG or SVG for the first page")
      ->option_text("FILE");
  report->add_option("--baseline", options.baseline, "an earlier audit: tell what changed since")
      ->option_text("DB");
  add_redact_option(*report, options);
  add_common(*report, options);
  return {.app = report, .command = Command::report, .examples = report_examples};
}

void add_database(CLI::App& app, Options& options) {
  app.add_option_function<std::string>(
         "database", [&options](const std::string& name) { options.inputs = {name}; },
         "written by audit -o")
      ->required()
      ->option_text("DB");
}

CommandOfApp add_explain(CLI::App& app, Options& options) {
  CLI::App* explain = app.add_subcommand("explain", "why a flow or finding is what it is");
  add_database(*explain, options);
  explain->add_option("id", options.subject, "finding (V-1A2B) or flow (17)")
      ->required()
      ->option_text("ID");
  add_common(*explain, options);
  return {.app = explain, .command = Command::explain, .examples = explain_examples};
}

CommandOfApp add_why(CLI::App& app, Options& options) {
  CLI::App* why = app.add_subcommand("why", "ask the policy about a flow, no capture");
  Question& question = options.question;
  why->add_option("source", question.source, "address of the client")
      ->required()
      ->option_text("SRC");
  why->add_option("destination", question.destination, "address of the server")
      ->required()
      ->option_text("DST");
  why->add_option("target", question.target, "tcp/443, udp/53, icmp, esp, sctp/3868")
      ->required()
      ->option_text("PROTO/PORT");
  why->add_option(
         "--app", question.app,
         "what the bytes are: https, http, sip, tls, ssh, none ... [what the row asks for]")
      ->option_text("APP");
  why->add_option("--at", question.at, "time of the flow [now]")->option_text("TIME");
  why->add_option("--mutual", question.mutual, "evidence of mutual TLS [proven]")
      ->option_text("proven|declined|not-requested|undeterminable");
  why->add_option("--tls", question.tls_version, "negotiated version [1.2]")
      ->option_text("1.0|1.1|1.2|1.3");
  why->add_option("--host", question.host, "host name asked for")->option_text("NAME");
  why->add_option("--path", question.path, "path of plain HTTP")->option_text("PATH");
  why->add_option("--vlan", question.vlan, "VLAN id that the packets carry")->option_text("ID");
  add_policies(*why, options);
  add_common(*why, options);
  return {.app = why, .command = Command::why, .examples = why_examples};
}

CommandOfApp add_rules(CLI::App& app, Options& options) {
  CLI::App* rules = app.add_subcommand("rules", "documented flows: used, unused, not observable");
  add_database(*rules, options);
  add_common(*rules, options);
  return {.app = rules, .command = Command::rules, .examples = rules_examples};
}

CommandOfApp add_replay(CLI::App& app, Options& options) {
  CLI::App* replay = app.add_subcommand("replay", "judge the stored flows by another policy");
  add_database(*replay, options);
  add_policies(*replay, options);
  add_common(*replay, options);
  return {.app = replay, .command = Command::replay, .examples = replay_examples};
}

CommandOfApp add_learn(CLI::App& app, Options& options) {
  CLI::App* learn = app.add_subcommand("learn", "draft rows for what is not documented");
  learn->add_option("input", options.inputs, "database, or captures with -p")
      ->required()
      ->option_text("DB|CAPTURE...");
  learn->add_option("-o,--output", options.output, "file to write [stdout]")->option_text("TOML");
  learn->add_option("-p,--policy", options.policies, "site file, to judge captures by")
      ->allow_extra_args(false)
      ->option_text("POLICY");
  add_reading(*learn, options);
  return {.app = learn, .command = Command::learn, .examples = learn_examples};
}

CommandOfApp add_init(CLI::App& app, Options& options) {
  CLI::App* init =
      app.add_subcommand("init", "a site file to begin with, from captures and documents");
  init->add_option("captures", options.inputs, "pcap or pcapng files, directories, - for stdin")
      ->required()
      ->option_text("CAPTURE...");
  init->add_option(
          "-d,--document", options.documents,
          "port table or policy of another tool, as policy import reads it; may be repeated")
      ->allow_extra_args(false)
      ->option_text("DOCUMENT");
  init->add_option("-o,--output", options.output, "site file to write")
      ->required()
      ->option_text("TOML");
  add_reading(*init, options);
  return {.app = init, .command = Command::init, .examples = init_examples};
}

}  // namespace

void add_database_option(CLI::App& app, Options& options) {
  add_database(app, options);
}
void add_fail_on_option(CLI::App& app, Options& options, const char* text) {
  add_word(app, "--fail-on", options.fail_on, text, severity_words,
           "info|low|medium|high|critical");
}

namespace {

CommandOfApp add_evidence(CLI::App& app, Options& options) {
  CLI::App* evidence = app.add_subcommand("evidence", "the packets that prove a finding");
  add_database(*evidence, options);
  evidence->add_option("id", options.subject, "finding (V-1A2B) or flow (17)")
      ->required()
      ->option_text("ID");
  evidence->add_option("-o,--output", options.output, "pcapng file to write [stdout]")
      ->option_text("FILE");
  evidence
      ->add_option("--from", options.from,
                   "captures to take them from [those that were audited, where they were]")
      ->option_text("CAPTURE|DIR...");
  add_vxlan_port(*evidence, options);
  add_common(*evidence, options);
  return {.app = evidence, .command = Command::evidence, .examples = evidence_examples};
}

// In the order of the help.
std::vector<CommandOfApp> add_commands(CLI::App& app, Options& options) {
  std::vector<CommandOfApp> commands = {
      add_audit(app, options),   add_inspect(app, options), add_report(app, options),
      add_explain(app, options), add_why(app, options),     add_rules(app, options),
      add_replay(app, options),  add_learn(app, options),   add_init(app, options)};
  for (const CommandOfApp& it : add_form_commands(app, options)) commands.push_back(it);
  commands.push_back(add_evidence(app, options));
  commands.push_back(add_monitor(app, options));
  for (const CommandOfApp& it : add_policy_commands(app, options)) commands.push_back(it);
  return commands;
}

// Help and the version are printed, other mistakes are told. The exit code.
int end_of_parsing(const CLI::App& app, const CLI::ParseError& error, int argc,
                   const char* const* argv) {
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::Success)) {
    print_error(usage_error(app, error, argc, argv));
    return static_cast<int>(ExitCode::usage);
  }
  std::ostringstream text;
  app.exit(error, text, text);
  const CommandResult printed = print_out(text.str());
  if (printed) return *printed;
  print_error(printed.error().error);
  return static_cast<int>(printed.error().code);
}

}  // namespace

std::expected<Options, int> parse_options(int argc, const char* const* argv) {
  Options options;
  options.threads = default_threads();
  CLI::App app("Holds captured traffic against the documented allowed flows between server roles.",
               "pcapaudit");
  const auto formatter = std::make_shared<ExamplesFirst>();
  formatter->column_width(34);
  app.formatter(formatter);
  app.set_version_flag("--version", "pcapaudit " PCAPAUDIT_VERSION);
  app.require_subcommand(1);
  const std::vector<CommandOfApp> commands = add_commands(app, options);
  formatter->examples = {{"pcapaudit", program_examples}};
  for (const CommandOfApp& it : commands)
    formatter->examples.emplace(it.app->get_name(), it.examples);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return std::unexpected(end_of_parsing(app, error, argc, argv));
  }
  for (const CommandOfApp& it : commands) {
    if (*it.app) options.command = it.command;
  }
  return options;
}

}  // namespace pcapaudit
