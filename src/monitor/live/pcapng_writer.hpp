// Packets as a pcapng file in memory, each with a comment.
//
// A value that grows; used by one thread. Little-endian, times in nanoseconds. Decryption
// secrets are never written. Source: draft-ietf-opsawg-pcapng.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/packet.hpp"

namespace pcapaudit {

class PcapngWriter {
 public:
  // `application` names the program, `comment` says what the file is.
  PcapngWriter(std::string_view application, std::string_view comment);

  // Comments are made printable and cut at 1024 bytes. `interface` is its name where the packet
  // was captured; link types and names that are new get an interface block first.
  void add(const PacketView& packet, std::string_view interface, std::string_view comment);

  std::uint64_t packets() const { return packets_; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::uint32_t interface_of(LinkType link_type, std::string_view name);

  std::string bytes_;
  std::vector<std::pair<LinkType, std::string>> interfaces_;
  std::uint64_t packets_ = 0;
};

}  // namespace pcapaudit
