// pcapng files: sections, interfaces of different link types and resolutions, secrets.
//
// Our own reader: libpcap refuses files whose interfaces differ in link type, applies the first
// interface's resolution to all, and drops names and secrets.
// Source: draft-ietf-opsawg-pcapng.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "capture/file_source.hpp"

namespace pcapaudit {
namespace {

constexpr std::uint32_t section_header = 0x0a0d0d0a;
constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::uint32_t interface_description = 1, obsolete_packet = 2, simple_packet = 3,
                        interface_statistics = 5, enhanced_packet = 6, decryption_secrets = 10;
constexpr std::size_t block_overhead = 12;  // type, length, length again
// The largest block that is believed: a packet and its options, or a key log.
constexpr std::uint32_t max_block_length = max_captured_length + 1024 * 1024;
// Key logs kept per capture; more is no key log but an attack on memory.
constexpr std::size_t max_secret_bytes = 64 * 1024 * 1024;
constexpr std::size_t max_interfaces = 65'536;  // the obsolete packet block's own limit
// Names of interfaces are short (16 bytes in Linux, a GUID in Windows). One that is longer, or that
// comes when the capture's names have filled their room, is cut and ends in "…".
constexpr std::size_t max_name = 256, max_name_bytes = 1024 * 1024;
constexpr std::string_view cut_mark = "…";

// Reads numbers in the section's byte order.
class BlockReader {
 public:
  BlockReader(Bytes bytes, bool little) : in_(bytes), little_(little) {}
  std::uint16_t u16() { return little_ ? in_.u16le() : in_.u16(); }
  std::uint32_t u32() { return little_ ? in_.u32le() : in_.u32(); }
  // Two words, high one first in either byte order.
  std::uint64_t time() {
    const std::uint64_t high = u32();
    return high << 32 | u32();
  }
  std::uint64_t u64() { return little_ ? in_.u64le() : in_.u64(); }
  Bytes padded(std::size_t count) {
    const Bytes bytes = in_.take(count);
    in_.skip(std::min((4 - count % 4) % 4, in_.remaining()));
    return bytes;
  }
  std::size_t remaining() const { return in_.remaining(); }
  bool ok() const { return in_.ok(); }

 private:
  ByteReader in_;
  bool little_;
};

// Wide enough for a time stamp of any resolution times a billion.
__extension__ using Uint128 = unsigned __int128;

// Time stamps of one interface.
struct Clock {
  // Nanoseconds in a unit of 10^-n seconds.
  static constexpr std::array<std::uint64_t, 10> whole_ns = {
      1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};

  std::uint8_t resolution = 6;  // if_tsresol: 10^-n, or 2^-n with the top bit
  std::int64_t offset_seconds = 0;

  Timestamp at(std::uint64_t units) const {
    const unsigned exponent = resolution & 0x7fU;
    std::uint64_t seconds = 0;
    std::uint64_t ns = 0;
    if ((resolution & 0x80U) != 0) {
      if (exponent >= 64) return {};
      seconds = units >> exponent;
      ns = static_cast<std::uint64_t>(
          ((units - (seconds << exponent)) * static_cast<Uint128>(ns_per_second)) >> exponent);
    } else if (exponent < whole_ns.size()) {
      seconds = units / (ns_per_second / whole_ns[exponent]);
      ns = units % (ns_per_second / whole_ns[exponent]) * whole_ns[exponent];
    } else {
      Uint128 per_second = 1;
      for (unsigned i = 0; i < std::min(exponent, 20U); ++i) per_second *= 10;
      seconds = static_cast<std::uint64_t>(units / per_second);
      ns = static_cast<std::uint64_t>((units % per_second) * static_cast<Uint128>(ns_per_second) /
                                      per_second);
    }
    // Years 1834 to 2106, as far as classic pcap reaches: any two times differ by less than 2^63
    // ns.
    const std::int64_t limit = std::int64_t{1} << 32;
    const std::int64_t whole =
        std::clamp(static_cast<std::int64_t>(std::min<std::uint64_t>(seconds, limit)) +
                       std::clamp(offset_seconds, -limit, limit),
                   -limit, limit);
    return Timestamp{whole * ns_per_second + static_cast<std::int64_t>(ns)};
  }
};

class PcapngFile final : public FileSource {
 public:
  PcapngFile(std::string name, std::unique_ptr<ByteStream> stream, PcapFilter filter,
             bool keep_secrets)
      : FileSource(std::move(name), "pcapng", std::move(stream), std::move(filter)),
        keep_secrets_(keep_secrets) {}

 private:
  bool read_packet() override {
    while (true) {
      const std::uint64_t at = block_start_;
      const Bytes head = take(8);
      if (head.empty()) return false;
      if (head.size() < 8) return stop(fmt::format("pcapng block cut at byte {}", at));
      BlockReader in(head, little_);
      const std::uint32_t type = in.u32();
      std::uint32_t length = in.u32();
      if (type == section_header && !begin_section(head, length)) {
        return stop(fmt::format("pcapng section without its byte-order magic at byte {}", at));
      }
      if (length < block_overhead || length % 4 != 0 || length > max_block_length) {
        return stop(fmt::format("pcapng block of {} bytes at byte {}", length, at));
      }
      const std::size_t rest = length - 8;
      const Bytes body = take(rest);
      if (body.size() < rest) return stop(fmt::format("pcapng block cut at byte {}", at));
      BlockReader tail(body.last(4), little_);
      if (tail.u32() != length) {
        return stop(fmt::format("pcapng block at byte {} ends with another length", at));
      }
      block_start_ += length;
      switch (read_block(type, body.first(rest - 4))) {
        case Block::packet:
          return true;
        case Block::other:
          break;
        case Block::broken:
          return stop(fmt::format("damaged pcapng block at byte {}", at));
      }
    }
  }

  enum class Block : std::uint8_t { packet, other, broken };

  // A new section sets the byte order and forgets the interfaces (section 4.1).
  bool begin_section(Bytes head, std::uint32_t& length) {
    const Bytes magic =
        stream_->peek(12).subspan(std::min<std::size_t>(8, stream_->peek(12).size()));
    ByteReader big(magic);
    ByteReader small(magic);
    if (big.u32() == byte_order_magic) {
      little_ = false;
    } else if (small.u32le() == byte_order_magic) {
      little_ = true;
    } else {
      return false;
    }
    BlockReader in(head, little_);
    in.u32();
    length = in.u32();
    section_interfaces_.clear();
    clocks_.clear();
    return true;
  }

  Block read_block(std::uint32_t type, Bytes body) {
    BlockReader in(body, little_);
    switch (type) {
      case interface_description:
        return read_interface(in);
      case enhanced_packet: {
        const std::uint32_t interface = in.u32();
        const std::uint64_t time = in.time();
        const Block read = read_data(in, interface, time, in.u32());
        if (read == Block::packet) add_lost(interface, drop_count(in));
        return read;
      }
      case obsolete_packet: {
        constexpr std::uint16_t unknown_drops = 0xffff;
        const std::uint32_t interface = in.u16();
        const std::uint16_t drops = in.u16();  // since the packet before it
        const std::uint64_t time = in.time();
        const Block read = read_data(in, interface, time, in.u32());
        if (read == Block::packet && drops != unknown_drops) add_lost(interface, drops);
        return read;
      }
      case simple_packet:
        return read_simple(in);
      case interface_statistics:
        return read_statistics(in);
      case decryption_secrets:
        return keep_secrets_ ? read_secrets(in) : Block::other;
      default:
        return Block::other;  // names, custom and unknown blocks
    }
  }

  Block read_interface(BlockReader& in) {
    CaptureInterface interface;
    interface.link_type = LinkType{in.u16()};
    in.u16();  // reserved
    interface.snap_length = in.u32();
    Clock clock;
    if (!in.ok() || facts_.interfaces.size() >= max_interfaces) return Block::broken;
    constexpr std::uint16_t if_name = 2, if_tsresol = 9, if_tsoffset = 14;
    while (in.remaining() >= 4) {
      const std::uint16_t code = in.u16();
      const std::uint16_t size = in.u16();
      if (code == 0) break;
      const Bytes value = in.padded(size);
      if (!in.ok()) break;  // a bad option does not take the interface away
      if (code == if_name) interface.name = name_of(as_text(value));
      if (code == if_tsresol && size == 1) clock.resolution = value[0];
      if (code == if_tsoffset && size == 8) {
        clock.offset_seconds = static_cast<std::int64_t>(BlockReader(value, little_).u64());
      }
    }
    section_interfaces_.push_back(static_cast<std::uint32_t>(facts_.interfaces.size()));
    clocks_.push_back(clock);
    facts_.interfaces.push_back(std::move(interface));
    return Block::other;
  }

  std::string name_of(std::string_view text) {
    const std::size_t kept = std::min({text.size(), max_name, max_name_bytes - name_bytes_});
    name_bytes_ += kept;
    std::string name(text.substr(0, kept));
    if (kept < text.size()) name += cut_mark;
    return name;
  }

  // The captured length was read last; the original length and the data follow.
  Block read_data(BlockReader& in, std::uint32_t interface, std::uint64_t time,
                  std::uint32_t captured) {
    const std::uint32_t wire = in.u32();
    const Bytes bytes = in.padded(captured);
    if (!in.ok() || interface >= section_interfaces_.size()) return Block::broken;
    packet_.time = clocks_[interface].at(time);
    set_packet(interface, bytes, wire);
    return Block::packet;
  }

  // A simple packet has no time stamp and belongs to the first interface (section 4.4).
  Block read_simple(BlockReader& in) {
    const std::uint32_t wire = in.u32();
    if (!in.ok() || section_interfaces_.empty()) return Block::broken;
    const std::uint32_t snap = facts_.interfaces[section_interfaces_[0]].snap_length;
    std::size_t captured = std::min<std::size_t>(wire, in.remaining());
    if (snap != 0) captured = std::min<std::size_t>(captured, snap);
    packet_.time = {};  // unknown
    set_packet(0, in.padded(captured), wire);
    return Block::packet;
  }

  void set_packet(std::uint32_t interface, Bytes bytes, std::uint32_t wire) {
    packet_.interface = section_interfaces_[interface];
    packet_.link_type = facts_.interfaces[packet_.interface].link_type;
    packet_.bytes = bytes;
    packet_.wire_length = std::max(wire, static_cast<std::uint32_t>(bytes.size()));
  }

  // Counters since the interface was opened, so the last block of an interface tells.
  Block read_statistics(BlockReader& in) {
    const std::uint32_t interface = in.u32();
    in.time();
    if (!in.ok() || interface >= section_interfaces_.size()) return Block::other;
    constexpr std::uint16_t isb_ifdrop = 5, isb_osdrop = 7;
    std::uint64_t dropped = 0;
    while (in.remaining() >= 4) {
      const std::uint16_t code = in.u16();
      const std::uint16_t size = in.u16();
      const Bytes value = in.padded(size);
      if (code == 0 || !in.ok()) break;
      if (code != isb_ifdrop && code != isb_osdrop) continue;
      // Eight bytes (section 4.6); some writers give four.
      if (size == 8) dropped += BlockReader(value, little_).u64();
      if (size == 4) dropped += BlockReader(value, little_).u32();
    }
    state_loss(section_interfaces_[interface], dropped, 0);
    return Block::other;
  }

  // epb_dropcount (section 4.3): packets lost between this one and the one before it.
  std::uint64_t drop_count(BlockReader& in) const {
    constexpr std::uint16_t epb_dropcount = 4;
    while (in.remaining() >= 4) {
      const std::uint16_t code = in.u16();
      const std::uint16_t size = in.u16();
      const Bytes value = in.padded(size);
      if (code == 0 || !in.ok()) break;
      if (code == epb_dropcount && size == 8) return BlockReader(value, little_).u64();
    }
    return 0;
  }

  void add_lost(std::uint32_t interface, std::uint64_t packets) {
    if (packets != 0) state_loss(section_interfaces_[interface], 0, packets);
  }

  // Packets and statistics speak of the same losses: the greater of the two sums is the
  // interface's.
  void state_loss(std::uint32_t interface, std::uint64_t in_all, std::uint64_t more) {
    constexpr std::uint64_t most = std::uint64_t{1} << 62;  // a greater one is no count
    lost_.resize(facts_.interfaces.size());
    Loss& loss = lost_[interface];
    const std::uint64_t before = std::max(loss.by_statistics, loss.by_packets);
    loss.by_statistics = std::max(loss.by_statistics, std::min(in_all, most));
    loss.by_packets = std::min(loss.by_packets + std::min(more, most), most);
    facts_.dropped =
        std::min(facts_.dropped + std::max(loss.by_statistics, loss.by_packets) - before, most);
  }

  Block read_secrets(BlockReader& in) {
    const std::uint32_t type = in.u32();
    const std::uint32_t length = in.u32();
    const Bytes secret = in.padded(length);
    if (!in.ok() || secret_bytes_ + length > max_secret_bytes) return Block::other;
    secret_bytes_ += length;
    facts_.secrets.push_back({.type = type, .text = std::string(as_text(secret))});
    return Block::other;
  }

  const bool keep_secrets_;
  bool little_ = true;
  std::uint64_t block_start_ = 0;
  std::vector<std::uint32_t> section_interfaces_;  // index into facts_.interfaces
  std::vector<Clock> clocks_;                      // of the section's interfaces
  struct Loss {
    std::uint64_t by_statistics = 0, by_packets = 0;
  };
  std::vector<Loss> lost_;  // by facts_.interfaces
  std::size_t secret_bytes_ = 0, name_bytes_ = 0;
};

}  // namespace

Result<std::unique_ptr<PacketSource>> open_pcapng(std::string name,
                                                  std::unique_ptr<ByteStream> stream,
                                                  PcapFilter filter, bool keep_secrets) {
  return std::make_unique<PcapngFile>(std::move(name), std::move(stream), std::move(filter),
                                      keep_secrets);
}

}  // namespace pcapaudit
