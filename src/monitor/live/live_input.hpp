// Several interfaces as one stream of packets in the order of time, with their counters.
//
// Used by one thread. The facts are those of one segment: from one database to the next.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "capture/live_source.hpp"
#include "capture/packet_source.hpp"
#include "monitor/status.hpp"

namespace pcapaudit {

class LiveInput {
 public:
  static Result<LiveInput> open(const std::vector<LiveOptions>& interfaces);

  struct Packet {
    const PacketView* view = nullptr;  // valid until the next call; null: none now
    std::uint32_t capture = 0;         // index of its interface
  };
  // The earliest packet. Where several interfaces are read, one waits for the others as long as
  // the kernel may keep their packets back. Fails when an interface is gone.
  Result<Packet> next(Timestamp now);
  // Until a packet may be there, or as long as the kernel keeps packets back.
  void wait() const;
  // Looks at counters and carriers; several times a second.
  void look(Timestamp now);

  void begin_segment(Timestamp now);
  std::vector<CaptureFacts> facts(Timestamp now) const;  // of this segment so far
  std::vector<InterfaceStatus> status(Timestamp now) const;

 private:
  struct Interface {
    std::unique_ptr<LiveSource> source;
    const PacketView* pending = nullptr;
    CaptureFacts facts;
    InterfaceStatus earlier;  // sums of the segments before
    LiveCounters at_begin;    // of this segment
    std::optional<Timestamp> down_since;
  };

  void count(Interface& interface, const PacketView& packet);

  std::vector<Interface> interfaces_;
  Interface* handed_out_ = nullptr;  // whose pending packet the caller has
};

}  // namespace pcapaudit
