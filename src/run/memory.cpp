// What the machine has; see the header.

#include "run/memory.hpp"

#include <algorithm>
#include <fstream>
#include <limits>

#include <unistd.h>

namespace pcapaudit {
namespace {

// Of the machine, or of the control group that this process is in (memory.max of cgroup v2).
std::size_t machine_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  std::size_t memory = pages > 0 && page > 0
                           ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(page)
                           : std::numeric_limits<std::size_t>::max();
  std::size_t group = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> group) memory = std::min(memory, group);
  return memory;
}

}  // namespace

std::size_t usual_memory() {
  return std::max(machine_memory() / 2, fixed_memory + least_flow_memory);
}

}  // namespace pcapaudit
