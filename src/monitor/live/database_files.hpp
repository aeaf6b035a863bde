// The databases of a monitor on the disk: listed, measured, made smaller.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "monitor/live/rotation.hpp"

namespace pcapaudit {

// Files that rotated_path(database, ...) named, and `current`, with their sizes (logs included).
// Those that were begun after `current` count as current too: the monitor may be ahead.
std::vector<DatabaseFile> database_files(const std::string& database, const std::string& current);

// rotated_path(), or the next second's when there is such a file.
std::string free_rotated_path(const std::string& database, Timestamp begun);

// Of one database with its log; 0 when there is none.
std::uint64_t bytes_on_disk(const std::string& database);

// Where `database` lies.
std::uint64_t disk_free(const std::string& database);

// Strips and removes old databases until the budget is kept or nothing is left to give way.
Result<void> make_room(const std::string& database, const std::string& current,
                       RotationBudget budget);

}  // namespace pcapaudit
