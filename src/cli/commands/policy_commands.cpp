// The policy commands, and the questions that need no capture.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/files/read_file.hpp"
#include "cli/commands/commands.hpp"
#include "policy/exports/exports.hpp"
#include "policy/import.hpp"
#include "policy/judge/question.hpp"
#include "policy/load/policy_documents.hpp"
#include "policy/tools/policy_diff.hpp"
#include "policy/tools/policy_review.hpp"
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

// Remarks as text; more of one kind than `shown` say nothing new, and a list of thousands hides the
// rest.
void print_lints(const std::vector<Lint>& lints) {
  constexpr std::size_t shown = 50;
  std::map<std::string, std::size_t> remarks;  // by code
  for (const Lint& lint : lints) {
    if (lint.is_error) {
      print_error(lint.remark);
    } else if (++remarks[lint.code] <= shown) {
      print_warning(lint.remark);
    }
  }
  for (const auto& [code, count] : remarks) {
    if (count > shown) print_warning({.what = fmt::format("{}: and {} more", code, count - shown)});
  }
}

Result<Timestamp> time_or_now(const std::string& text) {
  if (text.empty()) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return Timestamp{std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()};
  }
  if (const auto time = parse_time(text)) return *time;
  return fail(fmt::format("--at: \"{}\" is no time", text), "write 2026-12-01T09:00:00Z");
}

CommandResult run_policy_check(const Options& options) {
  const auto now = time_or_now(options.at);
  if (!now) return failure(now.error(), ExitCode::usage);
  const auto policy = load_policy(options.policies);
  if (!policy) return failure(policy.error(), ExitCode::usage);
  std::vector<Lint> lints = policy->lints;
  for (auto& more : {document_lints(*policy), review_lints(*policy, *now)})
    lints.insert(lints.end(), more.begin(), more.end());
  const auto errors = static_cast<std::size_t>(
      std::count_if(lints.begin(), lints.end(), [](const Lint& it) { return it.is_error; }));
  CommandResult printed = static_cast<int>(ExitCode::ok);
  if (options.format == "json") {
    printed = print_out(lints_json(lints, *policy));
  } else if (options.format == "sarif") {
    printed = print_out(lints_sarif(lints));
  } else {
    print_lints(lints);
    if (!options.quiet) {
      printed = print_text(
          fmt::format("{} documented flows, {} roles, {} errors, {} remarks: loads\n",
                      policy->flows.size(), policy->roles.size(), errors, lints.size() - errors));
    }
  }
  if (!printed) return printed;
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
  const auto& formats = export_formats();
  const auto format = std::find_if(formats.begin(), formats.end(), [&](const ExportFormat& it) {
    return it.name == options.format;
  });
  Export out = (format == formats.end() ? formats.front() : *format).write(*policy);
  if (!options.quiet) {
    for (const std::string& it : out.unsaid) print_warning({.what = options.format + ": " + it});
  }
  const bool to_file = !options.output.empty() && options.output != "-";
  for (const auto& [end, text] : out.beside) {
    if (!to_file) {
      out.text += "\n" + text;
      continue;
    }
    const auto name = std::filesystem::path(options.output).replace_extension(end);
    if (auto written = write_out(options, name.string(), text); !written) return written;
  }
  return write_out(options, options.output, out.text);
}

CommandResult run_policy_diff(const Options& options) {
  const auto older = load_policy({options.policies.at(0)});
  if (!older) return failure(older.error(), ExitCode::usage);
  const auto newer = load_policy({options.policies.at(1)});
  if (!newer) return failure(newer.error(), ExitCode::usage);
  const PolicyDiff diff = compare_policies(*older, *newer);
  const CommandResult printed =
      options.format == "json" ? print_out(to_json(diff)) : print_text(to_text(diff));
  if (!printed) return printed;
  return static_cast<int>(diff.lets_more_pass() ? ExitCode::findings : ExitCode::ok);
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

Result<std::vector<ImportFile>> read_documents(const std::vector<std::string>& names) {
  std::vector<ImportFile> files;
  for (const std::string& name : names) {
    constexpr std::size_t largest = std::size_t{64} << 20;  // the readers take less
    auto text = read_file(name, largest);
    if (!text) return std::unexpected(text.error());
    files.push_back(ImportFile{.name = name, .text = *std::move(text)});
  }
  return files;
}

CommandResult run_policy_import(const Options& options) {
  const auto asked = import_options(options);
  if (!asked) return failure(asked.error(), ExitCode::usage);
  const auto files = read_documents(options.inputs);
  if (!files) return failure(files.error(), ExitCode::usage);
  const auto imported = import_documents(*files, *asked);
  if (!imported) return failure(imported.error(), ExitCode::usage);
  for (const Error& remark : imported->remarks) print_warning(remark);
  if (options.explain) {
    for (const std::string& line : imported->account) say(line);
  }
  if (!options.quiet) {
    say(fmt::format(
        "{} rows read{}, {} remarks; the draft is for a person to read", imported->rows.size(),
        imported->binds.empty() ? ""
                                : fmt::format(", addresses of {} roles", imported->binds.size()),
        imported->remarks.size()));
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
