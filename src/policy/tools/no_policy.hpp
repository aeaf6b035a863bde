// The policy of somebody who has none yet: every flow is looked at, and none is documented.
#pragma once

#include <string_view>

#include "policy/policy.hpp"

namespace pcapaudit {

constexpr std::string_view no_policy_name = "no policy";  // Policy::files of it

// Networks of RFC 1918 and RFC 4193 are internal.
Result<Policy> no_policy();
bool is_no_policy(const Policy& policy);

}  // namespace pcapaudit
