// Whether an output may take a place: one decision for every file that pcapaudit writes.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <pcapaudit/base/result.hpp>

namespace pcapaudit {

// database: replaced by renaming a whole one over it. document: text or packets, opened and
// written.
enum class OutputKind : std::uint8_t { database, document };

// Fails, touching nothing, when something stands at `path` that must stay: a file of `read` (what
// this run reads; the same by device and inode, links followed) or what is no regular file. A
// database replaces only a database of pcapaudit or an empty file, and only with `replace`. A
// document replaces no database, capture, packed file or TOML; it may go to a pipe or a character
// device, where nothing is lost.
Result<void> check_output(const std::string& path, OutputKind kind, bool replace,
                          std::span<const std::string> read);

}  // namespace pcapaudit
