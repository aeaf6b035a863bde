// The one piece of process-wide state: which signals arrived.
#include "cli/interrupt.hpp"

#include <csignal>

namespace pcapaudit {
namespace {

std::atomic<int> arrived = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not lock");

std::atomic<bool> reload_asked = false, show_asked = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not lock");

extern "C" void note_signal(int signal) {
  arrived = signal;
}
extern "C" void note_reload(int) {
  reload_asked = true;
}
extern "C" void note_show(int) {
  show_asked = true;
}

void watch(int signal, void (*note)(int), int flags) {
  struct sigaction action{};
  action.sa_handler = note;
  action.sa_flags = flags | SA_RESTART;
  sigaction(signal, &action, nullptr);
}

}  // namespace

const std::atomic<int>& interrupt_signal() {
  static const bool installed = [] {
    // Once only: a second signal ends the program at once.
    watch(SIGINT, note_signal, static_cast<int>(SA_RESETHAND));
    watch(SIGTERM, note_signal, static_cast<int>(SA_RESETHAND));
    return true;
  }();
  (void)installed;
  return arrived;
}

std::atomic<bool>& reload_signal() {
  watch(SIGHUP, note_reload, 0);
  return reload_asked;
}

std::atomic<bool>& show_signal() {
  watch(SIGUSR1, note_show, 0);
  return show_asked;
}

int interrupted_exit_code() {
  return 128 + arrived;
}

}  // namespace pcapaudit
