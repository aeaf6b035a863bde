// A disk under SQLite that fails at one call, or from one call on: what a full or broken disk does.
//
// Registers itself as SQLite's default; one at a time in a program. Calls that change a file are
// counted: writes, truncations, syncs and deletions.
#pragma once

#include <cstdint>

namespace pcapaudit::test {

class FailingDisk {
 public:
  enum class Until : std::uint8_t { once, for_good };
  FailingDisk();
  ~FailingDisk();
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;

  // The call with this number, from 1 on, fails with `code` (an SQLite result such as SQLITE_FULL);
  // 0: none. Counting begins anew.
  void fail_at(std::uint64_t call, int code, Until until);
  std::uint64_t calls() const;
};

}  // namespace pcapaudit::test
