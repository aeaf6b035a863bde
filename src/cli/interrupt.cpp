// The one piece of process-wide state: which signal arrived.
#include "cli/interrupt.hpp"

#include <csignal>

namespace pcapaudit {
namespace {

std::atomic<int> arrived = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not lock");

extern "C" void note_signal(int signal) {
  arrived = signal;
}

// Once only: a second signal ends the program at once.
void watch(int signal) {
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigaction(signal, &action, nullptr);
}

}  // namespace

const std::atomic<int>& interrupt_signal() {
  static const bool installed = [] {
    watch(SIGINT);
    watch(SIGTERM);
    return true;
  }();
  (void)installed;
  return arrived;
}

int interrupted_exit_code() {
  return 128 + arrived;
}

}  // namespace pcapaudit
