// Frames to flow packets to closed flows, and TCP segments to a stream.
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "flow/stream/tcp_reassembler.hpp"
#include "micro/benchmarks.hpp"
#include "micro/recorded.hpp"
#include "net/decoder.hpp"
#include "workload/frames.hpp"

namespace pcapaudit::bench {
namespace {

void count(benchmark::State& state, std::size_t packets, std::uint64_t bytes) {
  const auto rounds = state.iterations();
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(packets));
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(bytes));
}

void decode_all(benchmark::State& state, const Recorded& recorded) {
  for (auto _ : state) {
    for (const PacketView& view : recorded.views) benchmark::DoNotOptimize(decode(view));
  }
  count(state, recorded.views.size(), recorded.bytes);
}

void decode_with_memory(benchmark::State& state, const Recorded& recorded) {
  for (auto _ : state) {
    Decoder decoder;
    for (const PacketView& view : recorded.views) benchmark::DoNotOptimize(decoder.decode(view));
  }
  count(state, recorded.views.size(), recorded.bytes);
}

// Reassembly and dissection are in it: the table is where they are called.
void through_flow_table(benchmark::State& state, const Recorded& recorded) {
  for (auto _ : state) benchmark::DoNotOptimize(closed_flows(recorded));
  count(state, recorded.packets.size(), recorded.bytes);
}

class Counted final : public TcpReassembler::Output {
 public:
  void bytes(Bytes in_order) override { delivered += in_order.size(); }
  void gap(std::uint64_t missing, Unread) override { lost += missing; }
  std::size_t unread(std::size_t) const override { return {}; }
  std::uint64_t delivered = 0, lost = 0;
};

void reassemble(benchmark::State& state, const std::vector<std::uint32_t>& order) {
  const std::vector<std::uint8_t> payload(segment_size, 'x');
  for (auto _ : state) {
    TcpReassembler stream;
    Counted out;
    stream.start(0);
    for (const std::uint32_t segment : order) {
      stream.push(1 + segment * static_cast<std::uint32_t>(segment_size), payload,
                  static_cast<std::uint32_t>(segment_size), out);
    }
    stream.flush(out);
    benchmark::DoNotOptimize(out);
    if (out.lost != 0) state.SkipWithError("bytes were lost");
  }
  count(state, order.size(), order.size() * segment_size);
}

// 4096 segments, each `block` of them backwards.
std::vector<std::uint32_t> backwards(std::size_t block) {
  std::vector<std::uint32_t> order(4096);
  std::iota(order.begin(), order.end(), 0);
  for (auto at = order.begin(); at != order.end(); at += static_cast<std::ptrdiff_t>(block)) {
    std::reverse(at, at + static_cast<std::ptrdiff_t>(block));
  }
  return order;
}

std::vector<std::uint32_t> twice() {
  std::vector<std::uint32_t> order;
  for (std::uint32_t segment = 0; segment < 2048; ++segment) order.insert(order.end(), 2, segment);
  return order;
}

}  // namespace

void register_packet_benchmarks() {
  struct Kind {
    const char* name;
    std::uint64_t flows;
  };
  for (const Kind kind : {Kind{"short", 1000},
                          {"long", 4},
                          {"http", 50},
                          {"sip", 50},
                          {"tls", 500},
                          {"tiny", 1000},
                          {"syn", 5000}}) {
    const auto recorded = std::make_shared<Recorded>();
    record(kind.name, kind.flows, *recorded);
    const auto add = [&](const std::string& stage, auto run) {
      benchmark::RegisterBenchmark((stage + "/" + kind.name).c_str(),
                                   [recorded, run](auto& state) { run(state, *recorded); });
    };
    add("decode", decode_all);
    add("decoder", decode_with_memory);
    add("flow_table", through_flow_table);
  }
  const auto add = [](const char* name, std::vector<std::uint32_t> order) {
    benchmark::RegisterBenchmark(
        name, [order = std::move(order)](auto& state) { reassemble(state, order); });
  };
  add("reassembly/in_order", backwards(1));
  add("reassembly/pairs_swapped", backwards(2));
  add("reassembly/64_backwards", backwards(64));
  add("reassembly/every_segment_twice", twice());
}

}  // namespace pcapaudit::bench
