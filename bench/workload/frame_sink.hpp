// Where generated frames go: a file, or memory.
#pragma once

#include <cstdint>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit::bench {

class FrameSink {
 public:
  virtual ~FrameSink() = default;
  // Microseconds since 1970; the view is valid during the call only.
  virtual void frame(std::int64_t time_us, Bytes captured, std::uint32_t wire_length) = 0;
};

}  // namespace pcapaudit::bench
