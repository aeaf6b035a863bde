#include "support/feed.hpp"

#include <memory>

#include <pcapaudit/app/x509.hpp>

namespace pcapaudit::test {
namespace {

class Collect final : public RecordSink {
 public:
  explicit Collect(std::vector<AppRecord>& records) : records_(records) {}
  void emit(AppRecord record) override { records_.push_back(std::move(record)); }
  SharedCertificate certificate(Bytes der) override { return reader_.read(der); }

 private:
  CertificateReader reader_;
  std::vector<AppRecord>& records_;
};

struct Half {
  std::string pending;
  std::size_t skip = 0;
  bool detached = false;
};

}  // namespace

Fed feed(const DissectorSpec& spec, const std::vector<Piece>& pieces, Carrier carrier,
         SeenStream seen) {
  Fed fed;
  Collect sink(fed.records);
  const std::unique_ptr<Dissector> dissector = spec.make(carrier);
  std::array<Half, 2> halves;
  for (const Piece& piece : pieces) {
    Half& half = halves[index_of(piece.dir)];
    seen[index_of(piece.dir)].any_payload = true;
    std::string bytes = piece.bytes;
    if (carrier == Carrier::udp) half.pending.clear();
    const std::size_t skipped = std::min(half.skip, bytes.size());
    half.skip -= skipped;
    half.pending += bytes.substr(skipped);
    while (!half.detached && !half.pending.empty() && !fed.handed_over) {
      const auto exact = std::make_unique<std::uint8_t[]>(half.pending.size());
      std::copy(half.pending.begin(), half.pending.end(), exact.get());
      const Step step =
          dissector->consume(piece.dir, Bytes(exact.get(), half.pending.size()), sink);
      if (step.kind == Step::Kind::need_more) break;
      if (step.kind == Step::Kind::malformed) {
        if (fed.malformed.empty()) fed.malformed = step.why;
        half.detached = true;
      } else if (step.kind == Step::Kind::done) {
        half.detached = true;
      } else {
        const std::size_t used = std::min(step.count, half.pending.size());
        if (carrier == Carrier::tcp) half.skip = step.count - used;
        half.pending.erase(0, used);
        if (step.kind == Step::Kind::handover) fed.handed_over = true;
      }
    }
  }
  dissector->finish(seen, sink);
  for (std::size_t i = 0; i < 2; ++i) fed.rest[i] = halves[i].detached ? "" : halves[i].pending;
  return fed;
}

}  // namespace pcapaudit::test
