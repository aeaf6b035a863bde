// query, diff, sign, verify: their options and examples.

#include "cli/options/form_options.hpp"

#include "cli/options/option_parts.hpp"

namespace pcapaudit {
namespace {

constexpr const char* query_examples =
    "Examples:\n"
    "  pcapaudit query q4.db 'SELECT * FROM v_role_matrix'\n"
    "  pcapaudit query q4.db 'SELECT client, count(*) FROM v_flow GROUP BY 1' --format csv\n";
constexpr const char* diff_examples =
    "Examples:\n"
    "  pcapaudit diff q3.db q4.db                           what is new, gone, changed\n"
    "  pcapaudit diff q3.db q4.db --html changes.html --fail-on high\n";

constexpr const char* sign_examples =
    "Examples:\n"
    "  openssl genpkey -algorithm ed25519 -out reviewer.pem\n"
    "  pcapaudit sign q4.db --reviewer 'A. Reviewer' --key reviewer.pem \\\n"
    "    --decision V-1A2B=fix --decision V-3C4D=accept --note 'test network, ticket 17'\n";
constexpr const char* verify_examples =
    "Examples:\n"
    "  openssl pkey -in reviewer.pem -pubout -out reviewer.pub.pem\n"
    "  pcapaudit verify q4.db --key reviewer.pub.pem\n";

CommandOfApp add_query(CLI::App& app, Options& options) {
  CLI::App* query = app.add_subcommand("query", "read-only SQL over the database's views");
  add_database_option(*query, options);
  query->add_option("sql", options.subject, "one SELECT; docs/database.md names the views")
      ->required()
      ->option_text("SQL");
  query->add_option("--time-limit", options.query_seconds, "end a query that takes longer [60]")
      ->check(CLI::Range(1U, 86'400U).description(""))
      ->option_text("SECONDS");
  query->add_option("--format", options.format, "for a terminal, or for programs [table]")
      ->transform(one_of({"table", "json", "csv"}))
      ->option_text("table|json|csv");
  add_redact_option(*query, options);
  add_common(*query, options);
  return {.app = query, .command = Command::query, .examples = query_examples};
}

CommandOfApp add_diff(CLI::App& app, Options& options) {
  CLI::App* diff = app.add_subcommand("diff", "what differs between two audits");
  diff->add_option("databases", options.inputs, "the older audit, then the newer one")
      ->required()
      ->expected(2)
      ->option_text("OLD NEW");
  diff->add_option("--format", options.format, "on stdout [text]")
      ->transform(one_of({"text", "json"}))
      ->option_text("text|json");
  diff->add_option("--html", options.html_file, "write a page as well")->option_text("FILE");
  add_fail_on_option(*diff, options, "exit 1 when a finding this grave is new or worse [medium]");
  add_redact_option(*diff, options);
  add_common(*diff, options);
  return {.app = diff, .command = Command::diff, .examples = diff_examples};
}

CommandOfApp add_sign(CLI::App& app, Options& options) {
  CLI::App* sign = app.add_subcommand("sign", "add decisions and a sign-off to the ledger");
  add_database_option(*sign, options);
  sign->add_option("--reviewer", options.reviewer, "who signs")->required()->option_text("NAME");
  sign->add_option("--key", options.key_file, "Ed25519 private key, PEM")
      ->required()
      ->option_text("KEY");
  // In the order given, so that a note belongs to the decision before it.
  sign->add_option_function<std::string>(
          "--decision",
          [&options](const std::string& words) {
            options.decisions.push_back({.decision = words, .note = {}});
          },
          "about a finding; may be repeated")
      ->trigger_on_parse()
      ->option_text("FINDING=accept|fix|exception");
  sign->add_option_function<std::string>(
          "--note",
          [&options](const std::string& note) {
            (options.decisions.empty() ? options.sign_note : options.decisions.back().note) = note;
          },
          "why: of the decision before it, or of the sign-off when none is before it")
      ->trigger_on_parse()
      ->option_text("TEXT");
  sign->add_option("--at", options.sign_time, "time of the sign-off [now]")->option_text("TIME");
  add_common(*sign, options);
  return {.app = sign, .command = Command::sign, .examples = sign_examples};
}

CommandOfApp add_verify(CLI::App& app, Options& options) {
  CLI::App* verify = app.add_subcommand("verify", "is all of it still what was signed");
  add_database_option(*verify, options);
  verify->add_option("--key", options.public_keys, "public key that may sign; may be repeated")
      ->allow_extra_args(false)
      ->option_text("PUBLIC");
  add_common(*verify, options);
  return {.app = verify, .command = Command::verify, .examples = verify_examples};
}

}  // namespace

void add_redact_option(CLI::App& app, Options& options) {
  app.add_option("--redact", options.redact_key_file,
                 "pseudonyms for addresses, names and URIs, by this key")
      ->option_text("KEYFILE");
}

std::vector<CommandOfApp> add_form_commands(CLI::App& app, Options& options) {
  return {add_query(app, options), add_diff(app, options), add_sign(app, options),
          add_verify(app, options)};
}

}  // namespace pcapaudit
