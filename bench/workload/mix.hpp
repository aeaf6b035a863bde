// Real captures again and again, each copy with addresses of its own.
//
// All captures are held in memory. Packets that cannot be given new addresses (not IP, tunnels,
// IPv6 with extension headers) are in the first copy of a capture only.
#pragma once

#include <cstdint>
#include <string>

#include <pcapaudit/base/result.hpp>

#include "workload/pcap_writer.hpp"

namespace pcapaudit::bench {

struct MixFacts {
  std::size_t captures = 0, skipped = 0;  // read, and not readable as Ethernet frames
  std::uint64_t copies = 0;               // of captures
  std::uint64_t left_out = 0;             // packets that were in the first copy only
};

// Copies of the captures in `directory` (pcap, pcapng; sub-directories too), interleaved, until the
// file has `bytes`. Fails when there is no capture that can be used.
Result<MixFacts> mix(const std::string& directory, std::uint64_t bytes, PcapWriter& out);

}  // namespace pcapaudit::bench
