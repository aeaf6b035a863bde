// Packets from a network interface, as they come.
//
// Owns one libpcap handle with the kernel's ring buffer. Used by one thread. A PacketView is valid
// until the next call. Losses are counted by the kernel, and told with the counters.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <pcapaudit/base/result.hpp>

#include "net/packet.hpp"

namespace pcapaudit {

struct LiveOptions {
  std::string interface;
  std::string filter;                           // BPF, empty for all; the kernel filters
  std::uint32_t snap_length = 262'144;          // bytes of each packet
  std::size_t buffer_bytes = 64 * 1024 * 1024;  // of the kernel's ring
};

struct LiveCounters {
  std::uint64_t dropped_kernel = 0;     // the ring was full
  std::uint64_t dropped_interface = 0;  // the card lost them
};

class LiveSource {
 public:
  // How long the kernel may keep packets back to hand over many at a time.
  static constexpr int hand_over_ms = 100;

  // Opens in promiscuous mode. Fails when there is no such interface, the filter is wrong, or the
  // process may not capture (`Error::hint` is then empty: the caller knows its own path).
  static Result<std::unique_ptr<LiveSource>> open(const LiveOptions& options);
  ~LiveSource();

  // The next packet that is there now, or nullptr. Fails when the interface is gone for good; one
  // that is down only gives nothing until it is up again.
  Result<const PacketView*> next();
  // To wait for packets with poll(2).
  int descriptor() const;
  // Is the interface up, with a carrier?
  bool is_up() const;
  LiveCounters counters();
  LinkType link_type() const;
  const LiveOptions& options() const;

 private:
  struct Impl;
  explicit LiveSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Why open() failed was a missing permission.
bool is_permission_error(const Error& error);

}  // namespace pcapaudit
