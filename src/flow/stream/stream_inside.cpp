// A stream inside of a stream: what a dissector decrypted is read as any other bytes are. See
// stream.hpp.
#include <algorithm>
#include <utility>

#include "flow/stream/stream_sink.hpp"

namespace pcapaudit {

struct Stream::Inside {
  explicit Inside(SharedFacts& shared) : stream(Carrier::tcp, shared) {}

  Stream stream;
  bool any = false;                           // bytes were decrypted
  std::array<std::string_view, 2> lost = {};  // by side: why some were not, static
};

Stream::Rare::Rare() = default;
Stream::Rare::~Rare() = default;

Stream::Stream(Carrier carrier, SharedFacts& shared) : shared_(&shared), carrier_(carrier) {}
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;

Stream::Inside& Stream::inside() {
  Rare& it = rare();
  if (it.inside == nullptr) {
    it.inside = std::make_unique<Inside>(*shared_);
    Stream& stream = it.inside->stream;
    stream.depth_ = static_cast<std::uint8_t>(depth_ + 1);
    if (client_side()) stream.set_client_side(*client_side());
    for (const std::size_t side : {0U, 1U}) {
      if (halves_[side].seen.from_start && !halves_[side].seen.gap) stream.set_from_start(side);
    }
  }
  return *it.inside;
}

// Places in it are those of the stream around it.
void Stream::read_inside(std::size_t side, Bytes bytes) {
  Inside& it = inside();
  it.any = true;
  Half& half = it.stream.halves_[side];
  half.at =
      halves_[side].at - std::min<std::uint64_t>(halves_[side].at, half.window.bytes().size());
  it.stream.bytes(side, bytes);
}

void Stream::lose_inside(std::size_t side, Unread cause, std::string_view why) {
  Inside& it = inside();
  if (it.lost[side].empty()) it.lost[side] = why;
  it.stream.gap(side, 1, cause);
}

// Its records come behind those of the dissector that decrypted them, and what was not read of it
// was not read of this stream.
void Stream::finish_inside(std::vector<AppRecord>& records) {
  if (rare_ == nullptr || rare_->inside == nullptr) return;
  const std::unique_ptr<Inside> it = std::exchange(rare_->inside, nullptr);
  if (!it->any) return;
  ClosedFlow flow;
  const std::size_t client = client_side().value_or(0);
  it->stream.finish(client, flow);
  for (AppRecord& record : flow.records) {
    if (auto* http = std::get_if<HttpFacts>(&record)) http->credentials_in_clear = false;
    records.push_back(std::move(record));
  }
  if (!flow.server_app.empty()) {
    notes(1 - client).hole(Unread::inside, 0, "client and server speak different protocols in it");
  }
  const auto cause_of = [](Unread cause) {
    const bool is_end =
        cause == Unread::tail_lost || cause == Unread::unfinished || cause == Unread::snap_length;
    return is_end || cause == Unread::none ? cause : Unread::inside;
  };
  for (const std::size_t side : {0U, 1U}) {
    const ReadAccount& account = flow.account[side == client ? 0 : 1];
    const std::string_view why = !it->lost[side].empty()       ? it->lost[side]
                                 : account.end != Unread::none ? to_text(account.end)
                                                               : to_text(account.hole);
    const std::uint64_t at = halves_[side].at;
    if (!it->lost[side].empty() && account.is_whole()) {
      notes(side).hole(Unread::inside, at, why);
    }
    if (account.hole != Unread::none)
      notes(side).hole(cause_of(account.hole), account.hole_at, why);
    if (account.end != Unread::none) notes(side).end(cause_of(account.end), account.end_at, why);
  }
}

std::size_t Stream::held_inside() const {
  return rare_ == nullptr || rare_->inside == nullptr ? 0 : rare_->inside->stream.held();
}

void Stream::release_inside() {
  if (rare_ != nullptr && rare_->inside != nullptr) rare_->inside->stream.release();
}

}  // namespace pcapaudit
