#include "base/files/whole_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pcapaudit {
namespace {

std::unexpected<Error> cannot_write(const std::string& place) {
  return fail(fmt::format("cannot write {}: {}", place, std::strerror(errno)));
}

// A name that nobody else uses.
std::string name_beside(const std::string& place) {
  std::random_device device;
  return fmt::format("{}.{:08x}.part", place, device());
}

bool takes_bytes_as_they_come(const std::string& place) {
  struct stat seen{};
  return ::stat(place.c_str(), &seen) == 0 && (S_ISCHR(seen.st_mode) || S_ISFIFO(seen.st_mode));
}

// The entry of `place` in its folder, on the disk.
Result<void> sync_folder(const std::string& place) {
  const auto folder = std::filesystem::path(place).parent_path();
  const Descriptor opened(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.number() < 0) return {};  // a folder that may not be read keeps its new entry
  if (::fsync(opened.number()) == 0 || errno == EINVAL) return {};
  return fail(fmt::format("{}: {}", folder.string(), std::strerror(errno)));
}

}  // namespace

Result<void> put_in_place(const Descriptor& file, std::string& written, const std::string& place) {
  if (::fsync(file.number()) != 0 || std::rename(written.c_str(), place.c_str()) != 0) {
    return cannot_write(place);
  }
  written.clear();
  return sync_folder(place);
}

Result<WholeFile> WholeFile::create(const std::string& place, mode_t mode) {
  if (takes_bytes_as_they_come(place)) {
    Descriptor file(::open(place.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (file.number() < 0) return cannot_write(place);
    return WholeFile(place, {}, std::move(file));
  }
  struct stat seen{};
  if (::lstat(place.c_str(), &seen) == 0 && S_ISLNK(seen.st_mode)) {
    return fail(fmt::format("cannot write {}: it is a symbolic link", place),
                "name the file itself, or - for standard output");
  }
  std::string beside = name_beside(place);
  Descriptor file(
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (file.number() < 0) return cannot_write(place);
  return WholeFile(place, std::move(beside), std::move(file));
}

WholeFile::WholeFile(WholeFile&& other) noexcept
    : place_(std::move(other.place_)),
      beside_(std::exchange(other.beside_, {})),
      file_(std::move(other.file_)) {}

WholeFile::~WholeFile() {
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

Result<void> WholeFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return cannot_write(place_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> WholeFile::take_place() {
  if (!beside_.empty()) return put_in_place(file_, beside_, place_);
  if (::close(file_.release()) != 0) return cannot_write(place_);
  return {};
}

Result<void> write_whole(const std::string& place, std::string_view bytes, mode_t mode) {
  auto file = WholeFile::create(place, mode);
  if (!file) return std::unexpected(file.error());
  if (auto written = file->write(bytes); !written) return written;
  return file->take_place();
}

}  // namespace pcapaudit
