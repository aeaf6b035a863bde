// The call that other programs make: from options to the line and its database.

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include <pcapaudit/audit.hpp>

#include "embed/judged_flow.hpp"
#include "policy/application_names.hpp"
#include "run/memory.hpp"
#include "run/pipeline.hpp"
#include "run/secrets.hpp"
#include "store/output_place.hpp"
#include "store/store.hpp"

namespace pcapaudit {
namespace {

// Stores flows, and tells them.
class TellingSink final : public FlowSink {
 public:
  TellingSink(Store& store, const Policy& policy, const OnFlow& on_flow)
      : store_(store), policy_(policy), on_flow_(on_flow) {}

  Result<void> accept(std::span<AuditedFlow> flows, std::span<const LatePacket> late) override {
    if (on_flow_) {
      for (const AuditedFlow& audited : flows) on_flow_(judged_flow(audited, policy_));
    }
    return store_.accept(flows, late);
  }
  Result<void> mark_unheard(std::span<const std::uint64_t> flows) override {
    return store_.mark_unheard(flows);
  }

 private:
  Store& store_;
  const Policy& policy_;
  const OnFlow& on_flow_;
};

// A name that rows can use, and that means nothing else in them.
bool is_application_name(std::string_view name) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return !name.empty() && name != "none" && name != "unknown" &&
         name.find_first_not_of(letters) == std::string_view::npos;
}

// All that a dissector may tell.
Result<std::vector<std::string_view>> names_of(const DissectorSpec* spec) {
  if (spec == nullptr || spec->probe == nullptr || spec->make == nullptr) {
    return fail("a dissector has no probe or cannot be made");
  }
  std::vector<std::string_view> names;
  if (!spec->name.empty()) names.push_back(spec->name);
  if (spec->names != nullptr) {
    for (const std::string_view name : spec->names()) names.push_back(name);
  }
  if (names.empty()) return fail("a dissector tells no name");
  for (const std::string_view name : names) {
    if (!is_application_name(name)) {
      return fail(fmt::format("\"{}\" is no name for an application", name),
                  "lower-case letters, digits and '-'");
    }
  }
  return names;
}

struct Dissectors {
  std::vector<const DissectorSpec*> specs;
  std::vector<std::string> own_names;  // that the built-in ones do not tell; sorted
};

Result<Dissectors> dissectors_of(const AuditOptions& options) {
  Dissectors all;
  const auto add = [&](DissectorList list) {
    all.specs.insert(all.specs.end(), list.begin(), list.end());
  };
  add(options.dissectors_before);
  add(all_dissectors());
  add(options.dissectors_after);
  for (const DissectorList list : {options.dissectors_before, options.dissectors_after}) {
    for (const DissectorSpec* spec : list) {
      const auto names = names_of(spec);
      if (!names) return std::unexpected(names.error());
      all.own_names.insert(all.own_names.end(), names->begin(), names->end());
    }
  }
  std::erase_if(all.own_names, [](const std::string& name) {
    return std::ranges::any_of(application_names(),
                               [&](const ApplicationName& it) { return it.name == name; });
  });
  std::ranges::sort(all.own_names);
  const auto repeated = std::ranges::unique(all.own_names);
  all.own_names.erase(repeated.begin(), repeated.end());
  return all;
}

// What changes the result, as the database keeps it.
std::vector<std::string> result_arguments(const AuditOptions& options, const InputFiles& inputs,
                                          const std::vector<std::string>& own_names) {
  std::vector<std::string> arguments = {"audit"};
  arguments.insert(arguments.end(), inputs.captures.begin(), inputs.captures.end());
  for (const std::string& policy : options.policies)
    arguments.insert(arguments.end(), {"-p", policy});
  if (!options.filter.empty()) arguments.insert(arguments.end(), {"-f", options.filter});
  for (const std::string& file : options.key_logs) arguments.insert(arguments.end(), {"-k", file});
  if (options.strict) arguments.emplace_back("--strict");
  for (const std::string& name : own_names)
    arguments.insert(arguments.end(), {"--dissector", name});
  return arguments;
}

Result<void> check_place(const AuditOptions& options, const InputFiles& inputs) {
  if (options.database.empty()) return {};
  std::vector<std::string> read = inputs.captures;
  read.insert(read.end(), options.policies.begin(), options.policies.end());
  read.insert(read.end(), options.key_logs.begin(), options.key_logs.end());
  return check_output(options.database, OutputKind::database, options.replace, read);
}

AuditSummary summary_of(const RunSummary& run, const Policy& policy) {
  AuditSummary summary;
  summary.flows = run.flows;
  summary.stopped = run.interrupted;
  for (const CaptureSummary& capture : run.captures) {
    const auto& issues = capture.packets.issues;
    summary.packets += capture.facts.packets;
    summary.lost += capture.facts.dropped;
    summary.unread += std::accumulate(issues.begin(), issues.end(), std::uint64_t{0});
    if (capture.facts.damage) summary.damaged.push_back(*capture.facts.damage);
  }
  for (const Lint& lint : policy.lints) {
    if (lint.is_error) summary.remarks.push_back(lint.remark);
  }
  return summary;
}

// Verdicts are final in the finished database only.
Result<void> count(const Store& store, AuditSummary& summary) {
  const auto verdicts =
      store.query("SELECT verdict, sum(flows) FROM flow_group GROUP BY verdict ORDER BY verdict");
  if (!verdicts) return std::unexpected(verdicts.error());
  const std::pair<VerdictKind, std::uint64_t*> counters[] = {
      {VerdictKind::allowed, &summary.allowed},
      {VerdictKind::violation, &summary.violation},
      {VerdictKind::waived, &summary.waived},
      {VerdictKind::undetermined, &summary.undetermined},
      {VerdictKind::ignored, &summary.ignored}};
  for (const auto& row : verdicts->rows) {
    for (const auto& [kind, counter] : counters) {
      if (row[0] == to_text(kind)) *counter = std::stoull(row[1]);
    }
  }
  const auto findings = store.query("SELECT count(*) FROM v_finding ORDER BY 1");
  if (!findings) return std::unexpected(findings.error());
  summary.findings = std::stoull(findings->rows.at(0).at(0));
  return {};
}

}  // namespace

Result<AuditSummary> audit(const AuditOptions& options, const OnFlow& on_flow) {
  if (options.threads > most_audit_threads) {
    return fail(fmt::format("{} threads are too many", options.threads),
                fmt::format("{} at most", most_audit_threads));
  }
  const auto memory = flow_memory(options.memory == 0 ? usual_memory() : options.memory, 0);
  if (!memory) return fail(fmt::format("{} bytes are too little memory", options.memory));
  if (auto checked = check_filter(options.filter); !checked) {
    return std::unexpected(checked.error());
  }
  const auto dissectors = dissectors_of(options);
  if (!dissectors) return std::unexpected(dissectors.error());
  const auto policy = load_policy(options.policies, options.strict, dissectors->own_names);
  if (!policy) return std::unexpected(policy.error());
  const auto inputs = expand_paths(options.captures);
  if (!inputs) return std::unexpected(inputs.error());
  if (auto free = check_place(options, *inputs); !free) return std::unexpected(free.error());
  const auto secrets = collect_secrets(options.key_logs, inputs->captures);
  if (!secrets) return std::unexpected(secrets.error());

  const auto store =
      Store::create(options.database.empty() ? ":memory:" : options.database, options.replace);
  if (!store) return std::unexpected(store.error());
  if (auto written = (*store)->write_policy(*policy); !written) {
    return std::unexpected(written.error());
  }
  TellingSink sink(**store, *policy, on_flow);
  const auto ran = run({.inputs = inputs->captures,
                        .source = {.filter = options.filter},
                        .policy = &*policy,
                        .dissectors = dissectors->specs,
                        .tls_keys = secrets->keys,
                        .workers = options.threads,
                        .memory = *memory,
                        .progress = {},
                        .interrupted = options.stop},
                       sink);
  if (!ran) return std::unexpected(ran.error());
  AuditSummary summary = summary_of(*ran, *policy);
  summary.remarks.insert(summary.remarks.end(), secrets->warnings.begin(), secrets->warnings.end());
  const RunFacts facts{.tool_version = PCAPAUDIT_VERSION,
                       .arguments = result_arguments(options, *inputs, dissectors->own_names),
                       .skipped = inputs->others,
                       .partial = !summary.damaged.empty() || summary.stopped};
  if (auto finished = (*store)->finish(facts, ran->captures); !finished) {
    return std::unexpected(finished.error());
  }
  if (auto counted = count(**store, summary); !counted) return std::unexpected(counted.error());
  return summary;
}

}  // namespace pcapaudit
