// pcapaudit-workload: writes a capture of one kind of traffic, the same bytes every time.
#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "workload/conversations.hpp"
#include "workload/kinds.hpp"
#include "workload/mix.hpp"
#include "workload/pcap_writer.hpp"

namespace {

using namespace pcapaudit;
using namespace pcapaudit::bench;

constexpr std::int64_t gap_us = 20;  // between packets: 50,000 a second
constexpr std::uint64_t long_bytes = 1'500'000'000;
constexpr std::uint64_t mix_bytes = 1'230'000'000;
constexpr std::uint64_t flood_flows = 1'000'000;

struct Options {
  std::string kind, output, captures;
  Sizes sizes;
};

Result<void> scripted(const Kind& kind, Sizes sizes, PcapWriter& file) {
  if (sizes.flows == 0) sizes.flows = kind.flows;
  if (sizes.bytes == 0) sizes.bytes = long_bytes;
  const auto scripts = kind.scripts(sizes);
  if (!scripts) return std::unexpected(scripts.error());
  Frames out(file, gap_us);
  play(out, *scripts, sizes.flows, kind.at_once == 0 ? sizes.flows : kind.at_once);
  return {};
}

Result<void> mixed(const Options& options, PcapWriter& file) {
  const auto facts =
      mix(options.captures, options.sizes.bytes == 0 ? mix_bytes : options.sizes.bytes, file);
  if (!facts) return std::unexpected(facts.error());
  fmt::print(
      "{} captures ({} not usable), {} copies of a capture, {} packets in first copies only\n",
      facts->captures, facts->skipped, facts->copies, facts->left_out);
  return {};
}

Result<void> write(const Options& options, PcapWriter& file) {
  if (options.kind == "syn") {
    Frames out(file, gap_us);
    flood(out, options.sizes.flows == 0 ? flood_flows : options.sizes.flows);
    return {};
  }
  if (options.kind == "mix") return mixed(options, file);
  const auto kinds = scripted_kinds();
  const auto kind = std::ranges::find(kinds, options.kind, &Kind::name);
  return scripted(*kind, options.sizes, file);
}

Result<void> make(const Options& options) {
  auto file = PcapWriter::create(options.output);
  if (!file) return std::unexpected(file.error());
  if (const auto written = write(options, *file); !written) return written;
  fmt::print("{}: {} packets, {} bytes\n", options.output, file->packets(), file->bytes());
  return file->close();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Writes a capture of one kind of traffic, the same bytes every time.");
  std::vector<std::string> names{"syn", "mix"};
  std::string list =
      "\nkinds:\n  syn         connection attempts without an answer\n"
      "  mix         the captures of a directory, again and again\n";
  for (const Kind& kind : scripted_kinds()) {
    names.emplace_back(kind.name);
    list += fmt::format("  {:<11} {}\n", kind.name, kind.what);
  }
  app.footer(list);
  app.add_option("kind", options.kind)->required()->check(CLI::IsMember(names));
  app.add_option("output", options.output, "pcap file")->required();
  app.add_option("--flows", options.sizes.flows, "so many connections");
  app.add_option("--bytes", options.sizes.bytes, "size of the file, about (long, mix)");
  app.add_option("--certificates", options.sizes.certificates, "so many different ones (tls)")
      ->check(CLI::PositiveNumber);
  app.add_option("--captures", options.captures, "directory of captures (mix)")
      ->check(CLI::ExistingDirectory);
  CLI11_PARSE(app, argc, argv);
  if ((options.kind == "mix") == options.captures.empty()) {
    fmt::print(stderr, "error: mix, and nothing else, takes --captures\n");
    return 2;
  }
  const auto made = make(options);
  if (made) return 0;
  fmt::print(stderr, "error: {}\n", made.error().what);
  return 5;
}
