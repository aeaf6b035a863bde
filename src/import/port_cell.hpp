// Ports and transports as people write them: "TCP 443, 8443/udp", "50.000-59.999", ">1023".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.hpp"

namespace pcapaudit {

struct PortGroup {
  std::vector<Transport> transports;  // empty: not said
  PortRanges ports;
};

struct PortReading {
  std::vector<PortGroup> groups;    // empty: no ports
  std::string refused;              // why the row cannot be written; "" when it can
  std::vector<std::string> doubts;  // what was decided, or not read, each a sentence about ports
};

// `beside`: the cell of a transport column, `heading` of the port column: they tell the transport
// where the cell does not.
PortReading read_ports(const std::string& cell, const std::string& beside,
                       const std::string& heading);

}  // namespace pcapaudit
