#include "monitor/alert/alert_outlet.hpp"

namespace pcapaudit {
namespace {

// Some minutes of a storm that the folding of alerts lets through; 2 KiB each at most.
constexpr std::size_t lines_waiting = 4096;

}  // namespace

AlertOutlet::AlertOutlet(std::unique_ptr<AlertSink> sink)
    : state_(std::make_shared<State>()),
      outlet_(lines_waiting, [state = state_](const std::string& line) { state->write(line); }) {
  state_->sink = std::move(sink);
}

// An empty line is none: it makes the thread look.
void AlertOutlet::reopen() {
  state_->reopens = true;
  outlet_.post({});
}

std::string AlertOutlet::complaint() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->complaint;
}

void AlertOutlet::State::complain(const Error& error) {
  const std::scoped_lock lock(mutex);
  complaint = error.what;
}

void AlertOutlet::State::write(const std::string& line) {
  if (reopens.exchange(false)) {
    if (auto reopened = sink->reopen(); !reopened) complain(reopened.error());
  }
  if (line.empty()) return;
  if (auto written = sink->write(line)) {
    ++sent;
  } else {
    ++refused;
    complain(written.error());
  }
}

}  // namespace pcapaudit
