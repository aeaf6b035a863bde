// BPF expressions through libpcap.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <pcapaudit/base/result.hpp>

#include "net/packet.hpp"

namespace pcapaudit {

// One expression for packets of any link type. Used by one thread.
class PcapFilter {
 public:
  // Fails when the expression is wrong. An empty expression passes everything.
  static Result<PcapFilter> compile(const std::string& expression);
  ~PcapFilter();
  PcapFilter(PcapFilter&&) noexcept;
  PcapFilter& operator=(PcapFilter&&) noexcept;

  bool passes(const PacketView& packet) { return expression_.empty() || matches(packet); }

 private:
  struct Program;

  bool matches(const PacketView& packet);

  explicit PcapFilter(std::string expression);

  std::string expression_;
  std::map<std::uint32_t, std::unique_ptr<Program>> programs_;  // by link type
};

}  // namespace pcapaudit
