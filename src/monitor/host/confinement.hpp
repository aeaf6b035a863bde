// What a monitor gives up beside its privileges, once it has what it needs: files that are not its
// own (Landlock), and system calls that no monitor makes (seccomp).
//
// Both hold for good and for all that the process becomes. A kernel without Landlock (before Linux
// 5.13, or where it is switched off) leaves files as the system's permissions say.
#pragma once

#include <string>
#include <vector>

#include <pcapaudit/base/result.hpp>

namespace pcapaudit {

// Folders, with all below them, and files. Those that do not exist are left out.
struct ReachableFiles {
  std::vector<std::string> read;
  std::vector<std::string> written;  // read, made and removed as well
};

// For this thread and those that it starts. Call before others are started. False: this kernel has
// no such thing.
Result<bool> confine_files(const ReachableFiles& files);

// For all threads: no other program, no other process's memory, no kernel modules, mounts, name
// spaces or keys, and no socket but local ones. They are refused (EPERM).
Result<void> confine_calls();

}  // namespace pcapaudit
