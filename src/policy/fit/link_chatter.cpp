// Ports and protocols of link-local discovery; see the header.

#include "policy/fit/link_chatter.hpp"

#include <algorithm>
#include <iterator>

namespace pcapaudit {
namespace {

struct Discovery {
  std::uint16_t port = 0;
  std::string_view app;
};

// RFC 6762, RFC 4795, UPnP, RFC 2131, RFC 8415, RFC 1001
constexpr Discovery discoveries[] = {{5353, "dns"}, {5355, "dns"},    {1900, "ssdp"},
                                     {67, "dhcp"},  {68, "dhcp"},     {546, ""},
                                     {547, ""},     {137, "netbios"}, {138, "netbios"}};

// "10.1.2.255" is most likely everybody; nobody answers from there.
bool is_directed_broadcast(const ClosedFlow& flow) {
  constexpr std::uint8_t all_ones = 0xff;
  return flow.server.address.v4 && flow.server.address.bytes.back() == all_ones &&
         flow.packets[1] == 0;
}

}  // namespace

bool is_link_chatter(const ClosedFlow& flow, Ends ends) {
  if (flow.transport != Transport::udp) return false;
  constexpr RoleSet link = role_bit(Policy::role_link_local) | role_bit(Policy::role_multicast) |
                           role_bit(Policy::role_broadcast);
  if ((ends.server & link) == 0 && !is_directed_broadcast(flow)) return false;
  return std::any_of(std::begin(discoveries), std::end(discoveries), [&](const Discovery& it) {
    return it.port == flow.server.port &&
           (flow.app == it.app || flow.app == "none" || (it.app.empty() && flow.app == "unknown"));
  });
}

}  // namespace pcapaudit
