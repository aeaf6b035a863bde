// What a demand of a row has to be held against, and whether all of it was there and was read.
//
// A demand is met only when its evidence is whole; what is seen to fail fails whatever is missing.
#pragma once

#include "policy/judge/verdict.hpp"

namespace pcapaudit {

enum class Evidence : std::uint8_t {
  paths,         // of all requests
  hosts,         // of all requests
  credentials,   // of all requests
  answers,       // all statuses and redirects
  application,   // what both sides spoke, to the end
  outside,       // the same, without what was decrypted of it
  client_hello,  // what the client offered and asked for
  server_hello,  // what was negotiated
  certificate,   // the server's, unless the protocol hides it
  opener,        // who opened the connection
};

// Reason::none when the evidence is whole.
Reason missing(Evidence evidence, const ClosedFlow& flow);

// No packet of this direction was lost or cut, and its start was captured.
bool is_lossless(const ReadAccount& account);

}  // namespace pcapaudit
