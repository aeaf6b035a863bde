// The commands: each does its work, prints what was asked for to stdout, and answers an exit code.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pcapaudit/base/result.hpp>

#include "cli/options/options.hpp"
#include "store/store.hpp"

namespace pcapaudit {

struct ImportFile;

// The contract's exit codes. When several apply the order is 70 > 2 > 5 > 1 > 3 > 4 > 0.
enum class ExitCode : int {
  ok = 0,
  findings = 1,
  usage = 2,
  partial = 3,
  insufficient = 4,
  output = 5,
  internal = 70,
};

struct CommandFailure {
  Error error;
  ExitCode code = ExitCode::usage;
};
using CommandResult = std::expected<int, CommandFailure>;
inline std::unexpected<CommandFailure> failure(Error error, ExitCode code) {
  return std::unexpected(CommandFailure{.error = std::move(error), .code = code});
}

CommandResult run_audit(const Options& options);
CommandResult run_inspect(const Options& options);
CommandResult run_report(const Options& options);
CommandResult run_policy_list(const Options& options);
CommandResult run_policy_show(const Options& options);
CommandResult run_policy_check(const Options& options);
CommandResult run_policy_apps(const Options& options);
CommandResult run_policy_plan(const Options& options);
CommandResult run_policy_test(const Options& options);
CommandResult run_policy_export(const Options& options);
CommandResult run_policy_import(const Options& options);
CommandResult run_policy_diff(const Options& options);
CommandResult run_explain(const Options& options);
CommandResult run_why(const Options& options);
CommandResult run_rules(const Options& options);
CommandResult run_replay(const Options& options);
CommandResult run_learn(const Options& options);
CommandResult run_init(const Options& options);
CommandResult run_query(const Options& options);
CommandResult run_diff(const Options& options);
CommandResult run_sign(const Options& options);
CommandResult run_verify(const Options& options);
CommandResult run_monitor(const Options& options);
CommandResult run_evidence(const Options& options);

// Standard output has these two ways and no other: what it does not take is exit code 5. put() may
// leave text in the buffer, for print_out() behind it.
CommandResult put(std::string_view text);
CommandResult print_out(std::string_view text);
// Text for people: every character of it can be seen.
CommandResult print_text(std::string_view text);
// Text to a file that may be written (check_output), or to stdout when the name is empty or "-".
CommandResult write_out(const Options& options, const std::string& path, const std::string& text);
// Documents of `policy import` and `init`, whole.
Result<std::vector<ImportFile>> read_documents(const std::vector<std::string>& names);
// The files that the options name to be read.
std::vector<std::string> files_read(const Options& options);

// An audit database as `options` want it: as it is, or with pseudonyms. One that is not finished is
// warned of.
std::expected<std::unique_ptr<Store>, CommandFailure> open_store(const Options& options,
                                                                 const std::string& path);
// What is read from an audit that is not finished is never a good end: 4 in place of 0.
CommandResult judged_as_far(const Store& store, CommandResult result);

CommandResult run_command(const Options& options);

// The audit of `options`, without a file and without a word. `code`: partial when an input could
// not be read to its end, insufficient when there is no flow.
struct MemoryAudit {
  std::unique_ptr<Store> store;
  ExitCode code = ExitCode::ok;
};
std::expected<MemoryAudit, CommandFailure> audit_in_memory(const Options& options);

// Standard error: that nobody takes it is no failure.
//
// "where: error: what", the excerpt, one hint.
void print_error(const Error& error);
void print_warning(const Error& warning);
std::string error_text(std::string_view level, const Error& error);
// Lines whose characters can all be seen, and a line end.
void say(std::string_view text);
// As it is: what moves the cursor. Nothing from outside stands in it as it came.
void draw(std::string_view text);

}  // namespace pcapaudit
