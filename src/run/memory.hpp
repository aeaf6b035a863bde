// How the memory that a run may take (--memory) is divided.
#pragma once

#include <cstddef>
#include <optional>

namespace pcapaudit {

// The program, its libraries and policy; fragments (16 MiB); what waits between threads (some
// thousand judged flows, blocks of the capture); the database's cache.
constexpr std::size_t fixed_memory = std::size_t{96} * 1024 * 1024;
constexpr std::size_t least_flow_memory = std::size_t{16} * 1024 * 1024;

// For open flows and what waits in them, of `memory` bytes of which `other` are spoken for beside
// fixed_memory. A quarter is left to the allocator, which cannot fill every hole. nullopt: too
// little.
constexpr std::optional<std::size_t> flow_memory(std::size_t memory, std::size_t other) {
  const std::size_t taken = fixed_memory + other;
  if (memory < taken || memory - taken < least_flow_memory) return std::nullopt;
  return (memory - taken) / 4 * 3;
}

// Half of the machine's, or of this process' control group; a small machine is used whole.
std::size_t usual_memory();

}  // namespace pcapaudit
