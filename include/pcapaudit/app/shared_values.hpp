// A list of values that copies share until one of them is changed.
//
// One pointer large; empty lists own nothing. Copies may be used by different threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pcapaudit {

template <class T>
class SharedValues {
 public:
  SharedValues() = default;
  SharedValues(std::vector<T> values)
      : shared_(values.empty() ? nullptr : new Shared{.values = std::move(values)}) {}
  static SharedValues of(T value) {
    SharedValues list;
    list.push_back(std::move(value));
    return list;
  }
  SharedValues(const SharedValues& other) : shared_(other.shared_) {
    if (shared_ != nullptr) shared_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  SharedValues(SharedValues&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  SharedValues& operator=(SharedValues other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~SharedValues() {
    if (shared_ != nullptr && shared_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete shared_;
    }
  }

  // As a vector; valid until this list changes or ends.
  const std::vector<T>& all() const {
    static constexpr std::vector<T> none;
    return shared_ == nullptr ? none : shared_->values;
  }
  operator const std::vector<T>&() const { return all(); }

  bool empty() const { return shared_ == nullptr; }
  std::size_t size() const { return all().size(); }
  auto begin() const { return all().begin(); }
  auto end() const { return all().end(); }
  const T& front() const { return all().front(); }
  const T& at(std::size_t i) const { return all().at(i); }

  void push_back(T value) {
    if (shared_ == nullptr) {
      shared_ = new Shared;
    } else if (shared_->owners.load(std::memory_order_acquire) != 1) {
      *this = SharedValues(shared_->values);
    }
    shared_->values.push_back(std::move(value));
  }

  bool operator==(const SharedValues& other) const {
    return shared_ == other.shared_ || all() == other.all();
  }
  bool operator==(const std::vector<T>& other) const { return all() == other; }

 private:
  struct Shared {
    std::atomic<std::uint32_t> owners = 1;
    std::vector<T> values;  // not empty
  };

  Shared* shared_ = nullptr;
};

}  // namespace pcapaudit
