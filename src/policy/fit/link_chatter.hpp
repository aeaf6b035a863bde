// What hosts call out to everybody on their link, without a server that they mean.
#pragma once

#include "policy/fit/row_match.hpp"

namespace pcapaudit {

// mDNS, LLMNR, SSDP, DHCP and NetBIOS names: to a group, a broadcast address or an address of the
// link, in the protocol of that port. What goes to one host by its own address is none.
bool is_link_chatter(const ClosedFlow& flow, Ends ends);

}  // namespace pcapaudit
