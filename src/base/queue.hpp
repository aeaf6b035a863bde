// A bounded queue between two threads; the only synchronisation in the program.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace pcapaudit {

// push() waits while full, pop() waits while empty. After close(), pop() drains what is left and
// then answers nullopt. Items are batches, so one lock per few hundred packets is noise and
// nothing here needs to be clever.
template <class T>
class Queue {
 public:
  explicit Queue(std::size_t capacity) : capacity_(capacity) {}

  // True when it waited.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    const bool waits = items_.size() >= capacity_;
    not_full_.wait(lock, [&] { return items_.size() < capacity_; });
    items_.push_back(std::move(item));
    not_empty_.notify_one();
    return waits;
  }

  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [&] { return !items_.empty() || closed_; });
    if (items_.empty()) return std::nullopt;
    T item = std::move(items_.front());
    items_.pop_front();
    not_full_.notify_one();
    return item;
  }

  // Items that wait, for those who watch; it may have changed by the time it is read.
  std::size_t size() {
    const std::scoped_lock lock(mutex_);
    return items_.size();
  }

  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    not_empty_.notify_all();
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable not_full_, not_empty_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace pcapaudit
