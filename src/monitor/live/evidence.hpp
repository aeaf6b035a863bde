// The packets that prove a finding, as a small commented pcapng file.
//
// Values; used by one thread. A slice holds the first packets of the first flows of a finding, and
// ICMP errors about them: the handshake and what was wrong in it. What is left out is counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <pcapaudit/base/result.hpp>

#include "flow/closed_flow.hpp"
#include "flow/flow_key.hpp"
#include "monitor/live/pcapng_writer.hpp"
#include "net/decoder.hpp"
#include "store/store.hpp"

namespace pcapaudit {

struct EvidenceLimits {
  std::size_t flows = 10;  // of one finding: enough to see the pattern
  std::uint64_t packets_per_flow = 32;
  std::size_t bytes = 4 * 1024 * 1024;  // of one slice
};

struct EvidenceFlow {
  std::uint64_t id = 0;
  Transport transport = Transport::tcp;
  Endpoint client, server;
  Timestamp first, last;
};

struct EvidenceSubject {
  std::string finding;  // "V-1A2B"
  std::string kind, text;
  std::vector<EvidenceFlow> flows;  // the first ones
  std::uint64_t flows_in_all = 0;
};

// The flow that a packet speaks of: its own, or the one that an ICMP error quotes. ICMP flows are
// told by their addresses alone, as in the database.
FlowKey evidence_key(const Decoded& packet);

class EvidenceSlice {
 public:
  EvidenceSlice(EvidenceSubject subject, const EvidenceLimits& limits, std::string_view version);

  // Takes the packet when it belongs to one of the flows and there is room. `capture` names where
  // it comes from; its number counts there.
  void add(const PacketView& packet, const Decoded& decoded, const std::string& capture);

  const std::string& bytes() const { return writer_.bytes(); }
  std::uint64_t packets() const { return writer_.packets(); }
  std::uint64_t left_out() const { return left_out_; }  // beyond the limits
  std::vector<std::uint64_t> flows_without_packets() const;

 private:
  std::string comment_of(const EvidenceFlow& flow, std::uint64_t place, const PacketView& packet,
                         const std::string& capture) const;

  struct Hash {
    std::size_t operator()(const FlowKey& key) const { return hash_of(key); }
  };

  EvidenceSubject subject_;
  EvidenceLimits limits_;
  PcapngWriter writer_;
  std::unordered_multimap<FlowKey, std::size_t, Hash> flows_;  // by key: index of a flow
  std::vector<std::uint64_t> taken_;                           // packets of each flow
  std::uint64_t left_out_ = 0;
};

// What to look for: a finding "V-1A2B" with at most `limits.flows` flows, or one flow by number.
Result<EvidenceSubject> evidence_subject(const Store& store, const std::string& id,
                                         const EvidenceLimits& limits);

// The inputs that hold these flows, as the audit recorded them, with their SHA-256.
struct RecordedCapture {
  std::string name, sha256;
};
Result<std::vector<RecordedCapture>> captures_of(const Store& store,
                                                 const EvidenceSubject& subject);

// Reads a capture to its end for the slice. Answers its SHA-256, also when the end is damaged.
Result<std::string> add_capture(const std::string& path, const DecodeOptions& decode,
                                EvidenceSlice& slice);

}  // namespace pcapaudit
