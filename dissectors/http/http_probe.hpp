// Whether the first bytes of a TCP direction are HTTP/1.x.
#pragma once

#include <string_view>

#include <pcapaudit/app/dissector.hpp>

namespace pcapaudit {

Probe probe_http(std::string_view prefix);

}  // namespace pcapaudit
