// sign and verify: who vouches for an audit, and whether all of it is still what was signed.
#include <chrono>

#include <fmt/format.h>

#include "base/text/text.hpp"
#include "cli/commands/commands.hpp"
#include "store/ledger/ledger.hpp"

namespace pcapaudit {
namespace {

// "V-1A2B=accept"
Result<Decision> parse_decision(const DecisionWords& words) {
  const std::size_t equals = words.decision.find('=');
  Decision decision{
      .finding = words.decision.substr(0, equals), .decision = {}, .note = words.note};
  if (equals != std::string::npos) decision.decision = words.decision.substr(equals + 1);
  const std::string& word = decision.decision;
  if (decision.finding.empty() || (word != "accept" && word != "fix" && word != "exception")) {
    return fail(fmt::format("\"{}\" is no decision", visible(words.decision)),
                "write V-1A2B=accept, V-1A2B=fix or V-1A2B=exception");
  }
  if (word != "fix" && decision.note.empty()) {
    return fail(fmt::format("{}={} has no reason", decision.finding, word),
                "say why behind it: --note 'TEXT'");
  }
  return decision;
}

Result<SignOff> read_sign_off(const Options& options) {
  SignOff sign_off{
      .reviewer = options.reviewer, .note = options.sign_note, .decisions = {}, .at = {}};
  for (const DecisionWords& words : options.decisions) {
    auto decision = parse_decision(words);
    if (!decision) return std::unexpected(decision.error());
    sign_off.decisions.push_back(std::move(*decision));
  }
  if (options.sign_time.empty()) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    sign_off.at.ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    return sign_off;
  }
  const auto at = parse_time(options.sign_time);
  if (!at) {
    return fail(fmt::format("\"{}\" is no time", visible(options.sign_time)),
                "write 2026-12-01T09:00:00Z");
  }
  sign_off.at = *at;
  return sign_off;
}

std::string check_line(const Check& check) {
  const std::string what = visible(check.what);
  switch (check.state) {
    case Check::State::fits:
      return fmt::format("fits         {}\n", what);
    case Check::State::differs:
      return fmt::format("DOES NOT FIT {}: {}\n", what, visible(check.why));
    case Check::State::not_checked:
      break;
  }
  return fmt::format("not checked  {}: {}\n", what, visible(check.why));
}

}  // namespace

CommandResult run_sign(const Options& options) {
  const auto sign_off = read_sign_off(options);
  if (!sign_off) return failure(sign_off.error(), ExitCode::usage);
  if (sign_off->reviewer.empty()) return failure({.what = "--reviewer is empty"}, ExitCode::usage);
  const auto key = SigningKey::read(options.key_file);
  if (!key) return failure(key.error(), ExitCode::usage);
  const auto last = sign_audit(options.inputs.front(), *sign_off, *key);
  if (!last) return failure(last.error(), ExitCode::usage);
  if (options.quiet) return static_cast<int>(ExitCode::ok);
  return print_text(fmt::format("signed  entry {} by {} at {}\nhash    {}\nkey     {}\n",
                                last->number, visible(sign_off->reviewer), to_text(sign_off->at),
                                last->hash, last->public_key));
}

CommandResult run_verify(const Options& options) {
  std::vector<std::string> keys;
  for (const std::string& file : options.public_keys) {
    auto key = read_public_key(file);
    if (!key) return failure(key.error(), ExitCode::usage);
    keys.push_back(std::move(*key));
  }
  const auto checks = verify_audit(options.inputs.front(), keys);
  if (!checks) return failure(checks.error(), ExitCode::usage);
  std::string text;
  std::uint64_t counts[3] = {};
  for (const Check& check : *checks) {
    ++counts[static_cast<std::size_t>(check.state)];
    if (!options.quiet || check.state == Check::State::differs) text += check_line(check);
  }
  text += fmt::format("{} fit, {} do not fit, {} not checked\n", counts[0], counts[1], counts[2]);
  if (keys.empty()) text += "any key was taken: --key PUBLIC.pem says whose signatures count\n";
  const auto written = print_text(text);
  if (!written) return written;
  return static_cast<int>(counts[1] == 0 ? ExitCode::ok : ExitCode::findings);
}

}  // namespace pcapaudit
