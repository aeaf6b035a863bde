// The program that reads documents. Its libraries (libxml2, libzip, yaml-cpp, libunistring) are no
// part of pcapaudit, which becomes it for the commands that need them.
#pragma once

#include "cli/commands/commands.hpp"

namespace pcapaudit {

bool needs_documents(const Options& options);
// Does not return when it succeeds. It lies beside the program, or in ../libexec/pcapaudit/.
CommandFailure become_documents_program(char** argv);

}  // namespace pcapaudit
