// A ring of records, each a header and the captured bytes, never split at the buffer's end.

#include "monitor/live/packet_ring.hpp"

#include <algorithm>
#include <cstring>

namespace pcapaudit {
namespace {

constexpr std::size_t alignment = 8;
constexpr std::size_t counters = 1 << 18;  // flows at a time before many share a count

}  // namespace

PacketRing::PacketRing(std::size_t byte_cap) : buffer_(byte_cap) {
  if (byte_cap > 0) counts_.resize(counters);
}

std::size_t PacketRing::record_size(std::size_t captured) {
  return (sizeof(Header) + captured + alignment - 1) / alignment * alignment;
}

PacketRing::Header PacketRing::header_at(std::size_t at) const {
  Header header;
  std::memcpy(&header, buffer_.data() + at, sizeof(header));
  return header;
}

bool PacketRing::is_behind_head(std::uint64_t flow_hash, bool opens) {
  std::uint8_t& count = counts_[flow_hash % counters];
  if (opens) count = 0;
  if (count >= head_packets) return true;
  ++count;
  return false;
}

// Gives up the oldest records until `size` bytes are free at end_.
void PacketRing::make_room(std::size_t size) {
  if (!wrapped_ && buffer_.size() - end_ < size) {
    wrap_ = end_;
    end_ = 0;
    wrapped_ = true;
    std::fill(counts_.begin(), counts_.end(), std::uint8_t{0});  // long flows show again
  }
  while (wrapped_ && begin_ - end_ < size) {
    if (begin_ < wrap_) {
      const std::size_t oldest = record_size(header_at(begin_).captured);
      begin_ += oldest;
      used_ -= oldest;
    }
    if (begin_ >= wrap_) {
      begin_ = 0;
      wrapped_ = false;
      if (buffer_.size() - end_ < size) make_room(size);
    }
  }
}

void PacketRing::add(const PacketView& packet, std::uint64_t flow_hash, bool opens) {
  const std::size_t size = record_size(packet.bytes.size());
  if (size > buffer_.size()) return;
  if (is_behind_head(flow_hash, opens)) {
    ++passed_over_;
    return;
  }
  make_room(size);
  const Header header{.number = packet.number,
                      .flow_hash = flow_hash,
                      .time = packet.time,
                      .link_type = packet.link_type,
                      .interface = packet.interface,
                      .wire_length = packet.wire_length,
                      .captured = static_cast<std::uint32_t>(packet.bytes.size())};
  std::memcpy(buffer_.data() + end_, &header, sizeof(header));
  std::memcpy(buffer_.data() + end_ + sizeof(header), packet.bytes.data(), packet.bytes.size());
  end_ += size;
  used_ += size;
  ++kept_;
}

void PacketRing::each(std::uint64_t flow_hash, Timestamp first, Timestamp last,
                      const std::function<void(const PacketView&)>& use) const {
  const auto scan = [&](std::size_t from, std::size_t to) {
    for (std::size_t at = from; at < to;) {
      const Header header = header_at(at);
      if (header.flow_hash == flow_hash && header.time >= first && header.time <= last) {
        use({.number = header.number,
             .time = header.time,
             .link_type = header.link_type,
             .interface = header.interface,
             .wire_length = header.wire_length,
             .bytes = Bytes(buffer_.data() + at + sizeof(Header), header.captured)});
      }
      at += record_size(header.captured);
    }
  };
  scan(begin_, wrapped_ ? wrap_ : end_);
  if (wrapped_) scan(0, end_);
}

}  // namespace pcapaudit
