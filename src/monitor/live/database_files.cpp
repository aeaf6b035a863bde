// Files and their sizes; see the header.

#include "monitor/live/database_files.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "store/store.hpp"

namespace pcapaudit {
namespace {

namespace fs = std::filesystem;

fs::path directory_of(const std::string& database) {
  const fs::path parent = fs::path(database).parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

std::uint64_t size_of(const fs::path& path) {
  std::error_code error;
  const std::uint64_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

Result<void> do_step(const RotationStep& step) {
  if (step.kind == RotationStep::Kind::strip) return Store::strip(step.path);
  std::error_code error;
  for (const char* tail : {"-wal", "-shm", ""}) fs::remove(step.path + tail, error);
  if (error) return fail(fmt::format("{} cannot be removed: {}", step.path, error.message()));
  return {};
}

}  // namespace

std::vector<DatabaseFile> database_files(const std::string& database, const std::string& current) {
  std::vector<DatabaseFile> files;
  const auto current_begun = rotated_time(database, current);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_of(database), error)) {
    const fs::path& path = entry.path();
    const auto begun = rotated_time(database, path.string());
    const bool is_current = path.filename() == fs::path(current).filename() ||
                            (begun && current_begun && *begun >= *current_begun);
    if (!begun && !is_current) continue;
    files.push_back({.path = path.string(),
                     .begun = begun.value_or(Timestamp{}),
                     .bytes = bytes_on_disk(path.string()),
                     .stripped = !is_current && Store::is_stripped(path.string()).value_or(true),
                     .current = is_current});
  }
  return files;
}

std::string free_rotated_path(const std::string& database, Timestamp begun) {
  std::string path = rotated_path(database, begun);
  std::error_code error;
  while (fs::exists(fs::symlink_status(path, error))) {
    begun.ns += ns_per_second;
    path = rotated_path(database, begun);
  }
  return path;
}

std::uint64_t bytes_on_disk(const std::string& database) {
  return size_of(database) + size_of(database + "-wal");
}

std::uint64_t disk_free(const std::string& database) {
  std::error_code error;
  const fs::space_info space = fs::space(directory_of(database), error);
  return error ? 0 : space.available;
}

Result<void> make_room(const std::string& database, const std::string& current,
                       RotationBudget budget) {
  budget.disk_free = disk_free(database);
  while (const auto step = next_rotation_step(database_files(database, current), budget)) {
    if (auto done = do_step(*step); !done) return done;
    budget.disk_free = disk_free(database);
  }
  return {};
}

}  // namespace pcapaudit
