// Field names of Wireshark; see the header.

#include "report/text/wireshark.hpp"

#include <fmt/format.h>

namespace pcapaudit {
namespace {

bool is_v6(std::string_view address) {
  return address.find(':') != std::string_view::npos;
}

}  // namespace

std::string wireshark_filter(Transport transport, std::string_view client,
                             std::uint64_t client_port, std::string_view server,
                             std::uint64_t server_port) {
  const auto end = [](std::string_view address) {
    return fmt::format("{}.addr == {}", is_v6(address) ? "ipv6" : "ip", address);
  };
  const std::string ends = fmt::format("{} && {}", end(client), end(server));
  if (has_ports(transport)) {
    // Wireshark has UDP-Lite among UDP.
    const std::string_view name =
        to_text(transport == Transport::udp_lite ? Transport::udp : transport);
    return fmt::format("{0} && {1}.port == {2} && {1}.port == {3}", ends, name, client_port,
                       server_port);
  }
  if (transport == Transport::icmp) return ends + (is_v6(server) ? " && icmpv6" : " && icmp");
  return fmt::format("{} && {} == {}", ends, is_v6(server) ? "ipv6.nxt" : "ip.proto",
                     static_cast<unsigned>(transport));
}

}  // namespace pcapaudit
