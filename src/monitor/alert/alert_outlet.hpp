// An alert sink behind a queue of its own, so that nobody who reads alerts can stop the audit.
//
// Used by one thread; the sink belongs to the queue's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/files/outlet.hpp"
#include "monitor/alert/alert_sink.hpp"

namespace pcapaudit {

class AlertOutlet {
 public:
  explicit AlertOutlet(std::unique_ptr<AlertSink> sink);

  void send(std::string line) { outlet_.post(std::move(line)); }
  void reopen();
  void close() { outlet_.close(); }

  std::uint64_t sent() const { return state_->sent; }
  // Refused by the other side, or without room in the queue.
  std::uint64_t lost() const { return state_->refused + outlet_.dropped(); }
  std::string complaint() const;  // the last one

 private:
  struct State {
    std::unique_ptr<AlertSink> sink;
    std::atomic<bool> reopens = false;
    std::atomic<std::uint64_t> sent = 0, refused = 0;
    std::mutex mutex;
    std::string complaint;

    void write(const std::string& line);
    void complain(const Error& error);
  };
  std::shared_ptr<State> state_;
  Outlet outlet_;
};

}  // namespace pcapaudit
