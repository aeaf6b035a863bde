// Counting and filtering of packets from files.
#include "capture/file_source.hpp"

#include <fmt/format.h>

namespace pcapaudit {

bool FileSource::stop(std::string why) {
  facts_.damage = stream_->damage() ? *stream_->damage()
                                    : Error{.what = fmt::format("{}: {}", facts_.name, why),
                                            .hint = "what comes before is used"};
  return false;
}

const PacketView* FileSource::next() {
  while (!ended_) {
    if (!read_packet()) {
      ended_ = true;
      if (!facts_.damage && stream_->damage()) facts_.damage = stream_->damage();
      facts_.sha256 = stream_->finish_digest();
      break;
    }
    if (owner_ != stream_->block()) owner_ = stream_->block();
    ++packet_.number;
    if (!filter_.passes(packet_)) {
      ++facts_.filtered;
      continue;
    }
    ++facts_.packets;
    facts_.bytes += packet_.wire_length;
    facts_.truncated += packet_.wire_length > packet_.bytes.size();
    if (is_known(packet_.time)) {
      facts_.first = earliest(facts_.first.value_or(Timestamp{}), packet_.time);
      facts_.last = latest(facts_.last.value_or(Timestamp{}), packet_.time);
    } else {
      ++facts_.without_time;
    }
    return &packet_;
  }
  return nullptr;
}

}  // namespace pcapaudit
