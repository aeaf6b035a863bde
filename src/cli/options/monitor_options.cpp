// The command line of monitor.

#include "cli/options/option_parts.hpp"

namespace pcapaudit {

namespace {

constexpr const char* monitor_examples =
    "Examples:\n"
    "  pcapaudit monitor -i eth1 -p site.toml -o live.db    until Ctrl-C\n"
    "  pcapaudit monitor -i eth1 -i eth2 -p site.toml -o live.db --rotate daily --budget 20G\n"
    "  pcapaudit monitor -i eth1 -p site.toml -o live.db --alerts syslog --metrics 127.0.0.1:9466\n"
    "Signals: INT and TERM end it, HUP loads the policy again, USR1 prints the status.\n";

void add_alerts(CLI::App& app, Options& options) {
  MonitorOptions& monitor = options.monitor;
  app.add_option("--alerts", monitor.alerts, "tell findings as they happen")
      ->option_text("syslog|FILE|-");
  app.add_option("--format", options.format,
                 "jsonl: findings, and statistics each minute, as JSON lines on stdout [text]")
      ->check(CLI::IsMember({"text", "jsonl"}).description(""))
      ->option_text("text|jsonl");
  app.add_option("--alert-format", options.alert_format, "how [rfc5424 for syslog, else json]")
      ->check(CLI::IsMember({"rfc5424", "json", "ecs", "cef"}).description(""))
      ->option_text("rfc5424|json|ecs|cef");
  app.add_option("--alert-repeat", options.alert_repeat,
                 "a finding that goes on is told again after this time, with its count [3600]")
      ->option_text("SECONDS");
  app.add_option("--metrics", monitor.metrics, "serve Prometheus metrics")
      ->option_text("ADDRESS:PORT");
  app.add_option("--evidence", monitor.evidence_directory,
                 "write the packets of new findings into this directory")
      ->option_text("DIR");
  add_size(app, "--evidence-memory", options.evidence_memory, "memory for recent packets [64M]");
}

void add_disk(CLI::App& app, Options& options) {
  app.add_option("-o,--output", options.output, "database to write")->required()->option_text("DB");
  app.add_flag("--force", options.force, "replace an existing database");
  app.add_option("--rotate", options.rotate,
                 "begin a new database (DB-TIME) every day, or at this size")
      ->check([](const std::string& it) {
        return it == "daily" || parse_size(it).value_or(0) > 0
                   ? std::string()
                   : "\"" + it + "\" is neither daily nor a size";
      })
      ->option_text("daily|SIZE");
  add_size(app, "--budget", options.budget,
           "bytes for all databases: beyond it the oldest lose their flows, then all")
      ->needs("--rotate");
  add_size(app, "--keep-free", options.keep_free, "bytes that stay free on the disk [256M]");
}

}  // namespace

CommandOfApp add_monitor(CLI::App& app, Options& options) {
  CLI::App* monitor = app.add_subcommand("monitor", "the same on live interfaces");
  monitor->add_option("-i,--interface", options.interfaces, "interface to read; may be repeated")
      ->required()
      ->allow_extra_args(false)
      ->option_text("NAME");
  add_policies(*monitor, options);
  add_disk(*monitor, options);
  add_word(*monitor, "--fail-on", options.fail_on,
           "exit 1 when a finding is at least this grave [medium]", severity_words,
           "info|low|medium|high|critical");
  add_max_loss(*monitor, options);
  monitor->add_option("-f,--filter", options.filter, "BPF expression: only packets that match")
      ->option_text("BPF");
  monitor->add_flag("--verify-checksums", options.decode.verify_checksums,
                    "leave out packets whose checksum is wrong");
  add_vxlan_port(*monitor, options);
  monitor->add_option("--snaplen", options.snap_length, "bytes to take of each packet [262144]")
      ->check(CLI::Range(64U, 262'144U).description(""))
      ->option_text("BYTES");
  add_size(*monitor, "--buffer", options.buffer, "kernel's buffer for each interface [64M]");
  monitor
      ->add_option("--max-flows", options.monitor.limits.max_flows,
                   "open flows; beyond it attempts without answer end early, counted [1000000]")
      ->check(CLI::Range(1000U, 100'000'000U).description(""))
      ->option_text("N");
  add_memory(*monitor, options, "512M");
  monitor
      ->add_option("--user", options.monitor.user,
                   "who to become once the interfaces are open [pcapaudit, or nobody]")
      ->option_text("NAME");
  add_alerts(*monitor, options);
  add_word(*monitor, "--progress", options.progress, "status on stderr (auto: on a terminal)",
           std::map<std::string, When>{{"auto", When::automatic}, {"never", When::never}},
           "auto|never");
  add_common(*monitor, options);
  return {.app = monitor, .command = Command::monitor, .examples = monitor_examples};
}

}  // namespace pcapaudit
