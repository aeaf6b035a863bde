#include "support/feed.hpp"

#include <memory>

#include "dissectors/tls/certificates/x509.hpp"

namespace pcapaudit::test {
namespace {

class Collect final : public RecordSink {
 public:
  Collect(Fed& fed, const TlsKeyStore* keys) : fed_(fed), keys_(keys) {}
  void emit(AppRecord record) override { fed_.records.push_back(std::move(record)); }
  void note_unread(Direction dir, Unread, std::string_view why) override {
    std::string& first = fed_.unread[index_of(dir)];
    if (first.empty()) first = why;
  }
  SharedCertificate certificate(Bytes der) override { return reader_.read(der); }
  const TlsKeyStore* tls_keys() const override { return keys_; }
  void inside(Direction dir, Bytes bytes) override { fed_.inside[index_of(dir)] += as_text(bytes); }
  void inside_lost(Direction dir, std::string_view why) override {
    std::string& first = fed_.inside_lost[index_of(dir)];
    if (first.empty()) first = why;
  }

 private:
  CertificateReader reader_;
  Fed& fed_;
  const TlsKeyStore* keys_;
};

struct Half {
  std::string pending;
  std::size_t skip = 0;
  bool detached = false;
};
using Halves = std::array<Half, 2>;

void feed_piece(Dissector& dissector, const Piece& piece, Carrier carrier, Halves& halves, Fed& fed,
                RecordSink& sink) {
  Half& half = halves[index_of(piece.dir)];
  const std::string& bytes = piece.bytes;
  if (carrier == Carrier::udp) half.pending.clear();
  const std::size_t skipped = std::min(half.skip, bytes.size());
  half.skip -= skipped;
  half.pending += bytes.substr(skipped);
  while (!half.detached && !half.pending.empty() && !fed.handed_over) {
    const auto exact = std::make_unique<std::uint8_t[]>(half.pending.size());
    std::copy(half.pending.begin(), half.pending.end(), exact.get());
    const Step step = dissector.consume(piece.dir, Bytes(exact.get(), half.pending.size()), sink);
    if (step.kind == Step::Kind::need_more) break;
    if (step.kind == Step::Kind::malformed) {
      if (fed.malformed.empty()) fed.malformed = step.why;
      half.detached = true;
    } else if (step.kind == Step::Kind::done) {
      half.detached = true;
    } else {
      if (step.kind == Step::Kind::lost) {
        sink.note_unread(piece.dir, Unread::malformed, step.why);
      }
      const std::size_t used = std::min(step.count, half.pending.size());
      if (carrier == Carrier::tcp) half.skip = step.count - used;
      half.pending.erase(0, used);
      if (step.kind == Step::Kind::handover) fed.handed_over = true;
    }
  }
}

void end(Dissector& dissector, const Halves& halves, const SeenStream& seen, Fed& fed,
         RecordSink& sink) {
  dissector.finish(seen, sink);
  for (std::size_t i = 0; i < 2; ++i) fed.rest[i] = halves[i].detached ? "" : halves[i].pending;
}

}  // namespace

Fed feed(const DissectorSpec& spec, const std::vector<Piece>& pieces, Carrier carrier,
         SeenStream seen, const TlsKeyStore* keys) {
  Fed fed;
  Collect sink(fed, keys);
  const std::unique_ptr<Dissector> dissector = spec.make(carrier);
  Halves halves;
  for (const Piece& piece : pieces) {
    seen[index_of(piece.dir)].any_payload = true;
    feed_piece(*dissector, piece, carrier, halves, fed, sink);
  }
  end(*dissector, halves, seen, fed, sink);
  return fed;
}

Fed feed_around_loss(const DissectorSpec& spec, const std::vector<Piece>& before,
                     const std::vector<Piece>& behind, const TlsKeyStore* keys) {
  Fed fed;
  Collect sink(fed, keys);
  const std::unique_ptr<Dissector> dissector = spec.make(Carrier::tcp);
  Halves halves;
  SeenStream seen{
      {{.from_start = true, .any_payload = true}, {.from_start = true, .any_payload = true}}};
  for (const Piece& piece : before) feed_piece(*dissector, piece, Carrier::tcp, halves, fed, sink);
  for (const Piece& piece : behind) {
    Half& half = halves[index_of(piece.dir)];
    seen[index_of(piece.dir)].gap = true;
    const Resume resume = dissector->lost(piece.dir, as_bytes(half.pending));
    half = {.pending = {}, .skip = 0, .detached = half.detached || resume == Resume::never};
    feed_piece(*dissector, piece, Carrier::tcp, halves, fed, sink);
  }
  end(*dissector, halves, seen, fed, sink);
  return fed;
}

}  // namespace pcapaudit::test
