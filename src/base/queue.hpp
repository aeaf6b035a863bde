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

  // True when it waited. `weight`: what it takes of the capacity; one alone may be larger.
  bool push(T item, std::size_t weight = 1) {
    std::unique_lock lock(mutex_);
    const auto has_room = [&] { return items_.empty() || used_ + weight <= capacity_; };
    const bool waits = !has_room();
    not_full_.wait(lock, has_room);
    items_.push_back({std::move(item), weight});
    used_ += weight;
    not_empty_.notify_one();
    return waits;
  }

  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [&] { return !items_.empty() || closed_; });
    if (items_.empty()) return std::nullopt;
    T item = std::move(items_.front().item);
    used_ -= items_.front().weight;
    items_.pop_front();
    not_full_.notify_all();  // the next one may be lighter than another that waits
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
  struct Weighed {
    T item;
    std::size_t weight;
  };

  const std::size_t capacity_;
  std::size_t used_ = 0;
  std::mutex mutex_;
  std::condition_variable not_full_, not_empty_;
  std::deque<Weighed> items_;
  bool closed_ = false;
};

}  // namespace pcapaudit
