// Data frames of IEEE 802.11 that are not encrypted (9.2.4), and the one frame in an aggregate
// (9.3.2.2).
#include <algorithm>
#include <utility>

#include "net/layers.hpp"

namespace pcapaudit {
namespace {

// An aggregate (A-MSDU) of one frame is that frame: addresses and length before it.
Walked walk_aggregate(Walk& walk, std::size_t header_size) {
  constexpr std::size_t addresses = 12, subframe_header = addresses + 2, alignment = 4;
  if (walk.bytes.size() < header_size + subframe_header) return cut_or_bad(walk);
  walk.skip(header_size);
  const std::size_t length = ByteReader(walk.bytes.subspan(addresses)).u16();
  const std::size_t padded = (subframe_header + length + alignment - 1) / alignment * alignment;
  if (walk.length > padded + subframe_header) return Walked::failed(DecodeIssue::aggregate);
  walk.skip(subframe_header);
  walk.limit(length);
  walk.layer = Layer::llc;
  return Walked::go_on();
}

}  // namespace

Walked walk_wlan(Walk& walk) {
  ByteReader in(walk.bytes);
  std::uint8_t control = in.u8();
  std::uint8_t flags = in.u8();
  if (!in.ok()) return cut_or_bad(walk);
  if (walk.layer == Layer::wlan_swapped) std::swap(control, flags);
  const unsigned type = control >> 2 & 3U;
  const unsigned subtype = control >> 4;
  constexpr unsigned data = 2, no_data_bit = 4, qos_bit = 8;
  constexpr std::uint8_t protected_frame = 0x40, both_ds = 0x03, order = 0x80;
  if (type != data || (subtype & no_data_bit) != 0) return Walked::failed(DecodeIssue::not_ip);
  if ((flags & protected_frame) != 0) return Walked::failed(DecodeIssue::encrypted);
  std::size_t size = 24;
  if ((flags & both_ds) == both_ds) size += 6;
  if ((subtype & qos_bit) != 0) {
    constexpr std::uint8_t is_aggregate = 0x80;
    const bool aggregate = walk.bytes.size() > size && (walk.bytes[size] & is_aggregate) != 0;
    size += (flags & order) != 0 ? 6 : 2;
    if (aggregate) return walk_aggregate(walk, size);
  }
  return behind(walk, size, Layer::llc);
}

}  // namespace pcapaudit
