// The one piece of process-wide state: which signal arrived.
#include "cli/interrupt.hpp"

#include <csignal>

namespace pcapaudit {
namespace {

std::atomic<int> arrived = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not lock");

extern "C" void note_signal(int signal) {
  arrived = signal;
  std::signal(signal, SIG_DFL);  // a second one ends the program at once
}

}  // namespace

const std::atomic<int>& interrupt_signal() {
  static const bool installed = [] {
    std::signal(SIGINT, note_signal);
    std::signal(SIGTERM, note_signal);
    return true;
  }();
  (void)installed;
  return arrived;
}

int interrupted_exit_code() { return 128 + arrived; }

}  // namespace pcapaudit
