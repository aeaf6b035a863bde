// Addresses and ports at which a session description promises media.
//
// Source: RFC 8866 5.7 and 5.14 (connection and media lines), RFC 3605 (a=rtcp), RFC 8839 5.1
// (a=candidate). Hostile text only yields fewer endpoints.
#pragma once

#include <string_view>

#include <pcapaudit/app/app_record.hpp>

namespace pcapaudit {

// Adds "audio 192.0.2.1:5004" for each endpoint: what its media line is, address, port.
void read_media_endpoints(std::string_view sdp, TextList& out);

}  // namespace pcapaudit
