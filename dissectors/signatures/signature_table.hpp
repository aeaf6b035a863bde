// The table of signatures, and its first row that fits.
//
// A row is a name, the carriers, up to two tests (of what a client and of what a server sends
// first), and how its messages end if TLS may follow one of them. A wrong name is worse than
// "unknown": a protocol without a sure sign is not here. Constants; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <pcapaudit/app/dissector.hpp>

namespace pcapaudit::signature {

// Where a message ends, and so TLS may begin.
enum class Ends : std::uint8_t {
  never,     // it does not turn into TLS
  line,      // behind a line end
  tag,       // behind '>'
  ber,       // by the length of a BER element
  tpkt,      // by the length in a TPKT header
  mysql,     // by the length in a packet header
  postgres,  // an SSLRequest, and one byte as its answer
  socks,     // whatever comes behind the server's success
  once,      // the first message is a header; whatever comes behind it is the connection
};

struct Row {
  std::string_view name;
  std::uint8_t carriers;
  Probe::Kind (*client)(Bytes prefix);
  Probe::Kind (*server)(Bytes prefix);
  bool either_side = false;  // both sides begin alike: nothing about who is the client
  Ends ends = Ends::never;
};

// All rows, in the order in which they are tried.
std::span<const Row> all_rows();

struct Match {
  Probe probe;
  const Row* row = nullptr;
};

// The first row that is sure; what is unsure in one row and sure in none needs more.
Match match(Bytes prefix, Carrier carrier);

}  // namespace pcapaudit::signature
