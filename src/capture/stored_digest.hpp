// SHA-256 of a stored capture, computed beside the reading of it.
//
// The digest costs more than reading the file does, so it gets a thread of its own unless the
// run has only one. A file of one block never starts it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/digest.hpp"
#include "base/queue.hpp"

namespace pcapaudit {

class StoredDigest {
 public:
  explicit StoredDigest(bool in_background) : in_background_(in_background) {}

  // The bytes stay where they are as long as `owner` lives.
  void add(std::shared_ptr<const void> owner, Bytes bytes) {
    if (!std::exchange(begun_, true) || !in_background_) return digest_.add(bytes);
    if (!thread_.joinable()) {
      waiting_.emplace(max_waiting);
      thread_ = std::jthread([this] {
        while (const auto piece = waiting_->pop()) digest_.add(piece->bytes);
      });
    }
    waiting_->push({.owner = std::move(owner), .bytes = bytes});
  }

  // Lower-case hex of all bytes added. Call once.
  std::string hex() {
    stop();
    return digest_.hex();
  }

  ~StoredDigest() { stop(); }
  StoredDigest(const StoredDigest&) = delete;
  StoredDigest& operator=(const StoredDigest&) = delete;

 private:
  struct Piece {
    std::shared_ptr<const void> owner;
    Bytes bytes;
  };
  static constexpr std::size_t max_waiting = 64;  // pieces of at most a block: 16 MiB

  void stop() {
    if (!thread_.joinable()) return;
    waiting_->close();
    thread_.join();
  }

  bool in_background_, begun_ = false;
  Sha256 digest_;
  std::optional<Queue<Piece>> waiting_;
  std::jthread thread_;
};

}  // namespace pcapaudit
