// Serves one text over HTTP on /metrics, from a thread of its own.
//
// publish() may be called by one thread while requests are answered. Every request gets the last
// text whole: GET and HEAD only, no ranges, one request a connection. Nobody waits for another:
// a connection has some KiB for its request and some seconds in all, and the oldest one goes when
// there are too many.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <pcapaudit/base/result.hpp>

namespace pcapaudit {

class MetricsServer {
 public:
  // "127.0.0.1:9466", "[::1]:9466"; port 0 takes a free one. Fails when it cannot listen there.
  static Result<std::unique_ptr<MetricsServer>> start(const std::string& address);
  ~MetricsServer();  // waits for the request that is being answered

  void publish(std::string text);
  std::uint16_t port() const;

 private:
  struct Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pcapaudit
