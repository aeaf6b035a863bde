// Nanoseconds as seconds, as metrics and statistics tell them.
#pragma once

#include <cstdint>

#include <pcapaudit/base/time.hpp>

namespace pcapaudit {

inline double seconds(std::int64_t ns) {
  return static_cast<double>(ns) / static_cast<double>(ns_per_second);
}

}  // namespace pcapaudit
