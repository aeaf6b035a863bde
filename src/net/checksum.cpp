// Sums of 16-bit words; see the header.
#include "net/checksum.hpp"

namespace pcapaudit {
namespace {

std::uint64_t add_words(std::uint64_t sum, Bytes bytes) {
  ByteReader in(bytes);
  while (in.remaining() >= 2) sum += in.u16();
  if (in.remaining() == 1) sum += std::uint64_t{in.u8()} << 8;
  return sum;
}

std::uint16_t folded(std::uint64_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

Bytes address_bytes(const IpAddress& address) {
  const Bytes all(address.bytes);
  return address.v4 ? all.last(4) : all;
}

}  // namespace

std::uint16_t internet_checksum(Bytes bytes) {
  return folded(add_words(0, bytes));
}

std::uint16_t transport_checksum(const IpAddress& source, const IpAddress& destination,
                                 std::uint8_t protocol, Bytes segment) {
  std::uint64_t sum = protocol + segment.size();
  sum = add_words(sum, address_bytes(source));
  sum = add_words(sum, address_bytes(destination));
  return folded(add_words(sum, segment));
}

}  // namespace pcapaudit
