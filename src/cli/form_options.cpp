// query, diff, sign, verify: their options and examples.
#include "cli/form_options.hpp"

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

CommandOfApp add_query(CLI::App& app, Options& options) {
  CLI::App* query = app.add_subcommand("query", "read-only SQL over the database's views");
  add_database_option(*query, options);
  query->add_option("sql", options.subject, "one SELECT; docs/database.md names the views")
      ->required()
      ->option_text("SQL");
  query->add_option("--format", options.format, "for a terminal, or for programs [table]")
      ->check(CLI::IsMember({"table", "json", "csv"}).description(""))
      ->option_text("table|json|csv");
  add_common_options(*query, options);
  return {.app = query, .command = Command::query, .examples = query_examples};
}

CommandOfApp add_diff(CLI::App& app, Options& options) {
  CLI::App* diff = app.add_subcommand("diff", "what differs between two audits");
  diff->add_option("databases", options.inputs, "the older audit, then the newer one")
      ->required()
      ->expected(2)
      ->option_text("OLD NEW");
  diff->add_option("--format", options.format, "on stdout [text]")
      ->check(CLI::IsMember({"text", "json"}).description(""))
      ->option_text("text|json");
  diff->add_option("--html", options.html_file, "write a page as well")->option_text("FILE");
  add_fail_on_option(*diff, options, "exit 1 when a finding this grave is new or worse [medium]");
  add_common_options(*diff, options);
  return {.app = diff, .command = Command::diff, .examples = diff_examples};
}

}  // namespace

std::vector<CommandOfApp> add_form_commands(CLI::App& app, Options& options) {
  return {add_query(app, options), add_diff(app, options)};
}

}  // namespace pcapaudit
