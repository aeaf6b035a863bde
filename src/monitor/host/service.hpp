// Tells the service manager how it goes (sd_notify); silent when there is none.
//
// A manager that does not read its socket must not stop the capture: callers never wait. What it
// could not send yet is replaced by what is newer. The watchdog is fed with each status.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace pcapaudit {

class Outlet;

enum class ServiceNotice : std::uint8_t { ready, reloading, stopping };

class ServiceNotifier {
 public:
  ServiceNotifier();
  ~ServiceNotifier();  // gives the last notices half a second

  void send(ServiceNotice notice);
  void status(const std::string& line);  // one line for `systemctl status`; every second

 private:
  std::unique_ptr<Outlet> outlet_;
};

}  // namespace pcapaudit
