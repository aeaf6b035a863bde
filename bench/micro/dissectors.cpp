// Each dissector behind the stream that probes for it and calls it; certificates by themselves.
#include <string>

#include <benchmark/benchmark.h>

#include "dissectors/tls/certificates/x509.hpp"
#include "flow/stream/stream.hpp"
#include "micro/benchmarks.hpp"
#include "micro/talks.hpp"
#include "workload/certificate.hpp"

namespace pcapaudit::bench {
namespace {

void dissect(benchmark::State& state, const Talk& talk) {
  std::size_t bytes = 0;
  for (const Talk::Piece& piece : talk.pieces) bytes += piece.bytes.size();
  SharedFacts shared;
  for (auto _ : state) {
    Stream stream(talk.carrier, shared);
    stream.set_client_side(0);
    stream.set_from_start(0);
    stream.set_from_start(1);
    for (const Talk::Piece& piece : talk.pieces) stream.bytes(piece.side, as_bytes(piece.bytes));
    ClosedFlow flow;
    stream.finish(0, flow);
    benchmark::DoNotOptimize(flow);
    if (flow.app != talk.name) state.SkipWithError(("taken for " + flow.app).c_str());
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void parse(benchmark::State& state, const std::string& der) {
  const CertificateReader reader;
  for (auto _ : state) {
    const auto certificate = reader.parse(as_bytes(der));
    benchmark::DoNotOptimize(certificate);
    if (!certificate) state.SkipWithError("no certificate");
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_dissector_benchmarks() {
  for (const Talk& talk : talks()) {
    benchmark::RegisterBenchmark(("dissect/" + talk.title).c_str(),
                                 [talk](auto& state) { dissect(state, talk); });
  }
  if (const auto der = marked_certificate()) {
    benchmark::RegisterBenchmark("certificate/parse",
                                 [der = *der](auto& state) { parse(state, der); });
  }
}

}  // namespace pcapaudit::bench
