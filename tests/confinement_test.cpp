// What a confined process can no longer do, tried in children: it holds for good.
#include "monitor/host/confinement.hpp"

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temp_dir.hpp"

using namespace pcapaudit;
namespace fs = std::filesystem;

namespace {

// AddressSanitizer does so from a process of its own, which has to be left possible.
#ifdef __SANITIZE_ADDRESS__
constexpr bool is_looked_at_for_leaks = true;
#else
constexpr bool is_looked_at_for_leaks = false;
#endif

struct Scratch : test::TempDir {
  Scratch() {
    for (const char* name : {"own", "policy", "other"}) fs::create_directory(path / name);
    for (const char* name : {"own/live.db", "policy/site.toml", "other/secret"}) {
      std::ofstream(path / name) << "x";
    }
  }
};

// The number of the first check that fails in a child, 0 when all hold.
int in_child(const std::function<int()>& checks) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(checks());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

bool opens(const fs::path& path, int how) {
  const int file = ::open(path.c_str(), how | O_CLOEXEC, 0600);
  if (file >= 0) ::close(file);
  return file >= 0;
}

// Refused, and not for another cause.
bool is_refused(long result) {
  return result < 0 && errno == EPERM;
}

}  // namespace

TEST_CASE("confinement: its own folder is written, policies are read, nothing else is reached") {
  const Scratch scratch;
  const ReachableFiles files{
      .read = {(scratch.path / "policy").string(), (scratch.path / "none").string()},
      .written = {(scratch.path / "own").string()}};
  const int failed = in_child([&] {
    const auto confined = confine_files(files);
    if (!confined) return 1;
    if (!*confined) return 77;
    const fs::path own = scratch.path / "own", policy = scratch.path / "policy";
    int number = 2;
    for (const bool holds :
         {opens(own / "live.db", O_RDWR), opens(own / "new.db", O_RDWR | O_CREAT | O_EXCL),
          ::rename((own / "new.db").c_str(), (own / "whole.db").c_str()) == 0,
          ::unlink((own / "whole.db").c_str()) == 0, opens(policy / "site.toml", O_RDONLY),
          !opens(policy / "site.toml", O_WRONLY), !opens(policy / "new", O_WRONLY | O_CREAT),
          !opens(scratch.path / "other" / "secret", O_RDONLY),
          !opens(scratch.path / "other" / "new", O_WRONLY | O_CREAT),
          !opens("/etc/passwd", O_RDONLY), ::mkdir((own / "folder").c_str(), 0700) != 0,
          ::symlink("/etc/passwd", (own / "link").c_str()) != 0}) {
      if (!holds) return number;
      ++number;
    }
    // A thread that is started later is no way out.
    bool read = true;
    std::thread([&] { read = opens("/etc/passwd", O_RDONLY); }).join();
    return read ? 50 : 0;
  });
  if (failed == 77) {
    WARN("this kernel has no Landlock");
  } else {
    CHECK(failed == 0);
  }
}

TEST_CASE("confinement: no other program, process, name space or network, in any thread") {
  CHECK(in_child([] {
          bool refused = false;
          std::atomic<bool> confined = false;
          std::thread earlier([&] {
            while (!confined) std::this_thread::yield();
            refused = is_refused(::execl("/bin/true", "true", nullptr));
          });
          const auto done = confine_calls();
          confined = true;
          earlier.join();
          if (!done) return 1;
          if (!refused) return 2;
          int number = 3;
          char* const nothing[] = {nullptr};
          for (const bool holds :
               {is_refused(::execve("/bin/true", nothing, nothing)),
                is_looked_at_for_leaks || is_refused(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)),
                is_refused(::unshare(CLONE_NEWUSER)), is_refused(::chroot("/")),
                is_refused(::socket(AF_INET, SOCK_STREAM, 0)),
                is_refused(::socket(AF_PACKET, SOCK_RAW, 0)), is_refused(::setuid(0)),
                is_refused(::listen(0, 1)), is_looked_at_for_leaks || is_refused(::fork())}) {
            if (!holds) return number;
            ++number;
          }
          // What a monitor does goes on.
          const int local = ::socket(AF_UNIX, SOCK_DGRAM, 0);
          if (local < 0) return 40;
          bool ran = false;
          std::thread([&] { ran = true; }).join();
          return ran ? 0 : 41;
        }) == 0);
}
