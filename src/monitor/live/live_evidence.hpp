// Decides which flows of a live audit get an evidence file, and cuts it from the packet ring.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "monitor/alert/alert.hpp"
#include "monitor/live/packet_ring.hpp"
#include "net/decoder.hpp"

namespace pcapaudit {

class LiveEvidence {
 public:
  // Flows of one finding: the first shows it, the others that it was no accident.
  static constexpr std::size_t slices_per_finding = 3;
  // Looking through the ring takes milliseconds, in which no packet is taken; a scan makes
  // thousands of findings.
  static constexpr std::int64_t interval_ns = ns_per_second / 10;
  static constexpr std::size_t max_findings = 10'000;

  LiveEvidence(std::vector<std::string> interfaces, std::string version, DecodeOptions decode)
      : interfaces_(std::move(interfaces)),
        version_(std::move(version)),
        decode_(std::move(decode)) {}

  struct File {
    std::string name, bytes;
  };
  // The packets of the alert's flow; nothing when its finding has enough, when it is too soon
  // after the last one, or when no packet is in the ring any more.
  std::optional<File> slice(const Alert& alert, const PacketRing& ring, Timestamp now);
  std::uint64_t passed_over() const { return passed_over_; }

 private:
  std::vector<std::string> interfaces_;
  std::string version_;
  DecodeOptions decode_;
  std::map<std::string, std::size_t> taken_;  // slices by finding
  Timestamp last_;
  std::uint64_t passed_over_ = 0;
};

}  // namespace pcapaudit
