// Frames through the whole line, as files: without workers, with three, and cut into two files. All
// must say the same of each flow. A record is a time step, two bytes of length, and the frame.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

#include "policy/policy.hpp"
#include "run/pipeline.hpp"
#include "support/packet_samples.hpp"
#include "support/packets.hpp"
#include "target.hpp"

namespace pcapaudit::fuzz {
namespace {

constexpr std::string_view policy_text = R"(
format = 1
[site]
internal_networks = ["10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24"]
judge = "all"
[role.cli]
[role.srv]
[bind.cli]
addresses = ["192.0.2.0/24", "10.0.0.1"]
[bind.srv]
addresses = ["198.51.100.0/24", "10.0.0.2"]
[http.web]
deny_paths = ["/secret"]
[[flow]]
id = "web"
from = "cli"
to = "srv"
port = 80
app = "http"
http = "web"
[[flow]]
id = "sip"
from = "cli"
to = "srv"
transport = ["tcp", "udp"]
port = 5060
app = "sip"
)";

const Policy& policy() {
  static const auto loaded = load_policy_texts({{"line.toml", std::string(policy_text)}});
  require(loaded.has_value(), "the target's own policy loads");
  return *loaded;
}

std::string little(std::uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::string pcap(const std::vector<std::string>& packets, std::size_t begin, std::size_t end) {
  std::string file = little(0xa1b2c3d4, 4) + little(2, 2) + little(4, 2) + little(0, 8) +
                     little(262'144, 4) + little(1, 4);
  for (std::size_t i = begin; i < end; ++i) file += packets[i];
  return file;
}

class Lines final : public FlowSink {
 public:
  Result<void> accept(std::span<AuditedFlow> flows, std::span<const LatePacket>) override {
    for (const AuditedFlow& it : flows) {
      const ClosedFlow& flow = it.flow;
      std::string line = std::to_string(flow.id) + " " + flow.app + " " +
                         std::string(to_text(it.verdict.kind)) + " " + it.verdict.rule;
      for (const std::size_t side : {0U, 1U}) {
        line += " " + std::to_string(flow.packets[side]) + "/" + std::to_string(flow.bytes[side]) +
                "/" + std::to_string(flow.payload_bytes[side]) + " " +
                std::string(to_text(flow.account[side].hole)) + "/" +
                std::string(to_text(flow.account[side].end));
      }
      packets_ += flow.packets[0] + flow.packets[1];
      lines_.push_back(std::move(line));
    }
    return {};
  }
  Result<void> mark_unheard(std::span<const std::uint64_t>) override { return {}; }

  std::vector<std::string> sorted() {
    std::sort(lines_.begin(), lines_.end());
    return std::move(lines_);
  }
  std::uint64_t packets() const { return packets_; }

 private:
  std::vector<std::string> lines_;
  std::uint64_t packets_ = 0;
};

std::vector<std::string> audited(const std::vector<std::string>& files, unsigned workers) {
  static const std::string folder =
      (std::filesystem::temp_directory_path() / ("line-" + std::to_string(getpid()))).string();
  std::vector<std::string> paths;
  for (const std::string& file : files) {
    paths.push_back(folder + "-" + std::to_string(paths.size()) + ".pcap");
    std::ofstream(paths.back(), std::ios::binary | std::ios::trunc) << file;
  }
  Lines lines;
  const auto summary = pcapaudit::run({.inputs = paths,
                                       .source = {},
                                       .policy = &policy(),
                                       .workers = workers,
                                       .progress = {},
                                       .interrupted = nullptr},
                                      lines);
  for (const std::string& path : paths) std::filesystem::remove(path);
  require(summary.has_value(), "a run over files that can be read succeeds");
  std::uint64_t packets = 0;
  for (const CaptureSummary& capture : summary->captures) packets += capture.facts.packets;
  require(lines.packets() <= packets, "flows have more packets than the capture");
  return lines.sorted();
}

}  // namespace

void run(Bytes input) {
  ByteReader reader(input);
  std::vector<std::string> packets;
  constexpr std::size_t most_packets = 300;
  std::uint64_t ms = 1'700'000'000'000;
  while (reader.remaining() > 3 && packets.size() < most_packets) {
    ms += std::uint64_t{reader.u8()} * 3;
    const std::size_t size = std::min<std::size_t>(reader.u16() & 0x7ffU, reader.remaining());
    packets.push_back(little(ms / 1000, 4) + little(ms % 1000 * 1000, 4) + little(size, 4) +
                      little(size, 4) + std::string(as_text(reader.take(size))));
  }
  const auto once = audited({pcap(packets, 0, packets.size())}, 0);
  require(audited({pcap(packets, 0, packets.size())}, 3) == once, "workers change the flows");
  const std::size_t cut = packets.size() * (input.size() % 5) / 5;
  require(audited({pcap(packets, 0, cut), pcap(packets, cut, packets.size())}, 0) == once,
          "a cut between two packets changes the flows");
}

std::vector<std::string> seeds() {
  const auto record = [](const std::string& frame) {
    return std::string(1, '\1') + static_cast<char>(frame.size() >> 8) +
           static_cast<char>(frame.size() & 0xff) + frame;
  };
  const auto segment = [&](int side, std::uint8_t flags, std::uint32_t sequence,
                           std::uint32_t acknowledgment, const std::string& text) {
    const std::array<std::uint16_t, 2> ports{51000, 80};
    const std::array<const char*, 2> addresses{"192.0.2.10", "198.51.100.20"};
    const auto from = static_cast<std::size_t>(side), to = 1 - from;
    return test::ethernet(
        0x0800, test::ipv4({.protocol = 6, .source = addresses[from], .destination = addresses[to]},
                           test::tcp({.source_port = ports[from],
                                      .destination_port = ports[to],
                                      .sequence = sequence,
                                      .acknowledgment = acknowledgment,
                                      .flags = flags},
                                     text)));
  };
  const std::string get = "GET /secret HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
  const auto get_end = static_cast<std::uint32_t>(get.size() + 1);
  const auto ok_end = static_cast<std::uint32_t>(ok.size() + 1);
  const std::vector<std::string> talk = {record(segment(0, 0x02, 0, 0, "")),
                                         record(segment(1, 0x12, 0, 1, "")),
                                         record(segment(0, 0x18, 1, 1, get.substr(0, 9))),
                                         record(segment(0, 0x18, 10, 1, get.substr(9))),
                                         record(segment(1, 0x18, 1, get_end, ok)),
                                         record(segment(0, 0x11, get_end, ok_end, "")),
                                         record(segment(1, 0x11, ok_end, get_end + 1, ""))};
  std::string in_order, backwards, twice;
  for (const std::string& it : talk) {
    in_order += it;
    backwards.insert(0, it);
    twice += it + it;
  }
  const std::string datagram = test::udp({.source_port = 5060, .destination_port = 5060},
                                         "OPTIONS sip:b SIP/2.0\r\nCall-ID: 1\r\n\r\n");
  const auto fragment = [&](std::size_t offset, std::size_t size, bool last) {
    constexpr std::uint16_t more = 0x2000;
    const auto bits = static_cast<std::uint16_t>(offset / 8 | (last ? 0 : more));
    return record(test::ethernet(0x0800, test::ipv4({.protocol = 17,
                                                     .source = "192.0.2.10",
                                                     .destination = "198.51.100.20",
                                                     .fragment = bits},
                                                    datagram.substr(offset, size))));
  };
  std::vector<std::string> all = {
      in_order, backwards, twice, in_order + in_order,
      fragment(24, datagram.size() - 24, true) + in_order + fragment(0, 24, false)};
  std::string tunnels;
  for (const auto& sample : test::tunnel_samples()) {
    if (sample.link == LinkType{1}) tunnels += record(sample.bytes);
  }
  all.push_back(tunnels.substr(0, 6000));
  return all;
}

}  // namespace pcapaudit::fuzz
