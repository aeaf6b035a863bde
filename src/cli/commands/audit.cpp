// audit: judge captures, store the result, print the summary, choose the exit code.
#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "policy/tools/no_policy.hpp"
#include "report/report.hpp"
#include "report/text/layout.hpp"
#include "run/pipeline.hpp"
#include "store/output_place.hpp"
#include "store/store.hpp"

namespace pcapaudit {
namespace {

// Stores flows, and keeps what the exit code depends on.
class StoreSink final : public FlowSink {
 public:
  explicit StoreSink(Store& store) : store_(store) {}

  Result<void> accept(std::span<AuditedFlow> flows, std::span<const LatePacket> late) override {
    for (const AuditedFlow& audited : flows) {
      const Verdict& verdict = audited.verdict;
      seen_roles_ |= verdict.client_roles | verdict.server_roles;
      in_scope_ += verdict.kind != VerdictKind::ignored;
      if (verdict.kind == VerdictKind::undetermined && !verdict.rule.empty()) {
        ++open_[verdict.reason];
      }
    }
    return store_.accept(flows, late);
  }
  Result<void> mark_unheard(std::span<const std::uint64_t> flows) override {
    return store_.mark_unheard(flows);
  }

  RoleSet seen_roles() const { return seen_roles_; }
  std::uint64_t in_scope() const { return in_scope_; }
  // Flows that a row fits and that could not be judged.
  const std::map<Reason, std::uint64_t>& open() const { return open_; }

 private:
  Store& store_;
  RoleSet seen_roles_ = 0;
  std::uint64_t in_scope_ = 0;  // flows that are not ignored
  std::map<Reason, std::uint64_t> open_;
};

// Roles that the site wants to be seen, and that were at neither end of any flow.
std::string missing_roles(const Policy& policy, RoleSet seen) {
  RoleSet missing = 0;
  for (std::size_t i = 0; i < policy.roles.size(); ++i) {
    const RoleSet bit = RoleSet{1} << i;
    if (policy.roles[i].required && (seen & bit) == 0) missing |= bit;
  }
  return missing == 0 ? "" : policy.role_names(missing);
}

double loss_percent(const RunSummary& summary) {
  std::uint64_t packets = 0;
  std::uint64_t dropped = 0;
  for (const CaptureSummary& capture : summary.captures) {
    packets += capture.facts.packets;
    dropped += capture.facts.dropped;
  }
  if (dropped == 0) return 0;
  return 100.0 * static_cast<double>(dropped) / static_cast<double>(packets + dropped);
}

// Packets of link types that nobody reads: whole interfaces, of whose flows nothing is known.
std::uint64_t unread_links(const RunSummary& summary) {
  std::uint64_t packets = 0;
  for (const CaptureSummary& capture : summary.captures) {
    packets += capture.packets.issues[static_cast<std::size_t>(DecodeIssue::unsupported_link)];
  }
  return packets;
}

// "12 flows that a row fits could not be judged (no-payload 10, gap 2)", or empty.
std::string open_flows(const Options& options, const StoreSink& sink) {
  std::uint64_t flows = 0;
  std::string reasons;
  for (const auto& [reason, count] : sink.open()) {
    if (std::ranges::find(options.accepted_reasons, to_text(reason)) !=
        options.accepted_reasons.end())
      continue;
    flows += count;
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", to_text(reason), count);
  }
  if (flows == 0) return {};
  return fmt::format(
      "{} that a row fits could not be judged ({}); --accept-undetermined names reasons that are "
      "fine here",
      counted(flows, "flow", "flows"), reasons);
}

// Why the evidence does not carry a verdict; empty when it does.
std::vector<std::string> insufficiencies(const Options& options, const Policy& policy,
                                         const RunSummary& summary, const StoreSink& sink) {
  std::vector<std::string> reasons;
  if (summary.flows == 0) {
    reasons.emplace_back("the captures hold no flow");
  } else if (sink.in_scope() == 0) {
    reasons.emplace_back(
        "no flow is in the scope of the audit: do the [bind] addresses fit the captures?");
  }
  if (const double loss = loss_percent(summary); loss > options.max_loss_percent) {
    reasons.push_back(
        fmt::format("the capture lost {:.2f} % of its packets, more than --max-loss "
                    "{} %",
                    loss, options.max_loss_percent));
  }
  if (const std::uint64_t packets = unread_links(summary); packets > 0) {
    reasons.push_back(fmt::format("{} of link types that cannot be read were not judged",
                                  counted(packets, "packet", "packets")));
  }
  if (std::string open = open_flows(options, sink); !open.empty()) {
    reasons.push_back(std::move(open));
  }
  if (const std::string missing = missing_roles(policy, sink.seen_roles()); !missing.empty()) {
    reasons.push_back("required role never seen: " + missing);
  }
  return reasons;
}

// Findings at or above the limit.
Result<std::uint64_t> count_findings(const Store& store, Severity fail_on) {
  const auto table =
      store.query("SELECT severity, count(*) FROM v_finding GROUP BY severity ORDER BY severity");
  if (!table) return std::unexpected(table.error());
  std::uint64_t count = 0;
  for (const auto& row : table->rows) {
    const auto severity = parse_severity(row[0]);
    if (severity && *severity >= fail_on) count += std::stoull(row[1]);
  }
  return count;
}

std::vector<std::string> result_arguments(const Options& options,
                                          const std::vector<std::string>& inputs) {
  std::vector<std::string> arguments = {"audit"};
  arguments.insert(arguments.end(), inputs.begin(), inputs.end());
  for (const std::string& policy : options.policies)
    arguments.insert(arguments.end(), {"-p", policy});
  if (!options.filter.empty()) arguments.insert(arguments.end(), {"-f", options.filter});
  add_decode_arguments(arguments, options.decode);
  if (options.strict) arguments.emplace_back("--strict");
  for (const std::string& reason : options.accepted_reasons) {
    arguments.insert(arguments.end(), {"--accept-undetermined", reason});
  }
  return arguments;
}

// All that applies, in the order of its weight: the first one is the exit code.
Result<std::vector<ExitReason>> conclude(const Options& options, const Policy& policy,
                                         const Store& store, const RunSummary& summary,
                                         const StoreSink& sink) {
  std::vector<ExitReason> reasons;
  const auto add = [&](ExitCode code, std::string why) {
    reasons.push_back({.code = static_cast<int>(code), .why = std::move(why)});
  };
  const auto findings = count_findings(store, options.fail_on);
  if (!findings) return std::unexpected(findings.error());
  if (*findings > 0) {
    add(ExitCode::findings,
        fmt::format("{} at or above {}", counted(*findings, "finding", "findings"),
                    to_text(options.fail_on)));
  }
  if (is_partial(summary)) {
    add(ExitCode::partial, "an input could not be read to its end; the rest was judged");
  }
  for (std::string& why : insufficiencies(options, policy, summary, sink)) {
    add(ExitCode::insufficient, std::move(why));
  }
  if (reasons.empty()) {
    add(ExitCode::ok, fmt::format("no finding at or above {}", to_text(options.fail_on)));
  }
  return reasons;
}

CommandResult print_summary(const Options& options, const Store& store,
                            const std::vector<ExitReason>& reasons) {
  const auto text = options.format == "json"
                        ? render_json(store, {.changes = nullptr, .exit = reasons})
                        : render_text(store, {.database_name = options.output,
                                              .color = wants_color(options.color),
                                              .is_short = true});
  if (!text) return failure(text.error(), ExitCode::internal);
  return print_out(*text);
}

// A finished audit.
struct Audited {
  Policy policy;
  std::unique_ptr<Store> store;
  std::unique_ptr<StoreSink> sink;
  RunSummary summary;
};

std::expected<Audited, CommandFailure> audit_into(const Options& options, const std::string& path) {
  auto policy =
      options.policies.empty() ? no_policy() : load_policy(options.policies, options.strict);
  if (!policy) return failure(policy.error(), ExitCode::usage);
  for (const Lint& lint : policy->lints) {
    if (lint.is_error && !options.quiet) print_warning(lint.remark);
  }
  const auto inputs = find_inputs(options);
  if (!inputs) return failure(inputs.error(), ExitCode::usage);
  if (path == options.output) {
    std::vector<std::string> read = files_read(options);
    read.insert(read.end(), inputs->captures.begin(), inputs->captures.end());
    if (auto free = check_output(path, OutputKind::database, options.force, read); !free) {
      return failure(free.error(), ExitCode::output);
    }
  }
  auto store = Store::create(path, options.force);
  if (!store) return failure(store.error(), ExitCode::output);
  if (const auto written = (*store)->write_policy(*policy); !written) {
    return failure(written.error(), ExitCode::output);
  }
  auto sink = std::make_unique<StoreSink>(**store);
  auto summary = read_captures(options, inputs->captures, &*policy, *sink);
  if (!summary) return failure(summary.error(), ExitCode::output);
  const auto finished = (*store)->finish({.tool_version = PCAPAUDIT_VERSION,
                                          .arguments = result_arguments(options, inputs->captures),
                                          .skipped = inputs->others,
                                          .partial = is_partial(*summary) || summary->interrupted},
                                         summary->captures);
  if (!finished) return failure(finished.error(), ExitCode::output);
  return Audited{.policy = *std::move(policy),
                 .store = *std::move(store),
                 .sink = std::move(sink),
                 .summary = *std::move(summary)};
}

}  // namespace

std::expected<MemoryAudit, CommandFailure> audit_in_memory(const Options& options) {
  auto audited = audit_into(options, ":memory:");
  if (!audited) return std::unexpected(audited.error());
  ExitCode code = audited->summary.flows == 0 ? ExitCode::insufficient : ExitCode::ok;
  if (is_partial(audited->summary)) code = ExitCode::partial;
  return MemoryAudit{.store = std::move(audited->store), .code = code};
}

CommandResult run_audit(const Options& options) {
  interrupt_signal();  // from here on a signal ends the run with a closed database
  const auto audited = audit_into(options, options.output.empty() ? ":memory:" : options.output);
  if (!audited) return std::unexpected(audited.error());
  const auto reasons =
      conclude(options, audited->policy, *audited->store, audited->summary, *audited->sink);
  if (!reasons) return failure(reasons.error(), ExitCode::internal);
  if (!options.quiet) {
    const auto printed = print_summary(options, *audited->store, *reasons);
    if (!printed) return printed;
  }
  if (audited->summary.interrupted) return interrupted_exit_code();
  if (!options.quiet) {
    say(fmt::format("pcapaudit: exit {}: {}", reasons->front().code, reasons->front().why));
    for (std::size_t i = 1; i < reasons->size(); ++i) {
      say("pcapaudit: also: " + (*reasons)[i].why);
    }
  }
  return reasons->front().code;
}

}  // namespace pcapaudit
