// Three sinks over plain system calls; see the header.

#include "monitor/alert/alert_sink.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/files/descriptor.hpp"

namespace pcapaudit {
namespace {

std::unexpected<Error> failed(const std::string& what) {
  return fail(fmt::format("{}: {}", what, std::strerror(errno)));
}

class SyslogSink final : public AlertSink {
 public:
  explicit SyslogSink(std::string path) : path_(std::move(path)) {}

  Result<void> reopen() override {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof(address.sun_path)) return fail(path_ + ": path is too long");
    path_.copy(address.sun_path, path_.size());
    Descriptor fresh(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (fresh.number() < 0) return failed("syslog socket");
    if (::connect(fresh.number(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) !=
        0) {
      return failed(path_);
    }
    socket_ = std::move(fresh);
    return {};
  }

  // A restarted syslog daemon has a new socket under the old name.
  Result<void> write(std::string_view line) override {
    if (send(line)) return {};
    if (errno == ECONNREFUSED || errno == ENOTCONN || errno == ECONNRESET || errno == EBADF) {
      if (auto again = reopen(); !again) return again;
      if (send(line)) return {};
    }
    return failed(path_);
  }

 private:
  bool send(std::string_view line) const {
    return ::send(socket_.number(), line.data(), line.size(), MSG_NOSIGNAL) >= 0;
  }

  std::string path_;
  Descriptor socket_;
};

// A regular file, or a FIFO that somebody reads.
class FileSink final : public AlertSink {
 public:
  explicit FileSink(std::string path) : path_(std::move(path)) {}

  // O_NONBLOCK: a FIFO that nobody reads is an error and no wait.
  Result<void> reopen() override {
    Descriptor fresh(::open(path_.c_str(),
                            O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                            S_IRUSR | S_IWUSR | S_IRGRP));
    if (fresh.number() < 0 && errno == ENXIO) return fail(path_ + ": nobody reads this pipe");
    if (fresh.number() < 0) return failed(path_);
    file_ = std::move(fresh);
    torn_ = false;
    return {};
  }

  Result<void> write(std::string_view line) override {
    if (file_.number() < 0 || lost_reader_) {
      if (auto again = reopen(); !again) return again;
      lost_reader_ = false;
    }
    const std::string text = (torn_ ? "\n" : "") + std::string(line) + "\n";
    const ssize_t written = ::write(file_.number(), text.data(), text.size());
    if (written == static_cast<ssize_t>(text.size())) {
      torn_ = false;
      return {};
    }
    if (written < 0) {
      lost_reader_ = errno == EPIPE;
      return failed(path_);
    }
    torn_ = written > 0;
    return fail(path_ + ": an alert was written only in part");
  }

 private:
  std::string path_;
  Descriptor file_;
  bool torn_ = false;  // the last line has no end
  bool lost_reader_ = false;
};

// May wait for its reader.
class OutputSink final : public AlertSink {
 public:
  Result<void> reopen() override { return {}; }
  Result<void> write(std::string_view line) override {
    const std::string text = std::string(line) + "\n";
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t written = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return failed("standard output");
      done += static_cast<std::size_t>(written);
    }
    return {};
  }
};

}  // namespace

Result<std::unique_ptr<AlertSink>> open_alert_sink(const std::string& target,
                                                   const std::string& syslog_socket) {
  std::unique_ptr<AlertSink> sink;
  if (target == "syslog") {
    sink = std::make_unique<SyslogSink>(syslog_socket);
  } else if (target == "-") {
    sink = std::make_unique<OutputSink>();
  } else {
    sink = std::make_unique<FileSink>(target);
  }
  if (auto opened = sink->reopen(); !opened) return std::unexpected(opened.error());
  return sink;
}

}  // namespace pcapaudit
