// Signals as values: SIGINT and SIGTERM ask the run to stop and close its database.
#pragma once

#include <atomic>

namespace pcapaudit {

// 0, or the number of the signal that arrived. Installs the handlers at the first call.
const std::atomic<int>& interrupt_signal();

// SIGHUP (reload) and SIGUSR1 (show the status): true until somebody clears it. They install their
// handlers at the first call.
std::atomic<bool>& reload_signal();
std::atomic<bool>& show_signal();

// 128 + signal, as shells expect (130, 143).
int interrupted_exit_code();

}  // namespace pcapaudit
