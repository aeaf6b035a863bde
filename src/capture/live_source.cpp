// Live capture through libpcap: its ring buffer, its filter, its counters.

#include "capture/live_source.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace pcapaudit {
namespace {

constexpr std::string_view not_permitted = ": not permitted to capture";

struct CloseHandle {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, CloseHandle>;

std::unexpected<Error> failed(const std::string& interface, pcap_t* handle, int status) {
  const std::string why =
      *pcap_geterr(handle) != '\0' ? pcap_geterr(handle) : pcap_statustostr(status);
  return fail(fmt::format("{}: {}", interface, why));
}

Result<void> set_up(pcap_t* handle, const LiveOptions& options) {
  pcap_set_snaplen(handle, static_cast<int>(options.snap_length));
  pcap_set_promisc(handle, 1);
  pcap_set_timeout(handle, LiveSource::hand_over_ms);
  constexpr std::size_t largest = 0x7fffffff;  // libpcap's size is an int
  pcap_set_buffer_size(handle, static_cast<int>(std::min(options.buffer_bytes, largest)));
  // Where nanoseconds are not to be had, next() asks for the precision that was granted.
  pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
  const int status = pcap_activate(handle);
  if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED) {
    return fail(fmt::format("{}{}", options.interface, not_permitted));
  }
  if (status == PCAP_ERROR_NO_SUCH_DEVICE) {
    return fail(fmt::format("{}: no such interface", options.interface),
                "ip link lists the interfaces");
  }
  if (status < 0) return failed(options.interface, handle, status);
  return {};
}

Result<void> set_filter(pcap_t* handle, const LiveOptions& options) {
  if (options.filter.empty()) return {};
  bpf_program program{};
  if (pcap_compile(handle, &program, options.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return fail(fmt::format("filter \"{}\": {}", options.filter, pcap_geterr(handle)),
                "the syntax is that of tcpdump, see pcap-filter(7)");
  }
  const int status = pcap_setfilter(handle, &program);
  pcap_freecode(&program);
  if (status != 0) return failed(options.interface, handle, status);
  return {};
}

}  // namespace

struct LiveSource::Impl {
  LiveOptions options;
  Handle handle;
  unsigned index = 0;  // of the interface; another one under its name is not this one
  bool nanoseconds = true;
  PacketView packet;
  LiveCounters counters;
  pcap_stat last_stat{};
};

LiveSource::LiveSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LiveSource::~LiveSource() = default;

Result<std::unique_ptr<LiveSource>> LiveSource::open(const LiveOptions& options) {
  char why[PCAP_ERRBUF_SIZE] = {};
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  impl->handle.reset(pcap_create(options.interface.c_str(), why));
  if (!impl->handle) return fail(fmt::format("{}: {}", options.interface, why));
  pcap_t* const handle = impl->handle.get();
  if (auto done = set_up(handle, options); !done) return std::unexpected(done.error());
  if (auto done = set_filter(handle, options); !done) return std::unexpected(done.error());
  if (pcap_setnonblock(handle, 1, why) != 0) {
    return fail(fmt::format("{}: {}", options.interface, why));
  }
  impl->index = ::if_nametoindex(options.interface.c_str());
  impl->nanoseconds = pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO;
  impl->packet.link_type = LinkType{static_cast<std::uint32_t>(pcap_datalink(handle))};
  return std::unique_ptr<LiveSource>(new LiveSource(std::move(impl)));
}

Result<const PacketView*> LiveSource::next() {
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  const int status = pcap_next_ex(impl_->handle.get(), &header, &bytes);
  if (status == 0) return nullptr;
  if (status < 0) {
    // An interface that goes down reports it once, and works again when it is up.
    if (::if_nametoindex(impl_->options.interface.c_str()) == impl_->index) return nullptr;
    return fail(fmt::format("{}: the interface is gone", impl_->options.interface));
  }
  PacketView& packet = impl_->packet;
  ++packet.number;
  const std::int64_t unit = impl_->nanoseconds ? 1 : 1000;
  packet.time = {std::int64_t{header->ts.tv_sec} * ns_per_second + header->ts.tv_usec * unit};
  packet.wire_length = std::max(header->len, header->caplen);
  packet.bytes = Bytes(bytes, header->caplen);
  return &packet;
}

int LiveSource::descriptor() const {
  return pcap_get_selectable_fd(impl_->handle.get());
}

bool LiveSource::is_up() const {
  ifreq request{};
  impl_->options.interface.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(descriptor(), SIOCGIFFLAGS, &request) != 0) return false;
  constexpr int wanted = IFF_UP | IFF_RUNNING;
  return (request.ifr_flags & wanted) == wanted;
}

// libpcap counts in 32 bits, which wrap within weeks.
LiveCounters LiveSource::counters() {
  pcap_stat stat{};
  if (pcap_stats(impl_->handle.get(), &stat) != 0) return impl_->counters;
  impl_->counters.dropped_kernel += std::uint32_t{stat.ps_drop - impl_->last_stat.ps_drop};
  impl_->counters.dropped_interface += std::uint32_t{stat.ps_ifdrop - impl_->last_stat.ps_ifdrop};
  impl_->last_stat = stat;
  return impl_->counters;
}

LinkType LiveSource::link_type() const {
  return impl_->packet.link_type;
}

const LiveOptions& LiveSource::options() const {
  return impl_->options;
}

bool is_permission_error(const Error& error) {
  return error.what.ends_with(not_permitted);
}

}  // namespace pcapaudit
