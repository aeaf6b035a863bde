// The only file that sees libsystemd.
#include <pcapaudit/monitor/service.hpp>

#include <systemd/sd-daemon.h>

#include <pcapaudit/app/app_record.hpp>

namespace pcapaudit {
namespace {

// A service manager that does not listen is no reason to stop capturing.
void notify(const std::string& state) {
  (void)::sd_notify(0, state.c_str());
}

}  // namespace

void notify_ready() {
  notify("READY=1");
}
void notify_reloading() {
  notify("RELOADING=1");
}
void notify_stopping() {
  notify("STOPPING=1");
}
void notify_alive() {
  notify("WATCHDOG=1");
}
void notify_status(const std::string& line) {
  notify("STATUS=" + clean_text(line));
}

}  // namespace pcapaudit
