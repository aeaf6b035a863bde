// The Internet checksum (RFC 1071) of headers and segments.
#pragma once

#include <cstdint>

#include <pcapaudit/base/bytes.hpp>
#include <pcapaudit/base/ip.hpp>

namespace pcapaudit {

// Zero when `bytes` hold their own right checksum.
std::uint16_t internet_checksum(Bytes bytes);

// The same over a TCP or UDP segment with its pseudo-header (RFC 9293 3.1, RFC 8200 8.1).
std::uint16_t transport_checksum(const IpAddress& source, const IpAddress& destination,
                                 std::uint8_t protocol, Bytes segment);

}  // namespace pcapaudit
