// A workload's generator with memory in place of the file.
#include "micro/recorded.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "workload/conversations.hpp"
#include "workload/kinds.hpp"

namespace pcapaudit::bench {
namespace {

constexpr std::int64_t gap_us = 20;
constexpr std::size_t at_once = 100;
constexpr std::uint64_t long_bytes = 4'000'000;

class Memory final : public FrameSink {
 public:
  explicit Memory(Recorded& into) : into_(into) {}
  void frame(std::int64_t time_us, Bytes captured, std::uint32_t wire_length) override {
    into_.frames.emplace_back(captured.begin(), captured.end());
    into_.bytes += captured.size();
    into_.views.push_back({.number = into_.frames.size(),
                           .time = Timestamp{time_us * 1000},
                           .link_type = LinkType{1},
                           .interface = 0,
                           .wire_length = wire_length,
                           .bytes = into_.frames.back()});
  }

 private:
  Recorded& into_;
};

void generate(std::string_view kind, std::uint64_t flows, Frames& out) {
  if (kind == "syn") return flood(out, flows);
  const auto known = std::ranges::find(scripted_kinds(), kind, &Kind::name);
  const auto scripts = known->scripts({.flows = flows, .bytes = long_bytes, .certificates = 1});
  if (!scripts) {
    fmt::print(stderr, "error: {}\n", scripts.error().what);
    std::exit(EXIT_FAILURE);
  }
  play(out, *scripts, flows, at_once);
}

}  // namespace

void record(std::string_view kind, std::uint64_t flows, Recorded& into) {
  Memory memory(into);
  Frames frames(memory, gap_us);
  generate(kind, flows, frames);
  for (const PacketView& view : into.views) {
    const auto decoded = decode(view);
    if (!decoded) continue;
    into.packets.push_back({.id = view.number,
                            .capture = 0,
                            .number = view.number,
                            .time = view.time,
                            .clock = view.time,
                            .wire_length = view.wire_length,
                            .decoded = *decoded});
  }
}

std::vector<ClosedFlow> closed_flows(const Recorded& recorded) {
  FlowTable table;
  table.add(recorded.packets);
  while (table.close_some()) {
  }
  return table.take_closed();
}

}  // namespace pcapaudit::bench
