// Closed flows to verdicts to rows, by the policy of samples/site.toml.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include "micro/benchmarks.hpp"
#include "micro/recorded.hpp"

namespace pcapaudit::bench {
namespace {

constexpr std::size_t batch_size = 256;

struct Site {
  Policy policy;
  std::unique_ptr<Judge> judge;
};

std::shared_ptr<const Site> load_site() {
  auto policy = load_policy({PCAPAUDIT_SAMPLES "/site.toml"});
  if (!policy) {
    fmt::print(stderr, "error: {}\n", policy.error().what);
    std::exit(EXIT_FAILURE);
  }
  auto site = std::make_shared<Site>();
  site->policy = std::move(*policy);
  site->judge = std::make_unique<Judge>(site->policy);
  return site;
}

std::vector<AuditedFlow> judged(const Judge& judge, const char* kind, std::uint64_t flows) {
  Recorded recorded;
  record(kind, flows, recorded);
  std::vector<AuditedFlow> all;
  for (ClosedFlow& flow : closed_flows(recorded)) {
    Verdict verdict = judge.judge(flow);
    all.push_back({.flow = std::move(flow), .verdict = std::move(verdict)});
  }
  return all;
}

void judge_all(benchmark::State& state, const Judge& judge, const std::vector<AuditedFlow>& flows) {
  for (auto _ : state) {
    for (const AuditedFlow& audited : flows) benchmark::DoNotOptimize(judge.judge(audited.flow));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(flows.size()));
  if (flows.empty()) state.SkipWithError("no such flows");
}

// A database from its creation until it is finished.
void store_all(benchmark::State& state, const Policy& policy,
               const std::vector<AuditedFlow>& flows) {
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("pcapaudit-micro.{}.db", ::getpid());
  for (auto _ : state) {
    auto store = Store::create(path.string(), true);
    bool good = store && (*store)->write_policy(policy);
    for (std::size_t at = 0; good && at < flows.size(); at += batch_size) {
      const std::size_t size = std::min(batch_size, flows.size() - at);
      good = static_cast<bool>((*store)->accept(std::span(flows).subspan(at, size)));
    }
    good = good && (*store)->finish({}, std::vector<CaptureSummary>(1));
    if (!good) state.SkipWithError("the database could not be written");
  }
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(flows.size()));
}

}  // namespace

void register_judgement_benchmarks() {
  const auto site = load_site();
  struct Kind {
    const char* name;
    std::uint64_t flows;
  };
  for (const Kind kind : {Kind{"short", 10'000}, {"tls", 10'000}, {"sip", 200}}) {
    const auto all = judged(*site->judge, kind.name, kind.flows);
    for (const VerdictKind verdict : {VerdictKind::allowed, VerdictKind::violation}) {
      std::vector<AuditedFlow> some;
      std::ranges::copy_if(all, std::back_inserter(some),
                           [&](const AuditedFlow& a) { return a.verdict.kind == verdict; });
      if (some.empty()) continue;
      benchmark::RegisterBenchmark(
          fmt::format("judge/{}_{}", kind.name, to_text(verdict)).c_str(),
          [site, some](auto& state) { judge_all(state, *site->judge, some); });
    }
    benchmark::RegisterBenchmark(fmt::format("store/{}", kind.name).c_str(),
                                 [site, all](auto& state) { store_all(state, site->policy, all); });
  }
}

}  // namespace pcapaudit::bench
