// Texts for somebody outside who may not take them: a bounded queue before a thread that may hang.
//
// post() and close() never wait for the other side. The thread owns what it writes to and is left
// behind when it hangs in the kernel; it ends with the process.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace pcapaudit {

class Outlet {
 public:
  // Called by the thread alone, with one text after another; may block, must not throw.
  using Write = std::function<void(const std::string&)>;

  Outlet(std::size_t capacity, Write write);
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;
  ~Outlet();  // closes

  void post(std::string text);         // dropped when `capacity` others wait
  void post_newest(std::string text);  // in place of an earlier one of these that still waits
  void close();                        // gives what waits half a second; the rest is dropped
  std::uint64_t dropped() const;

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::string> waiting;
    std::string newest;  // goes when nothing else waits; "" when there is none
    std::uint64_t dropped = 0;
    bool ends = false, ended = false;

    void work(const Write& write);
  };
  std::size_t capacity_;
  std::shared_ptr<State> state_;  // the thread's as well
};

}  // namespace pcapaudit
