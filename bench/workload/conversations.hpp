// Scripts played by many conversations at once, packet by packet in turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "workload/frames.hpp"
#include "workload/script.hpp"

namespace pcapaudit::bench {

// Plays `count` conversations, `at_once` of them at any time; number n follows script
// n % scripts.size(). Memory is `at_once` small records.
void play(Frames& out, std::span<const Script> scripts, std::uint64_t count, std::size_t at_once);

// `count` connection attempts from addresses all over, to one server, without an answer.
void flood(Frames& out, std::uint64_t count);

}  // namespace pcapaudit::bench
