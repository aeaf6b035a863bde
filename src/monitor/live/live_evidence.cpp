// From an alert to its packets; see the header.

#include "monitor/live/live_evidence.hpp"

#include <fmt/format.h>

#include "monitor/live/evidence.hpp"

namespace pcapaudit {

std::optional<LiveEvidence::File> LiveEvidence::slice(const Alert& alert, const PacketRing& ring,
                                                      Timestamp now) {
  if (!taken_.contains(alert.finding) && taken_.size() >= max_findings) {
    ++passed_over_;
    return std::nullopt;
  }
  std::size_t& taken = taken_[alert.finding];
  if (taken >= slices_per_finding) return std::nullopt;
  if (now.ns - last_.ns < interval_ns) {
    ++passed_over_;
    return std::nullopt;
  }
  last_ = now;

  EvidenceSubject subject;
  subject.finding = alert.finding;
  subject.kind = alert.kind;
  subject.text = alert.text;
  subject.flows_in_all = 1;
  subject.flows = {{.id = alert.flow,
                    .transport = alert.transport,
                    .client = alert.client,
                    .server = alert.server,
                    .first = alert.first,
                    .last = alert.last}};
  FlowKey key{.one = alert.client, .other = alert.server, .transport = alert.transport};
  if (alert.transport == Transport::icmp) key.one.port = key.other.port = 0;
  EvidenceSlice slice(std::move(subject), {}, version_);
  Decoder decoder(decode_);
  ring.each(hash_of(key), alert.first, alert.last, [&](const PacketView& packet) {
    const auto decoded = decoder.decode(packet);
    if (decoded) slice.add(packet, *decoded, interfaces_[packet.interface]);
  });
  if (slice.packets() == 0) {
    ++passed_over_;
    return std::nullopt;
  }
  ++taken;
  return File{.name = fmt::format("{}-{}-{}.pcapng", alert.finding, alert.flow,
                                  alert.first.ns / ns_per_second),
              .bytes = slice.bytes()};
}

}  // namespace pcapaudit
