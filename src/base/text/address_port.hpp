// An address with its port: "192.0.2.1:443", "[2001:db8::1]:443" (RFC 3986 3.2.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pcapaudit {

inline std::string address_port(std::string_view address, std::uint64_t port) {
  const bool v6 = address.find(':') != std::string_view::npos;
  std::string text(v6 ? "[" : "");
  return text.append(address).append(v6 ? "]:" : ":").append(std::to_string(port));
}

// What has no ports (or none was seen) is the address alone.
inline std::string address_and_port(std::string_view address, std::uint64_t port) {
  return port == 0 ? std::string(address) : address_port(address, port);
}

}  // namespace pcapaudit
