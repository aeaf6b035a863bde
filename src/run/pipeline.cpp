// Reader, workers and writer, and what passes between them.

#include "run/pipeline.hpp"

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/queue.hpp"
#include "flow/flow_key.hpp"
#include "run/attempts.hpp"
#include "run/capture_clock.hpp"
#include "run/overlaps.hpp"
#include "run/packet_line.hpp"
#include "run/worker.hpp"

namespace pcapaudit {
namespace {

// Batches in flight per worker: enough to even out bursts, little enough to bound memory.
constexpr std::size_t worker_queue_batches = 16;
constexpr std::size_t writer_queue_batches = 64;
constexpr std::uint64_t packets_per_progress = 8192;

// Passes flows to the sink. An attempt without an answer counts as blocked only when its target
// was heard somewhere in the run, which is known at the end.
class Writer {
 public:
  explicit Writer(FlowSink& sink) : sink_(sink) {}

  void accept(EndedFlows& ended) {
    if (failed_) return;
    attempts_.note(ended.flows);
    flows_ += ended.flows.size();
    result_ = sink_.accept(ended.flows, ended.late);
    failed_ = !result_;
  }

  Result<std::uint64_t> finish() {
    const std::vector<std::uint64_t> unheard = attempts_.take_unheard();
    if (result_ && !unheard.empty()) result_ = sink_.mark_unheard(unheard);
    if (!result_) return std::unexpected(result_.error());
    return flows_;
  }

  bool failed() const { return failed_; }

 private:
  FlowSink& sink_;
  Attempts attempts_;
  Result<void> result_;
  std::uint64_t flows_ = 0;
  std::atomic<bool> failed_ = false;
};

// What another thread is done with, on its way back to those who made it: to be filled again, or to
// be freed where it was allocated, which spares the allocator's locks.
template <class T>
class Spent {
 public:
  void put(T item) {
    const std::scoped_lock lock(mutex_);
    items_.push_back(std::move(item));
  }
  T take() {
    const std::scoped_lock lock(mutex_);
    if (items_.empty()) return {};
    T item = std::move(items_.back());
    items_.pop_back();
    return item;
  }
  std::vector<T> take_all() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(items_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<T> items_;
};

// Where the reader puts packets: workers on threads of their own, or one on this thread. A single
// worker writes, too: a flow costs more to fetch from another core's cache than to be stored.
class Shards {
 public:
  Shards(const RunOptions& options, const Judge* judge, Writer& writer)
      : writer_(writer), has_writer_thread_(options.workers > 1), results_(writer_queue_batches) {
    const unsigned workers = options.workers;
    const DissectorList dissectors = options.dissectors;
    pending_.resize(std::max(workers, 1U));
    const FlowLimits limits{.max_bytes = options.memory / pending_.size()};
    if (workers == 0) {
      inline_worker_.emplace(judge, limits, dissectors, options.tls_keys);
      return;
    }
    for (unsigned i = 0; i < workers; ++i) {
      queues_.push_back(std::make_unique<Queue<PacketBatch>>(worker_queue_batches));
    }
    for (unsigned i = 0; i < workers; ++i) {
      threads_.emplace_back([this, i, judge, limits, dissectors, keys = options.tls_keys] {
        work(*queues_[i], Worker(judge, limits, dissectors, keys));
      });
    }
    if (!has_writer_thread_) return;
    writer_thread_ = std::jthread([this] {
      while (auto ended = results_.pop()) {
        writer_.accept(*ended);
        spent_flows_.put(*std::move(ended));
      }
    });
  }

  // `owner` of the captured bytes, as PacketBatch takes it.
  void add(const FlowPacket& packet, const std::shared_ptr<const void>& owner) {
    // Flow tables use the low bits.
    const std::size_t shard =
        pending_.size() == 1 ? 0 : (hash_of(key_of(packet.decoded)) >> 32) % pending_.size();
    pending_[shard].add(packet, owner);
    if (pending_[shard].is_full()) hand_over(shard);
  }

  // A break in the time line: every flow ends here.
  void close_all() {
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      pending_[i].closes_all = true;
      hand_over(i);
    }
  }

  void finish() {
    close_all();
    for (const auto& queue : queues_) queue->close();
    threads_.clear();  // joins
    results_.close();
    if (has_writer_thread_) writer_thread_.join();
  }

 private:
  void hand_over(std::size_t shard) {
    if (inline_worker_) {
      inline_worker_->work(pending_[shard],
                           [this](EndedFlows ended) { pass_on(std::move(ended)); });
      pending_[shard].clear();
    } else {
      queues_[shard]->push(std::exchange(pending_[shard], spent_.take()));
    }
  }

  void work(Queue<PacketBatch>& queue, Worker worker) {
    while (auto batch = queue.pop()) {
      worker.work(*batch, [this](EndedFlows ended) { pass_on(std::move(ended)); });
      batch->clear();
      spent_.put(std::move(*batch));
    }
  }

  // Called by workers.
  void pass_on(EndedFlows ended) {
    if (!has_writer_thread_) return writer_.accept(ended);
    results_.push(std::move(ended));
    spent_flows_.take_all();
  }

  Writer& writer_;
  const bool has_writer_thread_;
  std::optional<Worker> inline_worker_;
  std::vector<PacketBatch> pending_;
  std::vector<std::unique_ptr<Queue<PacketBatch>>> queues_;
  Spent<PacketBatch> spent_;
  Spent<EndedFlows> spent_flows_;
  Queue<EndedFlows> results_;
  std::jthread writer_thread_;
  std::vector<std::jthread> threads_;
};

class Reader {
 public:
  Reader(const RunOptions& options, Shards& shards, const Writer& writer)
      : options_(options), shards_(shards), writer_(writer) {
    source_options_.interrupted = options.interrupted;
    source_options_.digest_in_background = options.workers > 0;
    progress_.inputs = options.inputs.size();
    progress_.bytes = total_size();
  }

  void read_all(RunSummary& summary) {
    for (std::size_t i = 0; i < options_.inputs.size(); ++i) {
      if (stopped()) {
        summary.interrupted = true;
        break;
      }
      progress_.input = options_.inputs[i];
      progress_.inputs_done = i;
      summary.captures.push_back(read(options_.inputs[i], static_cast<std::uint32_t>(i)));
    }
    settle_clock(std::nullopt);
    summary.interrupted = summary.interrupted || stopped();
    overlaps_.conclude(summary.captures);
  }

 private:
  bool stopped() const {
    return writer_.failed() || (options_.interrupted != nullptr && *options_.interrupted != 0);
  }

  std::uint64_t total_size() const {
    std::uint64_t total = 0;
    for (const std::string& input : options_.inputs) {
      std::error_code error;
      const auto size = std::filesystem::file_size(input, error);
      if (error) return 0;
      total += size;
    }
    return total;
  }

  CaptureSummary read(const std::string& path, std::uint32_t capture) {
    CaptureSummary summary;
    auto source = open_capture(path, source_options_);
    if (!source) {
      summary.facts.name = path;
      summary.facts.damage = source.error();
      return summary;
    }
    const std::uint64_t bytes_before = progress_.bytes_done;
    bool first = true;
    while (const PacketView* packet = (*source)->next()) {
      if (first && is_known(packet->time)) {
        if (packet->time < clock_.now()) start_new_time_line(packet->time);
        first = false;
      }
      overlaps_.see(*packet, capture);
      take(*packet, (*source)->owner(), capture);
      if (++progress_.packets % packets_per_progress == 0) {
        progress_.bytes_done = bytes_before + (*source)->position();
        if (options_.progress) options_.progress(progress_);
        if (stopped()) break;
      }
    }
    progress_.bytes_done = bytes_before + (*source)->size();
    summary.facts = (*source)->facts();
    if (capture + 1 == options_.inputs.size() || stopped()) line_.forget();
    summary.packets = line_.take_counters();
    return summary;
  }

  // An input that begins before the one ahead of it ended is no continuation of it.
  void start_new_time_line(Timestamp time) {
    settle_clock(time);
    shards_.close_all();
    line_.forget();
    clock_.restart(time);
  }

  // The packet whose time was in doubt goes its way; `next` is the time of the one behind it.
  void settle_clock(std::optional<Timestamp> next) {
    if (!clock_.waits()) return;
    clock_.settle(next);
    for (FlowPacket packet : held_.packets()) {
      packet.clock = clock_.now();
      shards_.add(packet, nullptr);
    }
    held_.clear();
  }

  void take(const PacketView& packet, const std::shared_ptr<const void>& owner,
            std::uint32_t capture) {
    settle_clock(is_known(packet.time) ? std::optional(packet.time) : std::nullopt);
    const bool in_time = clock_.note(packet.time);
    const auto placed = line_.place(packet, capture, clock_.now());
    if (!placed) return;
    if (in_time) {
      shards_.add(*placed, owner);
    } else {
      held_.add(*placed, nullptr);
    }
  }

  const RunOptions& options_;
  Shards& shards_;
  const Writer& writer_;
  SourceOptions source_options_ = options_.source;
  Overlaps overlaps_{options_.inputs, options_.source};
  PacketLine line_{options_.decode};
  Progress progress_;
  CaptureClock clock_;
  PacketBatch held_;  // one whose time is doubtful, with a copy of its bytes
};

}  // namespace

Result<RunSummary> run(const RunOptions& options, FlowSink& sink) {
  RunSummary summary;
  Writer writer(sink);
  std::optional<Judge> judge;
  if (options.policy != nullptr) judge.emplace(*options.policy);
  Shards shards(options, judge ? &*judge : nullptr, writer);
  Reader reader(options, shards, writer);
  reader.read_all(summary);
  shards.finish();
  auto flows = writer.finish();
  if (!flows) return std::unexpected(flows.error());
  summary.flows = *flows;
  return summary;
}

}  // namespace pcapaudit
