// BPF expressions through libpcap, for packets from files.
#include "capture/pcap_filter.hpp"

#include <utility>

#include <fmt/format.h>
#include <pcap/pcap.h>

namespace pcapaudit {
namespace {

constexpr int any_snap_length = 262'144;
constexpr int ethernet = 1;

}  // namespace

struct PcapFilter::Program {
  bpf_program code{};
  bool usable = false;

  Program(const std::string& expression, std::uint32_t link_type, std::string* error) {
    pcap_t* dead = pcap_open_dead(static_cast<int>(link_type), any_snap_length);
    if (dead == nullptr) return;
    usable = pcap_compile(dead, &code, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!usable && error != nullptr) *error = pcap_geterr(dead);
    pcap_close(dead);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (usable) pcap_freecode(&code);
  }
};

PcapFilter::PcapFilter(std::string expression) : expression_(std::move(expression)) {}
PcapFilter::~PcapFilter() = default;
PcapFilter::PcapFilter(PcapFilter&&) noexcept = default;
PcapFilter& PcapFilter::operator=(PcapFilter&&) noexcept = default;

Result<PcapFilter> PcapFilter::compile(const std::string& expression) {
  if (!expression.empty()) {
    std::string error;
    if (!Program(expression, ethernet, &error).usable) {
      return fail(fmt::format("filter \"{}\": {}", expression, error),
                  "the syntax is that of tcpdump, see pcap-filter(7)");
    }
  }
  return PcapFilter(expression);
}

// A link type on which the expression cannot be decided (an Ethernet address on a raw IP
// interface) lets nothing through: what does not provably match is left out, and counted.
bool PcapFilter::matches(const PacketView& packet) {
  const auto link_type = static_cast<std::uint32_t>(packet.link_type);
  std::unique_ptr<Program>& program = programs_[link_type];
  if (!program) program = std::make_unique<Program>(expression_, link_type, nullptr);
  if (!program->usable) return false;
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(packet.bytes.size());
  header.len = packet.wire_length;
  return pcap_offline_filter(&program->code, &header, packet.bytes.data()) != 0;
}

}  // namespace pcapaudit
