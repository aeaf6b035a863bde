// A policy as documents for others: what must be mirrored to judge it, and its rows as CSV,
// Markdown and an nftables ruleset that allows just them.
#pragma once

#include <string>

#include "policy/policy.hpp"

namespace pcapaudit {

// Places to capture at so that every row can be judged, fewest first, each with a capture filter.
std::string plan_text(const Policy& policy);

// All names that `app` of a row may have, and which of them no dissector recognises.
std::string applications_text();

std::string export_csv(const Policy& policy);
std::string export_markdown(const Policy& policy);
// For `nft -f`; rows whose roles have no address are comments.
std::string export_nftables(const Policy& policy);

}  // namespace pcapaudit
