// IP addresses and subnets of both families as small values.
//
// An IPv4 address is kept in the last four bytes of the sixteen; `v4` tells the family,
// so 10.0.0.1 and ::10.0.0.1 are different. Text follows RFC 5952 for IPv6.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool v4 = true;

  auto operator<=>(const IpAddress&) const = default;

  // `raw` holds 4 or 16 bytes; anything else gives 0.0.0.0.
  static IpAddress from_bytes(Bytes raw) {
    IpAddress address;
    if (raw.size() == 4) {
      std::memcpy(address.bytes.data() + 12, raw.data(), 4);
    } else if (raw.size() == 16) {
      address.v4 = false;
      std::memcpy(address.bytes.data(), raw.data(), 16);
    }
    return address;
  }
  static std::optional<IpAddress> parse(std::string_view text);
};

struct Subnet {
  IpAddress base;        // host bits are zero
  unsigned prefix = 32;  // bits; 0..32 for IPv4, 0..128 for IPv6

  auto operator<=>(const Subnet&) const = default;

  bool contains(const IpAddress& address) const;
  bool is_single_address() const { return prefix == (base.v4 ? 32U : 128U); }
  // "10.0.0.0/8", "2001:db8::/32", or a single address. Set host bits are an error.
  static std::optional<Subnet> parse(std::string_view text);
};

std::string to_text(const IpAddress& address);
std::string to_text(const Subnet& subnet);

}  // namespace pcapaudit

template <>
struct std::hash<pcapaudit::IpAddress> {
  std::size_t operator()(const pcapaudit::IpAddress& address) const noexcept;
};
