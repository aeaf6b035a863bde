// IP datagrams that wait for their missing fragments.
//
// The first copy of a byte wins; overlaps whose bytes differ are marked on the datagram. Owns the
// bytes it collects; a whole datagram's bytes belong to those who hold the walk's owner or a
// payload in it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <pcapaudit/net/decoder.hpp>

#include "net/copies.hpp"
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
  static constexpr std::uint32_t max_datagram = 65'535;

  explicit Defragmenter(Copies& copies) : copies_(copies) {}

  void next_packet(Timestamp time) { time_ = time; }
  Answer take(Walk& walk) override;
  void forget();

  DecoderCounters counters;

 private:
  struct Key {
    IpAddress source, destination;
    std::uint32_t identification = 0;
    std::uint8_t protocol = 0;  // IPv4 only: in IPv6 the first fragment tells it
    auto operator<=>(const Key&) const = default;
  };
  struct Datagram {
    Timestamp started;
    std::uint64_t number = 0;                                      // order of arrival
    std::vector<std::uint8_t> bytes;                               // up to the furthest fragment
    std::vector<std::pair<std::uint32_t, std::uint32_t>> present;  // [begin, end), sorted, disjoint
    std::optional<std::uint32_t> length;                           // known with the last fragment
    std::uint16_t protocol = 0;
    std::optional<Decoded> head;  // headers from the first fragment
    bool overlap = false, tiny = false;

    bool is_whole() const;
    bool conflicts(std::uint32_t begin, Bytes piece) const;
    void add(std::uint32_t begin, Bytes piece);
  };
  using Datagrams = std::map<Key, Datagram>;

  Answer finish(Walk& walk, Datagrams::iterator found, bool head_came_before);
  Answer wait(Walk& walk, Datagram& datagram);
  bool is_late(const Datagram& datagram) const;
  void make_room();
  void drop(Datagrams::iterator found);

  Copies& copies_;
  Timestamp time_;
  Datagrams datagrams_;
  std::map<std::uint64_t, Key> order_;  // by arrival
  std::uint64_t next_number_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace pcapaudit
