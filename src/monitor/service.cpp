// The only file that sees libsystemd.
#include <pcapaudit/monitor/service.hpp>

#include <systemd/sd-daemon.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <pcapaudit/app/app_record.hpp>

namespace pcapaudit {
namespace {

constexpr std::chrono::milliseconds last_words{500};
// A reload is two notices; a manager that is that far behind reads nothing.
constexpr std::size_t max_waiting = 16;

constexpr std::array<const char*, 3> words = {"READY=1", "RELOADING=1", "STOPPING=1"};

}  // namespace

struct ServiceNotifier::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> waiting;
  std::string status;  // the newest; "" when it was sent
  bool ends = false, ended = false;

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return ends || !waiting.empty() || !status.empty(); });
      std::vector<std::string> states = std::exchange(waiting, {});
      if (!status.empty()) states.push_back(std::exchange(status, {}));
      if (states.empty()) break;  // it ends
      lock.unlock();
      for (const std::string& it : states) (void)::sd_notify(0, it.c_str());  // may block
      lock.lock();
    }
    ended = true;
    changed.notify_all();
  }
};

ServiceNotifier::ServiceNotifier() : state_(std::make_shared<State>()) {
  std::thread([state = state_] { state->work(); }).detach();
}

ServiceNotifier::~ServiceNotifier() {
  std::unique_lock lock(state_->mutex);
  state_->ends = true;
  state_->changed.notify_all();
  state_->changed.wait_for(lock, last_words, [&] { return state_->ended; });
}

void ServiceNotifier::send(ServiceNotice notice) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->waiting.size() < max_waiting) {
    state_->waiting.emplace_back(words[static_cast<std::size_t>(notice)]);
  }
  state_->changed.notify_all();
}

void ServiceNotifier::status(const std::string& line) {
  const std::scoped_lock lock(state_->mutex);
  state_->status = "STATUS=" + clean_text(line) + "\nWATCHDOG=1";
  state_->changed.notify_all();
}

}  // namespace pcapaudit
