// IP addresses and subnets: parsing, printing, containment.

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>

#include <pcapaudit/base/ip.hpp>

#include "base/keyed_hash.hpp"

namespace pcapaudit {
namespace {

// Address bits only: 4 bytes of an IPv4 address, 16 of an IPv6 one.
Bytes address_bits(const IpAddress& address) {
  const Bytes all(address.bytes);
  return address.v4 ? all.last(4) : all;
}

// Bits of byte `index` that belong to a prefix of `prefix` bits.
std::uint8_t mask_of_byte(std::size_t index, unsigned prefix) {
  const unsigned before = static_cast<unsigned>(index) * 8;
  if (prefix >= before + 8) return 0xff;
  if (prefix <= before) return 0;
  return static_cast<std::uint8_t>(0xff00U >> (prefix - before));
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string copy(text);
  std::array<std::uint8_t, 16> raw{};
  if (inet_pton(AF_INET, copy.c_str(), raw.data()) == 1) return from_bytes(Bytes(raw).first(4));
  if (inet_pton(AF_INET6, copy.c_str(), raw.data()) == 1) return from_bytes(raw);
  return std::nullopt;
}

bool Subnet::contains(const IpAddress& address) const {
  if (address.v4 != base.v4) return false;
  const Bytes mine = address_bits(base);
  const Bytes other = address_bits(address);
  for (std::size_t i = 0; i < mine.size(); ++i) {
    const std::uint8_t mask = mask_of_byte(i, prefix);
    if (mask == 0) break;
    if ((mine[i] & mask) != (other[i] & mask)) return false;
  }
  return true;
}

std::optional<Subnet> Subnet::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = IpAddress::parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  const unsigned width = base->v4 ? 32 : 128;
  Subnet subnet{.base = *base, .prefix = width};
  if (slash == std::string_view::npos) return subnet;

  const std::string_view digits = text.substr(slash + 1);
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, subnet.prefix);
  if (parsed.ec != std::errc{} || parsed.ptr != end || subnet.prefix > width) return std::nullopt;
  const Bytes bits = address_bits(subnet.base);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if ((bits[i] & ~mask_of_byte(i, subnet.prefix)) != 0) return std::nullopt;
  }
  return subnet;
}

std::string to_text(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = {};
  const Bytes bits = address_bits(address);
  if (!address.v4) {
    inet_ntop(AF_INET6, bits.data(), text, sizeof text);
    return text;
  }
  char* end = text;  // at most 15 characters
  for (const std::uint8_t byte : bits) {
    if (end != text) *end++ = '.';
    end = std::to_chars(end, std::end(text), byte).ptr;
  }
  return {text, end};
}

std::string to_text(const Subnet& subnet) {
  if (subnet.is_single_address()) return to_text(subnet.base);
  return to_text(subnet.base) + "/" + std::to_string(subnet.prefix);
}

}  // namespace pcapaudit

std::size_t std::hash<pcapaudit::IpAddress>::operator()(
    const pcapaudit::IpAddress& address) const noexcept {
  return pcapaudit::keyed_hash(pcapaudit::Bytes(address.bytes));
}
