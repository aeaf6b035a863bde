// The pcap file format, as libpcap documents it in pcap-savefile(5).
#include "workload/pcap_writer.hpp"

#include <array>
#include <cerrno>
#include <cstring>

namespace pcapaudit::bench {
namespace {

constexpr std::size_t buffer_size = 1 << 20;
constexpr std::uint32_t snap_length = 262'144;

Bytes raw(const auto& words) {
  return {reinterpret_cast<const std::uint8_t*>(words.data()), sizeof words};
}

}  // namespace

PcapWriter::PcapWriter(std::string path, File file)
    : path_(std::move(path)), buffer_(buffer_size), file_(std::move(file)) {
  std::setvbuf(file_.get(), buffer_.data(), _IOFBF, buffer_.size());
  const std::array<std::uint32_t, 6> header{0xa1b2c3d4, 2 | 4U << 16, 0, 0, snap_length, 1};
  write(raw(header));
}

Result<PcapWriter> PcapWriter::create(const std::string& path) {
  File file(std::fopen(path.c_str(), "wb"), std::fclose);
  if (!file) return fail(path + ": " + std::strerror(errno));
  return PcapWriter(path, std::move(file));
}

void PcapWriter::write(Bytes bytes) {
  std::fwrite(bytes.data(), 1, bytes.size(), file_.get());
  bytes_ += bytes.size();
}

void PcapWriter::frame(std::int64_t time_us, Bytes captured, std::uint32_t wire_length) {
  const std::array<std::uint32_t, 4> header{static_cast<std::uint32_t>(time_us / 1'000'000),
                                            static_cast<std::uint32_t>(time_us % 1'000'000),
                                            static_cast<std::uint32_t>(captured.size()),
                                            wire_length};
  write(raw(header));
  write(captured);
  ++packets_;
}

Result<void> PcapWriter::close() {
  const bool bad = std::ferror(file_.get()) != 0;
  if (std::fclose(file_.release()) != 0 || bad) return fail(path_ + ": " + std::strerror(errno));
  return {};
}

}  // namespace pcapaudit::bench
