// Reads captures with libpcap into memory, and deals their packets out in the order of time.
#include "workload/mix.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include <pcap/pcap.h>

#include "workload/readdress.hpp"
#include "workload/words.hpp"

namespace pcapaudit::bench {
namespace {

// So many captures run at any time; a capture of days is squeezed into `longest_us`, so that a
// copy does not outlive hundreds of others.
constexpr std::size_t at_once = 64;
constexpr std::int64_t longest_us = 60'000'000;
constexpr std::int64_t start_us = 1'700'000'000'000'000;
constexpr std::uint32_t longest_frame = 65'600;
// A copy begins this long after the one before it ended or began.
constexpr std::int64_t pause_us = 1'000;

struct Packet {
  std::int64_t after_us = 0;  // since the capture's first packet, never less than the one before
  std::uint32_t wire_length = 0;
  std::vector<std::uint8_t> frame;
};
using Capture = std::vector<Packet>;

// The Ethernet header that stands for another link type's, or nullopt when the packet cannot be
// made an Ethernet frame. `skip`: bytes of the old header.
struct Relink {
  std::size_t skip = 0;
  std::optional<std::uint16_t> type;  // none: it is Ethernet
};

std::optional<Relink> relink(int link, Bytes packet) {
  const auto version = [](Bytes ip) -> std::optional<std::uint16_t> {
    if (ip.empty()) return std::nullopt;
    if (ip[0] >> 4 == 4) return 0x0800;
    if (ip[0] >> 4 == 6) return 0x86dd;
    return std::nullopt;
  };
  const auto ip_behind = [&](std::size_t skip) -> std::optional<Relink> {
    if (packet.size() <= skip) return std::nullopt;
    const auto type = version(packet.subspan(skip));
    if (!type) return std::nullopt;
    return Relink{.skip = skip, .type = type};
  };
  switch (link) {
    case DLT_EN10MB:
      return Relink{};
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      return ip_behind(0);
    case DLT_NULL:
    case DLT_LOOP:
      return ip_behind(4);
    case DLT_LINUX_SLL:
      return ip_behind(16);
    case DLT_LINUX_SLL2:
      return ip_behind(20);
    default:
      return std::nullopt;
  }
}

Capture read(const std::string& path) {
  std::array<char, PCAP_ERRBUF_SIZE> why{};
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> file(
      pcap_open_offline(path.c_str(), why.data()), pcap_close);
  Capture capture;
  if (!file) return capture;
  const int link = pcap_datalink(file.get());
  std::optional<std::int64_t> first;
  std::int64_t latest = 0;
  pcap_pkthdr* header = nullptr;
  const std::uint8_t* bytes = nullptr;
  while (pcap_next_ex(file.get(), &header, &bytes) == 1) {
    const Bytes packet(bytes, header->caplen);
    const auto how = relink(link, packet);
    if (!how) continue;
    const std::int64_t time = std::int64_t{header->ts.tv_sec} * 1'000'000 + header->ts.tv_usec;
    if (!first) first = time;
    latest = std::max(latest, time - *first);
    Packet& made = capture.emplace_back();
    made.after_us = latest;
    if (how->type) {
      made.frame.assign({2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0, 0});
      put16(&made.frame[12], *how->type);
    }
    const std::size_t added = made.frame.size();
    const Bytes rest = packet.subspan(how->skip);
    made.frame.insert(made.frame.end(), rest.begin(), rest.end());
    // Broken captures claim lengths that no wire has.
    const std::uint32_t on_wire =
        header->len < header->caplen || header->len > longest_frame ? header->caplen : header->len;
    made.wire_length = static_cast<std::uint32_t>(on_wire - how->skip + added);
  }
  if (latest > longest_us) {
    for (Packet& packet : capture) {
      packet.after_us = static_cast<std::int64_t>(static_cast<double>(packet.after_us) /
                                                  static_cast<double>(latest) * longest_us);
    }
  }
  return capture;
}

std::vector<Capture> read_all(const std::string& directory, MixFacts& facts) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  std::vector<Capture> captures;
  for (const std::string& path : paths) {
    Capture capture = read(path);
    if (capture.empty()) {
      ++facts.skipped;
      continue;
    }
    captures.push_back(std::move(capture));
  }
  facts.captures = captures.size();
  return captures;
}

// A copy of a capture that is being dealt out.
struct Running {
  std::int64_t next_us = 0;
  std::uint64_t serial = 0;  // the order among equal times
  const Capture* capture = nullptr;
  std::uint64_t copy = 0;
  std::int64_t start = 0;
  std::size_t at = 0;

  bool operator>(const Running& other) const {
    return next_us != other.next_us ? next_us > other.next_us : serial > other.serial;
  }
};

}  // namespace

Result<MixFacts> mix(const std::string& directory, std::uint64_t bytes, PcapWriter& out) try {
  MixFacts facts;
  const std::vector<Capture> captures = read_all(directory, facts);
  if (captures.empty()) return fail(directory + ": no capture that can be used");

  std::priority_queue<Running, std::vector<Running>, std::greater<>> running;
  std::int64_t last_start = start_us;
  const auto start = [&](std::int64_t now) {
    last_start = std::max(now, last_start) + pause_us;
    const std::uint64_t serial = facts.copies++;
    running.push({.next_us = last_start,
                  .serial = serial,
                  .capture = &captures[serial % captures.size()],
                  .copy = serial / captures.size(),
                  .start = last_start});
  };
  while (running.size() < at_once) start(start_us);

  std::vector<std::uint8_t> frame;
  while (out.bytes() < bytes) {
    Running turn = running.top();
    running.pop();
    const Packet& packet = (*turn.capture)[turn.at];
    frame = packet.frame;
    if (turn.copy == 0 || readdress(frame, turn.copy)) {
      out.frame(turn.next_us, frame, packet.wire_length);
    } else {
      ++facts.left_out;
    }
    if (++turn.at == turn.capture->size()) {
      start(turn.next_us);
    } else {
      turn.next_us = turn.start + (*turn.capture)[turn.at].after_us;
      running.push(turn);
    }
  }
  return facts;
} catch (const std::filesystem::filesystem_error& error) {
  return fail(error.what());
}

}  // namespace pcapaudit::bench
