// The grammar of the policy commands, for options.cpp.
#pragma once

#include <vector>

#include "cli/options/option_parts.hpp"

namespace pcapaudit {

// policy list, show, check, plan, test, apps, export, import, diff; first `policy` itself.
std::vector<CommandOfApp> add_policy_commands(CLI::App& app, Options& options);

}  // namespace pcapaudit
