// What the two file formats share: the stream, the filter and the counting.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "capture/byte_stream.hpp"
#include "capture/packet_source.hpp"
#include "capture/pcap_filter.hpp"

namespace pcapaudit {

// The largest captured packet that is believed: libpcap's own limit is 256 KiB for usual link
// types; USB and D-Bus captures reach 128 MiB in theory but carry nothing to judge.
constexpr std::uint32_t max_captured_length = 16 * 1024 * 1024;

class FileSource : public PacketSource {
 public:
  FileSource(std::string name, std::string format, std::unique_ptr<ByteStream> stream,
             PcapFilter filter)
      : stream_(std::move(stream)), filter_(std::move(filter)) {
    facts_.name = std::move(name);
    facts_.format = std::move(format);
  }

  const PacketView* next() final;
  const std::shared_ptr<const void>& owner() const final { return owner_; }
  const CaptureFacts& facts() const final { return facts_; }
  std::uint64_t position() const final { return stream_->stored_position(); }
  std::uint64_t size() const final { return stream_->stored_size(); }

 protected:
  // Reads the next packet into packet_; false at the end or at damage.
  virtual bool read_packet() = 0;

  // The next `count` bytes, or fewer at the end; the previous ones are used up.
  Bytes take(std::size_t count) {
    stream_->skip(taken_);
    const Bytes bytes = stream_->peek(count);
    taken_ = bytes.size();
    return bytes;
  }
  // Notes why reading stops here; a reason from the stream below comes first.
  bool stop(std::string why);

  std::unique_ptr<ByteStream> stream_;
  CaptureFacts facts_;
  PacketView packet_;

 private:
  PcapFilter filter_;
  std::shared_ptr<const void> owner_;
  std::size_t taken_ = 0;
  bool ended_ = false;
};

Result<std::unique_ptr<PacketSource>> open_pcap(std::string name,
                                                std::unique_ptr<ByteStream> stream,
                                                PcapFilter filter);
Result<std::unique_ptr<PacketSource>> open_pcapng(std::string name,
                                                  std::unique_ptr<ByteStream> stream,
                                                  PcapFilter filter, bool keep_secrets);

}  // namespace pcapaudit
