// pcapaudit-micro: what each stage of the line costs by itself; options are Google Benchmark's.
#include <benchmark/benchmark.h>

#include "micro/benchmarks.hpp"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  pcapaudit::bench::register_packet_benchmarks();
  pcapaudit::bench::register_dissector_benchmarks();
  pcapaudit::bench::register_judgement_benchmarks();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
