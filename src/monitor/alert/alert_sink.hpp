// Where alerts go: the local syslog socket, a file, or standard output.
//
// Used by one thread. Sockets, files and FIFOs never wait for a reader: a line that cannot be taken
// now is an error, and the caller counts it. Standard output is others' as well and may wait, so
// that it is written behind a queue only. Files and sockets are owned. The process ignores SIGPIPE.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <pcapaudit/base/result.hpp>

namespace pcapaudit {

class AlertSink {
 public:
  virtual ~AlertSink() = default;
  // `line` has no line break; one is added where lines need one.
  virtual Result<void> write(std::string_view line) = 0;
  // After log rotation, or when the other side began anew.
  virtual Result<void> reopen() = 0;
};

constexpr const char* local_syslog = "/dev/log";

// "syslog": a datagram to `syslog_socket`; "-": standard output; else a file that is appended to
// (no symbolic link, mode 0640).
Result<std::unique_ptr<AlertSink>> open_alert_sink(const std::string& target,
                                                   const std::string& syslog_socket = local_syslog);

}  // namespace pcapaudit
