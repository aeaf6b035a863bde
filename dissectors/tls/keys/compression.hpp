// Undoes the compression of records that TLS had up to 1.2 (RFC 3749): DEFLATE, whose state goes on
// from record to record.
//
// One for each direction, used by one thread. A record may not grow over 2^14 bytes; one that does,
// or that is no DEFLATE, ends it.
#pragma once

#include <memory>
#include <optional>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit::tls_wire {

class Decompressor {
 public:
  // Null when there is no memory for it.
  static std::unique_ptr<Decompressor> make();
  ~Decompressor();

  // The text lies in here, until the next call.
  std::optional<Bytes> open(Bytes compressed);

 private:
  struct State;
  explicit Decompressor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pcapaudit::tls_wire
