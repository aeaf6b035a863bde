// Which old databases have to give way, so that a monitor stays within its bytes.
//
// Pure: decisions from a list of files. Findings outlive flows: an old database first loses its
// flow rows and keeps findings and totals, and only when all have, the oldest is removed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pcapaudit/base/result.hpp>
#include <pcapaudit/base/time.hpp>

namespace pcapaudit {

struct DatabaseFile {
  std::string path;
  Timestamp begun;  // orders the files
  std::uint64_t bytes = 0;
  bool stripped = false;  // holds no flow rows any more
  bool current = false;   // being written: never touched

  bool operator==(const DatabaseFile&) const = default;
};

struct RotationStep {
  enum class Kind : std::uint8_t { strip, remove };
  Kind kind = Kind::strip;
  std::string path;

  bool operator==(const RotationStep&) const = default;
};

struct RotationBudget {
  std::uint64_t bytes = 0;             // of all databases together; 0: no limit
  std::uint64_t disk_free = 0;         // now
  std::uint64_t keep_free = 0;         // on the disk, whatever the budget says
  std::uint64_t current_grows_to = 0;  // the one being written, before there is another look
};

// The next thing to do, or nothing. The caller does it, looks at the files again and asks again.
std::optional<RotationStep> next_rotation_step(std::vector<DatabaseFile> files,
                                               const RotationBudget& budget);

// Before the start: fails when the disk cannot hold what the budget promises.
Result<void> check_budget(const std::vector<DatabaseFile>& files, const RotationBudget& budget);

// When a new database begins: after `bytes` (0: never), or on another day in UTC.
struct RotationRule {
  std::uint64_t bytes = 0;
  bool daily = false;
};
bool is_rotation_due(const RotationRule& rule, Timestamp begun, Timestamp now, std::uint64_t bytes);

// "q4.db" and 2026-11-20T10:11:12Z to "q4-20261120T101112Z.db".
std::string rotated_path(const std::string& path, Timestamp begun);
// The time in such a name; nothing when `name` is not made from `path`.
std::optional<Timestamp> rotated_time(const std::string& path, const std::string& name);

// "20G", "512M", "1000000": bytes, with binary units.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace pcapaudit
