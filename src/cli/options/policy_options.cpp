// policy and what stands behind it: their options and examples.

#include "cli/options/policy_options.hpp"

#include "cli/options/option_parts.hpp"
#include "policy/exports/exports.hpp"

namespace pcapaudit {
namespace {

constexpr const char* policy_examples =
    "Examples:\n"
    "  pcapaudit policy list\n"
    "  pcapaudit policy show lync2013-seeds\n"
    "  pcapaudit policy check site.toml\n"
    "  pcapaudit policy plan site.toml                      where to capture\n"
    "  pcapaudit policy test assertions.toml -p site.toml   this flow, that verdict\n"
    "  pcapaudit policy export site.toml --format nft       a ruleset that allows just the rows\n"
    "  pcapaudit policy import ports.html -o draft.toml     documentation to a draft pack\n"
    "  pcapaudit policy diff old.toml new.toml              what the newer one lets pass\n";

void add_policy_names(CLI::App& app, Options& options) {
  app.add_option("policies", options.policies, "site files or built-in packs")
      ->required()
      ->option_text("POLICY...");
  add_common(app, options);
}

CLI::App* add_check(CLI::App& policy, Options& options) {
  CLI::App* check = policy.add_subcommand("check", "load and remark on it");
  check->add_option("--format", options.format, "remarks for people or for programs [text]")
      ->transform(one_of({"text", "json", "sarif"}))
      ->option_text("text|json|sarif");
  check->add_option("--at", options.at, "the time that dates are compared with [now]")
      ->option_text("TIME");
  add_policy_names(*check, options);
  return check;
}

CLI::App* add_test(CLI::App& policy, Options& options) {
  CLI::App* test = policy.add_subcommand("test", "assertions about verdicts");
  test->add_option("tests", options.inputs, "TOML files with [[test]] tables")
      ->required()
      ->option_text("FILE...");
  add_policies(*test, options);
  add_common(*test, options);
  return test;
}

CLI::App* add_export(CLI::App& policy, Options& options) {
  CLI::App* exporting = policy.add_subcommand("export", "rows for others");
  std::vector<std::string> names;
  std::string about, words;
  for (const ExportFormat& it : export_formats()) {
    names.emplace_back(it.name);
    words += (words.empty() ? "" : "|") + names.back();
    about += (about.empty() ? "" : ", ") + names.back() + ": " + it.about;
  }
  exporting->add_option("--format", options.format, about + " [csv]")
      ->transform(one_of(std::move(names)))
      ->option_text(words);
  exporting->add_option("-o,--output", options.output, "file to write [stdout]")
      ->option_text("FILE");
  add_policy_names(*exporting, options);
  return exporting;
}

CLI::App* add_import(CLI::App& policy, Options& options) {
  CLI::App* importing = policy.add_subcommand("import", "port tables to a draft pack");
  importing
      ->add_option("documents", options.inputs,
                   "port tables (HTML, Markdown, CSV, .docx, .xlsx) and policies of other "
                   "tools")
      ->required()
      ->option_text("FILE...");
  importing->add_option("-o,--output", options.output, "draft to write [stdout]")
      ->option_text("FILE");
  importing
      ->add_option("--columns", options.import_columns,
                   "headings that a table does not make clear: from, to, port, transport, app, "
                   "direction, action, mutual; an end that is no heading is that of every row")
      ->option_text("from=HEADING,to=HEADING,port=HEADING");
  importing->add_option("--table", options.import_table, "this table of each document alone [all]")
      ->option_text("N");
  importing->add_flag("--explain", options.explain, "say what each row became");
  add_common(*importing, options);
  return importing;
}

CLI::App* add_policy_diff(CLI::App& policy, Options& options) {
  CLI::App* diff = policy.add_subcommand("diff", "what differs between two policies");
  diff->add_option("policies", options.policies, "the older policy, then the newer one")
      ->required()
      ->expected(2)
      ->option_text("OLD NEW");
  diff->add_option("--format", options.format, "on stdout [text]")
      ->transform(one_of({"text", "json"}))
      ->option_text("text|json");
  diff->add_flag_callback(
      "--json", [&options] { options.format = "json"; }, "the same as --format json");
  add_common(*diff, options);
  return diff;
}

}  // namespace

std::vector<CommandOfApp> add_policy_commands(CLI::App& app, Options& options) {
  CLI::App* policy = app.add_subcommand("policy", "the documented flows: list, show, check");
  policy->require_subcommand(1);
  std::vector<CommandOfApp> commands;
  const auto add = [&](const CLI::App* command, Command which) {
    commands.push_back({.app = command, .command = which, .examples = policy_examples});
  };
  const auto add_plain = [&](const char* name, const char* about, Command which) {
    CLI::App* command = policy->add_subcommand(name, about);
    add_policy_names(*command, options);
    add(command, which);
  };
  add(policy, Command::policy_list);
  add(policy->add_subcommand("list", "the built-in packs"), Command::policy_list);
  add(policy->add_subcommand("apps", "the names of applications"), Command::policy_apps);
  add_plain("show", "roles, flows, mappings, doubts", Command::policy_show);
  add(add_check(*policy, options), Command::policy_check);
  add_plain("plan", "where to capture", Command::policy_plan);
  add(add_test(*policy, options), Command::policy_test);
  add(add_export(*policy, options), Command::policy_export);
  add(add_import(*policy, options), Command::policy_import);
  add(add_policy_diff(*policy, options), Command::policy_diff);
  return commands;
}

}  // namespace pcapaudit
