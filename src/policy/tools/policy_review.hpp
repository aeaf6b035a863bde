// What a reviewer has to know of a policy that loads: `policy check` asks, loading does not.
#pragma once

#include <vector>

#include <pcapaudit/base/time.hpp>

#include "policy/policy.hpp"

namespace pcapaudit {

// L14: documents whose text is no longer the one that a pack was made of, or that are not where the
// pack says. Reads them: beside the pack, or as the name says. Built-in packs carry none.
std::vector<Lint> document_lints(const Policy& policy);

// L15 duplicate and shadowed rows, L16 any to any, L17 applications that nobody recognises, L18 own
// rows without owner, reason or review, L19 reviews that are due, L20 exceptions that end within 30
// days, L21 two names of one address or title; `now` is compared with dates.
std::vector<Lint> review_lints(const Policy& policy, Timestamp now);

// For programs: a list, and SARIF 2.1.0.
std::string lints_json(const std::vector<Lint>& lints, const Policy& policy);
std::string lints_sarif(const std::vector<Lint>& lints);

}  // namespace pcapaudit
