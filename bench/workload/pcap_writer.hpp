// Writes a classic pcap file of Ethernet frames, microseconds, through one large buffer.
//
// Owns the file. One thread. Times are microseconds since 1970 and should not go backwards; a
// failed write is remembered and told by close().
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <pcapaudit/base/bytes.hpp>
#include <pcapaudit/base/result.hpp>

#include "workload/frame_sink.hpp"

namespace pcapaudit::bench {

class PcapWriter final : public FrameSink {
 public:
  static Result<PcapWriter> create(const std::string& path);

  void frame(std::int64_t time_us, Bytes captured, std::uint32_t wire_length) override;
  std::uint64_t bytes() const { return bytes_; }  // of the file, so far
  std::uint64_t packets() const { return packets_; }
  Result<void> close();

 private:
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  PcapWriter(std::string path, File file);
  void write(Bytes bytes);

  std::string path_;
  std::vector<char> buffer_;
  File file_;
  std::uint64_t bytes_ = 0, packets_ = 0;
};

}  // namespace pcapaudit::bench
