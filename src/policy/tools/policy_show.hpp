// A policy as text for people: `policy show` and `policy list`.
#pragma once

#include <string>

#include "policy/policy.hpp"

namespace pcapaudit {

std::string show_policy(const Policy& policy);
std::string list_packs();

}  // namespace pcapaudit
