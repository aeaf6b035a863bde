#include "base/files/read_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/files/descriptor.hpp"

namespace pcapaudit {

Result<std::string> read_file(const std::string& path, std::size_t largest) {
  const auto failed = [&] {
    return fail(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  };
  // A pipe without a writer must not be waited for.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) return failed();
  struct stat seen{};
  if (::fstat(file.number(), &seen) != 0) return failed();
  if (!S_ISREG(seen.st_mode)) return fail(fmt::format("{}: is no regular file", path));
  std::string text;
  constexpr std::size_t step = 1U << 16;
  while (true) {
    const std::size_t before = text.size();
    text.resize(before + step);
    const ssize_t got = ::read(file.number(), text.data() + before, step);
    if (got < 0 && errno == EINTR) {
      text.resize(before);
      continue;
    }
    if (got < 0) return failed();
    text.resize(before + static_cast<std::size_t>(got));
    if (got == 0) return text;
    if (text.size() > largest) {
      return fail(fmt::format("{}: is larger than {} MiB", path, largest >> 20));
    }
  }
}

}  // namespace pcapaudit
