// The progress line on stderr: bytes done, rate, time left. Only wall clock and terminal here.
#pragma once

#include <chrono>

#include "cli/options/options.hpp"
#include "run/pipeline.hpp"

namespace pcapaudit {

class ProgressLine {
 public:
  ProgressLine(When when, bool quiet);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const Progress& progress);
  // Removes the line, so that messages start on a clean one.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool enabled_;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_{};
};

// "4.1 GiB"
std::string human_bytes(std::uint64_t bytes);

}  // namespace pcapaudit
