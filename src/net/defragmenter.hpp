// IP datagrams that wait for their missing fragments.
//
// The first copy of a byte wins; overlaps whose bytes differ are marked on the datagram. One whose
// end is contradicted never becomes whole, as hosts discard it, and neither does one of IPv6 whose
// bytes are (RFC 5722). Owns the bytes it collects;
// a whole datagram's bytes belong to those who hold the walk's owner or a payload in it. The work
// for a fragment is bounded by its size and the logarithm of the caps. What a cap or the time drops
// is counted as `incomplete`, and as packets without a flow when nothing told whose it was.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "net/copies.hpp"
#include "net/decoder.hpp"
#include "net/fragment_bytes.hpp"
#include "net/layers.hpp"

namespace pcapaudit {

class Defragmenter final : public Reassembly {
 public:
  // Senders give up long before (RFC 791 3.2 suggests 15 s, Linux waits 30 s, RFC 8200 60 s).
  static constexpr std::int64_t max_wait_ns = 60 * ns_per_second;
  // Datagrams in waiting, and their bytes: floods of fragments must not eat the memory. A busy
  // tunnel has some hundred in flight.
  static constexpr std::size_t max_datagrams = 4096;
  static constexpr std::size_t max_bytes = std::size_t{16} * 1024 * 1024;
  // One address may hold a quarter of either: more than any tunnel needs, and a flood from one
  // place leaves the others alone.
  static constexpr std::size_t shares = 4;
  static constexpr std::uint32_t max_datagram = 65'535;

  explicit Defragmenter(Copies& copies) : copies_(copies) {}

  void next_packet(const PacketView& packet);
  Answer take(Walk& walk) override;
  void forget();

  // Packets before the one at hand that belong where it belongs.
  const EarlierFragments& earlier() const { return earlier_; }
  // Is the packet at hand counted already, or later with those that wait?
  bool keeps_packet() const { return keeps_packet_; }

  DecoderCounters counters;

 private:
  struct Key {
    IpAddress source, destination;
    std::uint32_t identification = 0;
    std::uint8_t protocol = 0;  // IPv4 only: in IPv6 the first fragment tells it
    // Last, so that one datagram's like in all networks stand together: a copy may come in another.
    std::uint32_t network = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Datagram {
    Timestamp started;
    std::uint64_t number = 0;  // order of arrival
    FragmentBytes bytes;
    bool ends = false;    // the last fragment came
    bool broken = false;  // two ends, bytes behind the end, other bytes in IPv6
    bool overlap = false, tiny = false;
    std::uint16_t protocol = 0;
    std::optional<Decoded> head;  // headers from the first fragment
    EarlierFragments earlier;     // while there is no head

    bool is_whole() const { return ends && !broken && bytes.is_gapless(); }
    void add(const Fragment& piece, Bytes bytes, bool is_ipv6);
  };
  using Datagrams = std::map<Key, Datagram>;
  // The least valuable first: whose flow is not known, then the oldest.
  using Order = std::map<std::pair<bool, std::uint64_t>, Datagrams::iterator>;
  struct Source {
    Order order;
    std::size_t bytes = 0;
  };

  static std::pair<bool, std::uint64_t> place_of(const Datagram& datagram) {
    return {datagram.head.has_value(), datagram.number};
  }
  Datagrams::iterator find_or_begin(const Key& key);
  Answer take_copy(Walk& walk, Datagrams::iterator found);
  void store(Datagrams::iterator found, const Walk& walk);
  void read_head(Datagrams::iterator found, const Walk& walk);
  Answer finish(Walk& walk, Datagrams::iterator found, bool head_came_before);
  Answer wait(Walk& walk, Datagram& datagram);
  Answer hold(Datagram& datagram);
  Datagrams::iterator original(Key key);
  bool is_late(const Datagram& datagram) const;
  void make_room(const IpAddress& source, bool begins_another);
  void drop(Datagrams::iterator found);
  void remove(Datagrams::iterator found);

  Copies& copies_;
  Timestamp time_;
  std::uint32_t wire_length_ = 0;
  EarlierFragments earlier_;
  bool keeps_packet_ = false;
  Datagrams datagrams_;
  Order order_;
  std::map<IpAddress, Source> sources_;
  std::uint64_t next_number_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace pcapaudit
