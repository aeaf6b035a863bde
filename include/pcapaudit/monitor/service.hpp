// Tells the service manager how it goes (sd_notify); silent when there is none.
#pragma once

#include <string>

namespace pcapaudit {

void notify_ready();
void notify_reloading();
void notify_stopping();
void notify_alive();                          // feeds the watchdog; every second
void notify_status(const std::string& line);  // one line for `systemctl status`

}  // namespace pcapaudit
