// Attempts that nobody answered, and whether their target was heard: then they were blocked, else
// the capture may have missed the other side.
//
// Owned by whoever stores the flows; one thread. Memory: ~56 bytes an address that was heard and
// 32 an attempt, up to the caps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_set>
#include <vector>

#include <pcapaudit/base/ip.hpp>

#include "store/store.hpp"

namespace pcapaudit {

class Attempts {
 public:
  // Beyond `max_heard` addresses no further ones are remembered: attempts at them count as not
  // heard. 0: any number.
  explicit Attempts(std::size_t max_heard = 0) : max_heard_(max_heard) {}

  void note(std::span<const AuditedFlow> flows);
  // An address was not remembered.
  bool is_full() const { return is_full_; }
  std::size_t waiting() const { return waiting_.size(); }
  // The flows of those attempts so far whose target was not heard so far. They are forgotten.
  std::vector<std::uint64_t> take_unheard();

 private:
  void hear(const IpAddress& address);

  struct Attempt {
    std::uint64_t flow = 0;
    IpAddress target;
  };
  std::size_t max_heard_;
  bool is_full_ = false;
  std::unordered_set<IpAddress> heard_;
  std::vector<Attempt> waiting_;
};

}  // namespace pcapaudit
