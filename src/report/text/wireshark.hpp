// The display filter of Wireshark that shows a flow.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/transport.hpp"

namespace pcapaudit {

// Addresses as text: reports may speak of pseudonyms. Ports count where the transport has them.
std::string wireshark_filter(Transport transport, std::string_view client,
                             std::uint64_t client_port, std::string_view server,
                             std::uint64_t server_port);

}  // namespace pcapaudit
