// Bytes of one direction that wait for more; owns nothing while it is empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit {

class Window {
 public:
  bool empty() const { return bytes_ == nullptr; }
  std::size_t held() const { return bytes_ == nullptr ? 0 : bytes_->capacity(); }
  Bytes bytes() const { return bytes_ == nullptr ? Bytes{} : Bytes(*bytes_); }

  void append(Bytes more) {
    if (more.empty()) return;
    if (bytes_ == nullptr) bytes_ = std::make_unique<std::vector<std::uint8_t>>();
    bytes_->insert(bytes_->end(), more.begin(), more.end());
  }
  void drop_front(std::size_t count) {
    if (count >= bytes().size()) return clear();
    bytes_->erase(bytes_->begin(), bytes_->begin() + static_cast<std::ptrdiff_t>(count));
  }
  void clear() { bytes_.reset(); }

 private:
  std::unique_ptr<std::vector<std::uint8_t>> bytes_;  // one pointer: two in every open flow
};

}  // namespace pcapaudit
