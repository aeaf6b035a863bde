// Tells TLS from everything else by the first bytes of one direction.
#pragma once

#include <pcapaudit/app/dissector.hpp>

namespace pcapaudit::tls_wire {

// A hello that starts the stream is enough by itself. Other records may be the middle of a
// stream; they must be followed by another good record header or end where the prefix ends.
Probe probe(Bytes prefix);

}  // namespace pcapaudit::tls_wire
