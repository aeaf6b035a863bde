// Compares packets with the first ones of the other inputs; see the header.

#include "run/overlaps.hpp"

#include <algorithm>
#include <map>

#include "base/keyed_hash.hpp"

namespace pcapaudit {
namespace {

std::uint64_t content_of(const PacketView& packet) {
  return keyed_hash(packet.bytes);
}

}  // namespace

Overlaps::Overlaps(const std::vector<std::string>& inputs, const SourceOptions& options)
    : maybe_(slots), head_counts_(inputs.size()), seen_(inputs.size()) {
  if (inputs.size() < 2) return;
  for (std::uint32_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] == "-") continue;
    auto source = open_capture(inputs[i], {.filter = options.filter});
    if (!source) continue;  // told when it is read
    while (head_counts_[i] < first_packets) {
      const PacketView* packet = (*source)->next();
      if (packet == nullptr || !is_known(packet->time)) break;
      ++head_counts_[i];
      maybe_[slot_of(packet->time)] = true;
      heads_.emplace(
          packet->time.ns,
          Head{.capture = i, .wire_length = packet->wire_length, .content = content_of(*packet)});
    }
  }
}

void Overlaps::compare(const PacketView& packet, std::uint32_t capture) {
  const auto [from, to] = heads_.equal_range(packet.time.ns);
  if (from == to) return;
  const std::uint64_t content = content_of(packet);
  for (auto it = from; it != to; ++it) {
    const Head& head = it->second;
    if (head.capture == capture || head.wire_length != packet.wire_length ||
        head.content != content) {
      continue;
    }
    ++seen_[head.capture][capture];
  }
}

void Overlaps::conclude(std::vector<CaptureSummary>& captures) const {
  std::map<std::string, std::size_t> first_of;  // by digest
  for (std::size_t i = 0; i < captures.size(); ++i) {
    const std::string& digest = captures[i].facts.sha256;
    if (digest.empty()) continue;
    const auto [place, is_new] = first_of.try_emplace(digest, i);
    if (!is_new) captures[i].facts.same_as = captures[place->second].facts.name;
  }
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    for (std::size_t other = 0; other < captures.size(); ++other) {
      const auto found = seen_[i].find(static_cast<std::uint32_t>(other));
      if (found == seen_[i].end() || found->second < std::min(enough_packets, head_counts_[i])) {
        continue;
      }
      const auto [earlier_one, later_one] = std::minmax(i, other);
      if (later_one >= captures.size()) continue;
      CaptureFacts& later_facts = captures[later_one].facts;
      if (!later_facts.same_as.empty() || !later_facts.overlaps.empty()) continue;
      later_facts.overlaps = captures[earlier_one].facts.name;
    }
  }
}

}  // namespace pcapaudit
