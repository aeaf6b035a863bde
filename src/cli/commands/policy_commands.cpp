// The policy commands, and the questions that need no capture.
#include <algorithm>
#include <chrono>
#include <map>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/files/read_file.hpp"
#include "cli/commands/commands.hpp"
#include "policy/import.hpp"
#include "policy/judge/question.hpp"
#include "policy/load/policy_documents.hpp"
#include "policy/tools/policy_show.hpp"
#include "report/text/explain.hpp"

namespace pcapaudit {

CommandResult run_policy_list(const Options&) {
  return print_text(list_packs());
}

CommandResult run_policy_apps(const Options&) {
  return print_text(applications_text());
}

CommandResult run_policy_show(const Options& options) {
  const auto policy = load_policy(options.policies);
  if (!policy) return failure(policy.error(), ExitCode::usage);
  return print_text(show_policy(*policy));
}

CommandResult run_policy_check(const Options& options) {
  const auto policy = load_policy(options.policies);
  if (!policy) return failure(policy.error(), ExitCode::usage);
  // More of one kind say nothing new, and a list of thousands hides the rest.
  constexpr std::size_t shown = 50;
  std::size_t errors = 0;
  std::map<std::string, std::size_t> remarks;  // by code
  for (const Lint& lint : policy->lints) {
    errors += lint.is_error ? 1 : 0;
    if (lint.is_error) {
      print_error(lint.remark);
    } else if (++remarks[lint.code] <= shown) {
      print_warning(lint.remark);
    }
  }
  for (const auto& [code, count] : remarks) {
    if (count > shown) print_warning({.what = fmt::format("{}: and {} more", code, count - shown)});
  }
  if (!options.quiet) {
    const auto printed = print_text(fmt::format(
        "{} documented flows, {} roles, {} errors, {} remarks: loads\n", policy->flows.size(),
        policy->roles.size(), errors, policy->lints.size() - errors));
    if (!printed) return printed;
  }
  return static_cast<int>(errors == 0 ? ExitCode::ok : ExitCode::usage);
}

CommandResult run_policy_plan(const Options& options) {
  const auto policy = load_policy(options.policies);
  if (!policy) return failure(policy.error(), ExitCode::usage);
  return print_text(plan_text(*policy));
}

CommandResult run_policy_test(const Options& options) {
  const auto policy = load_policy(options.policies, options.strict);
  if (!policy) return failure(policy.error(), ExitCode::usage);
  const auto results = test_policy(*policy, options.inputs);
  if (!results) return failure(results.error(), ExitCode::usage);
  std::size_t failed = 0;
  std::string text;
  for (const AssertionResult& result : *results) {
    if (result.failure.empty()) continue;
    ++failed;
    const PolicyAssertion& test = result.assertion;
    const std::string name = test.name.empty()
                                 ? fmt::format("{} → {} {}", test.question.source,
                                               test.question.destination, test.question.target)
                                 : test.name;
    text += fmt::format("{}:{}: {}: {}\n", test.place.file, test.place.line, name, result.failure);
  }
  if (!options.quiet) {
    text += fmt::format("{} of {} assertions hold\n", results->size() - failed, results->size());
  }
  if (auto printed = print_text(text); !printed) return printed;
  return static_cast<int>(failed == 0 ? ExitCode::ok : ExitCode::findings);
}

CommandResult run_policy_export(const Options& options) {
  const auto policy = load_policy(options.policies);
  if (!policy) return failure(policy.error(), ExitCode::usage);
  if (options.format == "md") return write_out(options, options.output, export_markdown(*policy));
  if (options.format == "nft") return write_out(options, options.output, export_nftables(*policy));
  return write_out(options, options.output, export_csv(*policy));
}

// "from=Source,to=Target": an error when a part is none of these.
Result<ImportOptions> import_options(const Options& options) {
  ImportOptions result{.columns = {}, .table = options.import_table};
  constexpr std::string_view kinds[] = {"from", "to",        "port",   "transport",
                                        "app",  "direction", "action", "mutual"};
  for (std::size_t at = 0; at < options.import_columns.size();) {
    const std::size_t end =
        std::min(options.import_columns.find(',', at), options.import_columns.size());
    const std::string part = options.import_columns.substr(at, end - at);
    const std::size_t sign = part.find('=');
    const std::string kind = part.substr(0, std::min(sign, part.size()));
    if (sign == std::string::npos ||
        std::find(std::begin(kinds), std::end(kinds), kind) == std::end(kinds)) {
      return fail(fmt::format("--columns: \"{}\" is no column", part),
                  fmt::format("one of {}, \"=\" and its heading", fmt::join(kinds, ", ")));
    }
    result.columns[kind] = part.substr(sign + 1);
    at = end + 1;
  }
  return result;
}

CommandResult run_policy_import(const Options& options) {
  const auto asked = import_options(options);
  if (!asked) return failure(asked.error(), ExitCode::usage);
  std::vector<ImportFile> files;
  for (const std::string& name : options.inputs) {
    constexpr std::size_t largest = std::size_t{64} << 20;  // the readers take less
    auto text = read_file(name, largest);
    if (!text) return failure(text.error(), ExitCode::usage);
    files.push_back(ImportFile{.name = name, .text = *std::move(text)});
  }
  const auto imported = import_documents(files, *asked);
  if (!imported) return failure(imported.error(), ExitCode::usage);
  for (const Error& remark : imported->remarks) print_warning(remark);
  if (options.explain) {
    for (const std::string& line : imported->account) say(line);
  }
  if (!options.quiet) {
    say(fmt::format("{} rows read, {} remarks; the draft is for a person to read",
                    imported->rows.size(), imported->remarks.size()));
  }
  return write_out(options, options.output, imported->draft);
}

CommandResult run_why(const Options& options) {
  const auto policy = load_policy(options.policies, options.strict);
  if (!policy) return failure(policy.error(), ExitCode::usage);
  const Judge judge(*policy);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const Timestamp time{std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()};
  const auto asked = asked_flow(options.question, judge, time);
  if (!asked) return failure(asked.error(), ExitCode::usage);
  std::string text;
  if (!asked->assumed.empty()) {
    text = fmt::format("assumed: the flow carries {}, as the row for these ends asks\n\n",
                       asked->assumed);
  }
  const Verdict verdict = judge.judge(asked->flow);
  const CommandResult written = print_text(text + explain_flow(judge, asked->flow, ""));
  if (!written) return written;
  const bool fails = verdict.kind == VerdictKind::violation;
  return static_cast<int>(fails ? ExitCode::findings : ExitCode::ok);
}

}  // namespace pcapaudit
