// Rotation: which database gives way, when a new one begins, names and sizes; and what a process
// may still do after it gave up its privileges.
#include "monitor/live/rotation.hpp"

#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor/host/privileges.hpp"
#include "monitor/host/service.hpp"
#include "support/temp_dir.hpp"

using namespace pcapaudit;
using Kind = RotationStep::Kind;

namespace {

constexpr Timestamp noon{1'795'176'000 * ns_per_second};  // 2026-11-20T12:00:00Z

DatabaseFile file(const char* path, std::int64_t begun, std::uint64_t bytes,
                  bool stripped = false) {
  return {.path = path, .begun = {begun}, .bytes = bytes, .stripped = stripped};
}

DatabaseFile current(const char* path, std::int64_t begun, std::uint64_t bytes) {
  DatabaseFile it = file(path, begun, bytes);
  it.current = true;
  return it;
}

}  // namespace

TEST_CASE("rotation: nothing gives way within the budget") {
  const std::vector<DatabaseFile> files = {file("a", 1, 40), current("b", 2, 60)};
  CHECK_FALSE(next_rotation_step(files, {.bytes = 100}));
  CHECK_FALSE(next_rotation_step(files, {}));
  CHECK(next_rotation_step(files, {.bytes = 99}));
}

TEST_CASE(
    "rotation: the oldest loses its flows first; the youngest loses them before any is removed") {
  const std::vector<DatabaseFile> files = {file("c", 3, 50), file("a", 1, 50), file("b", 2, 50)};
  CHECK(next_rotation_step(files, {.bytes = 100}) == RotationStep{Kind::strip, "a"});
  const std::vector<DatabaseFile> one_left = {file("a", 1, 50, true), file("b", 2, 50, true),
                                              file("c", 3, 50)};
  CHECK(next_rotation_step(one_left, {.bytes = 100}) == RotationStep{Kind::strip, "c"});
  const std::vector<DatabaseFile> all = {file("b", 2, 60, true), file("a", 1, 60, true)};
  CHECK(next_rotation_step(all, {.bytes = 100}) == RotationStep{Kind::remove, "a"});
}

TEST_CASE("rotation: the database that is written is never touched") {
  CHECK_FALSE(next_rotation_step({current("a", 1, 500)}, {.bytes = 100}));
  CHECK(next_rotation_step({current("a", 1, 500), file("b", 2, 1)}, {.bytes = 100}) ==
        RotationStep{Kind::strip, "b"});
}

TEST_CASE("rotation: a full disk counts also without a budget") {
  CHECK(next_rotation_step({file("a", 1, 5)}, {.disk_free = 9, .keep_free = 10}) ==
        RotationStep{Kind::strip, "a"});
  CHECK_FALSE(next_rotation_step({file("a", 1, 5)}, {.disk_free = 10, .keep_free = 10}));
}

// Every step makes progress, and the steps end: flows first, oldest first, then whole files.
TEST_CASE("rotation: asked again and again it comes to an end within the budget") {
  std::vector<DatabaseFile> files;
  for (int i = 0; i < 6; ++i)
    files.push_back(file(std::string(1, static_cast<char>('a' + i)).c_str(), i, 100));
  files.push_back(current("now", 9, 100));
  std::string done;
  while (const auto step = next_rotation_step(files, {.bytes = 150})) {
    const auto at = std::find_if(files.begin(), files.end(),
                                 [&](const DatabaseFile& it) { return it.path == step->path; });
    REQUIRE(at != files.end());
    done += step->kind == Kind::strip ? "-" + step->path : "x" + step->path;
    if (step->kind == Kind::strip) {
      at->stripped = true;
      at->bytes = 20;
    } else {
      files.erase(at);
    }
  }
  CHECK(done == "-a-b-c-d-e-fxaxbxcxd");  // 100 + 2 * 20 is within 150
}

TEST_CASE("rotation: a budget that the disk cannot hold is refused at the start") {
  CHECK(check_budget({}, {.bytes = 100, .disk_free = 100}));
  CHECK_FALSE(check_budget({}, {.bytes = 101, .disk_free = 100}));
  CHECK(check_budget({file("a", 1, 50)}, {.bytes = 101, .disk_free = 60}));  // what is there counts
  CHECK_FALSE(check_budget({}, {.bytes = 100, .disk_free = 100, .keep_free = 1}));
  CHECK_FALSE(check_budget({}, {.disk_free = 1, .keep_free = 2}));
  CHECK(check_budget({}, {.disk_free = 2, .keep_free = 2}));
  const auto refused = check_budget({}, {.bytes = 20ULL << 30, .disk_free = 12ULL << 30});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("20.0 GiB does not fit: 12.0 GiB are free") != std::string::npos);
}

TEST_CASE("rotation: by size and by day in UTC") {
  constexpr std::int64_t hour = 3600 * ns_per_second;
  CHECK_FALSE(is_rotation_due({}, noon, {noon.ns + 100 * hour}, 1ULL << 40));
  CHECK_FALSE(is_rotation_due({.bytes = 10}, noon, noon, 9));
  CHECK(is_rotation_due({.bytes = 10}, noon, noon, 10));
  CHECK_FALSE(is_rotation_due({.daily = true}, noon, {noon.ns + 12 * hour - 1}, 0));
  CHECK(is_rotation_due({.daily = true}, noon, {noon.ns + 12 * hour}, 0));
}

TEST_CASE("rotation: names carry the time, and only such names are ours") {
  CHECK(rotated_path("/d/q4.db", noon) == "/d/q4-20261120T120000Z.db");
  CHECK(rotated_time("/d/q4.db", "q4-20261120T120000Z.db") == noon);
  CHECK(rotated_time("/d/q4.db", "/d/q4-20261120T120000Z.db") == noon);
  for (const char* name :
       {"q4.db", "q5-20261120T120000Z.db", "q4-20261120T120000Z.db-wal", "q4-20261320T120000Z.db",
        "q4-2026112xT120000Z.db", "q4-20261120T120000Z.sqlite", "q4-old-20261120T120000Z.db"}) {
    CAPTURE(name);
    CHECK_FALSE(rotated_time("/d/q4.db", name));
  }
}

TEST_CASE("rotation: sizes") {
  CHECK(parse_size("1000000") == 1'000'000);
  CHECK(parse_size("512M") == 512ULL * 1024 * 1024);
  CHECK(parse_size("20G") == 20ULL << 30);
  CHECK(parse_size("16777215T"));
  for (const char* text : {"", "G", "1.5G", "-1", "20 G", "20GB", "99999999999T"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
}

namespace {

// Runs `inside` in a child; true when it answers true.
template <class Inside>
bool in_child(Inside inside) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(inside() ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool may_open_packet_socket() {
  const int socket = ::socket(AF_PACKET, SOCK_RAW, 0);
  if (socket >= 0) ::close(socket);
  return socket >= 0;
}

}  // namespace

TEST_CASE("privileges: root becomes somebody else, for good") {
  if (::geteuid() != 0) {
    WARN("only root can show this");
    return;
  }
  CHECK(in_child([] {
    if (!drop_privileges("nobody")) return false;
    return ::getuid() != 0 && ::geteuid() != 0 && ::getgid() != 0 && ::setuid(0) != 0 &&
           !may_open_packet_socket();
  }));
  CHECK(in_child([] { return !drop_privileges("no-such-user") && ::geteuid() == 0; }));
}

TEST_CASE("privileges: whoever stays keeps no capability") {
  CHECK(in_child([] { return drop_privileges("").has_value() && !may_open_packet_socket(); }));
}

TEST_CASE("privileges: the hint is a command") {
  CHECK(capture_permission_hint("/usr/bin/pcapaudit") ==
        "setcap cap_net_raw+ep /usr/bin/pcapaudit");
}

TEST_CASE("service: states reach the manager's socket, one datagram each") {
  const test::TempDir folder;
  const std::string path = folder.file("notify");
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  REQUIRE(::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
  const auto received = [&] {
    std::string text(1000, '\0');
    const ssize_t length = ::recv(socket, text.data(), text.size(), 0);
    text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    return text;
  };

  ::unsetenv("NOTIFY_SOCKET");
  {
    ServiceNotifier().send(ServiceNotice::ready);
  }  // nobody listens: nothing happens
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  {
    ServiceNotifier notifier;
    notifier.send(ServiceNotice::ready);
    CHECK(received() == "READY=1");
    notifier.send(ServiceNotice::reloading);
    CHECK(received() == "RELOADING=1");
    notifier.status("two\nlines");  // a line break would be another variable
    CHECK(received() == "STATUS=two\xef\xbf\xbdlines\nWATCHDOG=1");
    notifier.send(ServiceNotice::stopping);
    CHECK(received() == "STOPPING=1");
  }
  {
    // The manager reads nothing: its socket is full, and nobody here waits for it.
    ServiceNotifier notifier;
    const int other = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    REQUIRE(::connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    while (::send(other, "x", 1, MSG_DONTWAIT) == 1) {
    }
    ::close(other);
    for (int i = 0; i < 1000; ++i) notifier.status(std::to_string(i));
  }
  ::unsetenv("NOTIFY_SOCKET");

  ::close(socket);
}
