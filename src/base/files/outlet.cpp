#include "base/files/outlet.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace pcapaudit {
namespace {

constexpr std::chrono::milliseconds last_words{500};

}  // namespace

void Outlet::State::work(const Write& write) {
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [&] { return ends || !waiting.empty() || !newest.empty(); });
    if (waiting.empty() && newest.empty()) break;
    std::string text;
    if (!waiting.empty()) {
      text = std::move(waiting.front());
      waiting.pop_front();
    } else {
      text = std::exchange(newest, {});
    }
    lock.unlock();
    write(text);
    lock.lock();
  }
  ended = true;
  changed.notify_all();
}

Outlet::Outlet(std::size_t capacity, Write write)
    : capacity_(capacity), state_(std::make_shared<State>()) {
  std::thread([state = state_, write = std::move(write)] { state->work(write); }).detach();
}

Outlet::~Outlet() {
  close();
}

void Outlet::post(std::string text) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->ends || state_->waiting.size() >= capacity_) {
    ++state_->dropped;
    return;
  }
  state_->waiting.push_back(std::move(text));
  state_->changed.notify_all();
}

void Outlet::post_newest(std::string text) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->ends) return;
  state_->newest = std::move(text);
  state_->changed.notify_all();
}

void Outlet::close() {
  std::unique_lock lock(state_->mutex);
  state_->ends = true;
  state_->changed.notify_all();
  state_->changed.wait_for(lock, last_words, [&] { return state_->ended; });
  state_->dropped += state_->waiting.size();
  state_->waiting.clear();
}

std::uint64_t Outlet::dropped() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->dropped;
}

}  // namespace pcapaudit
