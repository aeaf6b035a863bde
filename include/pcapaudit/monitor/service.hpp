// Tells the service manager how it goes (sd_notify); silent when there is none.
#pragma once

#include <cstdint>
#include <string>

namespace pcapaudit {

void notify_ready();
void notify_reloading();
void notify_stopping();
void notify_alive();                          // feeds the watchdog
void notify_status(const std::string& line);  // one line for `systemctl status`

// How often notify_alive() has to come at the latest, in nanoseconds; 0 without a watchdog.
std::int64_t watchdog_ns();

}  // namespace pcapaudit
