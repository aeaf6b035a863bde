// The lock and the renaming of a database that is being written; see the header.
#include "store/part_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files/whole_file.hpp"

namespace pcapaudit {
namespace {

using namespace std::string_view_literals;

// Empty, or SQLite's: what an audit that was killed leaves.
bool is_leftover(int descriptor) {
  constexpr std::string_view magic = "SQLite format 3\0"sv;
  std::array<char, magic.size()> bytes{};
  const ssize_t count = pread(descriptor, bytes.data(), bytes.size(), 0);
  return count == 0 || (count == std::ssize(magic) && std::string_view(bytes) == magic) ||
         (count > 0 &&
          std::string_view(bytes.data(), static_cast<std::size_t>(count)).find_first_not_of('\0') ==
              std::string_view::npos);
}

// Does the name still lead to the file that was opened?
bool is_same_file(int descriptor, const std::string& path) {
  struct stat opened{}, named{};
  return fstat(descriptor, &opened) == 0 && lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

Result<void> check_no_part(const std::string& path) {
  if (!path.ends_with(part_ending)) return {};
  return fail(fmt::format("{} is a part of an audit that did not come to its end", path),
              "audit the captures again");
}

Result<PartFile> PartFile::claim(const std::string& place) {
  const std::string path = place + std::string(part_ending);
  Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                       for_owner_and_group));  // SQLite gives its journals the same mode
  const int descriptor = file.number();
  if (descriptor < 0) {
    return fail(fmt::format("{} cannot be written: {}", path, std::strerror(errno)),
                "write to another place with -o");
  }
  struct stat status{};
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink > 1) {
    return fail(fmt::format("{} is no regular file of its own, and stays", path),
                "write to another place with -o");
  }
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 || !is_same_file(descriptor, path)) {
    return fail(fmt::format("{} is being written by another pcapaudit", path),
                "wait for it, or write to another place with -o");
  }
  if (!is_leftover(descriptor)) {
    return fail(fmt::format("{} is no part of an audit, and stays", path),
                "move it away, or write to another place with -o");
  }
  if (ftruncate(descriptor, 0) != 0 ||
      fchmod(descriptor, status.st_mode & for_owner_and_group) != 0) {
    return fail(fmt::format("{} cannot be written: {}", path, std::strerror(errno)));
  }
  return PartFile(place, path, std::move(file));
}

PartFile::PartFile(PartFile&& other) noexcept
    : place_(std::move(other.place_)),
      path_(std::exchange(other.path_, {})),
      file_(std::move(other.file_)) {}

PartFile::~PartFile() {
  std::error_code error;
  if (!path_.empty()) std::filesystem::remove(path_, error);
}

Result<void> PartFile::take_place() {
  return put_in_place(file_, path_, place_);
}

}  // namespace pcapaudit
