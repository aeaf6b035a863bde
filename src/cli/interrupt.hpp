// SIGINT and SIGTERM: the first one asks the run to stop and close its database.
#pragma once

#include <atomic>

namespace pcapaudit {

// 0, or the number of the signal that arrived. Installs the handlers at the first call.
const std::atomic<int>& interrupt_signal();

// 128 + signal, as shells expect (130, 143).
int interrupted_exit_code();

}  // namespace pcapaudit
