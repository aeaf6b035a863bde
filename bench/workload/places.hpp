// Addresses of samples/site.toml, in host order.
#pragma once

#include <cstdint>

namespace pcapaudit::bench {

constexpr std::uint32_t inside = 0x0a140000;     // 10.20.0.0/16, internal clients
constexpr std::uint32_t outside = 0x64400000;    // 100.64.0.0/16, in no list
constexpr std::uint32_t director = 0x0a01020b;   // 10.1.2.11
constexpr std::uint32_t front_end = 0x0a01030b;  // 10.1.3.11
constexpr std::uint32_t web_apps = 0x0a010405;   // 10.1.4.5
constexpr std::uint32_t proxy = 0xc6336428;      // 198.51.100.40, its external side

}  // namespace pcapaudit::bench
