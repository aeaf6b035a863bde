// Classic pcap files: micro- and nanoseconds, both byte orders.
//
// Our own reader rather than libpcap's: the bytes may come decompressed or from a pipe, and one
// buffer serves both formats.
// Source: draft-ietf-opsawg-pcap.
#include <bit>

#include <fmt/format.h>

#include "capture/file_source.hpp"

namespace pcapaudit {
namespace {

constexpr std::size_t file_header_size = 24;
constexpr std::size_t packet_header_size = 16;
constexpr std::uint32_t micro_magic = 0xa1b2c3d4;
constexpr std::uint32_t nano_magic = 0xa1b23c4d;
constexpr std::uint32_t link_type_mask = 0xffff;  // above it: FCS length and reserved bits
constexpr std::uint16_t major_version = 2;

inline std::uint32_t number(ByteReader& in, bool little) {
  const std::uint32_t value = in.u32le();
  return little ? value : std::byteswap(value);
}

class PcapFile final : public FileSource {
 public:
  PcapFile(std::string name, std::unique_ptr<ByteStream> stream, PcapFilter filter, bool little,
           bool nanoseconds)
      : FileSource(std::move(name), "pcap", std::move(stream), std::move(filter)),
        little_(little),
        ns_per_unit_(nanoseconds ? 1 : 1000) {}

  void set_interface(CaptureInterface interface) {
    packet_.link_type = interface.link_type;
    facts_.interfaces.push_back(std::move(interface));
    take(file_header_size);
  }

 private:
  bool read_packet() override {
    const Bytes header = take(packet_header_size);
    if (header.empty()) return false;
    if (header.size() < packet_header_size) {
      return stop(fmt::format("cut in the header of packet {}", packet_.number + 1));
    }
    ByteReader in(header.first(packet_header_size));
    const std::uint32_t seconds = number(in, little_);
    const std::uint32_t fraction = number(in, little_);
    const std::uint32_t captured = number(in, little_);
    const std::uint32_t wire = number(in, little_);
    if (captured > max_captured_length) {
      return stop(fmt::format("damaged at byte {}: packet {} claims {} bytes", stream_->offset(),
                              packet_.number + 1, captured));
    }
    const Bytes bytes = take(captured);
    if (bytes.size() < captured) return stop(fmt::format("cut in packet {}", packet_.number + 1));
    // A fraction beyond a second is carried, as sloppy writers mean it.
    packet_.time = Timestamp{std::int64_t{seconds} * ns_per_second + fraction * ns_per_unit_};
    packet_.wire_length = std::max(wire, captured);
    packet_.bytes = bytes;
    return true;
  }

  bool little_;
  std::int64_t ns_per_unit_;
};

}  // namespace

Result<std::unique_ptr<PacketSource>> open_pcap(std::string name,
                                                std::unique_ptr<ByteStream> stream,
                                                PcapFilter filter) {
  const Bytes header = stream->peek(file_header_size);
  ByteReader magic(header);
  const std::uint32_t as_big = magic.u32();
  const bool little = as_big != micro_magic && as_big != nano_magic;
  ByteReader in(header);
  const std::uint32_t kind = number(in, little);
  const std::uint16_t major = little ? in.u16le() : in.u16();
  in.skip(2 + 4 + 4);  // minor version, time zone, accuracy: unused by all writers
  const std::uint32_t snap_length = number(in, little);
  const std::uint32_t link_type = number(in, little) & link_type_mask;
  if (!in.ok()) return fail(fmt::format("{}: cut in the pcap file header", name));
  if (major != major_version) {
    return fail(fmt::format("{}: pcap version {} is unknown, 2 expected", name, major));
  }
  auto source = std::make_unique<PcapFile>(std::move(name), std::move(stream), std::move(filter),
                                           little, kind == nano_magic);
  source->set_interface({.name = "", .link_type = LinkType{link_type}, .snap_length = snap_length});
  return source;
}

}  // namespace pcapaudit
