// Merging, counting, carriers; see the header.

#include "monitor/live/live_input.hpp"

#include <algorithm>
#include <utility>

#include <poll.h>

namespace pcapaudit {
namespace {

// Longer than the kernel keeps a packet back on any interface.
constexpr std::int64_t merge_wait_ns = 2 * LiveSource::hand_over_ms * (ns_per_second / 1000);

std::int64_t blind_ns(const std::vector<BlindTime>& times) {
  std::int64_t sum = 0;
  for (const BlindTime& time : times) sum += time.last.ns - time.first.ns;
  return sum;
}

void note_loss(std::vector<MinuteLoss>& losses, Timestamp now, std::uint64_t packets) {
  constexpr std::int64_t minute_ns = 60 * ns_per_second;
  const Timestamp minute{now.ns - now.ns % minute_ns};
  if (losses.empty() || losses.back().minute < minute) losses.push_back({.minute = minute});
  losses.back().packets += packets;
}

}  // namespace

Result<LiveInput> LiveInput::open(const std::vector<LiveOptions>& interfaces) {
  LiveInput input;
  for (const LiveOptions& options : interfaces) {
    auto source = LiveSource::open(options);
    if (!source) return std::unexpected(source.error());
    Interface& it = input.interfaces_.emplace_back();
    it.source = std::move(*source);
    it.facts.name = it.earlier.name = options.interface;
    it.facts.format = "live";
    it.facts.interfaces = {{.name = options.interface,
                            .link_type = it.source->link_type(),
                            .snap_length = options.snap_length}};
  }
  return input;
}

Result<LiveInput::Packet> LiveInput::next(Timestamp now) {
  if (handed_out_ != nullptr) std::exchange(handed_out_, nullptr)->pending = nullptr;
  bool all_pending = true;
  for (Interface& it : interfaces_) {
    if (it.pending != nullptr) continue;
    const auto packet = it.source->next();
    if (!packet) return std::unexpected(packet.error());
    it.pending = *packet;
    all_pending = all_pending && it.pending != nullptr;
  }
  Interface* earliest = nullptr;
  for (Interface& it : interfaces_) {
    if (it.pending == nullptr) continue;
    if (earliest == nullptr || it.pending->time < earliest->pending->time) earliest = &it;
  }
  if (earliest == nullptr) return Packet{};
  if (!all_pending && interfaces_.size() > 1 &&
      now.ns - earliest->pending->time.ns < merge_wait_ns) {
    return Packet{};
  }
  handed_out_ = earliest;
  count(*earliest, *earliest->pending);
  return Packet{.view = earliest->pending,
                .capture = static_cast<std::uint32_t>(earliest - interfaces_.data())};
}

void LiveInput::count(Interface& interface, const PacketView& packet) {
  CaptureFacts& facts = interface.facts;
  ++facts.packets;
  facts.bytes += packet.wire_length;
  facts.truncated += packet.wire_length > packet.bytes.size();
  facts.first = std::min(facts.first.value_or(packet.time), packet.time);
  facts.last = std::max(facts.last.value_or(packet.time), packet.time);
}

void LiveInput::wait() const {
  std::vector<pollfd> descriptors;
  for (const Interface& it : interfaces_) {
    // An interface that is down reports an error all the time.
    if (!it.down_since)
      descriptors.push_back({.fd = it.source->descriptor(), .events = POLLIN, .revents = 0});
  }
  // With a packet at hand that waits for others, only time helps.
  const bool holds_back = std::any_of(interfaces_.begin(), interfaces_.end(),
                                      [](const Interface& it) { return it.pending != nullptr; });
  (void)::poll(descriptors.data(), holds_back ? 0 : descriptors.size(),
               LiveSource::hand_over_ms / 2);
}

void LiveInput::look(Timestamp now) {
  for (Interface& it : interfaces_) {
    const LiveCounters counters = it.source->counters();
    const std::uint64_t before = it.facts.dropped;
    it.facts.dropped_kernel = counters.dropped_kernel - it.at_begin.dropped_kernel;
    it.facts.dropped_interface = counters.dropped_interface - it.at_begin.dropped_interface;
    it.facts.dropped = it.facts.dropped_kernel + it.facts.dropped_interface;
    if (it.facts.dropped > before) note_loss(it.facts.losses, now, it.facts.dropped - before);
    const bool up = it.source->is_up();
    if (!up && !it.down_since) it.down_since = now;
    if (up && it.down_since) {
      const Timestamp since = *std::exchange(it.down_since, std::nullopt);
      it.facts.blind.push_back({.first = since, .last = now, .why = "down"});
    }
  }
}

void LiveInput::begin_segment(Timestamp now) {
  for (Interface& it : interfaces_) {
    const CaptureFacts facts = std::exchange(it.facts, {});
    it.earlier.packets += facts.packets;
    it.earlier.bytes += facts.bytes;
    it.earlier.kernel_dropped += facts.dropped_kernel;
    it.earlier.nic_dropped += facts.dropped_interface;
    it.earlier.truncated += facts.truncated;
    it.earlier.blind_ns += blind_ns(facts.blind);
    if (it.down_since) it.earlier.blind_ns += now.ns - std::exchange(*it.down_since, now).ns;
    it.at_begin.dropped_kernel += facts.dropped_kernel;
    it.at_begin.dropped_interface += facts.dropped_interface;
    it.facts.name = facts.name;
    it.facts.format = facts.format;
    it.facts.interfaces = facts.interfaces;
  }
}

std::vector<CaptureFacts> LiveInput::facts(Timestamp now) const {
  std::vector<CaptureFacts> all;
  for (const Interface& it : interfaces_) {
    CaptureFacts& facts = all.emplace_back(it.facts);
    if (it.down_since) facts.blind.push_back({.first = *it.down_since, .last = now, .why = "down"});
  }
  return all;
}

std::vector<InterfaceStatus> LiveInput::status(Timestamp now) const {
  std::vector<InterfaceStatus> all;
  for (const Interface& it : interfaces_) {
    InterfaceStatus& status = all.emplace_back(it.earlier);
    status.up = !it.down_since;
    status.packets += it.facts.packets;
    status.bytes += it.facts.bytes;
    status.kernel_dropped += it.facts.dropped_kernel;
    status.nic_dropped += it.facts.dropped_interface;
    status.truncated += it.facts.truncated;
    status.blind_ns += blind_ns(it.facts.blind);
    if (it.down_since) status.blind_ns += now.ns - it.down_since->ns;
  }
  return all;
}

}  // namespace pcapaudit
