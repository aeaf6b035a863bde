// What a process may still do once it has opened its interfaces: nothing special.
#pragma once

#include <string>

#include <pcapaudit/base/result.hpp>

namespace pcapaudit {

// The user to become when no --user was given: "pcapaudit" where it exists, else "nobody"; ""
// when the process is not root and stays who it is.
std::string default_user();

// Becomes `user` ("" changes nothing) with its groups, and gives up all capabilities for good,
// those of the bounding set too. Nothing that execution could give back stays (no_new_privs).
// Call before any thread is started; fails when something could not be given up.
Result<void> drop_privileges(const std::string& user);

// The one line that mends a refused interface.
std::string capture_permission_hint(const std::string& program_path);

}  // namespace pcapaudit
