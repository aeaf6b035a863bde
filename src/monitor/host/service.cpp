// The only file that sees libsystemd.

#include "monitor/host/service.hpp"

#include <array>

#include <systemd/sd-daemon.h>

#include <pcapaudit/app/app_record.hpp>

#include "base/files/outlet.hpp"

namespace pcapaudit {
namespace {

// A reload is two notices; a manager that is that far behind reads nothing.
constexpr std::size_t max_waiting = 16;

constexpr std::array<const char*, 3> words = {"READY=1", "RELOADING=1", "STOPPING=1"};

}  // namespace

ServiceNotifier::ServiceNotifier()
    : outlet_(std::make_unique<Outlet>(
          max_waiting, [](const std::string& state) { (void)::sd_notify(0, state.c_str()); })) {}

ServiceNotifier::~ServiceNotifier() = default;

void ServiceNotifier::send(ServiceNotice notice) {
  outlet_->post(words[static_cast<std::size_t>(notice)]);
}

void ServiceNotifier::status(const std::string& line) {
  outlet_->post_newest("STATUS=" + clean_text(line) + "\nWATCHDOG=1");
}

}  // namespace pcapaudit
