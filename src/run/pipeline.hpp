// The whole line: captures in, judged flows out.
//
// Owns its threads: one reader (the caller's), workers that each own their flows, one writer
// that calls the sink. The same inputs give the same flows whatever the number of workers.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <pcapaudit/app/dissector.hpp>
#include <pcapaudit/base/result.hpp>

#include "capture/packet_source.hpp"
#include "net/decoder.hpp"
#include "policy/policy.hpp"
#include "store/store.hpp"

namespace pcapaudit {

// Where judged flows go. Called from one thread at a time; flows come in no particular order.
class FlowSink {
 public:
  virtual ~FlowSink() = default;
  // The flows may be taken. `late`: packets of these flows or of earlier ones.
  virtual Result<void> accept(std::span<AuditedFlow> flows, std::span<const LatePacket> late) = 0;
  // At the end: attempts that were taken for blocked, but whose target was not heard at all. Their
  // outcome is one-sided.
  virtual Result<void> mark_unheard(std::span<const std::uint64_t> flows) = 0;
};

struct Progress {
  std::string input;  // the one being read
  std::size_t inputs_done = 0, inputs = 0;
  std::uint64_t bytes_done = 0, bytes = 0;  // of all inputs as stored; bytes 0 when unknown
  std::uint64_t packets = 0;
};

struct RunOptions {
  std::vector<std::string> inputs;  // as expand_paths() gives them
  SourceOptions source;
  DecodeOptions decode = {};
  const Policy* policy = nullptr;  // none: flows are classified, not judged
  DissectorList dissectors = all_dissectors();
  std::shared_ptr<const TlsKeyStore> tls_keys = {};  // finished; null: nothing is decrypted
  unsigned workers = 1;    // threads beside reader and writer; 0: all on this thread
  std::size_t memory = 0;  // bytes for open flows, of all workers together; 0: any
  std::function<void(const Progress&)> progress;  // called now and then; may be empty
  const std::atomic<int>* interrupted = nullptr;  // not 0: stop reading, finish cleanly
};

struct RunSummary {
  std::vector<CaptureSummary> captures;  // one for every input, also for those that failed
  std::uint64_t flows = 0;
  bool interrupted = false;
};

// Fails only when the sink does. Inputs that cannot be read are in the summary.
Result<RunSummary> run(const RunOptions& options, FlowSink& sink);

}  // namespace pcapaudit
