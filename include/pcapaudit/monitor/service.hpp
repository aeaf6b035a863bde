// Tells the service manager how it goes (sd_notify); silent when there is none.
//
// A manager that does not read its socket must not stop the capture: a thread sends, and callers
// never wait. What it could not send yet is replaced by what is newer. The watchdog is fed with
// each status.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace pcapaudit {

enum class ServiceNotice : std::uint8_t { ready, reloading, stopping };

class ServiceNotifier {
 public:
  ServiceNotifier();
  ~ServiceNotifier();  // gives the last notices half a second

  void send(ServiceNotice notice);
  void status(const std::string& line);  // one line for `systemctl status`; every second

 private:
  struct State;
  std::shared_ptr<State> state_;  // the thread's as well: it may hang in the kernel
};

}  // namespace pcapaudit
